//! The graph of an expression: each node is an operand, a number, or a function of earlier nodes.

use std::collections::HashMap;

use super::WgslFunction;
use crate::Activation;
use crate::parameter::MOST_PARAMETERS;

/// The position of a node in its graph.
pub(crate) type NodeId = usize;

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// The operand at this position of [`Graph::operands`].
    Operand(usize),
    /// An f32 by its bits, so that NaN equals itself and -0 is not 0.
    Number(u32),
    Call(ScalarFunction, Vec<NodeId>),
}

impl Node {
    pub(crate) fn number(value: f32) -> Self {
        Self::Number(value.to_bits())
    }

    /// The nodes that this one is computed from.
    pub(crate) fn arguments(&self) -> &[NodeId] {
        match self {
            Self::Operand(_) | Self::Number(_) => &[],
            Self::Call(_, arguments) => arguments,
        }
    }
}

/// A function of the values of other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ScalarFunction {
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    Max,
    Min,
    /// The derivative of `max(a, b)` with respect to a: 1 if a > b, 1/2 if they are equal, else 0.
    MaxDerivative,
    /// 1 if the comparison holds, else 0.
    Compare(Comparison),
    /// `select(condition, a, b)`: a if the condition is not 0, else b.
    Select,
    /// The value without a gradient.
    StopGradient,
    /// A derivative times a gradient: 0 where the derivative is 0, whatever the gradient. Also the
    /// product of a gate and its value.
    Scaled,
    /// 0 with this probability (f32 bits), else the value divided by what is left to 1. `id`
    /// tells one call of dropout from the others.
    Dropout {
        id: u64,
        probability: u32,
    },
    /// An activation of the list, or a derivative of it. Its arguments are x and all parameters.
    Activation {
        index: usize,
        derivative: Derivative,
    },
    /// A function of the caller's, or a derivative of it.
    Wgsl {
        function: WgslFunction,
        derivative: Derivative,
    },
}

impl ScalarFunction {
    /// The function, of which a call of dropout has its place among these in place of its id.
    pub(crate) fn numbered(&self, dropouts: &[u64]) -> Self {
        match self {
            Self::Dropout { id, probability } => Self::Dropout {
                id: dropouts.partition_point(|other| other < id) as u64,
                probability: *probability,
            },
            function => function.clone(),
        }
    }
}

/// The comparisons. Those with `>` are these with their arguments exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Less,
    LessEqual,
    Equal,
    NotEqual,
}

impl Comparison {
    pub(crate) fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessEqual => a <= b,
            Self::Equal => a == b,
            Self::NotEqual => a != b,
        }
    }
}

/// The derivative that a node has of its activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Derivative {
    /// The activation itself.
    Zeroth,
    First,
    Second,
    /// With respect to the parameter at this position.
    Parameter(usize),
}

impl Derivative {
    /// The derivative of this one with respect to the argument at this position, of which the first
    /// is x. `None` stands for those that no function has.
    pub(super) fn next(self, position: usize) -> Option<Self> {
        match (self, position) {
            (Self::Zeroth, 0) => Some(Self::First),
            (Self::Zeroth, _) => Some(Self::Parameter(position - 1)),
            (Self::First, 0) => Some(Self::Second),
            _ => None,
        }
    }

    /// The name of this derivative of a function, in WGSL and in the language.
    pub(crate) fn name<'a>(self, function: &str, parameter: impl Fn(usize) -> &'a str) -> String {
        match self {
            Self::Zeroth => function.to_owned(),
            Self::First => format!("{function}_derivative"),
            Self::Second => format!("{function}_second_derivative"),
            Self::Parameter(position) => format!("{function}_derivative_{}", parameter(position)),
        }
    }
}

/// Nodes in an order in which each stands behind its arguments. Equal nodes are one node, so that
/// what occurs twice is computed once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    positions: HashMap<Node, NodeId>,
    /// The names of the operands.
    operands: Vec<String>,
    /// The ids of all calls of dropout, in ascending order, also of those that are not in this
    /// graph but in the one that it was made from: the place of an id says which random numbers
    /// the call takes.
    dropouts: Vec<u64>,
}

impl Graph {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    pub(crate) fn operands(&self) -> &[String] {
        &self.operands
    }

    /// The value of a node that is a number.
    pub(crate) fn value(&self, id: NodeId) -> Option<f32> {
        match self.nodes[id] {
            Node::Number(bits) => Some(f32::from_bits(bits)),
            _ => None,
        }
    }

