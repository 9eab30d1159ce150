//! From an activation to the text of a WGSL module. No GPU in here: the text is put together from the files in
//! `shaders/`, with one line of glue that calls the activation's function. [`functions()`] and [`Activation::wgsl`] give the functions
//! alone, for kernels of others.

mod functions;
pub(crate) mod rows;
mod source;

pub use functions::functions;

use crate::activation::{Info, MOST_PARAMETERS};
use crate::{Activation, Gated};

/// The functions that the activations are built from.
pub(crate) const MATH: &str = concat!(
    include_str!("../shaders/math.wgsl"),
    include_str!("../shaders/math/logistic.wgsl"),
    include_str!("../shaders/math/roots.wgsl"),
    include_str!("../shaders/math/waves.wgsl"),
);

const CALL: &str = include_str!("../shaders/kernels/call.wgsl");
const CHANNELS: &str = include_str!("../shaders/kernels/channels.wgsl");
const FORWARD: &str = include_str!("../shaders/kernels/forward.wgsl");
const BACKWARD: &str = include_str!("../shaders/kernels/backward.wgsl");
const FORWARD_TRAINING: &str = include_str!("../shaders/kernels/forward_training.wgsl");
const BACKWARD_TRAINING: &str = include_str!("../shaders/kernels/backward_training.wgsl");
const PHILOX: &str = include_str!("../shaders/kernels/philox.wgsl");
const GATED: &str = include_str!("../shaders/kernels/gated.wgsl");
const GATED_BACKWARD: &str = include_str!("../shaders/kernels/gated_backward.wgsl");
const RUNS: &str = include_str!("../shaders/kernels/runs.wgsl");
const SWIGLU_OAI: &str = include_str!("../shaders/activations/swiglu_oai.wgsl");
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
    Gated,
    GatedBackward,
    ForwardTraining,
    BackwardTraining,
}

impl Pass {
    /// For labels.
    fn name(self) -> &'static str {
        match self {
            Pass::Forward => "forward",
            Pass::Backward => "backward",
            Pass::DoubleBackward => "double_backward",
            Pass::BackwardParameter(_) => "backward_parameter",
            Pass::Sum => "sum",
            Pass::Gated => "gated",
            Pass::GatedBackward => "gated_backward",
            Pass::ForwardTraining => "forward_training",
            Pass::BackwardTraining => "backward_training",
        }
    }

    /// The files of `shaders/kernels/` with its entry points.
    fn files(self) -> &'static [&'static str] {
        match self {
            Pass::Forward => &[FORWARD],
            Pass::Backward => &[BACKWARD],
            Pass::DoubleBackward => &[DOUBLE_BACKWARD],
            Pass::BackwardParameter(_) => &[BACKWARD_PARAMETER, PAIRWISE],
            Pass::Sum => &[SUM, PAIRWISE],
            Pass::Gated => &[RUNS, GATED],
            Pass::GatedBackward => &[RUNS, GATED_BACKWARD],
            Pass::ForwardTraining => &[PHILOX, FORWARD_TRAINING],
            Pass::BackwardTraining => &[PHILOX, BACKWARD_TRAINING],
        }
    }
}

/// Which parameters come from a buffer, by their positions; the others are in the uniform.
pub(crate) type IsLearned = [bool; MOST_PARAMETERS];

/// The binding of a learned parameter.
pub(crate) fn learned_binding(position: usize) -> u32 {
    7 + position as u32
}

/// A module: what tells its compiled kernels from others. Parameter values are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Module {
    pub(crate) function: Function,
    pub(crate) pass: Pass,
    pub(crate) is_learned: IsLearned,
}

/// What a module has kernels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    /// By its position in the list.
    Activation(usize),
    SwigluOai,
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Function::Activation(index) => Activation::list()[index].name,
            Function::SwigluOai => "swiglu_oai",
        }
    }
}

