//! The line between a kernel and what it computes: the function that kernels call, with its parameters from where they are.

use super::{Function, Module, Pass};
use crate::Activation;
use crate::activation::ActivationInfo;

const SWIGLU_OAI: &str = include_str!("../../shaders/activations/swiglu_oai.wgsl");

impl Module {
    /// The file of what is computed, and the functions that a kernel calls.
    pub(super) fn shader(&self) -> (&'static str, String) {
        let gated = [
            Pass::Glu,
            Pass::GatedSplit,
            Pass::GatedBackward,
            Pass::GatedSplitBackward,
        ];
        match (self.pass, self.function) {
            (Pass::Sum, _) => ("", String::new()),
            (_, Function::SwigluOai) => (
                Activation::Swish { beta: 1.0 }.info().shader,
                [SWIGLU_OAI, &self.swiglu_oai_glue()].join("\n"),
            ),
            (pass, Function::Activation(index)) => {
                let info = &Activation::list()[index];
                (
                    info.shader,
                    if gated.contains(&pass) {
                        self.gate_glue(info)
                    } else {
                        self.glue(info)
                    },
                )
            }
        }
    }

    /// The function that a kernel calls: the activation's, with its parameters from where they are.
    fn glue(&self, info: &ActivationInfo) -> String {
        let (name, pass) = (info.name, self.pass);
        let (kernels_name, function) = match pass {
            Pass::Backward => ("activation_derivative", format!("{name}_derivative")),
            Pass::DoubleBackward => (
                "activation_second_derivative",
                format!("{name}_second_derivative"),
            ),
            Pass::BackwardParameter(position) => (
                "activation_derivative_parameter",
                format!("{name}_derivative_{}", info.parameters[position].name),
            ),
            Pass::ForwardTraining if info.is_random() => {
                ("activation_training", format!("{name}_training"))
            }
            Pass::ForwardTraining => ("activation_training", name.to_owned()),
            Pass::BackwardTraining if info.is_random() => (
                "activation_training_derivative",
                format!("{name}_training_derivative"),
            ),
            Pass::BackwardTraining => (
                "activation_training_derivative",
                format!("{name}_derivative"),
            ),
            _ => ("activation", name.to_owned()),
        };
        let is_training = matches!(pass, Pass::ForwardTraining | Pass::BackwardTraining);
        let random = if is_training { ", random: f32" } else { "" };
        let (mut arguments, mut unused) = (String::new(), String::new());
        for (position, parameter) in info.parameters.iter().enumerate() {
            if self.is_learned[position] {
                arguments += &format!(", learned_{}(channel)", parameter.name);
                unused += &format!("_ = learned_{}(channel); ", parameter.name);
            } else {
                arguments += &format!(", {}", self.parameter(position));
            }
        }
        if is_training && info.is_random() {
            arguments += ", random";
        }
        // Without a second derivative nothing depends on parameters, but what is bound must be in the kernel's layout.
        let value = if pass == Pass::DoubleBackward && !info.is_smooth() {
            format!("{unused}return keep_nan(0.0, x);")
        } else {
            format!("return {function}(x{arguments});")
        };
        let channel = if unused.is_empty() {
            ""
        } else {
            "let channel = channel_of(element); "
        };
        format!("fn {kernels_name}(x: f32{random}, element: u32) -> f32 {{ {channel}{value} }}")
    }

    /// What a gated kernel calls, for an activation as the gate.
    fn gate_glue(&self, info: &ActivationInfo) -> String {
        let name = info.name;
        let arguments: String = (0..info.parameters.len())
            .map(|k| format!(", {}", self.parameter(k)))
            .collect();
        format!(
            "fn glu(value: f32, gate: f32) -> f32 {{ return scaled({name}(gate{arguments}), value); }}
fn glu_derivatives(value: f32, gate: f32) -> ByBoth {{
  return ByBoth({name}(gate{arguments}), scaled({name}_derivative(gate{arguments}), value));
}}"
        )
    }

    fn swiglu_oai_glue(&self) -> String {
        let [alpha, limit] = [0, 1].map(|position| self.parameter(position));
        format!(
            "fn glu(value: f32, gate: f32) -> f32 {{ return swiglu_oai(value, gate, {alpha}, {limit}); }}
fn glu_derivatives(value: f32, gate: f32) -> ByBoth {{
  return swiglu_oai_derivatives(value, gate, {alpha}, {limit});
}}"
        )
    }

    /// A parameter that is not learned.
    fn parameter(&self, position: usize) -> String {
        if self.has_defaults {
            format!("{:?}", self.function.parameters()[position].default)
        } else {
            format!("f32(call.parameters[{position}])")
        }
    }
}
