//! Expressions on the CPU, in f64.

use super::Expression;
use super::graph::{Derivative, Graph, Node, NodeId, ScalarFunction};
use crate::parameter::{MOST_PARAMETERS, Parameter};
use crate::reference::scaled;
use crate::{Activation, TrainingMode};

impl Expression {
    /// Computes the expression on the CPU, in f64, from the values of its operands. Dropout changes
    /// nothing here, as outside of training. A [`WgslFunction`](crate::WgslFunction) has no value
    /// on the CPU: it is NaN.
    ///
    /// ```
    /// use wgpu_activations::Expression;
    ///
    /// let expression: Expression = "silu(x + bias) * 2".parse()?;
    /// let y = expression.evaluate(|operand| if operand == "x" { 0.75 } else { -0.75 });
    /// assert_eq!(y, 0.0);
    /// # Ok::<(), wgpu_activations::ExpressionError>(())
    /// ```
    #[must_use]
    pub fn evaluate(&self, values: impl Fn(&str) -> f64) -> f64 {
        self.evaluate_with(values, |_, _| 1.0)
    }

    /// Computes an element of the expression on the CPU, in f64, with the random numbers of
    /// training. The probabilities are those of the expression: `training.dropout` is not used.
    /// Each call of dropout has random numbers of its own; the first has those of
    /// [`TrainingMode::forward`].
    ///
    /// ```
    /// use wgpu_activations::{Activation, Expression, TrainingMode};
    ///
    /// let training = TrainingMode { seed: 7, offset: 0, dropout: 0.25 };
    /// let expression: Expression = "dropout(relu(x), p=0.25)".parse()?;
    /// for element in 0..4 {
    ///     let y = expression.evaluate_training(|_| 3.0, training, element);
    ///     assert_eq!(y, training.forward(Activation::Relu, 3.0, element));
    /// }
    /// # Ok::<(), wgpu_activations::ExpressionError>(())
    /// ```
    #[must_use]
    pub fn evaluate_training(
        &self,
        values: impl Fn(&str) -> f64,
        training: TrainingMode,
        element: u64,
    ) -> f64 {
        self.evaluate_with(values, |place, dropout| {
            TrainingMode {
                dropout,
                ..training
            }
            .kept_by_call(place, element)
        })
    }

    fn evaluate_with(
        &self,
        values: impl Fn(&str) -> f64,
        factor: impl Fn(usize, f32) -> f64,
    ) -> f64 {
        self.values_of_nodes(values, factor)[self.root()]
    }

    /// The values of all nodes, with these factors of calls of dropout, which have a place and a
    /// probability.
    pub(super) fn values_of_nodes(
        &self,
        values: impl Fn(&str) -> f64,
        factor: impl Fn(usize, f32) -> f64,
    ) -> Vec<f64> {
        let graph = self.graph();
        let mut computed = vec![0.0; graph.len()];
        for id in graph.needed(&[self.root()]) {
            computed[id] = match graph.node(id) {
                Node::Operand(position) => values(&graph.operands()[*position]),
                Node::Number(bits) => f32::from_bits(*bits).into(),
                Node::Call(function, ids) => {
                    let arguments: Vec<f64> = ids.iter().map(|&id| computed[id]).collect();
                    match function.numbered(graph.dropouts()) {
                        ScalarFunction::Dropout { id, probability } => {
                            let factor = factor(id as usize, f32::from_bits(probability));
                            scaled(factor, arguments[0])
                        }
                        ScalarFunction::Activation { index, derivative } => {
                            let parameters = parameters(graph, index, &ids[1..], &arguments[1..]);
                            value(index, derivative, arguments[0], parameters)
                        }
                        function => simple(&function, &arguments),
                    }
                }
            };
        }
        computed
    }
}

