//! The inputs of activations in the high-level API.

use super::tensor::wide;
use super::{Tensor, View};
use crate::axis::position;
use crate::kernels::{LearnedParam, Slice, StridedLayout};
use crate::{Activation, Dtype, Error};

/// The inputs of an activation: x, and its learned parameters if there are any.
///
/// `&x` and [`View`]s convert into it. So does `(&x, &weight)`, where the weight is the
/// activation's first learnable parameter, and `(&x, [("alpha", &alpha), ("scale", &scale)])`.
///
/// A learned parameter of shape `[C]` has a value for each channel, as in PyTorch: C is the size of
/// dimension 1 of x, or of the dimension that [`along`](Self::along) sets. Any other shape is
/// broadcast to that of x by the rules of NumPy and ONNX: the dimensions are aligned at the end,
/// and those that have size 1 or are missing are repeated. Nothing is copied. The gradient has the
/// parameter's shape; it is summed over the dimensions that are repeated.
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
///
/// let slopes = gpu.upload(&[0.1, 0.2], [2, 1])?; // the rows again, by broadcasting
/// let y = gpu.forward(Activation::PRELU, (&x, &slopes))?;
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

    /// Sets the dimension of x that counts the channels of parameters of shape `[C]`:
    /// `TensorArgs::from((&x, &weight)).along(-1)`. A negative axis counts from the end.
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

    /// The learned parameters for the low-level API.
    pub(super) fn learned(&self, activation: Activation) -> Result<Learned<'a>, Error> {
        let (shape, mut learned) = (self.x.shape(), Learned::default());
        let channels = match self.axis {
            None => 1,
            Some(axis) => position(axis, shape.len())?,
        };
        for (name, values) in self.parameters(activation) {
            if values.shape == shape {
                learned.whole.push((name, values.view()));
                continue;
            }
            let layout = self.layout(&values.shape, channels)?;
            let layout = layout.ok_or_else(|| not_broadcast(name, values, shape, channels))?;
            let values = LearnedParam::laid_out(values.slice()?, layout);
            learned.broadcast.push(values.named(name));
        }
        Ok(learned)
    }

    /// The layout of values of a shape, seen from x, whose dimension `channels` counts the
    /// channels.
    fn layout(&self, shape: &[usize], channels: usize) -> Result<Option<StridedLayout>, Error> {
        let x = wide(self.x.shape());
        let one_value = shape.iter().all(|&size| size == 1);
        let layout = match wide(shape)[..] {
            _ if one_value => StridedLayout::broadcast(&[], &x)?,
            [size] if x.get(channels) == Some(&size) => {
                let mut of_channels = vec![1; x.len() - channels];
                of_channels[0] = size;
                StridedLayout::broadcast(&of_channels, &x)?
            }
            [_] if self.axis.is_some() => None,
            ref shape => StridedLayout::broadcast(shape, &x)?,
        };
        Ok(layout)
    }
}

/// The learned parameters of an activation.
#[derive(Clone, Debug, Default)]
pub(super) struct Learned<'a> {
    pub(super) broadcast: Vec<LearnedParam<'a>>,
    /// Those that have the shape of x. They are divided among buffers as x is.
    pub(super) whole: Vec<(&'a str, View<'a>)>,
}

impl<'a> Learned<'a> {
    /// The parameters of a part of x, for which there is a slice of each that has x's shape.
    pub(super) fn of_part(&self, slices: &[Slice<'a>]) -> Vec<LearnedParam<'a>> {
        let whole = self.whole.iter().zip(slices);
        let whole = whole.map(|((name, _), &slice)| LearnedParam::whole(slice).named(name));
        self.broadcast.iter().copied().chain(whole).collect()
    }
}

fn not_broadcast(name: &str, values: &Tensor, shape: &[usize], channels: usize) -> Error {
    let of_channels = shape.get(channels).map_or_else(String::new, |size| {
        format!(", or be [{size}], a value for each index of dimension {channels}")
    });
    Error::broadcast(name, &values.shape, shape, &of_channels)
}
