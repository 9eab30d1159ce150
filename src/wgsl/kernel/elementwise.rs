//! The text of kernels that compute element by element: activations, gated units, and sums for
//! parameters.

use super::super::linker::Library;
use super::super::vectorize::{Untranslatable, vectorize};
use super::super::{MATH, parameters_are_constant, shader};
use super::key::{Function, KernelKey, Op};
use super::{REPEAT, entry_point};
use crate::Activation;
use crate::activation::ActivationInfo;

/// The texts that give the kernel's entry point and what its op computes, in the order in which
/// they override each other.
pub(super) fn texts(key: &KernelKey, operands: &str) -> Result<Vec<String>, Untranslatable> {
    let (shaders, adapter) = (shaders(key), adapter(key));
    let (ops, mapping) = (ops(key.op), &*entry_point(key, mapping(key)));
    let nan_once = match key.op {
        Op::Backward | Op::BackwardFromOutput if key.has_defaults => shader!("kernels/nan_once"),
        _ => "",
    };
    let of_16_bits = match key.has_16_bits() {
        true => shader!("math16"),
        false => "",
    };
    // Kernels call `NAME_vec4` for each scalar function NAME. An op may read its inputs in a way of
    // its own, and an operand its four elements.
    let texts: Vec<_> = ops
        .iter()
        .copied()
        .chain([nan_once, of_16_bits, operands])
        .chain(shaders)
        .chain([&*adapter])
        .collect();
    let constant = parameters_are_constant(key.has_defaults);
    let library = Library::new(texts.iter().copied().chain([REPEAT, MATH, constant]));
    let vectorised = vectorize(
        &library,
        &[&ops.concat(), mapping].concat(),
        key.driver.lane_order,
    )?;
    let texts = texts.into_iter().chain([mapping, &vectorised]);
    Ok(texts.map(str::to_owned).collect())
}

/// The files that compute the op for an element, for a vector, or for a sum.
fn ops(op: Op) -> &'static [&'static str] {
    match op {
        Op::Forward => &[shader!("kernels/forward")],
        Op::Backward | Op::BackwardFromOutput => &[shader!("kernels/backward")],
        Op::DoubleBackward => &[shader!("kernels/double_backward")],
        Op::ForwardTraining => &[
            shader!("kernels/forward_training"),
            shader!("kernels/philox"),
        ],
        Op::BackwardTraining => &[
            shader!("kernels/backward_training"),
            shader!("kernels/philox"),
        ],
        Op::Glu => &[shader!("kernels/glu")],
        Op::GluBackward => &[
            shader!("kernels/glu_backward"),
            shader!("kernels/glu_gradients"),
        ],
        Op::GluSplit => &[
            shader!("kernels/glu_split"),
            shader!("kernels/glu_split_places"),
        ],
        Op::GluSplitBackward => &[
            shader!("kernels/glu_split_backward"),
            shader!("kernels/glu_split_places"),
            shader!("kernels/glu_gradients"),
        ],
        // src/wgsl/axis.rs and src/wgsl/expression.rs link these.
        Op::DoubleBackwardTangent
        | Op::DoubleBackwardGradOutput
        | Op::BackwardParameter
        | Op::Sum
        | Op::Copy
        | Op::Evaluate
        | Op::CheckF16 => &[],
    }
}

/// The entry point.
fn mapping(key: &KernelKey) -> &'static str {
    match (key.mapping, key.entry_point()) {
        (_, "elements") => shader!("kernels/elements"),
        (_, "packed16") => shader!("kernels/packed16"),
        (_, "vectors_glu_backward") => shader!("kernels/vectors_glu_backward"),
        (_, "vectors_glu_split_backward") => shader!("kernels/vectors_glu_split_backward"),
        _ => shader!("kernels/vectors"),
    }
}

/// The files of the function.
fn shaders(key: &KernelKey) -> Vec<&'static str> {
    match key.function {
        Function::Activation(index) => vec![Activation::list()[index].shader],
        Function::Unit(unit) => unit.shaders().to_vec(),
        _ => Vec::new(),
    }
}

/// The functions by which kernels call the activation, with its parameters from where they are.
fn adapter(key: &KernelKey) -> String {
    match (key.op, &key.function) {
        (Op::Glu | Op::GluBackward | Op::GluSplit | Op::GluSplitBackward, function) => {
            glu_adapter(key, function)
        }
        (_, Function::Activation(index)) => activation_adapter(key, &Activation::list()[*index]),
        _ => String::new(),
    }
}

fn activation_adapter(key: &KernelKey, info: &ActivationInfo) -> String {
    let name = info.name;
    let is_training = matches!(key.op, Op::ForwardTraining | Op::BackwardTraining);
    let training = if is_training && info.is_random() {
        "_training"
    } else {
        ""
    };
    let (of_kernel, function) = match key.op {
        Op::Backward => ("activation_derivative", format!("{name}_derivative")),
        Op::BackwardFromOutput => (
            "activation_derivative",
            format!("{name}_derivative_from_output"),
        ),
        Op::DoubleBackward => (
            "activation_second_derivative",
            format!("{name}_second_derivative"),
        ),
        Op::ForwardTraining => ("activation_training", format!("{name}{training}")),
        Op::BackwardTraining => (
            "activation_training_derivative",
            format!("{name}{training}_derivative"),
        ),
        _ => ("activation", name.to_owned()),
    };
    let random = if is_training { ", random: f32" } else { "" };
    let value = if key.op == Op::DoubleBackward && !info.is_smooth() {
        "keep_nan(0.0, x)".to_owned()
    } else {
        let random = if training.is_empty() { "" } else { ", random" };
        format!("{function}(x{}{random})", arguments(key))
    };
    format!("fn {of_kernel}(x: f32{random}, element: u32) -> f32 {{ return {value}; }}\n")
}

/// An activation is the gate of a unit, unless the unit has functions of its own.
fn glu_adapter(key: &KernelKey, function: &Function) -> String {
    let (arguments, name) = (arguments(key), function.name());
    let [glu, derivatives] = if matches!(function, Function::Unit(_)) {
        [
            format!("{name}(value, gate{arguments})"),
            format!("{name}_derivatives(value, gate{arguments})"),
        ]
    } else {
        let [activation, derivative] =
            ["", "_derivative"].map(|suffix| format!("{name}{suffix}(gate{arguments})"));
        [
            format!("scaled({activation}, value)"),
            format!("GluPair({activation}, times_value({derivative}, value))"),
        ]
    };
    format!(
        "fn glu(value: f32, gate: f32) -> f32 {{ return {glu}; }}
fn glu_derivatives(value: f32, gate: f32) -> GluPair {{ return {derivatives}; }}
"
    )
}

/// The values of the parameters, as further arguments: learned ones, constants, or those in the
/// uniforms.
fn arguments(key: &KernelKey) -> String {
    let parameters = key.function.parameters().iter().enumerate();
    let arguments = parameters.map(|(position, parameter)| match parameter.name {
        name if is_learned(key, name) => format!(", {name}_element(element)"),
        _ if key.has_defaults => format!(", {:?}", parameter.default),
        _ => format!(", f32(uniforms.parameters[{position}])"),
    });
    arguments.collect()
}

/// True if the parameter of this name is an operand. A tensor of gated units has the name of a
/// parameter of threshold, `value`.
fn is_learned(key: &KernelKey, name: &str) -> bool {
    let mut learned = key.operands.iter().skip(key.op.tensors().len());
    learned.any(|slot| slot.name == name)
}
