//! The layers of the network, and the places of their parameters in one buffer.

use std::ops::Range;

use rand::{Rng, RngExt};
use wgpu_activations::AxisShape;

use super::activation::HiddenActivation;
use super::data::{CLASSES, PIXELS};

/// The number of units of the hidden layers, multiples of four. There are three layers so that a
/// gradient can vanish on its way to the first.
const HIDDEN: [usize; 3] = [64; 3];

/// The biases of logits that stand for no digit: so low that their softmax is 0, and their gradient.
const UNUSED: f32 = -1e30;

/// One layer: `output = input * weights + biases`, and the activation in all layers but the last.
/// Biases and learned parameters begin at multiples of 64 values, which are 256 bytes, so that one
/// kernel can write the gradients of both into the same buffer.
pub struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    /// The number of outputs, rounded up to whole vectors of four. The parameters of the added
    /// outputs are 0, and stay what they are.
    pub columns: usize,
    /// The weights: `inputs` rows of `columns`.
    pub weights: Range<usize>,
    pub biases: Range<usize>,
    /// The activation's learned parameter, one value for each output.
    pub learned: Option<Range<usize>>,
}

pub struct Layout {
    pub activation: HiddenActivation,
    pub layers: Vec<Layer>,
    /// The number of values in the buffer.
    pub len: usize,
}

/// One kind of parameters of one layer.
pub struct Tensor {
    pub name: String,
    /// The positions of its values, without those that are added by rounding up.
    pub indices: Vec<usize>,
}

impl Layout {
    pub fn new(activation: HiddenActivation) -> Self {
        let widths: Vec<_> = [PIXELS]
            .into_iter()
            .chain(HIDDEN)
            .chain([CLASSES])
            .collect();
        let mut len = 0;
        let mut room = |values| {
            len += values;
            len - values..len
        };
        let layer = |(i, pair): (usize, &[usize])| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let columns = outputs.next_multiple_of(4);
            let learns = i < HIDDEN.len() && activation.learned.is_some();
            Layer {
                inputs,
                outputs,
                columns,
                weights: room(inputs * columns),
                biases: room(columns),
                learned: learns.then(|| room(outputs)),
            }
        };
        let layers = widths.windows(2).enumerate().map(layer).collect();
        Self {
            activation,
            layers,
            len,
        }
    }

    pub fn hidden(&self) -> &[Layer] {
        &self.layers[..HIDDEN.len()]
    }

    /// The rows of the logits of so many digits.
    pub fn logits(&self, digits: usize) -> AxisShape {
        AxisShape::new(digits as u64, self.layers[HIDDEN.len()].columns as u64, 1)
    }

    pub fn tensors(&self) -> Vec<Tensor> {
        let mut tensors = Vec::new();
        for (i, layer) in self.layers.iter().enumerate() {
            let mut push = |name: &str, indices| {
                tensors.push(Tensor {
                    name: format!("{name} of layer {}", i + 1),
                    indices,
                });
            };
            push("the weights", layer.weight_indices().collect());
            push(
                "the biases",
                layer.biases.clone().take(layer.outputs).collect(),
            );
            if let Some(learned) = &layer.learned {
                push("the learned parameters", learned.clone().collect());
            }
        }
        tensors
    }

    /// Returns the root mean square of the gradient of each layer's weights, from the sum of
    /// squares over a number of steps.
    pub fn sizes(&self, squares: &[f32], steps: usize) -> Vec<f64> {
        let size = |layer: &Layer| {
            let sum: f64 = layer.weight_indices().map(|i| f64::from(squares[i])).sum();
            (sum / (steps * layer.inputs * layer.outputs) as f64).sqrt()
        };
        self.layers.iter().map(size).collect()
    }

    /// The positions of the logits' biases that stand for no digit.
    fn unused(&self) -> Range<usize> {
        let logits = &self.layers[HIDDEN.len()];
        logits.biases.start + logits.outputs..logits.biases.end
    }

    /// Initialises the parameters: weights uniformly after He and others, arXiv:1502.01852, biases
    /// with 0, and learned parameters with the activation's own values. The weights are the same
    /// for every activation.
    pub fn initial(&self, random: &mut impl Rng) -> Vec<f32> {
        let mut values = vec![0.0; self.len];
        for layer in &self.layers {
            let bound = (6.0 / layer.inputs as f32).sqrt();
            for i in layer.weight_indices() {
                values[i] = random.random_range(-bound..bound);
            }
            if let (Some(learned), Some(value)) = (&layer.learned, self.activation.learned) {
                values[learned.clone()].fill(value);
            }
        }
        values[self.unused()].fill(UNUSED);
        values
    }
}

impl Layer {
    pub fn weight_indices(&self) -> impl Iterator<Item = usize> {
        let row = |start| start..start + self.outputs;
        self.weights.clone().step_by(self.columns).flat_map(row)
    }
}
