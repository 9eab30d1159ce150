//! From an activation to the text of a WGSL module. No GPU in here: the text is put together from the files in
//! `shaders/`, with one line of glue that calls the activation's function.

pub(crate) mod rows;

use crate::activation::Info;

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
    BackwardParameter,
    /// The later dispatches of a reduction.
    Sum,
}

impl Pass {
    /// For labels.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Pass::Forward => "forward",
            Pass::Backward => "backward",
            Pass::BackwardParameter => "backward_parameter",
            Pass::Sum => "sum",
        }
    }
}

/// The module that computes one pass of one activation. With `learned`, the parameter at that position comes from a
/// buffer instead of the uniform.
pub(crate) fn module(info: &Info, pass: Pass, learned: Option<usize>) -> String {
    let arguments = |channel: &str| -> String {
        let argument = |position: usize| match learned {
            Some(learned) if learned == position => format!(", {channel}"),
            _ => format!(", parameters[{position}]"),
        };
        (0..info.parameters.len()).map(argument).collect()
    };
    let name = info.name;
    let of_element = arguments("learned_of_element(element)");
    let of_channel = arguments("learned_of_channel(channel)");
    let glue = match pass {
        Pass::Forward => format!(
            "fn activation(x: f32, parameters: vec4<f32>, element: u32) -> f32 {{ return {name}(x{of_element}); }}"
        ),
        Pass::Backward => format!(
            "fn activation_derivative(x: f32, parameters: vec4<f32>, element: u32) -> f32 {{ return {name}_derivative(x{of_element}); }}"
        ),
        Pass::BackwardParameter => {
            let parameter = learned.map_or("", |position| info.parameters[position].name);
            format!(
                "fn activation_derivative_parameter(x: f32, parameters: vec4<f32>, channel: u32) -> f32 {{ return {name}_derivative_{parameter}(x{of_channel}); }}"
            )
        }
        Pass::Sum => String::new(),
    };
    let kernel: &[&str] = match pass {
        Pass::Forward => &[FORWARD],
        Pass::Backward => &[BACKWARD],
        Pass::BackwardParameter => &[BACKWARD_PARAMETER, PAIRWISE],
        Pass::Sum => &[SUM, PAIRWISE],
    };
    let channels = if learned.is_some() { CHANNELS } else { "" };
    let workgroup = format!("const WORKGROUP = {WORKGROUP}u;\nconst TERMS = {TERMS}u;");
    let mut parts = vec![MATH, info.shader, &glue, &workgroup, CALL, channels];
    parts.extend(kernel);
    parts.join("\n")
}

#[cfg(test)]
mod tests;
