//! Gradients of expressions, by reverse mode.
//!
//! From the result down, each node passes its gradient on to its arguments. Where a node is an
//! argument of several nodes, or several times of one, their gradients are added one after the
//! other: in descending order of the nodes' positions in the graph, and for one node in the order
//! of its arguments. The order is part of what the gradient's bits are.

use super::error::{ExpressionError, ExpressionErrorKind as Kind};
use super::graph::{Derivative, Graph, Node, NodeId, ScalarFunction};
use super::{Expression, mixed};
use crate::Activation;
use crate::nearest::nearest_of;

/// The name of the gradient with respect to the result.
pub(crate) const GRAD_OUTPUT: &str = "grad_output";

impl Expression {
    /// The gradient with respect to an operand, as an expression of the same operands and of
    /// `grad_output`, the gradient with respect to the result. It is the number 0 if the result
    /// does not depend on the operand.
    ///
    /// A derivative of 0 gives a gradient of 0, even for an infinite `grad_output`, where it is the
    /// derivative of an activation, of `max`, `min` or of dropout. The factor of a product has no
    /// such rule. Where the arguments of `max` or `min` are equal, each gets half, as in PyTorch.
    ///
    /// # Errors
    /// [`ExpressionError`] if there is no such operand, if one is named `grad_output`, or if there
    /// is a function that cannot be differentiated, as a second derivative.
    ///
    /// ```
    /// use wgpu_activations::Expression;
    ///
    /// let expression: Expression = "silu(x + bias) * gate".parse()?;
    /// let gradient = expression.gradient("x")?;
    /// assert_eq!(gradient.to_string(), "scaled(silu_derivative(x + bias), grad_output * gate)");
    /// assert_eq!(expression.gradient("gate")?.to_string(), "grad_output * silu(x + bias)");
    /// let y = gradient.evaluate(|operand| if operand == "grad_output" { 1.0 } else { 0.0 });
    /// assert_eq!(y, 0.0);
    /// # Ok::<(), wgpu_activations::ExpressionError>(())
    /// ```
    pub fn gradient(&self, operand: &str) -> Result<Self, ExpressionError> {
        self.differentiable(operand)?;
        let mut graph = self.graph().clone();
        let (of, seed) = (graph.operand(operand), graph.operand(GRAD_OUTPUT));
        let gradients = graph.gradients(self.root(), seed, &[of])?;
        let gradient = gradients[0].unwrap_or_else(|| graph.number(0.0));
        Ok(Self::new(&graph, gradient))
    }

    /// The position of an operand that the expression can be differentiated by.
    pub(super) fn differentiable(&self, operand: &str) -> Result<usize, ExpressionError> {
        let operands = self.operands();
        if operands.iter().any(|name| name == GRAD_OUTPUT) {
            return Err(Kind::Taken { name: GRAD_OUTPUT }.into());
        }
        let position = operands.iter().position(|name| name == operand);
        position.ok_or_else(|| {
            let nearest = nearest_of(operand, operands.iter().map(String::as_str));
            let unknown = Kind::UnknownOperand {
                name: operand.to_owned(),
                nearest: nearest.map(str::to_owned),
                operands: operands.to_vec(),
            };
            unknown.into()
        })
    }
}

impl Graph {
    /// Adds the gradients of a node with respect to others, where `seed` is the gradient with
    /// respect to the node itself. `None` stands for a gradient of 0: the node does not depend on
    /// the other one, or only where nothing is passed on.
    pub(crate) fn gradients(
        &mut self,
        root: NodeId,
        seed: NodeId,
        of: &[NodeId],
    ) -> Result<Vec<Option<NodeId>>, ExpressionError> {
        let leads = self.leading_to(root, of);
        let mut gradients: Vec<Option<NodeId>> = vec![None; root + 1];
        gradients[root] = leads[root].then_some(seed);
        for id in (0..=root).rev() {
            let Some(gradient) = gradients[id] else {
                continue;
            };
            let Node::Call(function, arguments) = self.node(id).clone() else {
                continue;
            };
            for (position, &argument) in arguments.iter().enumerate() {
                if !(leads[argument] && function.passes_to(position)) {
                    continue;
                }
                let passed = self.passed(&function, &arguments, position, gradient)?;
                let Some(passed) = passed else {
                    continue;
                };
                gradients[argument] = Some(match gradients[argument] {
                    Some(sum) => self.call(ScalarFunction::Add, &[sum, passed]),
                    None => passed,
                });
            }
        }
        Ok(of
            .iter()
            .map(|&id| gradients.get(id).copied().flatten())
            .collect())
    }

