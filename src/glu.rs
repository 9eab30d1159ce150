//! Gated linear units: a value, times an activation of a gate.

use std::fmt;
use std::str::FromStr;

use crate::call::{Argument, Call};
use crate::list::ANY;
use crate::parameter::{MOST_PARAMETERS, Parameter, ParameterError, Values};
use crate::text::{self, FunctionKind, ParseError, Signature};
use crate::value::{compared_by, text_form};
use crate::{Activation, reference};

/// A gated linear unit: `value * activation(gate)`, of two tensors or of one that is split in two.
///
/// The text forms are `glu`, `reglu`, `geglu`, `geglu(approximate=tanh)`, `swiglu`, `bilinear` and
/// `swiglu_oai(alpha=1.702, limit=7, offset=1)`, `situglu(beta1=4, beta2=25)`, and with any
/// activation as the gate `gated(mish)` or `gated(swish(beta=2))`. Names of other libraries are read,
/// too: [`aliases`](Self::aliases) has them.
///
/// A gate of 0 gives 0, even for an infinite value. NaN in either gives NaN.
///
/// Source: Dauphin, Fan, Auli and Grangier, Language Modeling with Gated Convolutional Networks,
/// ICML 2017, arXiv:1612.08083; Shazeer, GLU Variants Improve Transformer, 2020, arXiv:2002.05202.
///
/// ```
/// use wgpu_activations::{Activation, Glu};
///
/// assert_eq!("geglu(approximate=tanh)".parse(), Ok(Glu::GEGLU_TANH));
/// assert_eq!("gated(mish)".parse(), Ok(Glu::With(Activation::Mish)));
/// assert_eq!(Glu::SWIGLU_OAI.to_string(), "swiglu_oai(alpha=1.702, limit=7, offset=1)");
///
/// assert_eq!(Glu::REGLU.forward(3.0, 2.0), 6.0);
/// assert_eq!(Glu::REGLU.backward(3.0, 2.0, 1.0), [2.0, 3.0]);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Glu {
    /// `value * activation(gate)`.
    With(Activation),
    /// `(v + offset) * g / (1 + exp(-alpha * g))` with `g = min(gate, limit)` and
    /// `v = min(max(value, -limit), limit)`. The gradient of the value is 0 unless
    /// `-limit < value < limit`, and that of the gate unless `gate < limit`: as PyTorch's `clamp`
    /// has it, no gradient passes at the ends. Source: gpt-oss, 2025, where values and gates
    /// alternate ([`GluLayout::Interleaved`](crate::GluLayout)). With `alpha` 1 and `offset` 0 it is
    /// the clamped SwiGLU of DeepSeek.
    SwigluOai {
        /// `alpha`, by default 1.702, in the range `f32::NEG_INFINITY..=f32::INFINITY`.
        alpha: f32,
        /// `limit`, by default 7, in the range `f32::NEG_INFINITY..=f32::INFINITY`.
        limit: f32,
        /// `offset`, by default 1, in the range `f32::NEG_INFINITY..=f32::INFINITY`.
        offset: f32,
    },
    /// `beta1 * tanh(gate / beta1) * sigmoid(gate) * beta2 * tanh(value / beta2)`: a swiglu whose
    /// factors are bounded by [softcaps](Activation::Softcap), with their limits for a `beta1` or a
    /// `beta2` that is 0 or infinite. The gradient of the gate is the sum of two terms. Its error is
    /// relative to the larger one, since the two cancel at one gate. Source: Kimi K3, 2026,
    /// arXiv:2607.24653.
    SituGlu {
        /// `beta1`, by default 4, in the range `f32::NEG_INFINITY..=f32::INFINITY`.
        beta1: f32,
        /// `beta2`, by default 25, in the range `f32::NEG_INFINITY..=f32::INFINITY`.
        beta2: f32,
    },
}

/// A unit that is no product of a value and an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    SwigluOai,
    SituGlu,
}

impl Unit {
    #[cfg(all(test, feature = "gpu"))]
    pub(crate) const ALL: [Self; 2] = [Self::SwigluOai, Self::SituGlu];

    /// The name of the WGSL function `name(value, gate, …)`, and `name_derivatives(value, gate, …)`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SwigluOai => "swiglu_oai",
            Self::SituGlu => "situglu",
        }
    }

    pub(crate) fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::SwigluOai => {
                const {
                    &[
                        Parameter::new("alpha", ALPHA, ANY),
                        Parameter::new("limit", LIMIT, ANY),
                        Parameter::new("offset", OFFSET, ANY),
                    ]
                }
            }
            Self::SituGlu => {
                const {
                    &[
                        Parameter::new("beta1", BETA1, ANY),
                        Parameter::new("beta2", BETA2, ANY),
                    ]
                }
            }
        }
    }

    /// The WGSL of the unit, and of the activations that it calls.
    pub(crate) fn shaders(self) -> &'static [&'static str] {
        match self {
            Self::SwigluOai => &[
                include_str!("../shaders/activations/swiglu_oai.wgsl"),
                include_str!("../shaders/activations/swish.wgsl"),
            ],
            Self::SituGlu => &[
                include_str!("../shaders/activations/situglu.wgsl"),
                include_str!("../shaders/activations/sigmoid.wgsl"),
                include_str!("../shaders/activations/softcap.wgsl"),
            ],
        }
    }
}

