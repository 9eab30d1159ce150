//! What functions along an axis take and give besides x and their result: masks, sinks, caps, noise
//! and dropout.

use super::{Causal, Slice};
use crate::TrainingMode;

/// The input of a function along an axis: x, and what is done to it before its rows are reduced.
///
/// x and `(x, mask)` convert into it. `T` is a [`Slice`] in the low-level API and a
/// [`View`](crate::View) in the high-level API, into which a reference to a
/// [`Tensor`](crate::Tensor) converts.
///
/// An element of x becomes a logit in this order: softmin negates it, a softcap caps it, the mask is
/// added, noise is added, and where it does not count by position it is -Inf. Each step rounds once
/// to f32, but for the softcap, which is within 4 ulp, and the numbers of noise, which are within 3
/// ulp of the larger of themselves and 1. An error e of logits makes results of softmax at most
/// 2 e / temperature larger or smaller, relative to themselves.
///
/// On the CPU a row is computed from its logits: a sink is one logit more, whose result is left out.
///
/// ```
/// use wgpu_activations::reference;
///
/// let (logits, sink) = ([0.0, f64::NEG_INFINITY], 0.0); // the second element does not count
/// let y = reference::softmax(&[&logits[..], &[sink]].concat(), 1.0);
/// assert_eq!(y[..2], [0.5, 0.0]);
/// ```
///
/// ```
/// use wgpu_activations::{AxisFunction, AxisInput, Causal, Gpu};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// let gpu = Gpu::new_blocking()?;
/// let scores = gpu.upload(&[0.0; 4], [1, 2, 2])?; // heads, queries, keys
/// let sink = gpu.upload(&[0.0], [1, 1, 1])?; // one for each head
/// let input = AxisInput::new(&scores).causal(Causal::default()).sink(&sink);
/// let y = gpu.forward_axis(AxisFunction::SOFTMAX, -1, input)?;
/// assert_eq!(gpu.read_blocking(&y)?, [0.5, 0.0, 1.0 / 3.0, 1.0 / 3.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AxisInput<T> {
    pub(crate) x: T,
    pub(crate) mask: Option<Mask<T>>,
    pub(crate) sink: Option<T>,
    pub(crate) causal: Option<Causal>,
    pub(crate) softcap: Option<f32>,
    pub(crate) gumbel_noise: Option<TrainingMode>,
    pub(crate) empty_is_zero: bool,
}

/// A mask, and how it is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask<T> {
    pub(crate) values: T,
    /// True if it says which elements count, and is not added.
    pub(crate) is_boolean: bool,
}

impl<T> AxisInput<T> {
    /// Takes x as it is.
    #[must_use]
    pub fn new(x: T) -> Self {
        Self {
            x,
            mask: None,
            sink: None,
            causal: None,
            softcap: None,
            gumbel_noise: None,
            empty_is_zero: false,
        }
    }

    /// Adds a mask to x: 0 where an element counts, -Inf where it does not, or any other number.
    ///
    /// The mask has any shape that broadcasts to that of x by NumPy's rules: `[T, T]` or
    /// `[B, 1, 1, T]` for x of shape `[B, H, T, T]`. Nothing is copied. In the low-level API its
    /// slice is [strided](Slice::strided) to the shape of x, with strides of 0 where it is
    /// repeated; one without strides has the elements of x, or those of its last dimensions, the
    /// axis among them.
    #[must_use]
    pub fn mask(self, mask: T) -> Self {
        self.with_mask(mask, false)
    }