/// The values of parameters. Defaults that are all numbers are the real numbers that they stand
/// for, as in [`Activation::forward`].
fn parameters(
    graph: &Graph,
    index: usize,
    ids: &[NodeId],
    computed: &[f64],
) -> [f64; MOST_PARAMETERS] {
    let numbers: Option<Vec<f32>> = ids.iter().map(|&id| graph.value(id)).collect();
    if let Some(numbers) = numbers {
        let mut values = [0.0; MOST_PARAMETERS];
        values[..numbers.len()].copy_from_slice(&numbers);
        return Parameter::exact(Activation::list()[index].parameters, values);
    }
    let mut values = [0.0; MOST_PARAMETERS];
    values[..computed.len()].copy_from_slice(computed);
    values
}

fn value(index: usize, derivative: Derivative, x: f64, parameters: [f64; MOST_PARAMETERS]) -> f64 {
    let activation = Activation::ALL[index];
    let references = activation.references();
    let reference = match derivative {
        Derivative::Zeroth => Some(activation.reference()),
        Derivative::First => Some(references.derivative),
        Derivative::Second => references.second_derivative,
        Derivative::Parameter(position) => references.parameters[position],
    };
    // A derivative that does not exist is 0 wherever the function does not jump.
    reference.map_or_else(|| scaled(0.0, x), |reference| reference(x, &parameters))
}

/// A function that needs nothing but its arguments.
fn simple(function: &ScalarFunction, arguments: &[f64]) -> f64 {
    use ScalarFunction as F;
    let [a, b, c] = [0, 1, 2].map(|i| arguments.get(i).copied().unwrap_or_default());
    let is_nan = a.is_nan() || b.is_nan();
    match function {
        F::Add => a + b,
        F::Subtract => a - b,
        F::Multiply => a * b,
        F::Divide => a / b,
        F::Negate => -a,
        F::StopGradient => a,
        F::Max | F::Min | F::MaxDerivative if is_nan => f64::NAN,
        F::Max if b > a => b,
        F::Min if b < a => b,
        F::Max | F::Min => a,
        F::MaxDerivative if a == b => 0.5,
        F::MaxDerivative => f64::from(u8::from(a > b)),
        F::Compare(comparison) => f64::from(u8::from(comparison.holds(&a, &b))),
        F::Select if a == 0.0 => c,
        F::Select => b,
        F::Scaled => scaled(a, b),
        F::Wgsl { .. } => f64::NAN,
        F::Dropout { .. } | F::Activation { .. } => unreachable!("it has a place or a row"),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Activation, Expression};

    fn value(text: &str, x: f64) -> f64 {
        let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
        expression.evaluate(|_| x)
    }

    #[test]
    fn conventions_of_nan_and_infinities() {
        let (nan, infinity) = (f64::NAN, f64::INFINITY);
        assert!(value("max(x, 0)", nan).is_nan() && value("min(0, x)", nan).is_nan());
        assert!(value("max_derivative(x, 0)", nan).is_nan());
        assert_eq!(value("max_derivative(x, 1)", 1.0), 0.5);
        let comparisons = ["<", "<=", ">", ">=", "==", "!="];
        let held = comparisons.map(|mark| value(&format!("x {mark} 0"), nan));
        assert_eq!(held, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(value("select(x, 2, 3)", nan), 2.0);
        assert_eq!(value("select(x, 2, 3)", -0.0), 3.0);
        assert_eq!(value("gate(x, relu(-x))", infinity), 0.0);
        assert!(value("x * relu(-x)", infinity).is_nan());
        assert_eq!(value("scaled(relu_derivative(-1), x)", infinity), 0.0);
        assert!(value("dropout(x, p=1)", nan).is_nan());
    }

    #[test]
    fn an_activation_has_its_own_value() {
        for activation in Activation::ALL {
            let expression = Expression::from(*activation);
            for x in [-2.5, -0.5, 0.75, 3.0] {
                let [value, same] = [expression.evaluate(|_| x), activation.forward(x)];
                assert!(
                    value == same || value.is_nan() && same.is_nan(),
                    "{activation}"
                );
            }
        }
    }
}