const ALPHA: f32 = 1.702;
const LIMIT: f32 = 7.0;
const OFFSET: f32 = 1.0;
const BETA1: f32 = 4.0;
const BETA2: f32 = 25.0;

/// The name before an activation that makes a unit of it: `gated(mish)`.
const GATED: &str = "gated";

impl Glu {
    /// `value * sigmoid(gate)`, PyTorch's `glu`.
    pub const GLU: Self = Self::With(Activation::Sigmoid);
    /// `value * relu(gate)`.
    pub const REGLU: Self = Self::With(Activation::Relu);
    /// `value * gelu(gate)`.
    pub const GEGLU: Self = Self::With(Activation::Gelu);
    /// `value * gelu_tanh(gate)`, as in Gemma.
    pub const GEGLU_TANH: Self = Self::With(Activation::GeluTanh);
    /// `value * silu(gate)`, as in LLaMA.
    pub const SWIGLU: Self = Self::With(Activation::Silu);
    /// `value * gate`.
    pub const BILINEAR: Self = Self::With(Activation::Identity);
    /// `swiglu_oai` with its defaults, `alpha = 1.702`, `limit = 7` and `offset = 1`, as in gpt-oss.
    pub const SWIGLU_OAI: Self = Self::SwigluOai {
        alpha: ALPHA,
        limit: LIMIT,
        offset: OFFSET,
    };

    /// `situglu` with its defaults, `beta1 = 4` and `beta2 = 25`, as in Kimi K3.
    pub const SITUGLU: Self = Self::SituGlu {
        beta1: BETA1,
        beta2: BETA2,
    };

    /// The units that have names of their own.
    pub const NAMED: [Self; 8] = [
        Self::GLU,
        Self::REGLU,
        Self::GEGLU,
        Self::GEGLU_TANH,
        Self::SWIGLU,
        Self::BILINEAR,
        Self::SWIGLU_OAI,
        Self::SITUGLU,
    ];

    /// The unit's formula, in terms of `value` and `gate`.
    #[must_use]
    pub fn formula(self) -> String {
        match self {
            Self::With(activation) => format!("value * {}(gate)", activation.info().name),
            Self::SwigluOai { .. } => {
                "(v + offset) * g / (1 + exp(-alpha * g)), g = min(gate, limit), \
                v = min(max(value, -limit), limit)"
                    .to_owned()
            }
            Self::SituGlu { .. } => {
                "beta1 * tanh(gate / beta1) * sigmoid(gate) * beta2 * tanh(value / beta2)"
                    .to_owned()
            }
        }
    }

    /// The activation of the gate by which the value is multiplied, or the unit that is something
    /// else.
    pub(crate) fn kind(self) -> Result<Activation, Unit> {
        match self {
            Self::With(activation) => Ok(activation),
            Self::SwigluOai { .. } => Err(Unit::SwigluOai),
            Self::SituGlu { .. } => Err(Unit::SituGlu),
        }
    }

    /// Checks that the values of the parameters are within their ranges.
    ///
    /// # Errors
    /// [`ParameterError`] names the first value that is out of its range.
    pub fn checked(self) -> Result<Self, ParameterError> {
        self.signature().check(self.values()).map(|()| self)
    }

    /// The values of the parameters, then zeros.
    pub(crate) fn values(self) -> Values {
        match self {
            Self::With(activation) => activation.values(),
            Self::SwigluOai {
                alpha,
                limit,
                offset,
            } => [alpha, limit, offset, 0.0],
            Self::SituGlu { beta1, beta2 } => [beta1, beta2, 0.0, 0.0],
        }
    }

    /// Two units are the same if they have the same activation, if any, and numbers of the same bits.
    fn key(self) -> (Result<usize, Unit>, [u32; MOST_PARAMETERS]) {
        let kind = self.kind().map(Activation::index);
        (kind, self.values().map(f32::to_bits))
    }

