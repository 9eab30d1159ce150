//! A slice that we own, with a shape.

use std::sync::Arc;

use super::memory::Memory;
use crate::Error;
use crate::axis::position;
use crate::kernels::{Learned, Slice, SliceInputs};

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

/// What an activation reads: x, and its learned parameter if it has one.
///
/// Made from `&x`, from `(&x, &weight)`, where the channels are dimension 1 of x as in PyTorch, or from
/// `(&x, &weight, axis)`, where they are dimension `axis`, counted from the end if negative.
#[derive(Clone, Copy, Debug)]
pub struct TensorInputs<'a> {
    pub(super) x: &'a Tensor,
    learned: Option<(&'a Tensor, Option<isize>)>,
}

impl<'a> From<&'a Tensor> for TensorInputs<'a> {
    fn from(x: &'a Tensor) -> Self {
        Self { x, learned: None }
    }
}

impl<'a> From<(&'a Tensor, &'a Tensor)> for TensorInputs<'a> {
    fn from((x, weight): (&'a Tensor, &'a Tensor)) -> Self {
        Self { x, learned: Some((weight, None)) }
    }
}

impl<'a> From<(&'a Tensor, &'a Tensor, isize)> for TensorInputs<'a> {
    fn from((x, weight, axis): (&'a Tensor, &'a Tensor, isize)) -> Self {
        Self { x, learned: Some((weight, Some(axis))) }
    }
}

impl<'a> TensorInputs<'a> {
    /// The learned parameter's tensor.
    pub(super) fn weight(self) -> Option<&'a Tensor> {
        self.learned.map(|(weight, _)| weight)
    }

    /// The same for the guest level.
    pub(super) fn slices(self) -> Result<SliceInputs<'a>, Error> {
        let Some((weight, axis)) = self.learned else {
            return Ok(self.x.slice().into());
        };
        let shape = self.x.shape();
        let (channels, inner) = match axis {
            // As PyTorch: with fewer than two dimensions there is one channel.
            None if shape.len() < 2 => (1, 1),
            None => (shape[1], shape[2..].iter().product()),
            Some(axis) => {
                let position = position(axis, shape.len())?;
                (shape[position], shape[position + 1..].iter().product::<usize>())
            }
        };
        let learned = match weight.len() {
            1 => Learned::scalar(weight.slice()),
            // Of an empty tensor any step from channel to channel will do.
            actual if actual == channels => Learned::per_channel(weight.slice(), inner.max(1) as u64),
            actual => return Err(Error::WeightLength { actual: actual as u64, channels: channels as u64 }),
        };
        Ok((self.x.slice(), learned).into())
    }
}
