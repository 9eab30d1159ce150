//! Expressions: chains of functions over operands, and their gradients.
//!
//! A text is split into tokens (`token`), parsed into a graph (`parse`) and printed again
//! (`print`); operators and methods build the same graphs (`build`). The gradient is another graph
//! (`derive`, with the second derivatives of `mixed`). `evaluate` computes graphs on the CPU, and
//! `hints` finds formulas that lose digits.

mod build;
mod derive;
mod error;
mod evaluate;
mod functions;
mod fused;
pub(crate) mod graph;
mod hints;
mod mixed;
mod parse;
mod print;
pub(crate) mod program;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

pub use error::{ExpressionError, ExpressionErrorKind};
pub use fused::{Fused, Output};
use graph::{Graph, NodeId};

/// A function of operands, as `gelu(x + bias) * gate + residual`.
#[derive(Clone, Debug)]
pub struct Expression {
    graph: Arc<Graph>,
    root: NodeId,
}

impl Expression {
    /// The expression of a node. Its graph has an order that depends only on what is computed.
    pub(crate) fn new(graph: &Graph, root: NodeId) -> Self {
        let mut ordered = Graph::default();
        let root = ordered.adopt(graph, root);
        Self {
            graph: Arc::new(ordered),
            root,
        }
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    /// The names of the operands, in the order in which the text has them.
    ///
    /// ```
    /// use wgpu_activations::Expression;
    ///
    /// let expression: Expression = "gelu(x + bias) * gate + x".parse()?;
    /// assert_eq!(expression.operands(), ["x", "bias", "gate"]);
    /// # Ok::<(), wgpu_activations::ExpressionError>(())
    /// ```
    #[must_use]
    pub fn operands(&self) -> &[String] {
        self.graph.operands()
    }
}

/// Expressions are equal if they compute the same, by the same functions in the same order, from
/// operands of the same names.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.operands() == other.operands()
            && self.root == other.root
            && self.graph.is_same(&other.graph)
    }
}
