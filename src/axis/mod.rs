//! Functions along an axis: the list, the references for whole tensors, and how a tensor is seen as
//! rows. Nothing here needs a GPU.

mod list;
mod reference;
mod shape;

pub use list::AxisFunction;
pub use shape::AxisShape;
pub(crate) use shape::position;

use crate::Parameter;
use crate::list::Saved;
use crate::text::Signature;

/// A row of the list of functions along an axis, from [`AxisFunction::list`] or
/// [`AxisFunction::info`].
///
/// ```
/// use wgpu_activations::{AxisFunction, Saved};
///
/// let info = AxisFunction::LOG_SOFTMAX.info();
/// assert_eq!((info.name, info.saved), ("log_softmax", Saved::Output));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct AxisInfo {
    /// The name in the text form and in [`reference`](crate::reference), as `log_softmax`.
    pub name: &'static str,
    /// Names of the function in other libraries, which the text form takes, too. Each stands as it
    /// is declared there, with its parameters but for the axis.
    pub aliases: &'static [&'static str],
    /// The parameter, if there is one.
    pub parameters: &'static [Parameter],
    /// The result for a row x.
    pub formula: &'static str,
    /// The gradient with respect to x.
    pub derivative: &'static str,
    /// The results for infinities and for equal elements, and whose conventions these are.
    pub conventions: &'static str,
    /// The paper or the reference that the definition comes from.
    pub source: &'static str,
    /// Reasons to use the function.
    pub strengths: &'static str,
    /// Reasons not to use it.
    pub weaknesses: &'static str,
    /// Networks and losses that use it.
    pub used: &'static str,
    /// The tensor that the gradient is computed from.
    pub saved: Saved,
    pub(crate) forward: Kernel,
    pub(crate) backward: Kernel,
    /// The kernels of double backward. The gradient with respect to x takes the first two, of
    /// which the second works in place; the gradient with respect to `grad_output` is the third.
    pub(crate) double_backward: Option<[Kernel; 3]>,
}

impl AxisInfo {
    /// Returns whether the function takes a mask, and what else [`AxisInput`](crate::AxisInput) has
    /// but sinks. Its gradient is then computed from the output, which includes the mask already.
    #[must_use]
    pub fn takes_mask(&self) -> bool {
        self.saved == Saved::Output
    }

    /// Returns whether the gradient has gradients of its own.
    #[must_use]
    pub fn has_double_backward(&self) -> bool {
        self.double_backward.is_some()
    }
}

/// The WGSL of one direction of a function.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) reduction: Reduction,
    #[cfg(feature = "gpu")]
    pub(crate) shader: &'static str,
}

/// The reduction of a row that its results depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    Nothing,
    /// The largest element, and the sum of exponentials.
    Exponentials,
    /// The largest element and its position.
    Maxima,
    /// The threshold above which elements count, which is searched for.
    Threshold,
    /// A sum of terms that depend on the gradient.
    Gradients,
    /// The mean of the gradient, with weights that depend on the output.
    WeightedMean,
    /// A sum of e^y times the gradient.
    Tangents,
    /// Two sums. One of them is over what an earlier dispatch has left in the output.
    TwoSums,
}

impl Reduction {
    /// The names of the words that the statistics of a block or of a row have.
    pub(crate) fn stats_words(self) -> &'static [&'static str] {
        match self {
            Self::WeightedMean => &["first", "second", "third", "fourth"],
            _ => &["first", "second"],
        }
    }
}

impl AxisFunction {
    pub(crate) fn signature(self) -> Signature {
        let info = self.info();
        Signature {
            name: info.name,
            aliases: info.aliases,
            choice: None,
            parameters: info.parameters,
        }
    }

    /// The number that x is divided by, or 1 if the function has no temperature.
    pub(crate) fn temperature(self) -> f32 {
        match self {
            Self::Softmax { temperature }
            | Self::LogSoftmax { temperature }
            | Self::Softmin { temperature } => temperature,
            _ => 1.0,
        }
    }
}