    /// A number. There is only one NaN.
    pub(crate) fn number(&mut self, value: f32) -> NodeId {
        let value = if value.is_nan() { f32::NAN } else { value };
        self.insert(Node::number(value))
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The operand of this name, which is new if there is none.
    pub(crate) fn operand(&mut self, name: &str) -> NodeId {
        let position = self.operands.iter().position(|operand| operand == name);
        let position = position.unwrap_or_else(|| {
            self.operands.push(name.to_owned());
            self.operands.len() - 1
        });
        self.insert(Node::Operand(position))
    }

    /// A function of nodes. What changes no bit is left out: `1 * a`, `a / 1`, `--a`. A function of
    /// numbers is a number: sums, products and quotients are rounded once, as kernels round them,
    /// and activations are rounded from f64.
    pub(crate) fn call(&mut self, function: ScalarFunction, arguments: &[NodeId]) -> NodeId {
        if let Some(value) = self.folded(&function, arguments) {
            return self.number(value);
        }
        let value = |position: usize| self.value(arguments[position]);
        match function {
            ScalarFunction::Multiply | ScalarFunction::Scaled if value(0) == Some(1.0) => {
                return arguments[1];
            }
            ScalarFunction::Multiply | ScalarFunction::Divide if value(1) == Some(1.0) => {
                return arguments[0];
            }
            ScalarFunction::Negate => {
                if let Node::Call(ScalarFunction::Negate, inner) = &self.nodes[arguments[0]] {
                    return inner[0];
                }
            }
            _ => {}
        }
        self.insert(Node::Call(function, arguments.to_vec()))
    }

    fn insert(&mut self, node: Node) -> NodeId {
        if let Some(&position) = self.positions.get(&node) {
            return position;
        }
        if let Node::Call(ScalarFunction::Dropout { id, .. }, _) = node {
            self.add_dropout(id);
        }
        self.nodes.push(node.clone());
        self.positions.insert(node, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// The value of a function of numbers.
    fn folded(&self, function: &ScalarFunction, arguments: &[NodeId]) -> Option<f32> {
        use ScalarFunction::{
            Activation as OfList, Add, Compare, Divide, Max, Min, Multiply, Negate, StopGradient,
            Subtract,
        };
        let values: Option<Vec<f32>> = arguments.iter().map(|&id| self.value(id)).collect();
        match (function, values?.as_slice()) {
            (Add, [a, b]) => Some(a + b),
            (Subtract, [a, b]) => Some(a - b),
            (Multiply, [a, b]) => Some(a * b),
            (Divide, [a, b]) => Some(a / b),
            (Negate, [a]) => Some(-a),
            (Max | Min, [a, b]) if a.is_nan() || b.is_nan() => Some(a + b),
            (Max, [a, b]) => Some(if b > a { *b } else { *a }),
            (Min, [a, b]) => Some(if b < a { *b } else { *a }),
            (Compare(comparison), [a, b]) => Some(u8::from(comparison.holds(a, b)).into()),
            (StopGradient, [a]) => Some(*a),
            (
                OfList {
                    index,
                    derivative: Derivative::Zeroth,
                },
                [x, parameters @ ..],
            ) => {
                let mut values = [0.0; MOST_PARAMETERS];
                values[..parameters.len()].copy_from_slice(parameters);
                let activation = Activation::ALL[*index].with_values(values);
                Some(activation.forward(f64::from(*x)) as f32)
            }
            _ => None,
        }
    }

    /// The ids of all calls of dropout, in the order in which they were made.
    pub(crate) fn dropouts(&self) -> &[u64] {
        &self.dropouts
    }

    /// Counts a call of dropout among those of the graph, whether or not it has a node.
    pub(crate) fn add_dropout(&mut self, id: u64) {
        if let Err(place) = self.dropouts.binary_search(&id) {
            self.dropouts.insert(place, id);
        }
    }

    /// The nodes that these need, and they themselves, in the order of the graph.
    pub(crate) fn needed(&self, roots: &[NodeId]) -> Vec<NodeId> {
        let mut is_needed = vec![false; self.nodes.len()];
        let mut open = roots.to_vec();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut is_needed[id], true) {
                open.extend(self.nodes[id].arguments());
            }
        }
        (0..is_needed.len()).filter(|&id| is_needed[id]).collect()
    }

    /// Adds a node of another graph, and all that it needs. Operands of the same name are one.
    pub(crate) fn adopt(&mut self, other: &Self, root: NodeId) -> NodeId {
        self.substitute(other, root, Self::operand)
    }

    /// Adds a node of another graph, and all that it needs, with nodes of this graph in the place
    /// of its operands.
    pub(crate) fn substitute(
        &mut self,
        other: &Self,
        root: NodeId,
        mut operand: impl FnMut(&mut Self, &str) -> NodeId,
    ) -> NodeId {
        for &id in &other.dropouts {
            self.add_dropout(id);
        }
        let mut adopted = HashMap::new();
        for id in other.in_order(root) {
            let own = match &other.nodes[id] {
                Node::Operand(position) => operand(self, &other.operands[*position]),
                node @ Node::Number(_) => self.insert(node.clone()),
                Node::Call(function, arguments) => {
                    let arguments: Vec<_> = arguments.iter().map(|id| adopted[id]).collect();
                    self.call(function.clone(), &arguments)
                }
            };
            adopted.insert(id, own);
        }
        adopted[&root]
    }

    /// The nodes. A call of dropout has its place among those of the graph in place of its id.
    pub(crate) fn numbered_nodes(&self) -> impl Iterator<Item = Node> {
        self.nodes.iter().map(|node| match node {
            Node::Call(function, arguments) => {
                Node::Call(function.numbered(&self.dropouts), arguments.clone())
            }
            node => node.clone(),
        })
    }

    /// The nodes that a node needs, and itself, each behind its arguments, which stand from left to
    /// right. The order depends on what is computed, and not on how the graph was made.
    fn in_order(&self, root: NodeId) -> Vec<NodeId> {
        let mut order = Vec::new();
        let mut is_placed = vec![false; self.nodes.len()];
        let mut open = vec![(root, false)];
        while let Some((id, are_arguments_placed)) = open.pop() {
            if is_placed[id] {
                continue;
            }
            if are_arguments_placed {
                is_placed[id] = true;
                order.push(id);
            } else {
                open.push((id, true));
                let arguments = self.nodes[id].arguments().iter().rev();
                open.extend(arguments.map(|&argument| (argument, false)));
            }
        }
        order
    }
}
