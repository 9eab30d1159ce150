//! Expressions that are ready to become kernels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::derive::GRAD_OUTPUT;
use super::graph::{Graph, Node, NodeId};
use super::program::Program;
use super::{Expression, ExpressionError};

/// An expression, or gradients of one, ready to become one kernel.
///
/// Make it once, with [`Expression::fuse`] or [`Expression::fuse_gradients`], and keep it: it has
/// what is worked out ahead.
#[derive(Clone, Debug)]
pub struct Fused(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    graph: Arc<Graph>,
    operands: Vec<String>,
    outputs: Vec<Output>,
    /// The programs of some of the outputs, by their numbers.
    programs: Mutex<HashMap<Vec<usize>, Arc<Program>>>,
}

/// An output of a [`Fused`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// `output`, or the name of the gradient, as `grad_bias`.
    pub name: String,
    /// The position of the operand whose gradient it is, among [`Fused::operands`].
    pub operand: Option<usize>,
    pub(super) root: NodeId,
}

impl Fused {
    pub(super) fn new(graph: Arc<Graph>, outputs: Vec<Output>) -> Self {
        Self(Arc::new(Inner {
            operands: graph.operands().to_vec(),
            graph,
            outputs,
            programs: Mutex::default(),
        }))
    }

    /// The names of the operands, in the order in which the expression names them. Gradients have
    /// `grad_output` as the last one.
    #[must_use]
    pub fn operands(&self) -> &[String] {
        &self.0.operands
    }

    /// The outputs, in the order in which kernels take them.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.0.outputs
    }

    /// True if an output is computed from the values of this operand. Others give the result their
    /// shape only.
    #[must_use]
    pub fn reads(&self, operand: &str) -> bool {
        let all: Vec<_> = (0..self.outputs().len()).collect();
        let program = self.program(&all);
        let mut read = program.operands().iter();
        read.any(|&position| self.operands()[position] == operand)
    }

    /// True if this output is `grad_output` itself, so that it need not be computed.
    #[must_use]
    pub fn is_grad_output(&self, output: usize) -> bool {
        let root = self.0.graph.node(self.outputs()[output].root);
        let grad_output = self.operands().iter().position(|name| name == GRAD_OUTPUT);
        grad_output.is_some_and(|position| *root == Node::Operand(position))
    }

    /// The same with some of the outputs only.
    #[must_use]
    pub fn with_outputs(&self, outputs: &[usize]) -> Self {
        let outputs = outputs.iter().map(|&output| self.outputs()[output].clone());
        Self::new(self.0.graph.clone(), outputs.collect())
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.0.graph
    }

    /// The program of these outputs.
    pub(crate) fn program(&self, outputs: &[usize]) -> Arc<Program> {
        let Inner {
            graph,
            outputs: all,
            programs,
            ..
        } = &*self.0;
        let mut programs = programs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = programs.get(outputs) {
            return program.clone();
        }
        let roots: Vec<_> = outputs.iter().map(|&output| all[output].root).collect();
        let program = Arc::new(Program::new(graph, &roots));
        programs.insert(outputs.to_vec(), program.clone());
        program
    }
}

impl Expression {
    /// Makes the expression ready to become a kernel.
    #[must_use]
    pub fn fuse(&self) -> Fused {
        let output = Output {
            name: "output".to_owned(),
            operand: None,
            root: self.root,
        };
        Fused::new(self.graph.clone(), vec![output])
    }

    /// Makes the gradients with respect to some operands ready to become one kernel. Its operands
    /// are those of the expression, and `grad_output`.
    ///
    /// # Errors
    /// [`ExpressionError`] if the expression has no such operand, or if a function has no derivative
    /// with respect to it.
    pub fn fuse_gradients<'a>(
        &self,
        of: impl IntoIterator<Item = &'a str>,
    ) -> Result<Fused, ExpressionError> {
        let of: Vec<_> = of.into_iter().collect();
        let mut graph = (*self.graph).clone();
        let positions = of.iter().map(|name| self.differentiable(name));
        let positions = positions.collect::<Result<Vec<_>, _>>()?;
        let nodes: Vec<_> = of.iter().map(|name| graph.operand(name)).collect();
        let seed = graph.operand(GRAD_OUTPUT);
        let gradients = graph.gradients(self.root, seed, &nodes)?;
        let outputs = of.iter().zip(positions).zip(gradients);
        let outputs = outputs.map(|((name, position), gradient)| Output {
            name: format!("grad_{name}"),
            operand: Some(position),
            root: gradient.unwrap_or_else(|| graph.number(0.0)),
        });
        let outputs = outputs.collect();
        Ok(Fused::new(Arc::new(graph), outputs))
    }
}
