//! What a function along an axis is: a value, its row in its list, and how a tensor is seen as rows. No GPU in here.

mod list;
mod reference;
mod shape;
mod text;

pub use list::AxisFunction;
pub use shape::AxisShape;
pub(crate) use shape::position;

use crate::{Parameter, ParameterError};

/// A row of the list of functions along an axis: everything that is said of one, in one place.
///
/// Not to be made by callers: get it from [`AxisFunction::list`] or [`AxisFunction::info`].
#[derive(Debug)]
#[non_exhaustive]
pub struct AxisInfo {
    /// The name of the text form, and of the CPU twin: `log_softmax`.
    pub name: &'static str,
    /// Its parameters, of which there is at most one.
    pub parameters: &'static [Parameter],
    /// What is computed of a row x.
    pub formula: &'static str,
    /// The gradient with respect to x.
    pub derivative: &'static str,
    /// What happens at infinities and among equals, and whose semantics these are.
    pub conventions: &'static str,
    /// The paper or reference that the definition comes from.
    pub source: &'static str,
    /// What it is good at.
    pub strengths: &'static str,
    /// What it is not.
    pub weaknesses: &'static str,
    /// Where it is used.
    pub used: &'static str,
    /// What the gradient is computed from.
    pub saved: Saved,
    pub(crate) forward: Kernel,
    pub(crate) backward: Kernel,
    /// The gradients of the gradient: with respect to x in two steps, of which the second works in place, and with respect to
    /// `grad_output`.
    pub(crate) double_backward: Option<[Kernel; 3]>,
}

/// What a gradient is computed from, besides the gradient with respect to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Saved {
    /// From x.
    Input,
    /// From the output of the forward pass.
    Output,
}

/// One pass of a function in WGSL.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) reduction: Reduction,
    pub(crate) shader: &'static str,
}

/// What must be known of a whole row before one of its results can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    Nothing,
    /// The largest element, and the sum of exponentials.
    Exponentials,
    /// The largest element, and where it is.
    Maxima,
    /// A sum over what the gradient is made of.
    Gradients,
    /// A sum over e^y times the gradient.
    Tangents,
    /// Two sums, one of them over what an earlier step has left in the output.
    TwoSums,
}

impl AxisFunction {
    /// The function with its parameter's value checked against its range.
    ///
    /// # Errors
    /// [`ParameterError`] names a value out of its range.
    pub fn checked(self) -> Result<Self, ParameterError> {
        let mut given = self.parameters();
        given.try_for_each(|(parameter, value)| parameter.check(self.info().name, value))?;
        Ok(self)
    }

    /// The parameters with their values.
    pub fn parameters(self) -> impl Iterator<Item = (&'static Parameter, f32)> {
        self.info().parameters.iter().zip(self.value())
    }

    /// This function with another value of one parameter, or `None` if it has no such parameter, or if the parameter takes
    /// whole numbers only and this is none: `softmax.with("temperature", 0.5)`.
    #[must_use]
    pub fn with(self, parameter: &str, value: f32) -> Option<Self> {
        let parameter = self
            .info()
            .parameters
            .iter()
            .find(|candidate| candidate.name == parameter)?;
        // Infinities are left to the range, which says more.
        (!Self::is_whole(parameter.name) || value.fract() == 0.0 || value.is_infinite())
            .then(|| self.with_value(value))
    }

    /// Whether a parameter takes whole numbers only.
    pub(crate) fn is_whole(parameter: &str) -> bool {
        parameter == "groups"
    }

    /// What x is divided by.
    pub(crate) fn temperature(self) -> f32 {
        match self {
            Self::Softmax { temperature }
            | Self::LogSoftmax { temperature }
            | Self::Softmin { temperature } => temperature,
            _ => 1.0,
        }
    }
}
