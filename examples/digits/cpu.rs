//! The network on the CPU in f64, digit by digit, with the library's f64 references of the
//! activation.

use std::ops::Range;

use wgpu_activations::Activation;

use crate::data::Digits;
use crate::layout::{Layer, Layout, learnable};

/// A batch of digits, to be evaluated with any parameters of the network.
pub struct Cpu<'a> {
    pub layout: &'a Layout,
    pub digits: &'a Digits,
    pub batch: Range<usize>,
}

/// The values in the network for one digit.
struct Pass {
    /// The input of each layer, and the logits at the end.
    inputs: Vec<Vec<f64>>,
    /// The inputs of the activation, in hidden layers.
    x: Vec<Vec<f64>>,
}

impl Cpu<'_> {
    /// Returns the mean loss.
    pub fn loss(&self, parameters: &[f32]) -> f64 {
        let units = self.units(parameters);
        let losses = self.batch.clone().map(|digit| {
            let logits = self
                .forward(parameters, &units, digit)
                .inputs
                .pop()
                .unwrap_or_default();
            log_sum_exp(&logits) - logits[self.digits.labels[digit] as usize]
        });
        losses.sum::<f64>() / self.batch.len() as f64
    }

    /// Returns the gradient of the mean loss with respect to each parameter.
    pub fn gradients(&self, parameters: &[f32]) -> Vec<f64> {
        let units = self.units(parameters);
        let mut gradients = vec![0.0; self.layout.len];
        for digit in self.batch.clone() {
            let pass = self.forward(parameters, &units, digit);
            self.backward(parameters, &units, digit, &pass, &mut gradients);
        }
        gradients
            .iter_mut()
            .for_each(|gradient| *gradient /= self.batch.len() as f64);
        gradients
    }

    /// Returns the activation of each hidden unit, with its own learned parameter.
    fn units(&self, parameters: &[f32]) -> Vec<Vec<Activation>> {
        let activation = self.layout.activation;
        let layer = |layer: &Layer| match (&layer.learned, learnable(activation)) {
            (Some(learned), Some((parameter, _))) => {
                let with = |&value| activation.with(parameter.name, value);
                parameters[learned.clone()]
                    .iter()
                    .filter_map(with)
                    .collect()
            }
            _ => vec![activation; layer.outputs],
        };
        self.layout.hidden().iter().map(layer).collect()
    }

    fn forward(&self, parameters: &[f32], units: &[Vec<Activation>], digit: usize) -> Pass {
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
            let outputs = match units.get(i) {
                None => sums,
                Some(units) => {
                    let outputs = units
                        .iter()
                        .zip(&sums)
                        .map(|(unit, &x)| unit.forward(x))
                        .collect();
                    pass.x.push(sums);
                    outputs
                }
            };
            pass.inputs.push(outputs);
        }
        pass
    }

    /// Adds the gradients of one digit's loss.
    fn backward(
        &self,
        parameters: &[f32],
        units: &[Vec<Activation>],
        digit: usize,
        pass: &Pass,
        gradients: &mut [f64],
    ) {
        let logits = &pass.inputs[self.layout.layers.len()];
        let log_sum = log_sum_exp(logits);
        let mut grad: Vec<f64> = logits.iter().map(|logit| (logit - log_sum).exp()).collect();
        grad[self.digits.labels[digit] as usize] -= 1.0;
        for (i, layer) in self.layout.layers.iter().enumerate().rev() {
            if let Some(units) = units.get(i) {
                for (j, (unit, &x)) in units.iter().zip(&pass.x[i]).enumerate() {
                    if let (Some(learned), Some(derivative)) =
                        (&layer.learned, unit.parameter_derivative("weight", x))
                    {
                        gradients[learned.start + j] += grad[j] * derivative;
                    }
                    grad[j] = unit.backward(x, grad[j]);
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
