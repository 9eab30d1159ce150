//! From an activation to the text of a WGSL module. No GPU in here: the text is put together from the files in
//! `shaders/`, with one line of glue that calls the activation's function.

use crate::activation::{Info, MOST_PARAMETERS};

/// `shaders/math.wgsl`: the functions that the activations are built from.
///
/// Together with [`Info::shader`](crate::Info::shader) it is a complete WGSL module of plain functions, for kernels of
/// your own:
/// ```
/// let elu = wgpu_activations::Activation::Elu { alpha: 1.0 }.info();
/// let module = [wgpu_activations::wgsl::MATH, elu.shader, "fn mine(x: f32) -> f32 { return 0.5 * elu(x, 1.0); }"].concat();
/// # naga::front::wgsl::parse_str(&module).unwrap();
/// ```
pub const MATH: &str = include_str!("../shaders/math.wgsl");

const CALL: &str = include_str!("../shaders/kernels/call.wgsl");
const CHANNELS: &str = include_str!("../shaders/kernels/channels.wgsl");
const FORWARD: &str = include_str!("../shaders/kernels/forward.wgsl");
const BACKWARD: &str = include_str!("../shaders/kernels/backward.wgsl");
const DOUBLE_BACKWARD: &str = include_str!("../shaders/kernels/double_backward.wgsl");
const BACKWARD_PARAMETER: &str = include_str!("../shaders/kernels/backward_parameter.wgsl");
const PAIRWISE: &str = include_str!("../shaders/kernels/pairwise.wgsl");
const SUM: &str = include_str!("../shaders/kernels/sum.wgsl");

/// Terms that one workgroup of a reduction adds, as in `pairwise.wgsl`.
pub(crate) const TERMS: u32 = 8 * WORKGROUP;

/// Invocations in a workgroup: the most that every device takes.
pub(crate) const WORKGROUP: u32 = 256;

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pass {
    Forward,
    Backward,
    /// The gradient with respect to x of what `Backward` computes.
    DoubleBackward,
    /// The gradient with respect to the parameter at this position.
    BackwardParameter(usize),
    /// The later dispatches of a reduction.
    Sum,
}

impl Pass {
    /// For labels.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Pass::Forward => "forward",
            Pass::Backward => "backward",
            Pass::DoubleBackward => "double_backward",
            Pass::BackwardParameter(_) => "backward_parameter",
            Pass::Sum => "sum",
        }
    }
}

/// Which parameters come from a buffer, by their positions; the others are in the uniform.
pub(crate) type IsLearned = [bool; MOST_PARAMETERS];

/// The binding of a learned parameter.
pub(crate) fn learned_binding(position: usize) -> u32 {
    5 + position as u32
}

/// The module that computes one pass of one activation.
pub(crate) fn module(info: &Info, pass: Pass, is_learned: IsLearned) -> String {
    let kernel: &[&str] = match pass {
        Pass::Forward => &[FORWARD],
        Pass::Backward => &[BACKWARD],
        Pass::DoubleBackward => &[DOUBLE_BACKWARD],
        Pass::BackwardParameter(_) => &[BACKWARD_PARAMETER, PAIRWISE],
        Pass::Sum => &[SUM, PAIRWISE],
    };
    let constants = format!("const WORKGROUP = {WORKGROUP}u;\nconst TERMS = {TERMS}u;");
    let mut parts = vec![MATH, info.shader, &constants, CALL, CHANNELS];
    let glue = if pass == Pass::Sum { String::new() } else { glue(info, pass, is_learned) };
    parts.push(&glue);
    parts.extend(kernel);
    parts.join("\n")
}

/// The function that a kernel calls: the activation's, with its parameters from where they are.
fn glue(info: &Info, pass: Pass, is_learned: IsLearned) -> String {
    let name = info.name;
    let (kernels_name, function) = match pass {
        Pass::Backward => ("activation_derivative", format!("{name}_derivative")),
        Pass::DoubleBackward => ("activation_second_derivative", format!("{name}_second_derivative")),
        Pass::BackwardParameter(position) => {
            ("activation_derivative_parameter", format!("{name}_derivative_{}", info.parameters[position].name))
        }
        Pass::Forward | Pass::Sum => ("activation", name.to_owned()),
    };
    let (mut bindings, mut arguments) = (String::new(), String::new());
    for (position, parameter) in info.parameters.iter().enumerate() {
        arguments += &if is_learned[position] {
            let (binding, values) = (learned_binding(position), format!("learned_{}", parameter.name));
            bindings += &format!("@group(0) @binding({binding}) var<storage, read> {values}: array<f32>;\n");
            format!(", {values}[call.learned[{position}] + channel * call.learned_step[{position}]]")
        } else {
            format!(", parameters[{position}]")
        };
    }
    let value = if pass == Pass::DoubleBackward && !info.is_smooth() {
        "keep_nan(0.0, x)".to_owned()
    } else {
        format!("{function}(x{arguments})")
    };
    let channel = if bindings.is_empty() { "" } else { "let channel = channel_of(element); " };
    format!(
        "{bindings}fn {kernels_name}(x: f32, parameters: vec4<f32>, element: u32) -> f32 {{ {channel}return {value}; }}"
    )
}

#[cfg(test)]
mod tests;