    /// Names of the unit in other libraries, which the text form takes, too. Each stands as it is
    /// declared there, with its parameters but for the axis.
    ///
    /// ```
    /// use wgpu_activations::Glu;
    ///
    /// assert_eq!(Glu::SWIGLU.aliases(), ["SwiGLU", "gated-silu"]);
    /// assert_eq!("SwiGLU".parse(), Ok(Glu::SWIGLU));
    /// ```
    #[must_use]
    pub fn aliases(self) -> &'static [&'static str] {
        self.names().map_or(&[], |(_, aliases)| aliases)
    }

    /// The name and the aliases of a unit that has a name of its own.
    fn names(self) -> Option<(&'static str, &'static [&'static str])> {
        Some(match self {
            Self::With(Activation::Sigmoid) => ("glu", &["GLU"]),
            Self::With(Activation::Relu) => ("reglu", &["ReGLU", "gated-relu"]),
            Self::With(Activation::Gelu) => ("geglu", &["GEGLU", "geglu_erf"]),
            Self::With(Activation::GeluTanh) => ("geglu", &["geglu_tanh", "gated-gelu"]),
            Self::With(Activation::Silu) => ("swiglu", &["SwiGLU", "gated-silu"]),
            Self::With(Activation::Identity) => ("bilinear", &[]),
            Self::With(_) => return None,
            Self::SwigluOai { .. } => {
                (Unit::SwigluOai.name(), &["swigluoai(alpha=1.702, limit=7)"])
            }
            Self::SituGlu { .. } => (Unit::SituGlu.name(), &[]),
        })
    }

    /// The signature of a unit that has a name of its own, else that of its activation.
    fn signature(self) -> Signature {
        let signature = match self.kind() {
            Ok(activation) => activation.signature(),
            Err(unit) => Signature {
                parameters: unit.parameters(),
                ..Signature::named(GATED)
            },
        };
        match self.names() {
            Some((name, aliases)) => Signature {
                name,
                aliases,
                ..signature
            },
            None => signature,
        }
    }

    /// The signatures of all names: of the units that have one, and of what makes others.
    pub(crate) fn signatures() -> impl Iterator<Item = Signature> {
        let named = Self::NAMED.iter().map(|unit| unit.signature());
        named.chain([Signature::named(GATED)])
    }

    /// Computes the unit on the CPU, in f64.
    #[must_use]
    pub fn forward(self, value: f64, gate: f64) -> f64 {
        match self {
            Self::With(activation) => reference::scaled(activation.forward(gate), value),
            Self::SwigluOai {
                alpha,
                limit,
                offset,
            } => reference::swiglu_oai(value, gate, alpha.into(), limit.into(), offset.into()),
            Self::SituGlu { beta1, beta2 } => {
                reference::situglu(value, gate, beta1.into(), beta2.into())
            }
        }
    }

    /// Computes the gradients with respect to the value and to the gate on the CPU, in f64.
    #[must_use]
    pub fn backward(self, value: f64, gate: f64, grad_output: f64) -> [f64; 2] {
        let derivatives = match self {
            Self::With(activation) => [
                activation.forward(gate),
                reference::scaled(activation.derivative(gate), value),
            ],
            Self::SwigluOai {
                alpha,
                limit,
                offset,
            } => reference::swiglu_oai_derivatives(
                value,
                gate,
                alpha.into(),
                limit.into(),
                offset.into(),
            ),
            Self::SituGlu { beta1, beta2 } => {
                reference::situglu_derivatives(value, gate, beta1.into(), beta2.into())
            }
        };
        derivatives.map(|derivative| reference::scaled(derivative, grad_output))
    }
}

compared_by!(Glu, key);
text_form!(Glu);

impl fmt::Display for Glu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::With(activation) if self.names().is_none() => {
                f.pad(&format!("{GATED}({activation})"))
            }
            _ => self.signature().write(self.values(), f),
        }
    }
}

impl FromStr for Glu {
    type Err = ParseError;

    /// Reads `gated(activation)`, or `name` or `name(value, parameter=value, …)`, where the name
    /// may be one of the [`aliases`](Self::aliases). Parameters that are not given take their
    /// defaults.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(call) = Call::read(text).filter(|call| call.name == GATED) {
            let [Argument { key: None, value }] = call.arguments[..] else {
                return Err(ParseError::Syntax {
                    text: text.to_owned(),
                    kind: FunctionKind::Glu,
                });
            };
            let activation = value.parse().map(Self::With);
            return activation.map_err(|reason| ParseError::Gate {
                unit: text.trim().to_owned(),
                reason: Box::new(reason),
            });
        }
        let named = Self::NAMED.iter().map(|unit| unit.signature());
        let (position, values) = text::parse(text, FunctionKind::Glu, named)?;
        Ok(match (Self::NAMED[position], values) {
            (Self::SwigluOai { .. }, [alpha, limit, offset, ..]) => Self::SwigluOai {
                alpha,
                limit,
                offset,
            },
            (Self::SituGlu { .. }, [beta1, beta2, ..]) => Self::SituGlu { beta1, beta2 },
            (unit, _) => unit,
        })
    }
}
