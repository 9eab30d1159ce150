//! What an activation is: a value, its row in the one list, and its text form. No GPU in here.

mod list;
mod text;

use std::ops::RangeInclusive;

pub use list::Activation;
pub use text::ParseActivationError;

use crate::reference::scaled;

/// A row of the list of activations: everything that is said of one, in one place.
///
/// Not to be made by callers: get it from [`Activation::list`] or [`Activation::info`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Info {
    /// The name of the text form, of the WGSL functions and of the CPU twins: `leaky_relu`.
    pub name: &'static str,
    /// The name in the text form, where it is another: `gelu` for `gelu_tanh`.
    pub text_name: &'static str,
    /// What tells activations of the same [`text_name`](Self::text_name) apart: `approximate`, `tanh`. The first one is the default.
    pub choice: Option<(&'static str, &'static str)>,
    /// The scalar parameters, in the order of the functions' arguments.
    pub parameters: &'static [Parameter],
    /// `f(x)`, in the notation of the docs.
    pub formula: &'static str,
    /// `f'(x)`, likewise.
    pub derivative: &'static str,
    /// The derivative's value where the formula leaves it open, and the signs of zeros; empty if there is nothing to say.
    pub kinks: &'static str,
    /// The paper or reference that the definition comes from.
    pub source: &'static str,
    /// The largest error of `f` and of `f'`, in ulps of the true value's binade, that was found over all inputs, parameters and
    /// adapters; a bound that tests hold.
    pub ulps: [f64; 2],
    /// WGSL functions `name(x, …)`, `name_derivative(x, …)` and `name_derivative_parameter(x, …)` for each learnable
    /// parameter, built from the functions in [`wgsl::MATH`](crate::wgsl::MATH).
    pub shader: &'static str,
}

/// A scalar parameter of an activation.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, as in PyTorch.
    pub name: &'static str,
    /// Its value when the text form does not give one.
    pub default: f32,
    /// The values it may take.
    pub range: RangeInclusive<f32>,
    /// Whether only whole numbers will do.
    pub whole: bool,
    /// `f` differentiated with respect to it, given x and the values of all parameters; a parameter that has this can be
    /// learned: given as a tensor, with a gradient of its own.
    pub derivative: Option<fn(f64, &[f64]) -> f64>,
}

impl Activation {
    /// The activation with these parameters' values checked against their ranges.
    ///
    /// # Errors
    /// [`ParameterError`] names the first value out of its range.
    pub fn checked(self) -> Result<Self, ParameterError> {
        for (parameter, value) in self.parameters() {
            if !parameter.range.contains(&value) {
                return Err(ParameterError {
                    activation: self.info().name,
                    parameter: parameter.name,
                    value,
                    range: parameter.range.clone(),
                });
            }
        }
        Ok(self)
    }

    /// The parameters with their values.
    pub fn parameters(self) -> impl Iterator<Item = (&'static Parameter, f32)> {
        self.info().parameters.iter().zip(self.values())
    }

    /// This activation with another value of one parameter, or `None` if it has no such parameter: `elu.with("alpha", 0.5)`.
    #[must_use]
    pub fn with(self, parameter: &str, value: f32) -> Option<Self> {
        let position = self.info().parameters.iter().position(|candidate| candidate.name == parameter)?;
        let mut values = self.values();
        values[position] = value;
        Some(self.with_values(values))
    }

    /// `grad_output * f'(x)` on the CPU, as the backward kernels have it: 0 where `f'(x)` is 0, NaN where either is NaN.
    #[must_use]
    pub fn backward(self, x: f64, grad_output: f64) -> f64 {
        scaled(self.derivative(x), grad_output)
    }

    /// `f` differentiated with respect to its learnable parameter, on the CPU, in f64; `None` if it has none.
    #[must_use]
    pub fn parameter_derivative(self, x: f64) -> Option<f64> {
        let derivative = self.info().parameters[self.learnable()?].derivative?;
        Some(derivative(x, &self.values().map(f64::from)))
    }

    /// The position, among the parameters, of the one that can be learned.
    pub(crate) fn learnable(self) -> Option<usize> {
        self.info().parameters.iter().position(|parameter| parameter.derivative.is_some())
    }
}

/// A parameter's value outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{activation}: {parameter} must be a number from {:?} to {:?}, got {value:?}", range.start(), range.end())]
#[non_exhaustive]
pub struct ParameterError {
    /// The activation's name.
    pub activation: &'static str,
    /// The parameter's name.
    pub parameter: &'static str,
    /// The value it was given.
    pub value: f32,
    /// The values it may take.
    pub range: RangeInclusive<f32>,
}
