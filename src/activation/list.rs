//! The one list. A new activation is a row here, a file in `shaders/activations/` and its twin in `src/reference/`.

use super::{Info, Parameter};
use crate::reference;

/// Any finite number.
const FINITE: std::ops::RangeInclusive<f32> = f32::MIN..=f32::MAX;

/// No activation has more parameters.
pub(crate) const MOST_PARAMETERS: usize = 4;

macro_rules! activations {
    (@optional) => { None };
    (@optional $value:expr) => { Some($value) };
    ($(
        $variant:ident $({ $($parameter:ident: $default:literal in $range:expr $(=> $parameter_derivative:expr)?),+ })?
            = $name:ident, $derivative_name:ident {
            formula: $formula:literal,
            derivative: $derivative:literal,
            kinks: $kinks:literal,
            source: $source:literal,
        }
    )+) => {
        /// An activation function, with the values of its parameters.
        ///
        /// Its text form names what is here in lower case: `"leaky_relu(negative_slope=0.2)".parse()`. A parameter may
        /// take any value in its range; kernels refuse others with [`ParameterError`](crate::ParameterError).
        ///
        /// All of them: NaN gives NaN, in both directions; an infinite x gives the limit.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Activation {
            $(
                #[doc = concat!("**", stringify!($name), "**: f(x) = ", $formula)]
                #[doc = concat!("\n\nf'(x) = ", $derivative)]
                #[doc = concat!("\n\n", $kinks)]
                #[doc = concat!("\n\nSource: ", $source)]
                $variant $({ $(
                    #[doc = concat!("`", stringify!($parameter), "`, by default ", stringify!($default), ".")]
                    $parameter: f32
                ),+ })?,
            )+
        }

        impl Activation {
            const LIST: &'static [Info] = &[$(Info {
                name: stringify!($name),
                parameters: &[$($(Parameter {
                    name: stringify!($parameter),
                    default: $default,
                    range: $range,
                    derivative: activations!(@optional $($parameter_derivative)?),
                }),+)?],
                formula: $formula,
                derivative: $derivative,
                kinks: $kinks,
                source: $source,
                shader: include_str!(concat!("../../shaders/activations/", stringify!($name), ".wgsl")),
            }),+];

            /// Every activation there is, with its default parameters.
            pub const ALL: &'static [Activation] = &[$(Activation::$variant $({ $($parameter: $default),+ })?),+];

            /// The position of this activation's row in the list.
            pub(crate) fn index(self) -> usize {
                #[derive(Clone, Copy)]
                enum Position { $($variant),+ }
                match self { $(Activation::$variant $({ $($parameter: _),+ })? => Position::$variant as usize),+ }
            }

            /// The values of the parameters, in the order of [`Info::parameters`], then zeros.
            pub(crate) fn values(self) -> [f32; MOST_PARAMETERS] {
                let mut values = [0.0; MOST_PARAMETERS];
                let given: &[f32] = match &self { $(Activation::$variant $({ $($parameter),+ })? => &[$($(*$parameter),+)?]),+ };
                values[..given.len()].copy_from_slice(given);
                values
            }

            /// This activation with other values of its parameters, in the order of [`Info::parameters`].
            pub(crate) fn with_values(self, values: [f32; MOST_PARAMETERS]) -> Self {
                let mut _values = values.into_iter();
                match self { $(Activation::$variant $({ $($parameter),+ })? => Activation::$variant $({
                    $($parameter: _values.next().unwrap_or($parameter)),+
                })?),+ }
            }

            /// f(x) on the CPU, in f64.
            #[must_use]
            pub fn forward(self, x: f64) -> f64 {
                match self { $(Activation::$variant $({ $($parameter),+ })? => reference::$name(x $($(, f64::from($parameter))+)?)),+ }
            }

            /// f'(x) on the CPU, in f64.
            #[must_use]
            pub fn derivative(self, x: f64) -> f64 {
                match self { $(Activation::$variant $({ $($parameter),+ })? => reference::$derivative_name(x $($(, f64::from($parameter))+)?)),+ }
            }
        }
    };
}

activations! {
    Relu = relu, relu_derivative {
        formula: "max(0, x)",
        derivative: "1 if x > 0, else 0",
        kinks: "f'(0) = 0. f(-0) = -0.",
        source: "Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, ICML 2010",
    }
    LeakyRelu { negative_slope: 0.01 in FINITE } = leaky_relu, leaky_relu_derivative {
        formula: "x if x > 0, else negative_slope * x",
        derivative: "1 if x > 0, else negative_slope",
        kinks: "f'(0) = negative_slope. f(-0) = -0.",
        source: "Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013",
    }
    Prelu { weight: 0.25 in FINITE => |x, p| reference::prelu_derivative_weight(x, p[0]) } = prelu, prelu_derivative {
        formula: "x if x > 0, else weight * x",
        derivative: "1 if x > 0, else weight; with respect to the weight: 0 if x > 0, else x",
        kinks: "f'(0) = weight. f(-0) = -0.",
        source: "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, ICCV 2015, arXiv:1502.01852",
    }
    Elu { alpha: 1.0 in FINITE } = elu, elu_derivative {
        formula: "x if x > 0, else alpha * (exp(x) - 1)",
        derivative: "1 if x > 0, else alpha * exp(x)",
        kinks: "f'(0) = alpha. f(-0) = -0.",
        source: "Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, ICLR 2016, arXiv:1511.07289",
    }
    Sigmoid = sigmoid, sigmoid_derivative {
        formula: "1 / (1 + exp(-x))",
        derivative: "f(x) * (1 - f(x)) = exp(-|x|) / (1 + exp(-|x|))^2",
        kinks: "",
        source: "Rumelhart, Hinton and Williams, Learning Representations by Back-propagating Errors, Nature 323, 1986",
    }
    Tanh = tanh, tanh_derivative {
        formula: "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
        derivative: "1 - f(x)^2 = 4 * exp(-2|x|) / (1 + exp(-2|x|))^2",
        kinks: "f(-0) = -0.",
        source: "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
    }
}

impl Activation {
    /// Every row of the list.
    #[must_use]
    pub fn list() -> &'static [Info] {
        Self::LIST
    }

    /// This activation's row.
    #[must_use]
    pub fn info(self) -> &'static Info {
        &Self::LIST[self.index()]
    }
}
