//! The forward and the backward pass of the network, as lists of dispatches: matrix kernels of this
//! example, and expressions of the library.

use std::ops::Range;

use anyhow::Result;
use wgpu_activations::wgpu::{self, BufferUsages, util::DeviceExt};
use wgpu_activations::{Expression, Fused, Gpu, Slice, SliceValue};

use crate::activation::LEARNED;
use crate::kernels::{FusedPipelines, Pipelines, Work};
use crate::layout::{Layer, Layout};

/// The name of the biases in expressions.
const BIAS: &str = "bias";

/// A device and the kernels that are compiled for it.
pub struct Device<'a> {
    pub gpu: &'a Gpu,
    pub pipelines: &'a Pipelines,
}

impl Device<'_> {
    /// Creates a storage buffer with these values.
    pub fn storage<T: bytemuck::NoUninit>(&self, label: &str, values: &[T]) -> wgpu::Buffer {
        self.buffer(
            label,
            values,
            BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
        )
    }

    /// Creates a storage buffer of zeros.
    pub fn zeros(&self, label: &str, values: usize) -> wgpu::Buffer {
        self.storage(label, &vec![0.0_f32; values])
    }

    pub fn uniform<T: bytemuck::NoUninit>(&self, label: &str, values: &[T]) -> wgpu::Buffer {
        self.buffer(
            label,
            values,
            BufferUsages::UNIFORM | BufferUsages::STORAGE | BufferUsages::COPY_DST,
        )
    }

    fn buffer<T: bytemuck::NoUninit>(
        &self,
        label: &str,
        values: &[T],
        usage: BufferUsages,
    ) -> wgpu::Buffer {
        let (label, contents) = (format!("digits {label}"), bytemuck::cast_slice(values));
        self.gpu
            .device()
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(&label),
                contents,
                usage,
            })
    }
}

/// The values in all layers for a number of digits.
pub struct Values {
    /// The number of digits, a multiple of four.
    rows: usize,
    pub pixels: wgpu::Buffer,
    /// The product of inputs and weights, in each layer.
    products: Vec<wgpu::Buffer>,
    /// The outputs of each layer: those of the activation in hidden layers, logits in the last.
    outputs: Vec<wgpu::Buffer>,
    /// `Layer` in `matrix.wgsl`.
    layers: Vec<wgpu::Buffer>,
}

impl Values {
    pub fn new(device: &Device<'_>, layout: &Layout, pixels: wgpu::Buffer, rows: usize) -> Self {
        let zeros = |label, columns| device.zeros(label, rows * columns);
        let buffers = |label| {
            let layers = layout.layers.iter();
            layers.map(|layer| zeros(label, layer.columns)).collect()
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
            products: buffers("products"),
            outputs: buffers("outputs"),
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

/// A network on a device: its parameters, and their gradients in the same layout.
pub struct Network<'a> {
    pub device: Device<'a>,
    pub layout: Layout,
    pub parameters: wgpu::Buffer,
    pub gradients: wgpu::Buffer,
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
        let gradients = device.zeros("gradients", layout.len);
        let activation = &layout.activation;
        let biased = Expression::operand("x") + Expression::operand(BIAS);
        let hidden = activation.expression.substitute("x", &biased);
        let is_learned = activation.learned.is_some();
        let fused = is_fused
            .then(|| FusedPipelines::new(device.gpu.device(), &hidden))
            .transpose()?;
        Ok(Self {
            parameters,
            gradients,
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

    /// Lists the backward pass, from the gradient of the logits to the gradients of all parameters.
    pub fn backward(&self, values: &Values, grad_logits: wgpu::Buffer) -> Result<Vec<Work>> {
        let pipelines = self.device.pipelines;
        // The gradient of a learned parameter comes from the same kernel as that of x, which is not
        // fused then.
        let fused = self
            .fused
            .as_ref()
            .filter(|_| self.layout.activation.learned.is_none());
        let mut work = Vec::new();
        let mut grad = grad_logits;
        for (i, layer) in self.layout.layers.iter().enumerate().rev() {
            let mut gradients = vec![slice(&self.gradients, &layer.biases)];
            let grad_x;
            let expressions = if i < self.layout.hidden().len() && fused.is_none() {
                grad_x = self
                    .device
                    .zeros("gradient of a product", values.rows * layer.columns);
                gradients.insert(0, (&grad_x).into());
                gradients.extend(
                    layer
                        .learned
                        .iter()
                        .map(|learned| slice(&self.gradients, learned)),
                );
                &self.hidden
            } else {
                grad_x = grad.clone();
                &self.bias
            };
            work.push(self.evaluate(&expressions.backward, values, i, Some(&grad), &gradients)?);
            let buffers = [
                (0, &values.layers[i]),
                (2, values.input(i)),
                (3, &grad_x),
                (4, &self.gradients),
            ];
            work.push(pipelines.bind(
                &pipelines.backward_weights,
                blocks(layer.inputs, layer.columns),
                &buffers,
            ));
            if i > 0 {
                let grad_input = self
                    .device
                    .zeros("gradient of an input", values.rows * layer.inputs);
                let mut buffers = vec![
                    (0, &values.layers[i]),
                    (1, &self.parameters),
                    (3, &grad_x),
                    (4, &grad_input),
                ];
                // The gradient passes through the activation of the previous layer.
                buffers.extend(fused.map(|_| (6, &values.products[i - 1])));
                let pipeline =
                    fused.map_or(&pipelines.backward_input, |fused| &fused.backward_input);
                work.push(pipelines.bind(pipeline, blocks(values.rows, layer.inputs), &buffers));
                grad = grad_input;
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
        let kernels = self.device.gpu.kernels();
        Ok(Work::Library(
            kernels.evaluate(fused, &operands, None, outputs)?,
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