impl Module {
    pub(crate) fn new(activation: Activation, pass: Pass) -> Self {
        Self { function: Function::Activation(activation.index()), pass, is_learned: IsLearned::default() }
    }

    pub(crate) fn of_gated(gated: Gated, pass: Pass) -> Self {
        match gated {
            Gated::By(activation) => Self::new(activation, pass),
            Gated::SwigluOai { .. } => Self { function: Function::SwigluOai, pass, is_learned: IsLearned::default() },
        }
    }

    /// The label of everything that belongs to it.
    pub(crate) fn label(self) -> String {
        format!("wgpu-activations {} {} f32", self.function.name(), self.pass.name())
    }

    /// Its text.
    pub(crate) fn text(self) -> String {
        let constants = format!("const WORKGROUP = {WORKGROUP}u;\nconst TERMS = {TERMS}u;");
        let (shader, glue) = match (self.pass, self.function) {
            (Pass::Sum, _) => ("", String::new()),
            (_, Function::SwigluOai) => {
                let swish = Activation::Swish { beta: 1.0 }.info();
                (swish.shader, [SWIGLU_OAI, SWIGLU_OAI_GLUE].join("\n"))
            }
            (Pass::Gated | Pass::GatedBackward, Function::Activation(index)) => {
                let info = &Activation::list()[index];
                (info.shader, gate_glue(info))
            }
            (pass, Function::Activation(index)) => {
                let info = &Activation::list()[index];
                (info.shader, glue(info, pass, self.is_learned))
            }
        };
        let mut parts = vec![MATH, shader, &constants, CALL, CHANNELS, &glue];
        parts.extend(self.pass.files());
        parts.join("\n")
    }
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
        Pass::ForwardTraining if info.is_random() => ("activation_training", format!("{name}_training")),
        Pass::ForwardTraining => ("activation_training", name.to_owned()),
        Pass::BackwardTraining if info.is_random() => {
            ("activation_training_derivative", format!("{name}_training_derivative"))
        }
        Pass::BackwardTraining => ("activation_training_derivative", format!("{name}_derivative")),
        _ => ("activation", name.to_owned()),
    };
    let is_training = matches!(pass, Pass::ForwardTraining | Pass::BackwardTraining);
    let random = if is_training { ", random: f32" } else { "" };
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
    if is_training && info.is_random() {
        arguments += ", random";
    }
    let value = if pass == Pass::DoubleBackward && !info.is_smooth() {
        "keep_nan(0.0, x)".to_owned()
    } else {
        format!("{function}(x{arguments})")
    };
    let channel = if bindings.is_empty() { "" } else { "let channel = channel_of(element); " };
    format!(
        "{bindings}fn {kernels_name}(x: f32{random}, parameters: vec4<f32>, element: u32) -> f32 {{ {channel}return {value}; }}"
    )
}

/// What a gated kernel calls, for an activation as the gate.
fn gate_glue(info: &Info) -> String {
    let name = info.name;
    let arguments: String = (0..info.parameters.len()).map(|position| format!(", parameters[{position}]")).collect();
    format!(
        "fn gated(value: f32, gate: f32, parameters: vec4<f32>) -> f32 {{ return scaled({name}(gate{arguments}), value); }}
fn gated_derivatives(value: f32, gate: f32, parameters: vec4<f32>) -> vec2<f32> {{
  return vec2<f32>({name}(gate{arguments}), scaled({name}_derivative(gate{arguments}), value));
}}"
    )
}

const SWIGLU_OAI_GLUE: &str =
    "fn gated(value: f32, gate: f32, parameters: vec4<f32>) -> f32 { return swiglu_oai(value, gate, parameters.x, parameters.y); }
fn gated_derivatives(value: f32, gate: f32, parameters: vec4<f32>) -> vec2<f32> {
  return swiglu_oai_derivatives(value, gate, parameters.x, parameters.y);
}";

#[cfg(test)]
mod tests;
