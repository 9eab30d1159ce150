//! Expressions: chains of functions over operands, and their gradients.

mod fused;
pub(crate) mod graph;
pub(crate) mod program;

use std::sync::Arc;

pub use fused::{Fused, Output};
use graph::{Graph, NodeId};

/// A function of operands, as `gelu(x + bias) * gate + residual`.
#[derive(Clone, Debug)]
pub struct Expression {
    graph: Arc<Graph>,
    root: NodeId,
}
