//! Learned parameters, and the arguments of activations that have them.

use super::Slice;
use super::request::{Operand, Repeatable};
use super::strided::{Repeat, StridedLayout};
use crate::Error;
use crate::wgsl::operand::Layout;

/// A learned parameter: one value, one for each channel of x, or values of any shape that
/// broadcasts to x's.
///
/// ```
/// use wgpu_activations::{Activation, Gpu, LearnedParam};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// # let gpu = Gpu::new_blocking()?;
/// # let x = gpu.upload(&[0.0; 2 * 3 * 16], [2, 3, 4, 4])?;
/// # let y = gpu.upload(&[0.0; 2 * 3 * 16], [2, 3, 4, 4])?;
/// # let (weight, rows) = (gpu.upload(&[0.1, 0.2, 0.3], [3])?, gpu.upload(&[0.1; 8], [2, 1, 4, 1])?);
/// # let (kernels, x, y, weight, rows) = (gpu.kernels(), x.slice()?, y.slice()?, weight.slice()?, rows.slice()?);
/// // x has the shape [2, 3, 4, 4] and three channels, which are 4 * 4 elements apart.
/// let weight = LearnedParam::per_channel(weight, 16);
/// let operation = kernels.forward(Activation::PRELU, (x, weight), y)?;
///
/// // These values differ between images and between rows.
/// let rows = LearnedParam::broadcast(rows, &[2, 1, 4, 1], &[2, 3, 4, 4])?;
/// let operation = kernels.forward(Activation::PRELU, (x, rows), y)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LearnedParam<'a> {
    /// The parameter's name. `None` is the activation's first learnable parameter.
    pub(crate) parameter: Option<&'a str>,
    /// The values. They have a layout if they are broadcast.
    pub(crate) values: Slice<'a>,
    /// The elements of x from one channel to the next. `None` if the values have the shape of x,
    /// or are broadcast to it.
    pub(crate) inner: Option<u64>,
}

impl<'a> LearnedParam<'a> {
    /// Makes a parameter with one value for all of x.
    #[must_use]
    pub fn scalar(value: impl Into<Slice<'a>>) -> Self {
        Self::per_channel(value, 1)
    }

    /// Makes a parameter with one value for each channel. `inner` is the number of elements of x
    /// from one channel to the next, the product of the dimensions after the channels': `H * W` for
    /// x of shape `[N, C, H, W]`, 1 for `[N, C]`.
    #[must_use]
    pub fn per_channel(values: impl Into<Slice<'a>>, inner: u64) -> Self {
        Self {
            parameter: None,
            values: values.into(),
            inner: Some(inner),
        }
    }

    /// Makes a parameter of any shape that broadcasts to that of x by the rules of NumPy and ONNX:
    /// the dimensions are aligned at the end, and those that have size 1 or are missing are
    /// repeated. Nothing is copied. The gradient is summed over the dimensions that are repeated.
    ///
    /// # Errors
    /// [`Error::Argument`] if the shape does not broadcast, or if the slice has another number of
    /// elements.
    pub fn broadcast(
        values: impl Into<Slice<'a>>,
        shape: &[u64],
        x_shape: &[u64],
    ) -> Result<Self, Error> {
        let values = values.into();
        let elements = shape.iter().copied().fold(1, u64::saturating_mul);
        Error::check_length("values", values.elements(), elements)?;
        let layout = StridedLayout::broadcast(shape, x_shape)?
            .ok_or_else(|| Error::broadcast("values", shape, x_shape, ""))?;
        Ok(Self::laid_out(values, layout))
    }

    /// A parameter whose values are broadcast to x.
    pub(crate) fn laid_out(values: Slice<'a>, layout: StridedLayout) -> Self {
        Self::whole(Slice {
            layout: Some(layout),
            ..values
        })
    }

    /// A parameter that has a value for each element of x.
    pub(crate) fn whole(values: Slice<'a>) -> Self {
        Self {
            parameter: None,
            values,
            inner: None,
        }
    }

    /// Names the parameter: `LearnedParam::scalar(&alpha).named("alpha")`. Without a name it is the
    /// activation's first learnable parameter.
    #[must_use]
    pub fn named(self, parameter: &'a str) -> Self {
        Self {
            parameter: Some(parameter),
            ..self
        }
    }

    /// The values as an operand of x, which has so many elements and is a part of a tensor.
    pub(super) fn operand(
        self,
        name: &'static str,
        elements: u64,
        part: Part,
    ) -> Result<Repeatable<'a>, Error> {
        let operand = Operand::input(name, self.values);
        operand.slice.check(name)?;
        let Some(inner) = self.inner else {
            let expected = self.values.layout.map_or(elements, |_| part.of);
            Error::check_length(name, self.values.elements(), expected)?;
            return Ok(Repeatable::laid_out(operand));
        };
        operand.slice.check_contiguous(name)?;
        let period = self.values.elements();
        let repeat = Repeat { period, inner };
        let turn = repeat.turn();
        // Without elements, no value is read.
        if inner == 0 || part.of > 0 && (turn == 0 || !part.of.is_multiple_of(turn)) {
            return Err(Error::learned_length(name, period, part.of / inner.max(1)));
        }
        Ok(Repeatable {
            operand: operand.laid_out(Layout::Repeated),
            repeat: if part.of == 0 {
                Repeat::default()
            } else {
                repeat
            },
        })
    }
}

/// The inputs of an activation: x, and its learned parameters if there are any.
///
/// Anything that is a [`Slice`] converts into it, and so does a pair of that and one or more
/// [`LearnedParam`]: `kernels.forward(Activation::Relu, &x, &y)`,
/// `kernels.forward(activation, (&x, LearnedParam::scalar(&weight)), &y)`.
#[derive(Clone, Debug)]
pub struct SliceArgs<'a> {
    pub(crate) x: Slice<'a>,
    pub(crate) learned: Vec<LearnedParam<'a>>,
    /// The part of a tensor that x is, if it lies in several buffers.
    pub(crate) part: Option<Part>,
}

/// A part of a tensor that lies in several buffers: the index of its first element, and the
/// elements of the whole tensor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) first: u64,
    pub(crate) of: u64,
}

impl<'a, X: Into<Slice<'a>>> From<X> for SliceArgs<'a> {
    fn from(x: X) -> Self {
        (x, []).into()
    }
}

impl<'a, X: Into<Slice<'a>>> From<(X, LearnedParam<'a>)> for SliceArgs<'a> {
    fn from((x, learned): (X, LearnedParam<'a>)) -> Self {
        (x, [learned]).into()
    }
}

impl<'a, X: Into<Slice<'a>>, const N: usize> From<(X, [LearnedParam<'a>; N])> for SliceArgs<'a> {
    fn from((x, learned): (X, [LearnedParam<'a>; N])) -> Self {
        Self {
            x: x.into(),
            learned: learned.into(),
            part: None,
        }
    }
}