    /// Takes those elements of x that count, and -Inf for all others: an element counts if that of
    /// the mask is not 0. The mask has a shape as in [`AxisInput::mask`], whose place it takes.
    ///
    /// The gradient of [`Gpu::backward_axis`](crate::Gpu::backward_axis) is then that with respect
    /// to x after this. It is 0 at the elements that do not count; only for log_softmax it is
    /// `grad_output` there.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, AxisInput, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 1.0, 1.0, 5.0], [2, 2])?;
    /// let counts = gpu.upload(&[true, true, true, false], [2, 2])?;
    /// let input = AxisInput::new(&x).boolean_mask(&counts);
    /// let y = gpu.forward_axis(AxisFunction::SOFTMAX, -1, input)?;
    /// assert_eq!(gpu.read_blocking(&y)?, [0.5, 0.5, 1.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn boolean_mask(self, mask: T) -> Self {
        self.with_mask(mask, true)
    }

    /// The same input of operands of another kind.
    pub(crate) fn map<U>(self, to: impl Fn(T) -> U) -> AxisInput<U> {
        AxisInput {
            x: to(self.x),
            mask: self.mask.map(|Mask { values, is_boolean }| Mask {
                values: to(values),
                is_boolean,
            }),
            sink: self.sink.map(to),
            causal: self.causal,
            softcap: self.softcap,
            gumbel_noise: self.gumbel_noise,
            empty_is_zero: self.empty_is_zero,
        }
    }

    fn with_mask(self, values: T, is_boolean: bool) -> Self {
        Self {
            mask: Some(Mask { values, is_boolean }),
            ..self
        }
    }

    /// Takes only those elements of a row that its query may see. [`Causal`] says which; nothing is
    /// read for it, and what does not count is not read.
    #[must_use]
    pub fn causal(self, causal: Causal) -> Self {
        Self {
            causal: Some(causal),
            ..self
        }
    }

    /// Adds one logit to each row, which has no result: a sink, as in gpt-oss. A sink of 0 makes
    /// softmax what is known as softmax1 or quiet softmax. The softcap, the mask and the noise do not
    /// change it, softmin does not negate it, and the temperature divides it.
    ///
    /// The sink has any shape that broadcasts to that of x and has one element along the axis:
    /// `[H, 1, 1]` is one for each head of x of shape `[B, H, T, T]`. In the low-level API its slice
    /// has one element, or one for each row, or is [strided](Slice::strided) to the shape of x.
    ///
    /// Its gradient is that of
    /// [`Gpu::backward_axis_with_sink`](crate::Gpu::backward_axis_with_sink).
    #[must_use]
    pub fn sink(self, sink: T) -> Self {
        Self {
            sink: Some(sink),
            ..self
        }
    }

    /// Caps x smoothly: `cap * tanh(x / cap)`, as in Gemma.
    #[must_use]
    pub fn softcap(self, cap: f32) -> Self {
        Self {
            softcap: Some(cap),
            ..self
        }
    }

    /// Adds random numbers of the standard Gumbel distribution to x: softmax then gives what PyTorch
    /// calls `gumbel_softmax`, whose `tau` is the temperature, and hardmax a sample of the categorical
    /// distribution that x has the logits of.
    ///
    /// With the same seed and offset both have the same noise. So the straight-through estimator
    /// (`hard=True` there) passes hardmax on, and has the gradient of softmax:
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, AxisInput, Gpu, TrainingMode};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = Gpu::new_blocking()?;
    /// # let x = gpu.upload(&[0.5, 1.0, 2.0], [1, 3])?;
    /// # let grad_output = gpu.upload(&[1.0, 0.0, 0.0], [1, 3])?;
    /// let noise = TrainingMode { seed: 7, ..TrainingMode::default() };
    /// let input = AxisInput::new(&x).gumbel_noise(noise);
    /// let soft = AxisFunction::Softmax { temperature: 0.5 };
    /// let sample = gpu.forward_axis(AxisFunction::Hardmax, -1, input.clone())?;
    ///
    /// let y = gpu.forward_axis(soft, -1, input)?;
    /// let grad_x = gpu.backward_axis(soft, -1, &y, &grad_output)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The number for the element with random bits k, from 0 to 2^23 - 1, is
    /// `-log(-log((k + 0.5) / 2^23))`. [`TrainingMode`] says which bits; its dropout must be 0.
    #[must_use]
    pub fn gumbel_noise(self, noise: TrainingMode) -> Self {
        Self {
            gumbel_noise: Some(noise),
            ..self
        }
    }

    /// Gives zeros for a row in which no element counts, and for log_softmax their logarithms,
    /// -Inf. By default the row is NaN, as in PyTorch.
    ///
    /// ```
    /// use wgpu_activations::{AxisFunction, AxisInput, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 1.0, 5.0, 5.0], [2, 2])?;
    /// let none = f32::NEG_INFINITY;
    /// let mask = gpu.upload(&[0.0, 0.0, none, none], [2, 2])?; // no element of row 1 counts
    /// let input = AxisInput::new(&x).mask(&mask).empty_rows_as_zeros();
    /// let y = gpu.forward_axis(AxisFunction::SOFTMAX, -1, input)?;
    /// assert_eq!(gpu.read_blocking(&y)?, [0.5, 0.5, 0.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn empty_rows_as_zeros(self) -> Self {
        Self {
            empty_is_zero: true,
            ..self
        }
    }
}

impl<'a, X: Into<Slice<'a>>> From<X> for AxisInput<Slice<'a>> {
    fn from(x: X) -> Self {
        Self::new(x.into())
    }
}

impl<'a, X: Into<Slice<'a>>, M: Into<Slice<'a>>> From<(X, M)> for AxisInput<Slice<'a>> {
    fn from((x, mask): (X, M)) -> Self {
        Self::new(x.into()).mask(mask.into())
    }
}

