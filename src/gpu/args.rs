//! The inputs of activations in the high-level API.

use super::tensor::product;
use super::{Tensor, View};
use crate::axis::position;
use crate::kernels::LearnedParam;
use crate::{Activation, Dtype, Error};

/// The inputs of an activation: x, and its learned parameters if there are any.
///
/// `&x` and [`View`]s convert into it. So does `(&x, &weight)`, where the weight is the
/// activation's first learnable parameter, and `(&x, [("alpha", &alpha), ("scale", &scale)])`. A
/// learned parameter has one value, or one for each channel. Dimension 1 of x counts the channels,
/// as in PyTorch, unless [`along`](Self::along) sets another one.
///
/// ```
/// use wgpu_activations::{Activation, Dtype, Gpu, TensorArgs};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// let gpu = Gpu::new_blocking()?;
/// let x = gpu.upload(&[-1.0, 1.0, -1.0, 1.0], [2, 2])?;
/// let alpha = gpu.upload(&[1.0, 2.0], [2])?;
/// let scale = gpu.upload(&[1.0], [1])?;
///
/// let y = gpu.forward(Activation::SELU, &x)?; // the activation's own parameters
/// let y = gpu.forward(Activation::SELU, (&x, &alpha))?; // a tensor for the first one
/// let both = TensorArgs::from((&x, [("alpha", &alpha), ("scale", &scale)]));
/// let both = both.along(0).output_dtype(Dtype::F16); // the rows are the channels
/// let y = gpu.forward(Activation::SELU, both)?;
/// assert_eq!(y.dtype(), Dtype::F16);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TensorArgs<'a> {
    pub(super) x: View<'a>,
    learned: Vec<(Option<&'a str>, &'a Tensor)>,
    axis: Option<isize>,
    dtype: Option<Dtype>,
}

impl<'a, X: Into<View<'a>>> From<X> for TensorArgs<'a> {
    fn from(x: X) -> Self {
        Self::new(x.into(), vec![])
    }
}

impl<'a, X: Into<View<'a>>> From<(X, &'a Tensor)> for TensorArgs<'a> {
    fn from((x, weight): (X, &'a Tensor)) -> Self {
        Self::new(x.into(), vec![(None, weight)])
    }
}

impl<'a, X: Into<View<'a>>, const N: usize> From<(X, [(&'a str, &'a Tensor); N])>
    for TensorArgs<'a>
{
    fn from((x, learned): (X, [(&'a str, &'a Tensor); N])) -> Self {
        let learned = learned.map(|(name, values)| (Some(name), values));
        Self::new(x.into(), learned.into())
    }
}

impl<'a> TensorArgs<'a> {
    fn new(x: View<'a>, learned: Vec<(Option<&'a str>, &'a Tensor)>) -> Self {
        Self {
            x,
            learned,
            axis: None,
            dtype: None,
        }
    }

    /// Sets the dimension of x that counts the channels: `TensorArgs::from((&x,
    /// &weight)).along(-1)`. A negative axis counts from the end.
    #[must_use]
    pub fn along(mut self, axis: isize) -> Self {
        self.axis = Some(axis);
        self
    }

    /// Sets the dtype of the result: `TensorArgs::from(&x).output_dtype(Dtype::F32)`. By default it
    /// is that of x.
    #[must_use]
    pub fn output_dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = Some(dtype);
        self
    }

    pub(super) fn dtype(&self) -> Dtype {
        self.dtype.unwrap_or(self.x.dtype())
    }

    /// Returns the names and the tensors of the learned parameters.
    pub(super) fn parameters(
        &self,
        activation: Activation,
    ) -> impl Iterator<Item = (&'a str, &'a Tensor)> {
        let parameters = activation.info().parameters;
        let first = activation.first_learnable();
        let first = first.map_or("learned", |position| parameters[position].name);
        let learned = self.learned.iter();
        learned.map(move |&(name, values)| (name.unwrap_or(first), values))
    }

    /// Converts the learned parameters for the low-level API.
    pub(super) fn learned(&self, activation: Activation) -> Result<Vec<LearnedParam<'a>>, Error> {
        let (channels, inner) = self.channels()?;
        // In an empty tensor, `inner` may be larger than any number, and no element needs it.
        let inner = if self.x.shape.contains(&0) { 1 } else { inner };
        let buffers = self.x.tensor.buffers.len();
        let mut learned = Vec::new();
        for (name, values) in self.parameters(activation) {
            let (slice, actual) = (values.slice()?, values.len());
            if actual != 1 && actual != channels {
                return Err(Error::learned_length(name, actual as u64, channels as u64));
            }
            let inner = if actual == 1 { 1 } else { inner as u64 };
            learned.push(LearnedParam::per_channel(slice, inner).named(name));
        }
        // Each buffer must hold whole turns through the channels.
        let cut = self.x.tensor.cut as u64;
        let is_whole = |learned: &LearnedParam<'_>| cut.is_multiple_of(learned.turn());
        if buffers > 1 && !learned.iter().all(is_whole) {
            return Err(Error::several_buffers("x", buffers));
        }
        Ok(learned)
    }

    /// Returns the number of channels and the elements of x from one channel to the next.
    fn channels(&self) -> Result<(usize, usize), Error> {
        let shape = self.x.shape();
        let position = match self.axis {
            // As in PyTorch, a tensor with fewer than two dimensions has one channel.
            None if shape.len() < 2 => return Ok((1, 1)),
            None => 1,
            Some(axis) => position(axis, shape.len())?,
        };
        Ok((shape[position], product(&shape[position + 1..])))
    }
}
