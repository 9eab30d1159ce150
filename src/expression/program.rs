//! What one kernel computes: some values of a graph, without names.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};

use crate::Activation;

use super::graph::{Graph, Node, NodeId, ScalarFunction};

/// Some values of a graph, and what they are computed from. Programs are equal if they compute the
/// same, whatever the names of the operands.
#[derive(Debug)]
pub(crate) struct Program {
    /// Operands are numbered in the order in which the roots need them. The id of a call of dropout
    /// is its place among those of the graph, so that all passes of an expression agree on it.
    nodes: Vec<Node>,
    roots: Vec<NodeId>,
    /// The positions of the operands in the graph.
    operands: Vec<usize>,
    /// The calls of dropout, by their places.
    dropouts: Vec<u64>,
    /// True if all parameters of activations are numbers, and the defaults.
    has_defaults: bool,
    hash: u64,
}

impl Program {
    pub(crate) fn new(graph: &Graph, roots: &[NodeId]) -> Self {
        let (mut nodes, mut operands, dropouts) = (Vec::new(), Vec::new(), graph.dropouts());
        let mut positions = HashMap::new();
        for id in graph.needed(roots) {
            let node = match graph.node(id) {
                Node::Operand(operand) => {
                    operands.push(*operand);
                    Node::Operand(operands.len() - 1)
                }
                Node::Number(bits) => Node::Number(*bits),
                Node::Call(function, arguments) => {
                    let arguments = arguments.iter().map(|argument| positions[argument]);
                    Node::Call(function.numbered(dropouts), arguments.collect())
                }
            };
            positions.insert(id, nodes.len());
            nodes.push(node);
        }
        let roots: Vec<_> = roots.iter().map(|root| positions[root]).collect();
        let calls = nodes.iter().filter_map(|node| match node {
            Node::Call(ScalarFunction::Dropout { id, .. }, _) => Some(*id),
            _ => None,
        });
        let mut used: Vec<_> = calls.collect();
        used.sort_unstable();
        used.dedup();
        let has_defaults = nodes.iter().all(|node| has_defaults(node, &nodes));
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&nodes, &roots));
        Self {
            nodes,
            roots,
            operands,
            dropouts: used,
            has_defaults,
            hash,
        }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The nodes of the results.
    pub(crate) fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// The position in the graph of each operand.
    pub(crate) fn operands(&self) -> &[usize] {
        &self.operands
    }

    /// The places, among the calls of dropout of the graph, of those that the roots need.
    pub(crate) fn dropouts(&self) -> &[u64] {
        &self.dropouts
    }

    /// True if nothing is computed but sums, products, comparisons and functions that are made of
    /// straight pieces.
    pub(crate) fn is_light(&self) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Call(ScalarFunction::Activation { index, .. }, _) => {
                !Activation::list()[*index].is_smooth()
            }
            Node::Call(function, _) => !matches!(
                function,
                ScalarFunction::Divide
                    | ScalarFunction::Dropout { .. }
                    | ScalarFunction::Wgsl { .. }
            ),
            _ => true,
        })
    }

    /// True if the parameters of all activations are the defaults, and so constants of the kernel.
    pub(crate) fn has_defaults(&self) -> bool {
        self.has_defaults
    }
}

/// True unless the node calls an activation with other parameters than its defaults.
fn has_defaults(node: &Node, nodes: &[Node]) -> bool {
    let Node::Call(ScalarFunction::Activation { index, .. }, arguments) = node else {
        return true;
    };
    let parameters = Activation::list()[*index].parameters.iter();
    let mut parameters = parameters.zip(&arguments[1..]);
    parameters.all(|(parameter, &id)| nodes[id] == Node::number(parameter.default))
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.nodes == other.nodes && self.roots == other.roots
    }
}

impl Eq for Program {}

impl Hash for Program {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}
