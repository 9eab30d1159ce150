//! What an activation is: a value, its row in the one list, and its text form. No GPU in here.

pub(crate) mod glu;
mod list;
mod reference;
mod table;
pub(crate) mod text;
mod training;

use std::ops::RangeInclusive;

pub use glu::Glu;
pub use list::Activation;
pub use text::ParseError;
pub use training::TrainingMode;

pub(crate) use reference::MOST_PARAMETERS;
use reference::{Reference, References};

use crate::reference::{ErrorScale, scaled};

/// A row of the list of activations: everything that is said of one, in one place.
///
/// Not to be made by callers: get it from [`Activation::list`] or [`Activation::info`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ActivationInfo {
    /// The name of the text form, of the WGSL functions and of the CPU references: `leaky_relu`.
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
    /// What speaks for it.
    pub strengths: &'static str,
    /// What speaks against it.
    pub weaknesses: &'static str,
    /// Where it is used.
    pub used: &'static str,
    /// The largest error of `f` and of `f'`, in ulps of the true value's binade, that was found over all inputs, parameters and
    /// adapters; a bound that tests hold. Where [`Activation::error_scale`] are larger than the true value, it is their binade.
    pub ulps: [f64; 2],
    /// WGSL functions `name(x, …)`, `name_derivative(x, …)`, `name_second_derivative(x, …)` if it [is smooth](Self::is_smooth) and
    /// `name_derivative_parameter(x, …)` for each learnable parameter, built from the functions in `shaders/math`. For users there is
    /// [`wgsl::functions`](crate::wgsl::functions()).
    pub(crate) shader: &'static str,
    /// The functions in `reference`.
    references: References,
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
    /// `f` differentiated with respect to it. A parameter that has this can be learned: given as a tensor, with a gradient of
    /// its own.
    derivative: Option<Reference>,
}

impl ActivationInfo {
    /// Whether there is another function in training mode, which takes a random number.
    pub(crate) fn is_random(&self) -> bool {
        self.references.training.is_some()
    }

    /// Whether there is a second derivative to compute; without one it is 0 where the first does not jump.
    #[must_use]
    pub fn is_smooth(&self) -> bool {
        self.references.second_derivative.is_some()
    }
}

impl Parameter {
    /// One that cannot be learned.
    pub(crate) const fn fixed(
        name: &'static str,
        default: f32,
        range: RangeInclusive<f32>,
    ) -> Self {
        Self {
            name,
            default,
            range,
            derivative: None,
        }
    }

    /// Whether it can be learned: given as a tensor, with a gradient of its own.
    #[must_use]
    pub fn is_learnable(&self) -> bool {
        self.derivative.is_some()
    }

    /// Whether these are the defaults, bit by bit: -0 is another value than 0.
    pub(crate) fn are_defaults(parameters: &[Self], values: [f32; MOST_PARAMETERS]) -> bool {
        parameters
            .iter()
            .zip(values)
            .all(|(parameter, value)| value.to_bits() == parameter.default.to_bits())
    }

    pub(crate) fn check(&self, activation: &'static str, value: f32) -> Result<(), ParameterError> {
        if self.range.contains(&value) {
            return Ok(());
        }
        Err(ParameterError {
            activation,
            parameter: self.name,
            value,
            range: self.range.clone(),
        })
    }
}

impl Activation {
    /// The activation with these parameters' values checked against their ranges.
    ///
    /// # Errors
    /// [`ParameterError`] names the first value out of its range.
    pub fn checked(self) -> Result<Self, ParameterError> {
        let mut given = self.parameters();
        given.try_for_each(|(parameter, value)| parameter.check(self.info().name, value))?;
        Ok(self)
    }

    /// The parameters with their values.
    pub fn parameters(self) -> impl Iterator<Item = (&'static Parameter, f32)> {
        self.info().parameters.iter().zip(self.values())
    }

    /// This activation with another value of one parameter, or `None` if it has no such parameter: `elu.with("alpha", 0.5)`.
    #[must_use]
    pub fn with(self, parameter: &str, value: f32) -> Option<Self> {
        let position = self
            .info()
            .parameters
            .iter()
            .position(|candidate| candidate.name == parameter)?;
        let mut values = self.values();
        values[position] = value;
        Some(self.with_values(values))
    }

    /// `f(x)` on the CPU, in f64.
    #[must_use]
    pub fn forward(self, x: f64) -> f64 {
        (self.info().references.forward)(x, &self.real_values())
    }

    /// `f'(x)` on the CPU, in f64.
    #[must_use]
    pub fn derivative(self, x: f64) -> f64 {
        (self.info().references.derivative)(x, &self.real_values())
    }

    /// `f''(x)` on the CPU, in f64: 0 where the derivative jumps.
    #[must_use]
    pub fn second_derivative(self, x: f64) -> f64 {
        match self.info().references.second_derivative {
            Some(second_derivative) => second_derivative(x, &self.real_values()),
            None if x.is_nan() => x,
            None => 0.0,
        }
    }

    /// `f` differentiated with respect to a parameter, at x, on the CPU, in f64; `None` if it cannot be learned.
    #[must_use]
    pub fn parameter_derivative(self, parameter: &str, x: f64) -> Option<f64> {
        let derivative = self.info().parameters[self.learnable(parameter)?].derivative?;
        Some(derivative(x, &self.real_values()))
    }

    /// `grad_output * f'(x)` on the CPU, as the backward kernels have it: 0 where `f'(x)` is 0, NaN where either is NaN.
    #[must_use]
    pub fn backward(self, x: f64, grad_output: f64) -> f64 {
        scaled(self.derivative(x), grad_output)
    }

    /// What errors at x are measured by where results are smaller: zeros, of all activations but those with
    /// [`ErrorScale`].
    #[must_use]
    pub fn error_scale(self, x: f64) -> ErrorScale {
        let error_scale = self.info().references.error_scale;
        error_scale.map_or_else(ErrorScale::default, |error_scale| {
            error_scale(x, &self.real_values())
        })
    }

    /// The position of the first parameter that can be learned.
    pub(crate) fn first_learnable(self) -> Option<usize> {
        self.info()
            .parameters
            .iter()
            .position(Parameter::is_learnable)
    }

    /// The position of a parameter that can be learned.
    pub(crate) fn learnable(self, name: &str) -> Option<usize> {
        self.info()
            .parameters
            .iter()
            .position(|parameter| parameter.name == name && parameter.is_learnable())
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
