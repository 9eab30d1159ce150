//! The scalar parameters of functions: names, defaults and ranges.

use std::ops::RangeInclusive;

/// No function has more parameters.
pub(crate) const MOST_PARAMETERS: usize = 4;

/// The values of a function's parameters, in the order of its list's row, then zeros.
pub(crate) type Values = [f32; MOST_PARAMETERS];

/// A function of x and of the values of all parameters, in f64.
pub(crate) type Reference = fn(f64, &[f64; MOST_PARAMETERS]) -> f64;

/// A scalar parameter of a function.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// The name, as in PyTorch.
    pub name: &'static str,
    /// The value that the parameter has if the text form does not give one.
    pub default: f32,
    /// The values that the parameter may take. NaN is never among them.
    pub range: RangeInclusive<f32>,
    /// Another parameter of the function, whose value this one may not exceed.
    pub at_most: Option<&'static str>,
    /// The real number that the default stands for: 1/3 is no f32.
    pub(crate) exact_default: f64,
    /// True if only whole numbers are allowed.
    pub(crate) is_whole: bool,
    /// True if it can be learned.
    pub(crate) is_learnable: bool,
}

impl Parameter {
    /// A parameter that takes any number in its range, and that cannot be learned.
    pub(crate) const fn new(name: &'static str, default: f32, range: RangeInclusive<f32>) -> Self {
        Self {
            name,
            default,
            range,
            at_most: None,
            exact_default: default as f64,
            is_whole: false,
            is_learnable: false,
        }
    }

    /// Returns whether the parameter can be learned, that is, given as a tensor and with a
    /// gradient of its own.
    #[must_use]
    pub fn is_learnable(&self) -> bool {
        self.is_learnable
    }

    /// Compares values with the defaults bit by bit: -0 is another value than 0.
    pub(crate) fn are_defaults(parameters: &[Self], values: Values) -> bool {
        let mut values = parameters.iter().zip(values);
        values.all(|(parameter, value)| parameter.is_default(value))
    }

    /// The values in f64. If all are defaults, each is the real number that it stands for.
    pub(crate) fn exact(parameters: &[Self], values: Values) -> [f64; MOST_PARAMETERS] {
        let mut exact = values.map(f64::from);
        if Self::are_defaults(parameters, values) {
            for (exact, parameter) in exact.iter_mut().zip(parameters) {
                *exact = parameter.exact_default;
            }
        }
        exact
    }

    /// Returns whether the value is of the parameter's kind, whatever its range. An infinity is
    /// left to the range, whose error says more.
    pub(crate) fn takes(&self, value: f32) -> bool {
        !self.is_whole || value.fract() == 0.0 || value.is_infinite()
    }

    /// The values that [`takes`](Self::takes) allows, in words.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_whole {
            "a whole number"
        } else {
            "a number"
        }
    }

    fn is_default(&self, value: f32) -> bool {
        value.to_bits() == self.default.to_bits()
    }
}

/// The error for a parameter's value outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{activation}: {parameter} must be a number from {:?} to {:?}{}, got {value:?}",
    range.start(),
    range.end(),
    at_most.map(|other| format!(", the value of {other}")).unwrap_or_default()
)]
#[non_exhaustive]
pub struct ParameterError {
    /// The name of the activation, gated linear unit or function along an axis.
    pub activation: &'static str,
    /// The parameter's name.
    pub parameter: &'static str,
    /// The value that was given.
    pub value: f32,
    /// The values that the parameter may take.
    pub range: RangeInclusive<f32>,
    /// The parameter whose value ends the range, if that is why the value is refused.
    pub at_most: Option<&'static str>,
}
