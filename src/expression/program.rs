//! What one kernel computes: some values of a graph, without names.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::graph::{Graph, Node, NodeId};

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
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&nodes, &roots));
        Self {
            nodes,
            roots,
            operands,
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