/// What a function along an axis gives: its result, and what can be computed in the same pass.
///
/// A [`Slice`] of the result converts into it.
#[derive(Clone, Copy, Debug)]
pub struct AxisOutputs<T> {
    pub(crate) y: T,
    pub(crate) logsumexp: Option<T>,
    pub(crate) sink: Option<T>,
    pub(crate) dropped: Option<(TrainingMode, T)>,
}

impl<T> AxisOutputs<T> {
    /// The result alone.
    #[must_use]
    pub fn new(y: T) -> Self {
        Self {
            y,
            logsumexp: None,
            sink: None,
            dropped: None,
        }
    }

    /// Also gives `log(sum(exp(x / temperature)))` of each row, over what counts and the sink, as f32.
    #[must_use]
    pub fn logsumexp(self, logsumexp: T) -> Self {
        Self {
            logsumexp: Some(logsumexp),
            ..self
        }
    }

    /// Also gives what the function would give for the sink of each row, as f32. The gradient with
    /// respect to the sink needs it.
    #[must_use]
    pub fn sink(self, sink: T) -> Self {
        Self {
            sink: Some(sink),
            ..self
        }
    }

    /// Also gives the result after dropout. The gradient needs both: the result itself, and the same
    /// `TrainingMode`.
    #[must_use]
    pub fn dropped(self, training: TrainingMode, dropped: T) -> Self {
        Self {
            dropped: Some((training, dropped)),
            ..self
        }
    }
}

impl<'a, Y: Into<Slice<'a>>> From<Y> for AxisOutputs<Slice<'a>> {
    fn from(y: Y) -> Self {
        Self::new(y.into())
    }
}

/// What the gradient of a function along an axis is computed from, besides `grad_output`: the result
/// y, or x where [`AxisInfo::saved`](crate::AxisInfo::saved) says so, and what else the forward pass
/// has used.
///
/// y or x converts into it.
#[derive(Clone, Copy, Debug)]
pub struct AxisSaved<T> {
    pub(crate) saved: T,
    pub(crate) softcap: Option<(f32, T)>,
    pub(crate) sink: Option<T>,
    pub(crate) dropout: Option<TrainingMode>,
}

impl<T> AxisSaved<T> {
    /// The result of the forward pass, or x.
    #[must_use]
    pub fn new(saved: T) -> Self {
        Self {
            saved,
            softcap: None,
            sink: None,
            dropout: None,
        }
    }

    /// Says that x was capped, and gives x.
    #[must_use]
    pub fn softcap(self, cap: f32, x: T) -> Self {
        Self {
            softcap: Some((cap, x)),
            ..self
        }
    }

    /// The same of operands of another kind.
    pub(crate) fn map<U>(self, to: impl Fn(T) -> U) -> AxisSaved<U> {
        AxisSaved {
            saved: to(self.saved),
            softcap: self.softcap.map(|(cap, x)| (cap, to(x))),
            sink: self.sink.map(to),
            dropout: self.dropout,
        }
    }

    /// What the function has given for the sinks.
    #[must_use]
    pub fn sink(self, sink: T) -> Self {
        Self {
            sink: Some(sink),
            ..self
        }
    }

    /// Says that `grad_output` is the gradient with respect to what dropout gave.
    #[must_use]
    pub fn dropout(self, training: TrainingMode) -> Self {
        Self {
            dropout: Some(training),
            ..self
        }
    }
}

impl<'a, X: Into<Slice<'a>>> From<X> for AxisSaved<Slice<'a>> {
    fn from(saved: X) -> Self {
        Self::new(saved.into())
    }
}

/// The gradients of a function along an axis.
///
/// A [`Slice`] of the gradient with respect to x converts into it.
#[derive(Clone, Copy, Debug)]
pub struct AxisGradients<T> {
    pub(crate) grad_x: T,
    pub(crate) grad_sink: Option<T>,
}

impl<T> AxisGradients<T> {
    /// The gradient with respect to x alone.
    #[must_use]
    pub fn new(grad_x: T) -> Self {
        Self {
            grad_x,
            grad_sink: None,
        }
    }

    /// Also the gradient with respect to the sink of each row, as f32, from what
    /// [`AxisSaved::sink`] has. That of a sink of several rows is the sum of theirs.
    #[must_use]
    pub fn sink(self, grad_sink: T) -> Self {
        Self {
            grad_sink: Some(grad_sink),
            ..self
        }
    }
}

impl<'a, X: Into<Slice<'a>>> From<X> for AxisGradients<Slice<'a>> {
    fn from(grad_x: X) -> Self {
        Self::new(grad_x.into())
    }
}
