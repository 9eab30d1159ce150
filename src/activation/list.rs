//! The one list. A new activation is a row here, a file in `shaders/activations/` and its twin in `src/reference/`.

#![allow(clippy::excessive_precision, reason = "a constant that is (real) is more than its nearest f32")]

use super::{Info, Parameter};
use crate::reference;

/// Any finite number.
const FINITE: std::ops::RangeInclusive<f32> = f32::MIN..=f32::MAX;

/// What may multiply an exponential: up to 2^24.
const WEIGHT: std::ops::RangeInclusive<f32> = -16_777_216.0..=16_777_216.0;

const HALF_WEIGHT: std::ops::RangeInclusive<f32> = -4096.0..=4096.0;

/// What may multiply the argument of an exponential: 2^-10 to 2^10.
const RATE: std::ops::RangeInclusive<f32> = 9.765_625e-4..=1024.0;
const SIGNED_RATE: std::ops::RangeInclusive<f32> = -1024.0..=1024.0;

const OFFSET: std::ops::RangeInclusive<f32> = -1024.0..=1024.0;
const THRESHOLD: std::ops::RangeInclusive<f32> = -1024.0..=1024.0;

/// No activation has more parameters.
pub(crate) const MOST_PARAMETERS: usize = 4;

macro_rules! activations {
    (@optional) => { None };
    (@optional $value:expr) => { Some($value) };
    (@real $value:ident $default:literal) => { f64::from($value) };
    (@real $value:ident $default:literal real) => { if $value == $default { $default } else { f64::from($value) } };
    (@text_name $name:ident) => { stringify!($name) };
    (@text_name $name:ident $text_name:literal) => { $text_name };
    ($(
        $variant:ident $({ $($parameter:ident: $default:literal $(($real:ident))? in $range:expr $(=> $parameter_derivative:expr)?),+ })?
            = $name:ident, $derivative_name:ident {
            formula: $formula:literal,
            derivative: $derivative:literal,
            kinks: $kinks:literal,
            source: $source:literal,
            ulps: [$forward_ulps:literal, $backward_ulps:literal],
            $(text: $text_name:literal with $choice:ident = $chosen:ident,)?
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
                text_name: activations!(@text_name $name $($text_name)?),
                choice: activations!(@optional $((stringify!($choice), stringify!($chosen)))?),
                parameters: &[$($(Parameter {
                    name: stringify!($parameter),
                    default: $default,
                    range: $range,
                    whole: false,
                    derivative: activations!(@optional $($parameter_derivative)?),
                }),+)?],
                formula: $formula,
                derivative: $derivative,
                kinks: $kinks,
                source: $source,
                ulps: [$forward_ulps, $backward_ulps],
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
                match self { $(Activation::$variant $({ $($parameter),+ })? => reference::$name(x $($(, activations!(@real $parameter $default $($real)?))+)?)),+ }
            }

            /// f'(x) on the CPU, in f64.
            #[must_use]
            pub fn derivative(self, x: f64) -> f64 {
                match self { $(Activation::$variant $({ $($parameter),+ })? => reference::$derivative_name(x $($(, activations!(@real $parameter $default $($real)?))+)?)),+ }
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
        ulps: [0.0, 0.0],
    }
    LeakyRelu { negative_slope: 0.01 in FINITE } = leaky_relu, leaky_relu_derivative {
        formula: "x if x > 0, else negative_slope * x",
        derivative: "1 if x > 0, else negative_slope",
        kinks: "f'(0) = negative_slope. f(-0) = -0.",
        source: "Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013",
        ulps: [0.5, 0.0],
    }
    Prelu { weight: 0.25 in FINITE => |x, p| reference::prelu_derivative_weight(x, p[0]) } = prelu, prelu_derivative {
        formula: "x if x > 0, else weight * x",
        derivative: "1 if x > 0, else weight; with respect to the weight: 0 if x > 0, else x",
        kinks: "f'(0) = weight. f(-0) = -0.",
        source: "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, ICCV 2015, arXiv:1502.01852",
        ulps: [0.5, 0.0],
    }
    Elu { alpha: 1.0 in WEIGHT } = elu, elu_derivative {
        formula: "x if x > 0, else alpha * (exp(x) - 1)",
        derivative: "1 if x > 0, else alpha * exp(x)",
        kinks: "f'(0) = alpha. f(-0) = -0.",
        source: "Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, ICLR 2016, arXiv:1511.07289",
        ulps: [1.9, 2.25],
    }
    Selu { alpha: 1.6732632423543772848 (real) in HALF_WEIGHT, scale: 1.0507009873554804934 (real) in HALF_WEIGHT } = selu, selu_derivative {
        formula: "scale * x if x > 0, else scale * alpha * (exp(x) - 1)",
        derivative: "scale if x > 0, else scale * alpha * exp(x)",
        kinks: "f'(0) = scale * alpha. f(-0) = -0.",
        source: "Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, NeurIPS 2017, arXiv:1706.02515",
        ulps: [2.75, 3.2],
    }
    Celu { alpha: 1.0 in 9.0e-13..=1.1e12 } = celu, celu_derivative {
        formula: "x if x > 0, else alpha * (exp(x / alpha) - 1)",
        derivative: "1 if x > 0, else exp(x / alpha)",
        kinks: "f(-0) = -0.",
        source: "Barron, Continuously Differentiable Exponential Linear Units, 2017, arXiv:1704.07483",
        ulps: [2.35, 1.5],
    }
    Sigmoid = sigmoid, sigmoid_derivative {
        formula: "1 / (1 + exp(-x))",
        derivative: "f(x) * (1 - f(x)) = exp(-|x|) / (1 + exp(-|x|))^2",
        kinks: "",
        source: "Rumelhart, Hinton and Williams, Learning Representations by Back-propagating Errors, Nature 323, 1986",
        ulps: [3.25, 3.1],
    }
    Logsigmoid = logsigmoid, logsigmoid_derivative {
        formula: "-log(1 + exp(-x))",
        derivative: "1 / (1 + exp(x))",
        kinks: "",
        source: "Collobert et al., Torch7: A Matlab-like Environment for Machine Learning, 2011",
        ulps: [2.05, 2.9],
    }
    Tanh = tanh, tanh_derivative {
        formula: "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
        derivative: "1 - f(x)^2 = 4 * exp(-2|x|) / (1 + exp(-2|x|))^2",
        kinks: "f(-0) = -0.",
        source: "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
        ulps: [2.65, 3.0],
    }
    Tanhshrink = tanhshrink, tanhshrink_derivative {
        formula: "x - tanh(x)",
        derivative: "tanh(x)^2",
        kinks: "f(-0) = -0.",
        source: "Collobert et al., Torch7: A Matlab-like Environment for Machine Learning, 2011",
        ulps: [3.25, 2.5],
    }
    Softplus { beta: 1.0 in RATE, threshold: 20.0 in THRESHOLD } = softplus, softplus_derivative {
        formula: "log(1 + exp(beta * x)) / beta, and x where beta * x > threshold",
        derivative: "1 / (1 + exp(-beta * x)), and 1 where beta * x > threshold",
        kinks: "",
        source: "Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating Second-Order Functional Knowledge for Better Option Pricing, NIPS 2000",
        ulps: [3.0, 3.25],
    }
    Silu = silu, silu_derivative {
        formula: "x / (1 + exp(-x))",
        derivative: "s * (1 + x * (1 - s)), s = 1 / (1 + exp(-x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation, 2017, arXiv:1702.03118",
        ulps: [3.05, 2.55],
    }
    Swish { beta: 1.0 in SIGNED_RATE } = swish, swish_derivative {
        formula: "x / (1 + exp(-beta * x))",
        derivative: "s * (1 + beta * x * (1 - s)), s = 1 / (1 + exp(-beta * x))",
        kinks: "f(-0) = -0. f(-Inf) = -0 for beta > 0.",
        source: "Ramachandran, Zoph and Le, Searching for Activation Functions, 2017, arXiv:1710.05941",
        ulps: [3.2, 3.3],
    }
    Mish = mish, mish_derivative {
        formula: "x * tanh(log(1 + exp(x)))",
        derivative: "t + x * s * (1 - t^2), t = tanh(log(1 + exp(x))), s = 1 / (1 + exp(-x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Misra, Mish: A Self Regularized Non-Monotonic Activation Function, BMVC 2020, arXiv:1908.08681",
        ulps: [3.2, 2.45],
    }
    Gelu = gelu, gelu_derivative {
        formula: "x * Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2",
        derivative: "Phi(x) + x * exp(-x^2 / 2) / sqrt(2 * pi)",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415",
        ulps: [2.7, 2.65],
        text: "gelu" with approximate = none,
    }
    GeluTanh = gelu_tanh, gelu_tanh_derivative {
        formula: "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))",
        derivative: "s + x * s * (1 - s) * z', z = 2 * sqrt(2 / pi) * (x + 0.044715 * x^3), s = 1 / (1 + exp(-z))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415",
        ulps: [3.0, 3.45],
        text: "gelu" with approximate = tanh,
    }
    QuickGelu = quick_gelu, quick_gelu_derivative {
        formula: "x / (1 + exp(-1.702 * x))",
        derivative: "s * (1 + 1.702 * x * (1 - s)), s = 1 / (1 + exp(-1.702 * x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415",
        ulps: [3.0, 3.3],
    }
    Hardsigmoid { slope: 0.166_666_67 in RATE, offset: 0.5 in OFFSET } = hardsigmoid, hardsigmoid_derivative {
        formula: "min(max(slope * x + offset, 0), 1)",
        derivative: "slope if 0 < slope * x + offset < 1, else 0",
        kinks: "f' = 0 at both ends. The default slope is 1/6, not its nearest f32.",
        source: "Courbariaux, Bengio and David, BinaryConnect, NIPS 2015, arXiv:1511.00363; slope 1/6: Howard et al., Searching for MobileNetV3, ICCV 2019",
        ulps: [1.65, 0.4],
    }
    Hardswish = hardswish, hardswish_derivative {
        formula: "x * min(max(x + 3, 0), 6) / 6",
        derivative: "0 if x <= -3, 1 if x >= 3, else (2x + 3) / 6",
        kinks: "f'(-3) = 0, f'(3) = 1. f(-0) = -0.",
        source: "Howard et al., Searching for MobileNetV3, ICCV 2019, arXiv:1905.02244",
        ulps: [2.55, 1.4],
    }
    Softsign = softsign, softsign_derivative {
        formula: "x / (1 + |x|)",
        derivative: "1 / (1 + |x|)^2",
        kinks: "f(-0) = -0.",
        source: "Turian, Bergstra and Bengio, Quadratic Features and Deep Architectures for Chunking, NAACL 2009",
        ulps: [1.55, 1.55],
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
