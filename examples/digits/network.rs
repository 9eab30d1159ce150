//! The forward and the backward pass of the network, as lists of dispatches: matrix kernels of this
//! example, and activations of the library.

use std::ops::Range;

use anyhow::Result;
use wgpu_activations::wgpu::{self, BufferUsages, util::DeviceExt};
use wgpu_activations::{Gpu, LearnedParam, Slice, SliceArgs};

use crate::kernels::{Fused, Pipelines, Work};
use crate::layout::{Layer, Layout, learnable};

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
    /// The result of each layer: the activation's x in hidden layers, logits in the last.
    x: Vec<wgpu::Buffer>,
    /// The outputs of the activation, in hidden layers.
    outputs: Vec<wgpu::Buffer>,
    /// `Layer` in `matrix.wgsl`.
    layers: Vec<wgpu::Buffer>,
}

impl Values {
    pub fn new(device: &Device<'_>, layout: &Layout, pixels: wgpu::Buffer, rows: usize) -> Self {
        let zeros = |label, columns| device.zeros(label, rows * columns);
        let layer = |layer: &Layer| {
            let learned = layer.learned.as_ref().map_or(0, |learned| learned.start);
            let fields = [
                rows,
                layer.inputs,
                layer.columns,
                layer.weights.start,
                layer.biases.start,
                learned,
            ];
            device.uniform("layer", &fields.map(|n| (n / 4) as u32))
        };
        Self {
            rows,
            pixels,
            x: layout
                .layers
                .iter()
                .map(|layer| zeros("x", layer.columns))
                .collect(),
            outputs: layout
                .hidden()
                .iter()
                .map(|layer| zeros("outputs", layer.columns))
                .collect(),
            layers: layout.layers.iter().map(layer).collect(),
        }
    }

    pub fn logits(&self) -> &wgpu::Buffer {
        &self.x[self.x.len() - 1]
    }

    fn input(&self, layer: usize) -> &wgpu::Buffer {
        if layer == 0 {
            &self.pixels
        } else {
            &self.outputs[layer - 1]
        }
    }
}

/// A network on a device: its parameters, and their gradients in the same layout.
pub struct Network<'a> {
    pub device: Device<'a>,
    pub layout: Layout,
    pub parameters: wgpu::Buffer,
    pub gradients: wgpu::Buffer,
    /// Kernels with the activation fused in, which take the place of the library's.
    fused: Option<Fused>,
}

impl<'a> Network<'a> {
    pub fn new(device: Device<'a>, layout: Layout, is_fused: bool) -> Result<Self> {
        let parameters = device.zeros("parameters", layout.len);
        let gradients = device.zeros("gradients", layout.len);
        let fused = is_fused
            .then(|| Fused::new(device.gpu.device(), layout.activation))
            .transpose()?;
        Ok(Self {
            device,
            layout,
            parameters,
            gradients,
            fused,
        })
    }

    /// Lists the forward pass, from pixels to logits.
    pub fn forward(&self, values: &Values) -> Result<Vec<Work>> {
        let (kernels, pipelines) = (self.device.gpu.kernels(), self.device.pipelines);
        let mut work = Vec::new();
        for (i, layer) in self.layout.layers.iter().enumerate() {
            let mut buffers = vec![
                (0, &values.layers[i]),
                (1, &self.parameters),
                (2, values.input(i)),
                (4, &values.x[i]),
            ];
            let blocks = blocks(values.rows, layer.columns);
            if let (Some(fused), Some(output)) = (&self.fused, values.outputs.get(i)) {
                buffers.push((5, output));
                work.push(pipelines.bind(&fused.forward, blocks, &buffers));
                continue;
            }
            work.push(pipelines.bind(&pipelines.forward, blocks, &buffers));
            if let Some(output) = values.outputs.get(i) {
                let inputs = self.activation_inputs(i, &values.x[i]);
                work.push(Work::Activation(kernels.forward(
                    self.layout.activation,
                    inputs,
                    output,
                )?));
            }
        }
        Ok(work)
    }

    /// Lists the backward pass, from the gradient of the logits to the gradients of all parameters.
    pub fn backward(&self, values: &Values, grad_logits: wgpu::Buffer) -> Result<Vec<Work>> {
        let (kernels, pipelines) = (self.device.gpu.kernels(), self.device.pipelines);
        // The gradient of a learned parameter needs the gradient of the activation's output, so it
        // comes before the activation's backward pass.
        let fused = self
            .fused
            .as_ref()
            .filter(|_| learnable(self.layout.activation).is_none());
        let mut work = Vec::new();
        let mut grad = grad_logits;
        for (i, layer) in self.layout.layers.iter().enumerate().rev() {
            if i < values.outputs.len() && fused.is_none() {
                let (activation, inputs) = (
                    self.layout.activation,
                    self.activation_inputs(i, &values.x[i]),
                );
                if let Some(learned) = &layer.learned {
                    let grad_learned = slice(&self.gradients, learned);
                    work.push(Work::Activation(kernels.backward_parameter(
                        activation,
                        "weight",
                        inputs.clone(),
                        &grad,
                        grad_learned,
                    )?));
                }
                work.push(Work::Activation(
                    kernels.backward_in_place(activation, inputs, &grad)?,
                ));
            }
            let buffers = [
                (0, &values.layers[i]),
                (2, values.input(i)),
                (3, &grad),
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
                    (3, &grad),
                    (4, &grad_input),
                ];
                // The gradient passes through the activation of the previous layer.
                buffers.extend(fused.map(|_| (6, &values.x[i - 1])));
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
        let (kernels, pipelines) = (self.device.gpu.kernels(), self.device.pipelines);
        let mut work = Vec::new();
        let mut first = 0;
        for (i, layer) in self.layout.hidden().iter().enumerate() {
            let ones = self
                .device
                .storage("ones", &vec![1.0_f32; values.rows * layer.columns]);
            let slopes = self.device.zeros("slopes", values.rows * layer.columns);
            let inputs = self.activation_inputs(i, &values.x[i]);
            work.push(Work::Activation(kernels.backward(
                self.layout.activation,
                inputs,
                &ones,
                &slopes,
            )?));
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

    /// Returns x, with the learned parameter if the activation has one.
    fn activation_inputs<'b>(&'b self, layer: usize, x: &'b wgpu::Buffer) -> SliceArgs<'b> {
        match &self.layout.layers[layer].learned {
            Some(learned) => (
                x,
                LearnedParam::per_channel(slice(&self.parameters, learned), 1),
            )
                .into(),
            None => x.into(),
        }
    }
}

/// Returns the number of invocations of a matrix kernel, each of which computes a block of 4 by 4.
fn blocks(rows: usize, columns: usize) -> usize {
    rows / 4 * (columns / 4)
}

fn slice<'a>(buffer: &'a wgpu::Buffer, range: &Range<usize>) -> Slice<'a> {
    Slice::new(buffer, 4 * range.start as u64, 4 * range.len() as u64)
}
