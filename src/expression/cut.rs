//! Cuts an expression in two, where it has more operands than a kernel can bind.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::fused::{Fused, Output};
use super::graph::{Graph, Node, NodeId, ScalarFunction};

/// An expression in two steps.
pub(crate) struct Cut {
    /// A part of the expression.
    pub(crate) first: Fused,
    /// The expression with the value of that part as one operand more, of this name.
    pub(crate) second: Fused,
    pub(crate) name: String,
}

impl Fused {
    /// Cuts off the part with the most operands that are tensors, but no more than `most`. A part
    /// with dropout stays, since its random numbers depend on the place in the whole result.
    pub(crate) fn cut(&self, most: usize, is_tensor: impl Fn(usize) -> bool) -> Option<Cut> {
        let ([output], graph) = (self.outputs(), self.graph()) else {
            return None;
        };
        let mut read: Vec<BTreeSet<usize>> = Vec::new();
        let mut has_dropout: Vec<bool> = Vec::new();
        for id in 0..=output.root {
            let node = graph.node(id);
            let mut own = BTreeSet::new();
            if let Node::Operand(position) = node
                && is_tensor(*position)
            {
                own.insert(*position);
            }
            let mut is_random = matches!(node, Node::Call(ScalarFunction::Dropout { .. }, _));
            for &argument in node.arguments() {
                own.extend(&read[argument]);
                is_random |= has_dropout[argument];
            }
            read.push(own);
            has_dropout.push(is_random);
        }
        let needed = graph.needed(&[output.root]).into_iter();
        let fits = |id: &NodeId| {
            let reads = read[*id].len();
            *id != output.root && !has_dropout[*id] && reads > 1 && reads <= most
        };
        let cut = needed.filter(fits).max_by_key(|&id| read[id].len())?;

        let mut first = Graph::default();
        let root = first.adopt(graph, cut);
        let name = format!("step {}", self.operands().len());
        let mut second = Graph::default();
        for operand in self.operands() {
            second.operand(operand);
        }
        let value = second.operand(&name);
        for &id in graph.dropouts() {
            second.add_dropout(id);
        }
        let mut adopted = HashMap::from([(cut, value)]);
        for id in graph.needed(&[output.root]) {
            let own = match graph.node(id) {
                _ if id == cut => continue,
                Node::Operand(position) => second.operand(&graph.operands()[*position]),
                Node::Number(bits) => second.number(f32::from_bits(*bits)),
                Node::Call(function, arguments) => {
                    let arguments: Vec<_> = arguments.iter().map(|id| adopted[id]).collect();
                    second.call(function.clone(), &arguments)
                }
            };
            adopted.insert(id, own);
        }
        let of = |graph: Graph, root: NodeId, output: &Output| {
            let output = Output {
                root,
                ..output.clone()
            };
            Fused::new(Arc::new(graph), vec![output])
        };
        let whole = Output {
            operand: None,
            ..output.clone()
        };
        Some(Cut {
            first: of(first, root, &whole),
            second: of(second, adopted[&output.root], output),
            name,
        })
    }
}