    /// Marks the nodes up to the root that depend on these, in a way that passes a gradient on.
    fn leading_to(&self, root: NodeId, of: &[NodeId]) -> Vec<bool> {
        let mut leads = vec![false; root + 1];
        for id in 0..=root {
            let arguments = match self.node(id) {
                Node::Call(function, arguments) => {
                    let arguments = arguments.iter().enumerate();
                    arguments
                        .filter(|(position, _)| function.passes_to(*position))
                        .collect()
                }
                _ => Vec::new(),
            };
            leads[id] = of.contains(&id) || arguments.iter().any(|(_, argument)| leads[**argument]);
        }
        leads
    }

    /// The gradient that a function passes on to its argument at this position.
    fn passed(
        &mut self,
        function: &ScalarFunction,
        arguments: &[NodeId],
        position: usize,
        gradient: NodeId,
    ) -> Result<Option<NodeId>, ExpressionError> {
        use ScalarFunction as F;
        let is_first = position == 0;
        Ok(Some(match function {
            F::Add => gradient,
            F::Subtract if is_first => gradient,
            F::Subtract | F::Negate => self.call(F::Negate, &[gradient]),
            F::Multiply => {
                let other = arguments[1 - position];
                self.call(F::Multiply, &[gradient, other])
            }
            F::Divide => {
                let first = self.call(F::Divide, &[gradient, arguments[1]]);
                if is_first {
                    first
                } else {
                    let quotient = self.call(F::Divide, arguments);
                    let product = self.call(F::Multiply, &[first, quotient]);
                    self.call(F::Negate, &[product])
                }
            }
            F::Max | F::Min => {
                let (own, other) = (arguments[position], arguments[1 - position]);
                let order = if *function == F::Max {
                    [own, other]
                } else {
                    [other, own]
                };
                let derivative = self.call(F::MaxDerivative, &order);
                self.call(F::Scaled, &[derivative, gradient])
            }
            F::Select => {
                let zero = self.number(0.0);
                let [a, b] = if position == 1 {
                    [gradient, zero]
                } else {
                    [zero, gradient]
                };
                self.call(F::Select, &[arguments[0], a, b])
            }
            F::Scaled if is_first => self.call(F::Multiply, &[gradient, arguments[1]]),
            F::Scaled => self.call(F::Scaled, &[arguments[0], gradient]),
            F::Dropout { .. } => self.call(function.clone(), &[gradient]),
            F::Activation { index, derivative } => {
                let derivative = self.derivative(*index, *derivative, arguments, position)?;
                return Ok(
                    derivative.map(|derivative| self.call(F::Scaled, &[derivative, gradient]))
                );
            }
            F::Wgsl {
                function,
                derivative,
            } => {
                let next = function.derivative(*derivative, position);
                let next = next.ok_or_else(|| {
                    let parameter = position.checked_sub(1);
                    Kind::NoDerivative {
                        function: function.name_of(*derivative),
                        parameter: parameter.map(|_| function.parts().arguments[position].clone()),
                    }
                })?;
                let derivative = self.call(function.function(next), arguments);
                self.call(F::Scaled, &[derivative, gradient])
            }
            F::MaxDerivative | F::Compare(_) | F::StopGradient => return Ok(None),
        }))
    }

    /// The derivative of an activation, or of a derivative of it, with respect to x at position 0,
    /// or to a parameter. `None` stands for 0.
    fn derivative(
        &mut self,
        index: usize,
        of: Derivative,
        arguments: &[NodeId],
        position: usize,
    ) -> Result<Option<NodeId>, ExpressionError> {
        let Some(next) = of.next(position) else {
            let derivative = mixed::derivative(self, index, of, arguments, position);
            return derivative.ok_or_else(|| no_derivative(index, of, position));
        };
        let function = ScalarFunction::Activation {
            index,
            derivative: next,
        };
        Ok(Some(self.call(function, arguments)))
    }
}

impl ScalarFunction {
    /// True if a gradient is passed on to the argument at this position. Functions that jump or
    /// are constant between jumps pass none.
    fn passes_to(&self, position: usize) -> bool {
        match self {
            Self::Compare(_) | Self::StopGradient | Self::MaxDerivative => false,
            Self::Select => position > 0,
            Self::Activation { index, derivative } => {
                *derivative != Derivative::First
                    || position > 0
                    || Activation::list()[*index].is_smooth()
            }
            _ => true,
        }
    }
}

fn no_derivative(index: usize, of: Derivative, position: usize) -> ExpressionError {
    let info = &Activation::list()[index];
    let parameter = |k: usize| info.parameters[k].name;
    Kind::NoDerivative {
        function: of.name(info.name, parameter),
        parameter: position.checked_sub(1).map(|k| parameter(k).to_owned()),
    }
    .into()
}
