//! Activations: the list, the references and the random numbers of training. Nothing here needs a
//! GPU.

mod list;
mod reference;
mod table;
mod training;

pub use list::Activation;
pub use training::TrainingMode;

use std::ops::RangeInclusive;

use crate::list::Saved;
pub(crate) use crate::parameter::{MOST_PARAMETERS, Parameter};
use crate::reference::{ErrorScale, scaled};
use crate::text::Signature;

/// A row of the list of activations, from [`Activation::list`] or [`Activation::info`].
///
/// ```
/// use wgpu_activations::Activation;
///
/// let info = Activation::Silu.info();
/// assert_eq!((info.name, info.formula), ("silu", "x / (1 + exp(-x))"));
/// assert!(Activation::list().iter().any(|info| info.name == "gelu_tanh"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ActivationInfo {
    /// The name of the WGSL functions and of the functions in [`reference`](crate::reference), as
    /// `leaky_relu`.
    pub name: &'static str,
    /// The name in the text form. It differs from [`name`](Self::name) where activations share it:
    /// the text form of `gelu_tanh` is `gelu(approximate=tanh)`. It differs, too, where the name is
    /// taken in WGSL: the functions of `abs` are called `absolute`, and those of `reciprocal`
    /// `recip`.
    pub text_name: &'static str,
    /// Names of the function in other libraries, which the text form takes, too. Each stands as it
    /// is declared there, with parameters and defaults, as `LeakyRelu(alpha=0.01)`. The parameters
    /// are those of the function in their order, apart from `inplace` and `num_parameters`, which
    /// change no value.
    pub aliases: &'static [&'static str],
    /// The key and the value that distinguish activations of the same
    /// [`text_name`](Self::text_name), as `approximate` and `tanh`. The first one is the default.
    pub choice: Option<(&'static str, &'static str)>,
    /// The scalar parameters, in the order of the functions' arguments.
    pub parameters: &'static [Parameter],
    /// `f(x)`.
    pub formula: &'static str,
    /// `f'(x)`.
    pub derivative: &'static str,
    /// The values of derivatives where the formula leaves them open, and the signs of zeros. Empty
    /// if there is nothing to say.
    pub kinks: &'static str,
    /// The paper or the reference that the definition comes from.
    pub source: &'static str,
    /// Reasons to use the activation.
    pub strengths: &'static str,
    /// Reasons not to use it.
    pub weaknesses: &'static str,
    /// Networks that use it.
    pub used: &'static str,
    /// The bounds of the errors of `f` and of `f'`, which tests hold: the largest that were found
    /// over all inputs, parameters and adapters. The unit is an ulp of the true value, or of
    /// [`Activation::error_scale`] where that is larger.
    pub ulps: [f64; 2],
    /// The tensor that a backward pass takes: x, or for [some functions](Self::from_output) either
    /// x or the output.
    pub saved: Saved,
    /// The backward pass that takes the output, if there is one.
    pub from_output: Option<FromOutput>,
    /// The WGSL functions `name(x, …)`, `name_derivative(x, …)`, `name_second_derivative(x, …)` if
    /// it [is smooth](Self::is_smooth), `name_derivative_from_output(y, …)` if there is one, and
    /// `name_derivative_parameter(x, …)` for each parameter that can be learned. They call functions
    /// of `shaders/math`. Users get the linked text from
    /// [`wgsl::functions`](crate::wgsl::functions()).
    pub(crate) shader: &'static str,
    pub(crate) is_random: bool,
    pub(crate) is_smooth: bool,
}

/// The derivative `f'` as a function of `y = f(x)`, for
/// [`Kernels::backward_from_output`](crate::Kernels::backward_from_output).
///
/// The true value is that of this function at the f32 y as it is, whatever x it came from. A y that
/// f never gives, such as 2 of a sigmoid, has the value of the same formula, but NaN for a negative
/// y of softplus.
#[derive(Debug)]
#[non_exhaustive]
pub struct FromOutput {
    /// The bound of the error, as in [`ActivationInfo::ulps`].
    pub ulps: f64,
    /// The parameters of which only some values let y tell the derivative, with these values. For a
    /// negative slope, a negative y may come from two x.
    pub ranges: &'static [(&'static str, RangeInclusive<f32>)],
}

impl ActivationInfo {
    /// Returns whether training mode has another function, one that takes a random number.
    pub(crate) fn is_random(&self) -> bool {
        self.is_random
    }

    /// Returns whether there is a second derivative to compute. If not, it is 0 wherever the first
    /// derivative does not jump.
    #[must_use]
    pub fn is_smooth(&self) -> bool {
        self.is_smooth
    }
}

impl Activation {
    pub(crate) fn signature(self) -> Signature {
        let info = self.info();
        Signature {
            name: info.text_name,
            aliases: info.aliases,
            choice: info.choice,
            parameters: info.parameters,
        }
    }

    /// Computes `f(x)` on the CPU, in f64.
    ///
    /// ```
    /// use wgpu_activations::Activation;
    ///
    /// assert_eq!(Activation::Relu.forward(-3.0), 0.0);
    /// assert_eq!(Activation::PRELU.forward(-3.0), -0.75);
    /// ```
    #[must_use]
    pub fn forward(self, x: f64) -> f64 {
        self.reference()(x, &self.exact_values())
    }

