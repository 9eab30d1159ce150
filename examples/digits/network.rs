//! The forward and the backward pass of the network, as lists of dispatches: matrix kernels of this
//! example, and expressions of the library.

use std::ops::Range;

use anyhow::Result;
use wgpu_activations::{
    CrossEntropy, Expression, Fused, LossInput, Slice, SliceValue, TrainingMode, wgpu,
};

use super::activation::LEARNED;
use super::device::Device;
use super::kernels::{FusedPipelines, Work};
use super::layout::{Layer, Layout};

/// The name of the biases in expressions.
const BIAS: &str = "bias";

/// The random numbers of dropout for some digits.
pub struct Random {
    pub seed: u64,
    /// The number of digits that came before these, since the training began.
    pub digits: u64,
}

impl Random {
    /// Returns the numbers of a layer. The first digit's are followed by the next one's, so that
    /// digits have the same numbers wherever they are cut into parts.
    fn of_layer(&self, layer: usize, columns: usize) -> TrainingMode {
        TrainingMode {
            seed: self.seed,
            offset: ((layer as u64) << 48) + self.digits * columns as u64,
            ..TrainingMode::default()
        }
    }
}

/// The values in all layers for a number of digits, and their gradients.
pub struct Values {
    /// The number of digits, a multiple of four.
    rows: usize,
    pub pixels: wgpu::Buffer,
    pub labels: wgpu::Buffer,
    /// Without random numbers, each listing of an expression with dropout has the same.
    pub random: Option<Random>,
    /// The product of inputs and weights, in each layer.
    products: Vec<wgpu::Buffer>,
    /// The outputs of each layer: those of the activation in hidden layers, logits in the last.
    outputs: Vec<wgpu::Buffer>,
    /// The gradients of the products and of the inputs, in each layer.
    grad_products: Vec<wgpu::Buffer>,
    grad_inputs: Vec<wgpu::Buffer>,
    /// The mean loss.
    loss: wgpu::Buffer,
    /// `Layer` in `matrix.wgsl`.
    layers: Vec<wgpu::Buffer>,
}

impl Values {
    pub fn new(
        device: &Device<'_>,
        layout: &Layout,
        pixels: wgpu::Buffer,
        labels: wgpu::Buffer,
        rows: usize,
    ) -> Self {
        let buffers = |label, columns: fn(&Layer) -> usize| {
            let layers = layout.layers.iter();
            let zeros = |layer| device.zeros(label, rows * columns(layer));
            layers.map(zeros).collect()
        };
        let layer = |(i, layer): (usize, &Layer)| {
            let learned = layer.learned.as_ref().map_or(0, |learned| learned.start);
            let input_biases = i
                .checked_sub(1)
                .map_or(0, |i| layout.layers[i].biases.start);
            let fields = [
                rows,
                layer.inputs,
                layer.columns,
                layer.weights.start,
                layer.biases.start,
                learned,
                input_biases,
            ];
            device.uniform("layer", &fields.map(|n| (n / 4) as u32))
        };
        Self {
            rows,
            pixels,
            labels,
            random: None,
            products: buffers("products", |layer| layer.columns),
            outputs: buffers("outputs", |layer| layer.columns),
            grad_products: buffers("gradient of products", |layer| layer.columns),
            grad_inputs: buffers("gradient of inputs", |layer| layer.inputs),
            loss: device.zeros("loss", 1),
            layers: layout.layers.iter().enumerate().map(layer).collect(),
        }
    }

    pub fn logits(&self) -> &wgpu::Buffer {
        &self.outputs[self.outputs.len() - 1]
    }

    fn input(&self, layer: usize) -> &wgpu::Buffer {
        if layer == 0 {
            &self.pixels
        } else {
            &self.outputs[layer - 1]
        }
    }
}

/// The expressions of a layer: what follows the product x of inputs and weights, in one kernel.
struct Expressions {
    forward: Fused,
    /// The gradients that one kernel computes from that of the outputs.
    backward: Fused,
}

