//! Activations in texts.

use super::{Context, Export, Exported, Part, Piece};
use crate::activation::{ActivationInfo, Parameter};
use crate::parameter::Values;
use crate::{Activation, Error};

/// The end of the name of the derivative as a function of the output.
const FROM_OUTPUT: &str = "_derivative_from_output";

impl Activation {
    /// Returns WGSL functions of x for kernels of your own. They have the values of this
    /// activation's parameters, and every activation has the same names:
    /// - `PREFIXactivation(x)`, `PREFIXactivation_derivative(x)` and
    ///   `PREFIXactivation_second_derivative(x)`,
    /// - `PREFIXactivation_derivative_parameter(x)` for each parameter that can be learned, as
    ///   `my_activation_derivative_alpha`;
    ///
    /// The text also has all that [`wgsl::functions`](crate::wgsl::functions) returns for the
    /// activation: `my_elu(x, alpha)` for values of `alpha` that are not known before run time, and
    /// `my_scaled(derivative, grad_output)`. [`wgsl::Export`](crate::wgsl::Export) chooses what is
    /// in a text.
    ///
    /// ```
    /// use wgpu_activations::Activation;
    ///
    /// let elu = Activation::Elu { alpha: 0.5 }.wgsl("my_")?;
    /// let module = elu + "fn mine(x: f32) -> f32 { return my_activation(x) + my_elu(x, 0.5) + my_elu_derivative_alpha(x, 0.5); }";
    /// # naga::front::wgsl::parse_str(&module).unwrap();
    /// # Ok::<(), wgpu_activations::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if no WGSL names can begin with the prefix, [`Error::Parameter`] if a
    /// parameter is out of its range.
    pub fn wgsl(self, prefix: &str) -> Result<String, Error> {
        Export::new(prefix)
            .prefixed("activation", self)
            .function(Exported::WithParameters(self))
            .text_without_command()
    }
}

/// An activation with values of its parameters.
pub(super) fn piece(activation: Activation, context: &Context<'_>) -> Result<Piece, Error> {
    let info = activation.checked()?.info();
    // Without parameters it is the function of the list itself, unless that is there under its own
    // name.
    if info.parameters.is_empty() && !context.is_prefixed {
        return Ok(with_parameters(activation, context));
    }
    let mut piece = Piece {
        texts: texts(info).collect(),
        has_defaults: Parameter::are_defaults(info.parameters, activation.values()),
        ..Piece::default()
    };
    let is_told = activation.untold_parameter().is_none();
    let suffixes = suffixes(info, context).filter(|suffix| is_told || suffix != FROM_OUTPUT);
    for suffix in suffixes {
        let x = if suffix == FROM_OUTPUT { "y" } else { "x" };
        let (own, call) = (context.own(&suffix), call(activation, &suffix, x));
        let text = format!("fn {own}({x}: f32) -> f32 {{\n  return {call};\n}}\n");
        piece.declare(own, &suffix, text);
    }
    Ok(piece)
}

/// The call of one of an activation's functions, of this argument and the values of parameters.
pub(super) fn call(activation: Activation, suffix: &str, x: &str) -> String {
    let info = activation.info();
    let values = values(info.parameters, activation.values(), x);
    format!("{}{suffix}({x}{values})", info.name)
}

/// An activation whose parameters are arguments.
pub(super) fn with_parameters(activation: Activation, context: &Context<'_>) -> Piece {
    let info = activation.info();
    let wanted = suffixes(info, context).map(|suffix| (info.name.to_owned() + &suffix, suffix));
    Piece {
        wanted: wanted.collect(),
        texts: texts(info).collect(),
        has_defaults: true,
        ..Piece::default()
    }
}

/// The ends of the names of an activation's functions that a text has.
fn suffixes(info: &'static ActivationInfo, context: &Context<'_>) -> impl Iterator<Item = String> {
    let of_x = [
        (Part::Forward, ""),
        (Part::Derivative, "_derivative"),
        (Part::SecondDerivative, "_second_derivative"),
    ];
    let from_output = info
        .from_output
        .as_ref()
        .map(|_| (Part::DerivativeFromOutput, FROM_OUTPUT));
    let of_x = of_x.into_iter().chain(from_output);
    let of_x = of_x.map(|(part, suffix)| (part, suffix.to_owned()));
    let learnable = info
        .parameters
        .iter()
        .filter(|parameter| parameter.is_learnable());
    let learnable = learnable.map(|parameter| {
        let suffix = format!("_derivative_{}", parameter.name);
        (Part::ParameterDerivatives, suffix)
    });
    let all: Vec<_> = of_x.chain(learnable).collect();
    let wanted = all.into_iter().filter(|(part, _)| context.has(*part));
    wanted
        .map(|(_, suffix)| suffix)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The declarations of an activation.
pub(super) fn texts(info: &ActivationInfo) -> impl Iterator<Item = String> {
    let straight = (!info.is_smooth()).then(|| no_curvature(info));
    [info.shader.to_owned()].into_iter().chain(straight)
}

/// The second derivative of a piecewise linear activation.
fn no_curvature(info: &ActivationInfo) -> String {
    let parameters: String = info
        .parameters
        .iter()
        .map(|Parameter { name, .. }| format!(", {name}: f32"))
        .collect();
    let name = info.name;
    format!(
        "// 0; f' jumps, and has no bends.\nfn {name}_second_derivative(x: f32{parameters}) -> f32 {{\n  return keep_nan(0.0, x);\n}}\n"
    )
}

/// The values of an activation's parameters as further arguments of a call, beside x.
///
/// A barrier hides them from compilers. With constants these would fold operations, which changes
/// the rounding or loses a small term, and they would take 0 * x for 0. The defaults need no
/// barrier: tests/cpu/hostile has them as constants.
pub(super) fn values(parameters: &[Parameter], values: Values, x: &str) -> String {
    let has_defaults = Parameter::are_defaults(parameters, values);
    let value = |value: f32| match has_defaults {
        true => format!(", {value:?}f"),
        // WGSL has no infinite constants, so that the barrier is around an infinity's bits.
        false if value.is_infinite() => format!(
            ", bitcast<f32>({:#x}u ^ (bitcast<u32>({x} * {x}) & SIGN_BIT))",
            value.to_bits()
        ),
        false => format!(", opt_barrier({value:?}f, {x} * {x})"),
    };
    let given = parameters.iter().zip(values);
    given.map(|(_, given)| value(given)).collect()
}