    /// Computes `f'(x)` on the CPU, in f64. [`ActivationInfo::kinks`] says what it is at kinks.
    ///
    /// ```
    /// use wgpu_activations::Activation;
    ///
    /// assert_eq!(Activation::Relu.derivative(2.0), 1.0);
    /// assert_eq!(Activation::Relu.derivative(0.0), 0.0);
    /// assert_eq!(Activation::Sigmoid.derivative(0.0), 0.25);
    /// ```
    #[must_use]
    pub fn derivative(self, x: f64) -> f64 {
        (self.references().derivative)(x, &self.exact_values())
    }

    /// Computes `f''(x)` on the CPU, in f64. It is 0 where the derivative jumps.
    #[must_use]
    pub fn second_derivative(self, x: f64) -> f64 {
        match self.references().second_derivative {
            Some(second_derivative) => second_derivative(x, &self.exact_values()),
            None => scaled(0.0, x),
        }
    }

    /// Computes `f'(x)` from `y = f(x)` on the CPU, in f64. Returns `None` if it is no function of y,
    /// as for a negative slope.
    ///
    /// ```
    /// use wgpu_activations::Activation;
    ///
    /// assert_eq!(Activation::Sigmoid.derivative_from_output(0.5), Some(0.25));
    /// assert_eq!(Activation::ELU.derivative_from_output(-0.75), Some(0.25));
    /// assert_eq!(Activation::Gelu.derivative_from_output(0.5), None);
    /// assert_eq!(Activation::LeakyRelu { negative_slope: -1.0 }.derivative_from_output(0.5), None);
    /// ```
    #[must_use]
    pub fn derivative_from_output(self, y: f64) -> Option<f64> {
        let derivative = self.references().derivative_from_output?;
        let is_told = self.untold_parameter().is_none();
        is_told.then(|| derivative(y, &self.exact_values()))
    }

    /// The first parameter whose value does not let y tell the derivative, with the values that do.
    pub(crate) fn untold_parameter(
        self,
    ) -> Option<(&'static str, f32, &'static RangeInclusive<f32>)> {
        let ranges = self.info().from_output.as_ref()?.ranges;
        let mut values = ranges.iter().flat_map(|(name, range)| {
            let mut given = self.parameters();
            let given = given.find(|(parameter, _)| parameter.name == *name);
            given.map(|(_, value)| (*name, value, range))
        });
        values.find(|(_, value, range)| !range.contains(value))
    }

    /// Computes the derivative of `f` with respect to a parameter, at x, on the CPU, in f64.
    /// Returns `None` if the parameter cannot be learned.
    ///
    /// ```
    /// use wgpu_activations::Activation;
    ///
    /// assert_eq!(Activation::PRELU.parameter_derivative("weight", -3.0), Some(-3.0));
    /// assert_eq!(Activation::PRELU.parameter_derivative("slope", -3.0), None);
    /// ```
    #[must_use]
    pub fn parameter_derivative(self, parameter: &str, x: f64) -> Option<f64> {
        let derivative = self.references().parameters[self.learnable(parameter)?]?;
        Some(derivative(x, &self.exact_values()))
    }

    /// Computes `grad_output * f'(x)` on the CPU, in f64, as the backward kernels do: it is 0 where
    /// `f'(x)` is 0, and NaN where either factor is NaN.
    #[must_use]
    pub fn backward(self, x: f64, grad_output: f64) -> f64 {
        scaled(self.derivative(x), grad_output)
    }

    /// Computes `grad_output * f'(x)` from `y = f(x)` on the CPU, in f64, as the backward kernels do.
    /// Returns `None` where [`derivative_from_output`](Self::derivative_from_output) does.
    #[must_use]
    pub fn backward_from_output(self, y: f64, grad_output: f64) -> Option<f64> {
        Some(scaled(self.derivative_from_output(y)?, grad_output))
    }

    /// The values that errors at x are measured by where results are smaller: zeros, except for
    /// the few activations that [`ErrorScale`] is made for.
    #[must_use]
    pub fn error_scale(self, x: f64) -> ErrorScale {
        let error_scale = self.references().error_scale;
        error_scale.map_or_else(ErrorScale::default, |error_scale| {
            error_scale(x, &self.exact_values())
        })
    }

    /// The position of the first parameter that can be learned.
    pub(crate) fn first_learnable(self) -> Option<usize> {
        let mut parameters = self.info().parameters.iter();
        parameters.position(Parameter::is_learnable)
    }

    /// The position of a parameter, if it can be learned.
    pub(crate) fn learnable(self, name: &str) -> Option<usize> {
        let mut parameters = self.info().parameters.iter();
        parameters.position(|parameter| parameter.name == name && parameter.is_learnable())
    }

    pub(crate) fn exact_values(self) -> [f64; MOST_PARAMETERS] {
        Parameter::exact(self.info().parameters, self.values())
    }
}