impl Expressions {
    fn new(expression: &Expression, gradients: &[&str]) -> Result<Self> {
        Ok(Self {
            forward: expression.fuse(),
            backward: expression.fuse_gradients(gradients.iter().copied())?,
        })
    }
}

/// A network on a device.
pub struct Network<'a> {
    pub device: Device<'a>,
    pub layout: Layout,
    pub parameters: wgpu::Buffer,
    /// The bias and the activation.
    hidden: Expressions,
    /// The derivative of the activation.
    slope: Fused,
    /// The bias alone. The gradient of its x is that of the outputs.
    bias: Expressions,
    /// Matrix kernels with the bias and the activation fused in.
    fused: Option<FusedPipelines>,
}

impl<'a> Network<'a> {
    pub fn new(device: Device<'a>, layout: Layout, is_fused: bool) -> Result<Self> {
        let parameters = device.zeros("parameters", layout.len);
        let activation = &layout.activation;
        let biased = Expression::operand("x") + Expression::operand(BIAS);
        let hidden = activation.expression.substitute("x", &biased);
        let is_learned = activation.learned.is_some();
        let fused = is_fused
            .then(|| FusedPipelines::new(device.gpu.device(), &hidden))
            .transpose()?;
        Ok(Self {
            parameters,
            hidden: Expressions::new(
                &hidden,
                &["x", BIAS, LEARNED][..2 + usize::from(is_learned)],
            )?,
            slope: hidden.fuse_gradients(["x"])?,
            bias: Expressions::new(&biased, &[BIAS])?,
            fused,
            device,
            layout,
        })
    }

    /// Lists the forward pass, from pixels to logits.
    pub fn forward(&self, values: &Values) -> Result<Vec<Work>> {
        let pipelines = self.device.pipelines;
        let mut work = Vec::new();
        for (i, layer) in self.layout.layers.iter().enumerate() {
            let output = &values.outputs[i];
            let mut buffers = vec![
                (0, &values.layers[i]),
                (1, &self.parameters),
                (2, values.input(i)),
                (4, &values.products[i]),
            ];
            let blocks = blocks(values.rows, layer.columns);
            let is_hidden = i < self.layout.hidden().len();
            if let (Some(fused), true) = (&self.fused, is_hidden) {
                buffers.push((5, output));
                work.push(pipelines.bind(&fused.forward, blocks, &buffers));
                continue;
            }
            let expressions = if is_hidden { &self.hidden } else { &self.bias };
            work.push(pipelines.bind(&pipelines.forward, blocks, &buffers));
            work.push(self.evaluate(&expressions.forward, values, i, None, &[output.into()])?);
        }
        Ok(work)
    }

    /// Lists the way from pixels to the gradients of the mean loss with respect to all parameters.
    pub fn learn(&self, values: &Values, gradients: &wgpu::Buffer) -> Result<Vec<Work>> {
        // The logits become the gradient of the loss with respect to them.
        let input = LossInput::new(values.logits().into(), (&values.labels).into());
        let loss = self.device.gpu.kernels().cross_entropy_in_place(
            CrossEntropy::default(),
            self.layout.logits(values.rows),
            input,
            &values.loss,
        )?;
        let mut work = self.forward(values)?;
        work.push(Work::Library(loss));
        work.extend(self.backward(values, gradients)?);
        Ok(work)
    }

