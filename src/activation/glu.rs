//! Gated linear units: a value, times an activation of a gate.

use std::fmt;
use std::str::FromStr;

use super::text::{ParseError, call, nearest};
use super::{Activation, MOST_PARAMETERS, Parameter, ParameterError};
use crate::reference;

/// A gated linear unit: `value * activation(gate)`, of two tensors or of one that is split in two.
///
/// Its text form: `glu`, `reglu`, `geglu`, `geglu(approximate=tanh)`, `swiglu`, `bilinear`, `swiglu_oai(alpha=1.702, limit=7)`, or with any
/// activation as the gate `gated(mish)`, `gated(swish(beta=2))`.
///
/// A gate of 0 passes nothing, not even an infinite value; NaN in either gives NaN.
///
/// Source: Dauphin, Fan, Auli and Grangier, Language Modeling with Gated Convolutional Networks, ICML 2017,
/// arXiv:1612.08083; Shazeer, GLU Variants Improve Transformer, 2020, arXiv:2002.05202.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Glu {
    /// `value * activation(gate)`.
    With(Activation),
    /// `(v + 1) * g / (1 + exp(-alpha * g))` with `g = min(gate, limit)` and v the value between -limit and limit; where these are
    /// clamped, the gradient is 0. Source: gpt-oss, 2025 (there values and gates alternate: [`GluLayout::Interleaved`](crate::GluLayout)).
    SwigluOai {
        /// `alpha`, by default 1.702.
        alpha: f32,
        /// `limit`, by default 7.
        limit: f32,
    },
}

/// What the units are called that have names of their own, and the activations of their gates.
const NAMES: [(&str, &str); 5] = [
    ("glu", "sigmoid"),
    ("reglu", "relu"),
    ("geglu", "gelu"),
    ("swiglu", "silu"),
    ("bilinear", "identity"),
];

pub(super) const SWIGLU_OAI: &str = "swiglu_oai";

/// The parameters of `swiglu_oai`: alpha as swish's beta.
pub(crate) const PARAMETERS: [Parameter; 2] = [
    Parameter {
        name: "alpha",
        default: 1.702,
        range: -1024.0..=1024.0,
        derivative: None,
    },
    Parameter {
        name: "limit",
        default: 7.0,
        range: 0.0..=f32::MAX,
        derivative: None,
    },
];

impl Glu {
    /// `value * sigmoid(gate)`, PyTorch's `glu`.
    pub const GLU: Self = Self::With(Activation::Sigmoid);
    /// `value * relu(gate)`.
    pub const REGLU: Self = Self::With(Activation::Relu);
    /// `value * gelu(gate)`.
    pub const GEGLU: Self = Self::With(Activation::Gelu);
    /// `value * gelu(gate)` in its tanh form, as in Gemma.
    pub const GEGLU_TANH: Self = Self::With(Activation::GeluTanh);
    /// `value * silu(gate)`, as in LLaMA.
    pub const SWIGLU: Self = Self::With(Activation::Silu);
    /// `value * gate`.
    pub const BILINEAR: Self = Self::With(Activation::Identity);
    /// gpt-oss's unit with its defaults.
    pub const SWIGLU_OAI: Self = Self::SwigluOai {
        alpha: 1.702,
        limit: 7.0,
    };

    /// Those that have names of their own.
    pub const NAMED: [Self; 7] = [
        Self::GLU,
        Self::REGLU,
        Self::GEGLU,
        Self::GEGLU_TANH,
        Self::SWIGLU,
        Self::BILINEAR,
        Self::SWIGLU_OAI,
    ];

    /// The unit, in the notation of the docs.
    #[must_use]
    pub fn formula(self) -> String {
        match self {
            Self::With(activation) => format!("value * {}(gate)", activation.info().name),
            Self::SwigluOai { .. } => {
                "(v + 1) * g / (1 + exp(-alpha * g)), g = min(gate, limit), v = min(max(value, -limit), limit)"
                    .to_owned()
            }
        }
    }

