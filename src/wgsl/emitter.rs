//! The WGSL of what a program computes, node by node.

use super::{shader, wgsl_function};
use crate::expression::graph::{Comparison, Derivative, Node, NodeId, ScalarFunction};
use crate::expression::program::Program;
use crate::{Activation, WgslFunction};

/// What `steps` calls besides the functions of the list, without a uniform.
pub(super) const STEPS: &str = concat!(shader!("kernels/fences"), shader!("kernels/expression"));

/// The rows of the activations that the program calls.
pub(super) fn activations(
    program: &Program,
) -> impl Iterator<Item = &'static crate::activation::ActivationInfo> {
    let mut indices: Vec<_> = program
        .nodes()
        .iter()
        .filter_map(|node| match node {
            Node::Call(ScalarFunction::Activation { index, .. }, _) => Some(*index),
            _ => None,
        })
        .collect();
    indices.sort_unstable();
    indices.dedup();
    indices.into_iter().map(|index| &Activation::list()[index])
}

/// The caller's functions that these programs call.
pub(super) fn wgsl_functions<'a>(
    programs: impl IntoIterator<Item = &'a Program>,
) -> Vec<&'a WgslFunction> {
    let mut functions = Vec::new();
    for node in programs.into_iter().flat_map(Program::nodes) {
        if let Node::Call(ScalarFunction::Wgsl { function, .. }, _) = node
            && !functions.contains(&function)
        {
            functions.push(function);
        }
    }
    functions
}

/// Writes the nodes of a program.
pub(super) struct Emitter<'a> {
    pub(super) nodes: &'a [Node],
    /// The names of the operands.
    pub(super) operands: Vec<&'a str>,
    /// The caller's functions, whose positions are in the names of what they declare.
    pub(super) functions: &'a [&'a WgslFunction],
    pub(super) has_defaults: bool,
    /// This follows the arguments of the functions that hide values from compilers.
    pub(super) zero: &'a str,
}

impl Emitter<'_> {
    /// The statements that compute these nodes and all that they need, and the nodes' values.
    pub(super) fn steps(&self, roots: &[NodeId]) -> (String, Vec<String>) {
        let mut text = String::new();
        for (id, node) in self.nodes.iter().enumerate() {
            if let Node::Call(function, arguments) = node {
                let value = self.call(function, arguments);
                text += &format!("  let v{id} = fenced({value}{});\n", self.zero);
            }
        }
        let roots = roots.iter().map(|&root| self.value(root));
        (text, roots.collect())
    }

    /// A node as an argument of another one.
    fn value(&self, id: NodeId) -> String {
        match self.nodes[id] {
            Node::Operand(position) => self.operands[position].to_owned(),
            Node::Number(bits) => self.number(bits),
            Node::Call(..) => format!("v{id}"),
        }
    }

    /// A number. WGSL has no infinities, -0 may lose its sign, a subnormal number may be flushed by
    /// the compiler, and the largest numbers print with digits that are above them.
    fn number(&self, bits: u32) -> String {
        let value = f32::from_bits(bits);
        match value {
            _ if bits == 0 || value.is_normal() && value.abs() < 3e38 => {
                if value < 0.0 {
                    format!("({value:?})")
                } else {
                    format!("{value:?}")
                }
            }
            _ => self.hidden(bits),
        }
    }

    /// A number that compilers must not know.
    fn hidden(&self, bits: u32) -> String {
        format!("hidden({bits:#x}u{})", self.zero)
    }

    fn call(&self, function: &ScalarFunction, arguments: &[NodeId]) -> String {
        use ScalarFunction as F;
        let value = |k: usize| self.value(arguments[k]);
        let of = |name: &str| {
            let arguments: Vec<_> = arguments.iter().map(|&id| self.value(id)).collect();
            format!("{name}({})", arguments.join(", "))
        };
        // A compiler takes x - x for 0 and x / x for 1, whatever x is.
        let first = || match arguments {
            [a, b] if a == b => format!("fenced({}{})", value(0), self.zero),
            _ => value(0),
        };
        match function {
            F::Add => format!("{} + {}", value(0), value(1)),
            F::Subtract => format!("{} - {}", first(), value(1)),
            F::Multiply => format!("{} * {}", value(0), value(1)),
            F::Divide if self.divides_plainly(arguments[1]) => {
                format!("{} / {}", value(0), value(1))
            }
            F::Divide => format!("quotient({}, {})", first(), value(1)),
            F::Negate => format!("-{}", value(0)),
            F::Max => of("larger"),
            F::Min => of("smaller"),
            F::MaxDerivative => of("max_derivative"),
            F::Compare(comparison) => of(match comparison {
                Comparison::Less => "less",
                Comparison::LessEqual => "less_equal",
                Comparison::Equal => "equal",
                Comparison::NotEqual => "not_equal",
            }),
            F::Select => of("choice"),
            F::StopGradient => value(0),
            F::Scaled => of("scaled"),
            F::Dropout { id, probability } => {
                let mode = crate::TrainingMode {
                    dropout: f32::from_bits(*probability),
                    ..Default::default()
                };
                let (below, scale) = (mode.dropped_below(), mode.keep_scale());
                format!("dropped({}, w{id}, {below}u, {scale:?})", value(0))
            }
            F::Activation { index, derivative } => self.activation(*index, *derivative, arguments),
            F::Wgsl {
                function,
                derivative,
            } => {
                let position = self.functions.iter().position(|other| *other == function);
                let position = position.unwrap_or_default();
                of(&wgsl_function::renamed(
                    position,
                    &function.name_of(*derivative),
                ))
            }
        }
    }

    fn activation(&self, index: usize, derivative: Derivative, arguments: &[NodeId]) -> String {
        let info = &Activation::list()[index];
        let function = derivative.name(info.name, |position| info.parameters[position].name);
        // With constants compilers would fold operations, which changes the rounding or loses a
        // small term. The defaults are tried as constants.
        let parameter = |&id: &NodeId| match self.nodes[id] {
            Node::Number(bits) if self.has_defaults => format!(", {:?}", f32::from_bits(bits)),
            Node::Number(bits) => format!(", {}", self.hidden(bits)),
            _ => format!(", {}", self.value(id)),
        };
        let parameters: String = arguments[1..].iter().map(parameter).collect();
        format!("{function}({}{parameters})", self.value(arguments[0]))
    }

    /// True for numbers by which every device divides well enough.
    fn divides_plainly(&self, divisor: NodeId) -> bool {
        match self.nodes[divisor] {
            Node::Number(bits) => (7.9e-31..=1.2e30).contains(&f32::from_bits(bits).abs()),
            _ => false,
        }
    }
}
