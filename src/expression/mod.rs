//! Expressions: chains of functions over operands, and their gradients.
//!
//! A text is split into tokens (`token`), parsed into a graph (`parse`) and printed again
//! (`print`); operators and methods build the same graphs (`build`). The gradient is another graph
//! (`derive`, with the second derivatives of `mixed`). `evaluate` computes graphs on the CPU, and
//! `hints` finds formulas that lose digits.

mod build;
mod cut;
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
mod wgsl_function;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub(crate) use cut::Cut;
pub(crate) use derive::GRAD_OUTPUT;
pub use error::{ExpressionError, ExpressionErrorKind};
pub use fused::{Fused, Output};
use graph::{Graph, NodeId};

use crate::value::text_form;
pub(crate) use wgsl_function::Parts;
pub use wgsl_function::WgslFunction;

/// A function of operands, as `gelu(x + bias) * gate + residual`.
///
/// It is read from text, and written as a text that is read back as the same expression, or built
/// from [operands](Self::operand) by operators and methods. [`gradient`](Self::gradient) gives its
/// gradient, which is an expression, too.
///
/// ```
/// use wgpu_activations::{Activation, Expression};
///
/// let [x, bias, gate] = ["x", "bias", "gate"].map(Expression::operand);
/// let built = (&x + bias).gelu() * gate + x;
/// assert_eq!("gelu(x + bias) * gate + x".parse(), Ok(built.clone()));
/// assert_eq!(built.to_string(), "gelu(x + bias) * gate + x");
/// // An activation is an expression of x.
/// assert_eq!("elu(alpha=0.5)".parse(), Ok(Expression::from(Activation::Elu { alpha: 0.5 })));
/// # Ok::<(), wgpu_activations::ExpressionError>(())
/// ```
///
/// # The text
///
/// From the strongest:
///
/// | text | value |
/// |---|---|
/// | `x`, `layer.1.bias` | an operand: a letter or `_`, then letters, digits, `_` and `.` |
/// | `2`, `.5`, `1e-3`, `inf` | a number, rounded to f32 |
/// | `gelu(x)`, `elu(x, alpha=a)`, `gelu(x, approximate=tanh)` | an activation of the list, under any of its names. Parameters are numbers, or expressions if they can be learned |
/// | `max(a, b, …)`, `min(a, b, …)` | NaN if any is NaN. Of two that are equal each gets half of the gradient |
/// | `clamp(x, min, max)` | as `torch.clamp`; either end may be left out. No gradient passes at the ends |
/// | `select(condition, a, b)`, or `where(…)` | a where the condition is not 0, else b |
/// | `gate(value, activation)` | the product, but 0 where the activation is 0. `gate(value, silu)` is `gate(value, silu(x))` |
/// | `stop_gradient(a)`, or `detach(a)` | a, through which no gradient passes |
/// | `dropout(a, p=0.5)` | in training 0 with probability p, else `a / (1 - p)`. Calls with the same `call=1` take the same random numbers |
/// | `a ^ 3`, `a ^ -1` | a whole power from -64 to 64: products of squares |
/// | `-a` | `-a ^ 2` is `-(a ^ 2)` |
/// | `a * b`, `a / b`, then `a + b`, `a - b` | from the left to the right, never regrouped |
/// | `a < b`, `<=`, `>`, `>=`, `==`, `!=` | 1 if it holds, else 0. With NaN only `!=` holds |
///
/// Gradients are written with derivatives of activations, as `silu_derivative(x)`,
/// `silu_second_derivative(x)` and `prelu_derivative_weight(x, weight=w)`, and with
/// `scaled(derivative, gradient)` and `max_derivative(a, b)`.
///
/// A function of numbers is a number: `sqrt(2) * x` computes one product. The bounds of errors that
/// the list promises hold for each function, not for their chain: where a formula loses digits and
/// a function does not, [`hints`](Self::hints) says so.
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
            && self.graph.numbered_nodes().eq(other.graph.numbered_nodes())
    }
}

impl Eq for Expression {}

impl Hash for Expression {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.operands().hash(state);
        self.root.hash(state);
        self.graph
            .numbered_nodes()
            .for_each(|node| node.hash(state));
    }
}

text_form!(Expression);
