//! A slice that we own, with a shape.

use std::sync::Arc;

use super::memory::Memory;
use crate::kernels::{Learned, Slice, SliceInputs};
use crate::{Activation, Error};

/// f32 values on the GPU, with a shape, in row-major order. Made by [`Gpu`](crate::Gpu)'s methods.
///
/// Dropping it gives its memory back to its `Gpu`, for the next tensor of that size.
#[derive(Debug)]
pub struct Tensor {
    pub(super) buffer: wgpu::Buffer,
    pub(super) shape: Vec<usize>,
    pub(super) memory: Arc<Memory>,
}

impl Tensor {
    /// The size of each dimension; empty for a single number.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of elements.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a tensor of no elements is a shape like any other")]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The tensor's memory, for [`Kernels`](crate::Kernels) and for kernels of your own.
    ///
    /// Call [`Gpu::submit`](crate::Gpu::submit) before you submit commands that use it, and keep the tensor until you have.
    #[must_use]
    pub fn slice(&self) -> Slice<'_> {
        Slice::new(&self.buffer, 0, bytes(self.len()))
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        self.memory.give_back(self.buffer.clone());
    }
}

/// The bytes of so many elements.
pub(super) fn bytes(elements: usize) -> u64 {
    elements as u64 * size_of::<f32>() as u64
}

/// The number of elements of a shape.
pub(super) fn elements(shape: &[usize]) -> Result<usize, Error> {
    let product = shape.iter().try_fold(1usize, |product, &dimension| product.checked_mul(dimension));
    // A dimension of 0 makes any shape empty, also one whose other dimensions overflow.
    let product = if shape.contains(&0) { Some(0) } else { product };
    product
        .filter(|&elements| (elements as u64).checked_mul(8).is_some())
        .ok_or_else(|| Error::ShapeOverflow { shape: shape.to_vec() })
}

/// What an activation reads: x, and its learned parameters if it has any.
///
/// Made from `&x`, from `(&x, &weight)` for the activation's first parameter that can be learned, or from
/// `(&x, [("alpha", &alpha), ("scale", &scale)])`. A learned parameter has one value, or one for each channel: of dimension 1
/// of x as in PyTorch, or of the dimension that [`along`](Self::along) names.
#[derive(Clone, Debug)]
pub struct TensorInputs<'a> {
    pub(super) x: &'a Tensor,
    learned: Vec<(Option<&'a str>, &'a Tensor)>,
    axis: Option<isize>,
}

impl<'a> From<&'a Tensor> for TensorInputs<'a> {
    fn from(x: &'a Tensor) -> Self {
        Self { x, learned: Vec::new(), axis: None }
    }
}

impl<'a> From<(&'a Tensor, &'a Tensor)> for TensorInputs<'a> {
    fn from((x, weight): (&'a Tensor, &'a Tensor)) -> Self {
        Self { x, learned: vec![(None, weight)], axis: None }
    }
}

impl<'a, const N: usize> From<(&'a Tensor, [(&'a str, &'a Tensor); N])> for TensorInputs<'a> {
    fn from((x, learned): (&'a Tensor, [(&'a str, &'a Tensor); N])) -> Self {
        Self { x, learned: learned.map(|(name, values)| (Some(name), values)).into(), axis: None }
    }
}

impl<'a> TensorInputs<'a> {
    /// The dimension of x that channels are counted along, from the end if negative: `TensorInputs::from((&x, &weight)).along(-1)`.
    #[must_use]
    pub fn along(self, axis: isize) -> Self {
        Self { axis: Some(axis), ..self }
    }

    /// The learned parameters' tensors, and their names.
    pub(super) fn parameters(&self, activation: Activation) -> impl Iterator<Item = (&'a str, &'a Tensor)> {
        let first =
            activation.first_learnable().map_or("learned", |position| activation.info().parameters[position].name);
        self.learned.iter().map(move |&(name, values)| (name.unwrap_or(first), values))
    }

    /// The same for the guest level.
    pub(super) fn slices(&self, activation: Activation) -> Result<SliceInputs<'a>, Error> {
        let (channels, inner) = self.channels()?;
        let learned = self.parameters(activation).map(|(name, values)| {
            let slice = values.slice();
            match values.len() {
                1 => Ok(Learned::scalar(slice).named(name)),
                // Of an empty tensor any step from channel to channel will do.
                actual if actual == channels => Ok(Learned::per_channel(slice, inner.max(1) as u64).named(name)),
                actual => {
                    let (argument, actual, channels) = (name.to_owned(), actual as u64, channels as u64);
                    Err(Error::LearnedLength { argument, actual, channels })
                }
            }
        });
        Ok(SliceInputs { x: self.x.slice(), learned: learned.collect::<Result<_, _>>()? })
    }

    /// The number of channels, and of elements of x from one to the next.
    fn channels(&self) -> Result<(usize, usize), Error> {
        let shape = self.x.shape();
        let position = match self.axis {
            // As PyTorch: with fewer than two dimensions there is one channel.
            None if shape.len() < 2 => return Ok((1, 1)),
            None => 1,
            Some(axis) => position(shape, axis)?,
        };
        Ok((shape[position], shape[position + 1..].iter().product()))
    }
}

/// The position of an axis, which counts from the end if negative.
pub(super) fn position(shape: &[usize], axis: isize) -> Result<usize, Error> {
    crate::axis::position(axis, shape.len())
}