    /// Lists the backward pass, from the gradient of the logits to the gradients of all parameters.
    fn backward(&self, values: &Values, gradients: &wgpu::Buffer) -> Result<Vec<Work>> {
        let pipelines = self.device.pipelines;
        // The gradient of a learned parameter comes from the same kernel as that of x, which is not
        // fused then.
        let fused = self
            .fused
            .as_ref()
            .filter(|_| self.layout.activation.learned.is_none());
        let mut work = Vec::new();
        let mut grad = values.logits();
        for (i, layer) in self.layout.layers.iter().enumerate().rev() {
            let mut outputs = vec![slice(gradients, &layer.biases)];
            let grad_x;
            let expressions = if i < self.layout.hidden().len() && fused.is_none() {
                grad_x = &values.grad_products[i];
                outputs.insert(0, grad_x.into());
                let learned = layer.learned.iter();
                outputs.extend(learned.map(|learned| slice(gradients, learned)));
                &self.hidden
            } else {
                grad_x = grad;
                &self.bias
            };
            work.push(self.evaluate(&expressions.backward, values, i, Some(grad), &outputs)?);
            let buffers = [
                (0, &values.layers[i]),
                (2, values.input(i)),
                (3, grad_x),
                (4, gradients),
            ];
            work.push(pipelines.bind(
                &pipelines.backward_weights,
                blocks(layer.inputs, layer.columns),
                &buffers,
            ));
            if i > 0 {
                grad = &values.grad_inputs[i];
                let mut buffers = vec![
                    (0, &values.layers[i]),
                    (1, &self.parameters),
                    (3, grad_x),
                    (4, grad),
                ];
                // The gradient passes through the activation of the previous layer.
                buffers.extend(fused.map(|_| (6, &values.products[i - 1])));
                let pipeline =
                    fused.map_or(&pipelines.backward_input, |fused| &fused.backward_input);
                work.push(pipelines.bind(pipeline, blocks(values.rows, layer.inputs), &buffers));
            }
        }
        Ok(work)
    }

    /// Lists dispatches that watch each hidden unit after a forward pass: how often its output is
    /// 0, and its greatest slope.
    pub fn watch(
        &self,
        values: &Values,
        zeros: &wgpu::Buffer,
        steepest: &wgpu::Buffer,
    ) -> Result<Vec<Work>> {
        let pipelines = self.device.pipelines;
        let mut work = Vec::new();
        let mut first = 0;
        for (i, layer) in self.layout.hidden().iter().enumerate() {
            let slopes = self.device.zeros("slopes", values.rows * layer.columns);
            work.push(self.evaluate(&self.slope, values, i, None, &[(&slopes).into()])?);
            let units = self
                .device
                .uniform("units", &[(layer.columns / 4) as u32, first]);
            first += (layer.columns / 4) as u32;
            let buffers = [
                (0, &units),
                (1, &values.outputs[i]),
                (2, &slopes),
                (3, zeros),
                (4, steepest),
            ];
            work.push(pipelines.bind(&pipelines.watch, layer.columns / 4, &buffers));
        }
        Ok(work)
    }

    /// Computes an expression of a layer, or gradients of it. Without a `grad_output` of the
    /// outputs it is 1 for each.
    fn evaluate(
        &self,
        fused: &Fused,
        values: &Values,
        layer: usize,
        grad_output: Option<&wgpu::Buffer>,
        outputs: &[Slice<'_>],
    ) -> Result<Work> {
        let Layer {
            columns,
            biases,
            learned,
            ..
        } = &self.layout.layers[layer];
        let shape = [values.rows as u64, *columns as u64];
        let of_units = |range| SliceValue::from((slice(&self.parameters, range), &shape[1..]));
        let all = [
            Some(("x", SliceValue::from((&values.products[layer], &shape)))),
            Some((BIAS, of_units(biases))),
            learned.as_ref().map(|learned| (LEARNED, of_units(learned))),
            Some((
                "grad_output",
                match grad_output {
                    Some(grad_output) => (grad_output, &shape).into(),
                    None => 1.0.into(),
                },
            )),
        ];
        let is_operand = |name: &str| fused.operands().iter().any(|operand| operand == name);
        let operands: Vec<_> = all
            .into_iter()
            .flatten()
            .filter(|(name, _)| is_operand(name))
            .collect();
        let random = values.random.as_ref();
        let random = random.map(|random| random.of_layer(layer, *columns));
        let kernels = self.device.gpu.kernels();
        Ok(Work::Library(
            kernels.evaluate(fused, &operands, random, outputs)?,
        ))
    }
}

/// Returns the number of invocations of a matrix kernel, each of which computes a block of 4 by 4.
fn blocks(rows: usize, columns: usize) -> usize {
    rows / 4 * (columns / 4)
}

fn slice<'a>(buffer: &'a wgpu::Buffer, range: &Range<usize>) -> Slice<'a> {
    Slice::new(buffer, 4 * range.start as u64, 4 * range.len() as u64)
}
