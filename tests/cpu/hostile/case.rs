//! The functions of the shaders, as programs.

use wgpu_activations::{Activation, Error, wgsl};

use super::lower;
use super::program::Program;
use crate::common::{
    Truth, Truths, ULPS_OF_OTHERS, is_asked_for, parameter_derivative, second_derivative,
};

/// The names of the functions begin with this.
const PREFIX: &str = "our_";

/// The bound of functions and first derivatives.
pub const ULPS: f64 = 4.0;

/// A function of an activation's shader.
#[derive(Clone, Copy)]
pub enum What {
    Forward,
    Derivative,
    DerivativeFromOutput,
    SecondDerivative,
    ParameterDerivative(&'static str),
}

/// A function of x, with its WGSL and its reference.
pub struct Case {
    pub activation: Activation,
    pub what: What,
    /// True if the parameters are constants, as defaults are in kernels.
    pub is_of_constants: bool,
}

impl Case {
    /// Every function of an activation's shader.
    pub fn all(activation: Activation) -> impl Iterator<Item = Self> {
        let info = activation.info();
        let learnable = info
            .parameters
            .iter()
            .filter(|parameter| parameter.is_learnable());
        let is_told = activation.derivative_from_output(0.0).is_some();
        [What::Forward, What::Derivative]
            .into_iter()
            .chain(is_told.then_some(What::DerivativeFromOutput))
            .chain(info.is_smooth().then_some(What::SecondDerivative))
            .chain(learnable.map(|parameter| What::ParameterDerivative(parameter.name)))
            .map(move |what| Self {
                activation,
                what,
                is_of_constants: false,
            })
    }

    /// The functions with parameters as constants: the defaults, and swish with the default of
    /// `swiglu_oai`.
    pub fn of_constants() -> impl Iterator<Item = Self> {
        let swiglu_oai = Activation::Swish { beta: 1.702 };
        let all = Activation::ALL.iter().copied().chain([swiglu_oai]);
        let with_parameters = all.filter(|activation| activation.parameters().next().is_some());
        let asked_for = with_parameters.filter(|activation| is_asked_for(activation.info()));
        asked_for.flat_map(Self::all).map(|case| Self {
            is_of_constants: true,
            ..case
        })
    }

    pub fn name(&self) -> String {
        let constants = if self.is_of_constants {
            self.parameters()
        } else {
            vec![]
        };
        constants.iter().fold(self.function(), |name, constant| {
            format!("{name}_{:x}", constant.to_bits())
        })
    }

    pub fn function(&self) -> String {
        let name = self.activation.info().name;
        match self.what {
            What::Forward => name.to_owned(),
            What::Derivative => format!("{name}_derivative"),
            What::DerivativeFromOutput => format!("{name}_derivative_from_output"),
            What::SecondDerivative => format!("{name}_second_derivative"),
            What::ParameterDerivative(parameter) => format!("{name}_derivative_{parameter}"),
        }
    }

    pub fn truth(&self, x: f64) -> Truth {
        let activation = self.activation;
        match self.what {
            What::Forward => Truth::forward(activation, x),
            // Unlike those of a gradient, the zeros of a derivative have a sign.
            What::Derivative => Truth {
                value: activation.derivative(x),
                ..Truth::backward(activation, x, 1.0)
            },
            What::DerivativeFromOutput => {
                let derivative = activation.derivative_from_output(x);
                derivative.expect("it is told").into()
            }
            What::SecondDerivative => second_derivative(activation, x),
            What::ParameterDerivative(parameter) => parameter_derivative(activation, parameter, x),
        }
    }

    pub fn truths<'a>(&self, x: &'a [f32]) -> Truths<'a, impl Fn(f64) -> Truth> {
        let truth = |x| self.truth(x);
        if self.is_first() {
            Truths::new(x, truth)
        } else {
            Truths::of_others(x, truth)
        }
    }

    pub fn is_first(&self) -> bool {
        matches!(
            self.what,
            What::Forward | What::Derivative | What::DerivativeFromOutput
        )
    }

    /// The project's contract, as on real devices.
    pub fn bound(&self) -> f64 {
        if self.is_first() {
            ULPS
        } else {
            ULPS_OF_OTHERS
        }
    }

    pub fn program(&self) -> Program {
        let text = if self.is_of_constants {
            wgsl::functions([self.activation.info()], PREFIX)
        } else {
            self.with_runtime_parameters()
        };
        let text = text.expect("a prefix");
        let module = naga::front::wgsl::parse_str(&text);
        let module = module
            .unwrap_or_else(|error| panic!("{}: {}", self.activation, error.emit_to_string(&text)));
        let program = lower::lower(&module, &[PREFIX, &self.function()].concat());
        if self.is_of_constants {
            program.of_constants(&self.parameters())
        } else {
            program
        }
    }

    /// The functions as they are for run-time parameters.
    fn with_runtime_parameters(&self) -> Result<String, Error> {
        let Some((parameter, _)) = self.activation.parameters().next() else {
            return self.activation.wgsl(PREFIX);
        };
        let mut defaults = Activation::ALL.iter().copied();
        let default = defaults
            .find(|default| default.info().name == self.activation.info().name)
            .expect("it is listed");
        default
            .with(parameter.name, parameter.default / 2.0 - 0.1)
            .expect("its parameter")
            .wgsl(PREFIX)
    }

    pub fn parameters(&self) -> Vec<f32> {
        self.activation
            .parameters()
            .map(|(_, value)| value)
            .collect()
    }
}
