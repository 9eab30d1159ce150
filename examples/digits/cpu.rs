//! The network on the CPU in f64, digit by digit. The library computes the expression of the
//! activation and its gradients in f64, too.

use std::ops::Range;

use wgpu_activations::{Expression, ExpressionError};

use crate::activation::LEARNED;
use crate::data::Digits;
use crate::layout::{Layer, Layout};

/// A batch of digits, to be evaluated with any parameters of the network.
pub struct Cpu<'a> {
    layout: &'a Layout,
    digits: &'a Digits,
    batch: Range<usize>,
    /// The gradients of the activation with respect to x and to the learned parameter.
    grad_x: Expression,
    grad_learned: Option<Expression>,
}

/// The values in the network for one digit.
struct Pass {
    /// The input of each layer, and the logits at the end.
    inputs: Vec<Vec<f64>>,
    /// The inputs of the activation, in hidden layers.
    x: Vec<Vec<f64>>,
}

impl<'a> Cpu<'a> {
    pub fn new(
        layout: &'a Layout,
        digits: &'a Digits,
        batch: Range<usize>,
    ) -> Result<Self, ExpressionError> {
        let activation = &layout.activation;
        let gradient = |operand| activation.expression.gradient(operand);
        Ok(Self {
            layout,
            digits,
            batch,
            grad_x: gradient("x")?,
            grad_learned: activation.learned.map(|_| gradient(LEARNED)).transpose()?,
        })
    }

    /// Returns the mean loss.
    pub fn loss(&self, parameters: &[f32]) -> f64 {
        let losses = self.batch.clone().map(|digit| {
            let logits = self
                .forward(parameters, digit)
                .inputs
                .pop()
                .unwrap_or_default();
            log_sum_exp(&logits) - logits[self.digits.labels[digit] as usize]
        });
        losses.sum::<f64>() / self.batch.len() as f64
    }

    /// Returns the gradient of the mean loss with respect to each parameter.
    pub fn gradients(&self, parameters: &[f32]) -> Vec<f64> {
        let mut gradients = vec![0.0; self.layout.len];
        for digit in self.batch.clone() {
            let pass = self.forward(parameters, digit);
            self.backward(parameters, digit, &pass, &mut gradients);
        }
        gradients
            .iter_mut()
            .for_each(|gradient| *gradient /= self.batch.len() as f64);
        gradients
    }

    fn forward(&self, parameters: &[f32], digit: usize) -> Pass {
        let pixels = self.digits.pixels[digit].map(f64::from).to_vec();
        let mut pass = Pass {
            inputs: vec![pixels],
            x: vec![],
        };
        for (i, layer) in self.layout.layers.iter().enumerate() {
            let mut sums: Vec<f64> = parameters[layer.biases.clone()][..layer.outputs]
                .iter()
                .map(|&b| b.into())
                .collect();
            for (weights, input) in parameters[layer.weights.clone()]
                .chunks(layer.columns)
                .zip(&pass.inputs[i])
            {
                for (sum, &weight) in sums.iter_mut().zip(weights) {
                    *sum += input * f64::from(weight);
                }
            }
            if i < self.layout.hidden().len() {
                let activation = &self.layout.activation.expression;
                let unit = |(j, &x)| at_unit(activation, parameters, layer, j, x, 0.0);
                pass.inputs
                    .push(sums.iter().enumerate().map(unit).collect());
                pass.x.push(sums);
            } else {
                pass.inputs.push(sums);
            }
        }
        pass
    }

    /// Adds the gradients of one digit's loss.
    fn backward(&self, parameters: &[f32], digit: usize, pass: &Pass, gradients: &mut [f64]) {
        let logits = &pass.inputs[self.layout.layers.len()];
        let log_sum = log_sum_exp(logits);
        let mut grad: Vec<f64> = logits.iter().map(|logit| (logit - log_sum).exp()).collect();
        grad[self.digits.labels[digit] as usize] -= 1.0;
        for (i, layer) in self.layout.layers.iter().enumerate().rev() {
            if let Some(x) = pass.x.get(i) {
                for (j, (&x, grad)) in x.iter().zip(&mut grad).enumerate() {
                    let gradient = |expression| at_unit(expression, parameters, layer, j, x, *grad);
                    if let (Some(learned), Some(expression)) = (&layer.learned, &self.grad_learned)
                    {
                        gradients[learned.start + j] += gradient(expression);
                    }
                    *grad = gradient(&self.grad_x);
                }
            }
            let mut grad_input = vec![0.0; layer.inputs];
            for (j, (&input, grad_input)) in pass.inputs[i].iter().zip(&mut grad_input).enumerate()
            {
                let row = layer.weights.start + j * layer.columns;
                for (k, grad) in grad.iter().enumerate() {
                    gradients[row + k] += input * grad;
                    *grad_input += f64::from(parameters[row + k]) * grad;
                }
            }
            for (k, grad) in grad.iter().enumerate() {
                gradients[layer.biases.start + k] += grad;
            }
            grad = grad_input;
        }
    }
}

/// Returns the value of an expression at x in one unit, which has its own learned parameter.
fn at_unit(
    expression: &Expression,
    parameters: &[f32],
    layer: &Layer,
    unit: usize,
    x: f64,
    grad_output: f64,
) -> f64 {
    expression.evaluate(|operand| match (operand, &layer.learned) {
        (LEARNED, Some(learned)) => parameters[learned.start + unit].into(),
        ("x", _) => x,
        _ => grad_output,
    })
}

/// Returns the logarithm of the sum of exponentials, which turns logits into logarithms of
/// probabilities.
fn log_sum_exp(logits: &[f64]) -> f64 {
    let greatest = logits.iter().copied().fold(f64::MIN, f64::max);
    greatest
        + logits
            .iter()
            .map(|logit| (logit - greatest).exp())
            .sum::<f64>()
            .ln()
}