    /// The unit with its parameters checked against their ranges.
    ///
    /// # Errors
    /// [`ParameterError`] names the first value out of its range.
    pub fn checked(self) -> Result<Self, ParameterError> {
        match self {
            Self::With(activation) => activation.checked().map(Self::With),
            Self::SwigluOai { alpha, limit } => {
                let mut given = PARAMETERS.iter().zip([alpha, limit]);
                given
                    .try_for_each(|(parameter, value)| parameter.check(SWIGLU_OAI, value))
                    .map(|()| self)
            }
        }
    }

    /// The values of the parameters, then zeros.
    pub(crate) fn values(self) -> [f32; MOST_PARAMETERS] {
        match self {
            Self::With(activation) => activation.values(),
            Self::SwigluOai { alpha, limit } => [alpha, limit, 0.0, 0.0],
        }
    }

    /// The unit on the CPU, in f64.
    #[must_use]
    pub fn forward(self, value: f64, gate: f64) -> f64 {
        match self {
            Self::With(activation) => reference::scaled(activation.forward(gate), value),
            Self::SwigluOai { alpha, limit } => {
                reference::swiglu_oai(value, gate, alpha.into(), limit.into())
            }
        }
    }

    /// The gradients with respect to the value and to the gate, on the CPU, in f64.
    #[must_use]
    pub fn backward(self, value: f64, gate: f64, grad_output: f64) -> [f64; 2] {
        let derivatives = match self {
            Self::With(activation) => [
                activation.forward(gate),
                reference::scaled(activation.derivative(gate), value),
            ],
            Self::SwigluOai { alpha, limit } => {
                reference::swiglu_oai_derivatives(value, gate, alpha.into(), limit.into())
            }
        };
        derivatives.map(|derivative| reference::scaled(derivative, grad_output))
    }
}

impl fmt::Display for Glu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SwigluOai { alpha, limit } => {
                f.pad(&format!("{SWIGLU_OAI}(alpha={alpha}, limit={limit})"))
            }
            Self::With(activation) => {
                let (text, of) = (activation.to_string(), activation.info().text_name);
                let named = NAMES.iter().find(|(_, activation)| *activation == of);
                f.pad(&named.map_or_else(
                    || format!("gated({text})"),
                    |(name, _)| text.replacen(of, name, 1),
                ))
            }
        }
    }
}

impl FromStr for Glu {
    type Err = ParseError;

    /// Reads what `Display` writes; parameters that are not given take their defaults.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(activation) = text
            .strip_prefix("gated(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            return activation.parse().map(Self::With);
        }
        let (name, arguments) = call(text)?;
        if let Some((_, activation)) = NAMES.iter().find(|(named, _)| *named == name) {
            return text.replacen(name, activation, 1).parse().map(Self::With);
        }
        if name != SWIGLU_OAI {
            let names = NAMES
                .iter()
                .map(|(name, _)| *name)
                .chain([SWIGLU_OAI, "gated"]);
            return Err(ParseError::UnknownName {
                name: name.to_owned(),
                nearest: nearest(name, names),
            });
        }
        let mut values = PARAMETERS.map(|parameter| parameter.default);
        for (key, value) in arguments {
            let unknown = || ParseError::UnknownParameter {
                activation: SWIGLU_OAI,
                parameter: key.to_owned(),
            };
            let position = PARAMETERS
                .iter()
                .position(|parameter| parameter.name == key)
                .ok_or_else(unknown)?;
            let parameter = PARAMETERS[position].name;
            let refused = |_| ParseError::Value {
                activation: SWIGLU_OAI,
                parameter,
                value: value.to_owned(),
            };
            values[position] = value.parse().map_err(refused)?;
        }
        let [alpha, limit] = values;
        Ok(Self::SwigluOai { alpha, limit }.checked()?)
    }
}
