//! Expressions and their gradients, in turns with a copy kernel of the tensors that they read and
//! write.

use anyhow::Result;
use indicatif::ProgressBar;
use wgpu_activations::wgpu::{self, BufferUsages};
use wgpu_activations::{Dtype, Expression, Gpu, Operation, Slice, SliceValue, TrainingMode};

use crate::copy::Copies;
use crate::measure::{Contender, Figure, Tensors, is_software, take_turns};
use crate::plan::{Pass, Shape};
use crate::stopwatch::Stopwatch;

/// An expression, the operands of which there is one for each channel, and those whose gradients
/// are measured.
struct Case {
    text: &'static str,
    channels: &'static [&'static str],
    gradients: &'static [&'static str],
}

const CASES: [Case; 4] = [
    Case {
        text: "gelu(x + bias) * gate + residual",
        channels: &["bias"],
        gradients: &["x", "gate", "bias"],
    },
    Case {
        text: "30 * tanh(x / 30)",
        channels: &[],
        gradients: &["x"],
    },
    Case {
        text: "relu(x + bias)",
        channels: &["bias"],
        gradients: &["x", "bias"],
    },
    Case {
        text: "dropout(silu(x + bias), p=0.1) + residual",
        channels: &["bias"],
        gradients: &["x", "bias"],
    },
];

/// The channels of the cases above, as the last dimension, and a number of which rows are a
/// multiple, so that a copy goes by whole workgroups.
const CHANNELS: u64 = 768;
const ROWS: u64 = 128;

/// Shapes in which a weight of prelu for each channel is learned: the sizes of the dimensions before
/// the channels, of the channels, and behind them.
const PRELU: Case = Case {
    text: "prelu(x, weight=weight)",
    channels: &["weight"],
    gradients: &["x", "weight"],
};
const PRELU_SHAPES: [[u64; 3]; 4] = [
    [1408, 768, 1],
    [256, 4096, 1],
    [8, 768, 784],
    [16, 64, 3136],
];

/// Measures the cases at these sizes, and prelu at shapes of its own.
pub fn expressions(
    gpu: &Gpu,
    watch: &Stopwatch<'_>,
    sizes: &[u64],
    turns: usize,
) -> Result<Vec<Figure>> {
    let dtype = Dtype::F32;
    let rows = sizes.iter().map(|elements| {
        let rows = elements.div_ceil(CHANNELS).next_multiple_of(ROWS);
        [rows, CHANNELS, 1]
    });
    let cases = rows.map(|shape| (shape, &CASES[..]));
    let prelu = PRELU_SHAPES.map(|shape| (shape, std::slice::from_ref(&PRELU)));
    let all: Vec<_> = cases.chain(prelu).collect();
    let most = all.iter().map(|(shape, _)| shape.iter().product::<u64>());
    let tensors = Tensors::new(gpu, dtype, most.max().unwrap_or_default() * dtype.size());
    let (mut copies, mut figures) = (Copies::new(gpu), vec![]);
    for (shape, cases) in all {
        let elements: u64 = shape.iter().product();
        let slices = tensors.slices(elements * dtype.size());
        let mut contenders = vec![];
        for case in cases {
            for pass in [Pass::Forward, Pass::Backward] {
                contenders.push(case.contender(gpu, pass, &slices, shape)?);
            }
        }
        let hidden = ProgressBar::hidden();
        take_turns(watch, &mut copies, &slices, &mut contenders, turns, &hidden)?;
        figures.extend(
            contenders
                .iter()
                .map(|contender| contender.figure(dtype, elements, is_software(gpu))),
        );
    }
    Ok(figures)
}

impl Case {
    fn contender(
        &self,
        gpu: &Gpu,
        pass: Pass,
        slices: &[Slice<'_>; 5],
        shape: [u64; 3],
    ) -> Result<Contender> {
        let expression: Expression = self.text.parse()?;
        let fused = match pass {
            Pass::Forward => expression.fuse(),
            Pass::Backward => expression.fuse_gradients(self.gradients.iter().copied())?,
        };
        let [inputs @ .., output, other] = slices;
        // A last dimension of 1 is left out.
        let dimensions = if shape[2] == 1 { 2 } else { 3 };
        let (channels, shape) = ([shape[1], 1], &shape[..dimensions]);
        let of_channels = buffer(gpu, shape[1]);
        let mut tensors = inputs.iter();
        let mut operands: Vec<(&str, SliceValue<'_>)> = vec![];
        for name in fused.operands() {
            let is_channel = self.channels.contains(&name.as_str());
            let value = if is_channel {
                SliceValue::Tensor((&of_channels).into(), &channels[..dimensions - 1])
            } else if fused.reads(name) {
                SliceValue::Tensor(*tensors.next().unwrap_or(output), shape)
            } else {
                // The kernel does not read it, but its shape counts.
                SliceValue::Tensor(inputs[0], shape)
            };
            operands.push((name, value));
        }
        let reads = operands
            .iter()
            .filter(|(name, _)| !self.channels.contains(name) && fused.reads(name))
            .count();
        let summed = buffer(gpu, shape[1]);
        let mut whole = [*output, *other].into_iter();
        let outputs: Vec<Slice<'_>> = fused
            .outputs()
            .iter()
            .map(|output| {
                let operand = output
                    .operand
                    .map(|operand| fused.operands()[operand].as_str());
                match operand {
                    Some(operand) if self.channels.contains(&operand) => (&summed).into(),
                    _ => whole.next().unwrap_or(slices[4]),
                }
            })
            .collect();
        let writes = outputs
            .iter()
            .filter(|output| output.size == slices[0].size);
        let kernels = gpu.kernels();
        let operation: Operation =
            kernels.evaluate(&fused, &operands, Some(TrainingMode::default()), &outputs)?;
        let shape = Shape {
            reads,
            writes: writes.count(),
        };
        let name = match self.channels {
            ["weight"] => format!("{} of {} channels", self.text, of_channels.size() / 4),
            _ => self.text.to_owned(),
        };
        Ok(Contender::new(name, pass, shape, operation))
    }
}

/// A buffer of so many numbers.
fn buffer(gpu: &Gpu, elements: u64) -> wgpu::Buffer {
    gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: Some("channels"),
        size: elements * 4,
        usage: BufferUsages::STORAGE,
        mapped_at_creation: false,
    })
}
