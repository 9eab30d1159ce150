//! Inputs and outputs in one buffer, as arena allocators put them: the results have the bits that
//! they have in buffers of their own. The random calls try all others: tests/gpu/calls.

use std::ops::Range;

use wgpu::BufferUsages as Usages;
use wgpu_activations::{
    Activation, AxisFunction, AxisGradients, AxisInput, AxisOutputs, AxisSaved, AxisShape, Dtype,
    Error, Expression, Glu, Gpu, Kernels, LearnedParam, Operation, Slice, SliceValue, TrainingMode,
    wgpu,
};

use crate::support::gpu_with;

/// A tensor of a call.
#[derive(Clone, Copy)]
struct Tensor {
    elements: u64,
    dtype: Dtype,
    is_output: bool,
}

fn input(elements: u64, dtype: Dtype) -> Tensor {
    Tensor {
        elements,
        dtype,
        is_output: false,
    }
}

fn output(elements: u64, dtype: Dtype) -> Tensor {
    Tensor {
        is_output: true,
        ..input(elements, dtype)
    }
}

impl Tensor {
    fn size(self) -> u64 {
        self.elements * self.dtype.size()
    }
}

/// Bytes that are small numbers of each type.
fn contents(size: u64) -> Vec<u8> {
    let words = (0..size.div_ceil(4)).map(|i| (i * 7 % 61) as u32);
    let word = |k: u32| {
        if k.is_multiple_of(2) {
            0x3e80_3c00 + k
        } else {
            0xbe00_bd80 - k
        }
    };
    words.flat_map(|k| word(k).to_le_bytes()).collect()
}

fn buffer(gpu: &Gpu, contents: &[u8]) -> wgpu::Buffer {
    let buffer = gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: Some("an arena"),
        size: contents.len() as u64,
        usage: Usages::STORAGE | Usages::COPY_SRC | Usages::COPY_DST,
        mapped_at_creation: false,
    });
    gpu.queue().write_buffer(&buffer, 0, contents);
    buffer
}

fn read(gpu: &Gpu, buffer: &wgpu::Buffer) -> Vec<u8> {
    let to = gpu.device().create_buffer(&wgpu::BufferDescriptor {
        label: Some("read back"),
        size: buffer.size(),
        usage: Usages::MAP_READ | Usages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(buffer, 0, &to, 0, buffer.size());
    encoder.map_buffer_on_submit(&to, wgpu::MapMode::Read, .., |mapped| {
        mapped.expect("a mapping")
    });
    gpu.queue().submit([encoder.finish()]);
    gpu.device()
        .poll(wgpu::PollType::wait_indefinitely())
        .expect("a result");
    to.get_mapped_range(..).expect("mapped").to_vec()
}

/// Makes a call with all tensors one after the other in one buffer, `gap` bytes apart, and with a
/// buffer for each. The results must have the same bits, and nothing else may change.
fn is_the_same(
    gpu: &Gpu,
    tensors: &[Tensor],
    gap: u64,
    call: impl Fn(&Kernels, &[Slice<'_>]) -> Result<Operation, Error>,
) -> Result<(), Error> {
    let mut end = 0;
    let places: Vec<Range<usize>> = tensors
        .iter()
        .map(|tensor| {
            let start = end + gap.next_multiple_of(tensor.dtype.size());
            let start = start.next_multiple_of(tensor.dtype.size());
            end = start + tensor.size();
            start as usize..end as usize
        })
        .collect();
    let mut wanted = contents(end + 64);
    let shared = buffer(gpu, &wanted);
    let own: Vec<_> = tensors.iter().map(|_| buffer(gpu, &wanted)).collect();
    for is_shared in [false, true] {
        let slices: Vec<_> = places
            .iter()
            .zip(tensors)
            .zip(&own)
            .map(|((place, tensor), own)| {
                let buffer = if is_shared { &shared } else { own };
                Slice::new(buffer, place.start as u64, tensor.size()).with_dtype(tensor.dtype)
            })
            .collect();
        let operation = call(gpu.kernels(), &slices)?;
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        operation.encode(&mut encoder);
        gpu.queue().submit([encoder.finish()]);
    }
    for ((place, tensor), own) in places.into_iter().zip(tensors).zip(&own) {
        if tensor.is_output {
            wanted[place.clone()].copy_from_slice(&read(gpu, own)[place]);
        }
    }
    let got = read(gpu, &shared);
    let differs = got.iter().zip(&wanted).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{gap} bytes apart, of {}", tensors.len());
    Ok(())
}

/// A GPU, and one with as few bindings as wgpu's downlevel limits allow.
fn gpus() -> [Gpu; 2] {
    [wgpu::Limits::default(), wgpu::Limits::downlevel_defaults()].map(gpu_with)
}

/// Types and distances of tensors: next to each other, in the middle of a word, in one aligned
/// binding, and in several.
const TYPES_AND_GAPS: [(Dtype, u64); 5] = [
    (Dtype::F32, 0),
    (Dtype::F16, 0),
    (Dtype::F16, 2),
    (Dtype::Bf16, 64),
    (Dtype::F32, 512),
];

#[test]
fn expressions_and_their_gradients() -> Result<(), Box<dyn std::error::Error>> {
    let expression: Expression = "gelu(x * scale + bias) * gate".parse()?;
    let names = ["x", "scale", "bias", "gate"];
    let (fused, gradients) = (expression.fuse(), expression.fuse_gradients(names)?);
    for gpu in gpus() {
        for (rows, columns) in [(6, 7), (33, 64)] {
            let (count, whole, row) = (rows * columns, [rows, columns], [columns]);
            for (dtype, gap) in TYPES_AND_GAPS {
                let [of_x, of_row] = [count, columns].map(|elements| input(elements, dtype));
                let inputs = [of_x, of_row, of_row, of_x];
                let tensors = [&inputs[..], &[output(count, dtype)]].concat();
                is_the_same(&gpu, &tensors, gap, |kernels, slices| {
                    let shapes = [&whole[..], &row, &row, &whole];
                    let operands = valued(&names, slices, &shapes);
                    kernels.evaluate(&fused, &operands, None, &slices[4..])
                })?;
                // Sums are f32, and so are the gradients beside them.
                let sums = output(columns, Dtype::F32);
                let of_gradients = [output(count, dtype), sums, sums, output(count, dtype)];
                let tensors = [&inputs[..], &[of_x], &of_gradients].concat();
                is_the_same(&gpu, &tensors, gap, |kernels, slices| {
                    let names = [&names[..], &["grad_output"]].concat();
                    let shapes = [&whole[..], &row, &row, &whole, &whole];
                    let operands = valued(&names, slices, &shapes);
                    kernels.evaluate(&gradients, &operands, None, &slices[5..])
                })?;
            }
        }
    }
    Ok(())
}

/// The operands of an expression, which are the first slices.
fn valued<'a>(
    names: &[&'a str],
    slices: &[Slice<'a>],
    shapes: &[&'a [u64]],
) -> Vec<(&'a str, SliceValue<'a>)> {
    let values = slices.iter().zip(shapes);
    let values = values.map(|(&slice, &shape)| SliceValue::Tensor(slice, shape));
    names.iter().copied().zip(values).collect()
}

#[test]
fn attention() -> Result<(), Error> {
    let (softmax, training) = (
        AxisFunction::SOFTMAX,
        TrainingMode {
            dropout: 0.3,
            seed: 5,
            offset: 0,
        },
    );
    for gpu in gpus() {
        for (rows, length) in [(3, 5), (8, 40), (2, 9000)] {
            let (shape, count) = (AxisShape::new(rows, length, 1), rows * length);
            for (dtype, gap) in TYPES_AND_GAPS {
                let (x, of_rows) = (input(count, dtype), input(rows, Dtype::F32));
                let [y, results] = [output(count, dtype), output(rows, Dtype::F32)];
                // x, a mask, sinks; y, what dropout leaves, the logsumexp, the sinks' results.
                let tensors = [x, x, of_rows, y, y, results, results];
                // Two results of 16 bits may have halves of a word, in either order.
                for first in [3, 4] {
                    is_the_same(&gpu, &tensors, gap, |kernels, slices| {
                        let [x, mask, sink, .., logsumexp, of_sink] = slices else {
                            unreachable!("seven tensors")
                        };
                        let (y, dropped) = (slices[first], slices[7 - first]);
                        let input = AxisInput::new(*x).mask(*mask).sink(*sink);
                        let outputs = AxisOutputs::new(y).logsumexp(*logsumexp).sink(*of_sink);
                        let outputs = outputs.dropped(training, dropped);
                        kernels.forward_axis(softmax, shape, input, outputs)
                    })?;
                }
                let tensors = [x, of_rows, x, y, results];
                is_the_same(&gpu, &tensors, gap, |kernels, slices| {
                    let [y, of_sink, grad, grad_x, grad_sink] = slices else {
                        unreachable!("five tensors")
                    };
                    let saved = AxisSaved::new(*y).dropout(training).sink(*of_sink);
                    let gradients = AxisGradients::new(*grad_x).sink(*grad_sink);
                    kernels.backward_axis(softmax, shape, saved, *grad, gradients)
                })?;
            }
        }
    }
    Ok(())
}

/// Tensors of more elements than one dispatch copies, and a parameter between them.
#[test]
fn large_neighbours() -> Result<(), Error> {
    let gpu = gpu_with(wgpu::Limits::default());
    let count = (3 << 20) + 7;
    for (dtype, gap) in [(Dtype::F32, 0), (Dtype::F16, 2)] {
        let tensors = [
            input(count, dtype),
            input(1, dtype),
            input(count, dtype),
            output(count, dtype),
        ];
        is_the_same(&gpu, &tensors, gap, |kernels, slices| {
            let x = (slices[0], LearnedParam::scalar(slices[1]));
            kernels.backward(Activation::PRELU, x, slices[2], slices[3])
        })?;
        let shape = AxisShape::new(3, (1 << 20) + 1, 1);
        let count = 3 * ((1 << 20) + 1);
        let tensors = [input(count, dtype), output(count, dtype)];
        is_the_same(&gpu, &tensors, gap, |kernels, slices| {
            kernels.forward_axis(AxisFunction::Hardmax, shape, slices[0], slices[1])
        })?;
    }
    Ok(())
}

/// A view is copied element by element where it cannot be bound.
#[test]
fn views() -> Result<(), Error> {
    for gpu in gpus() {
        for (dtype, gap) in TYPES_AND_GAPS {
            let tensors = [
                input(12 * 20, dtype),
                input(12 * 20, dtype),
                output(12 * 20, dtype),
            ];
            is_the_same(&gpu, &tensors, gap, |kernels, slices| {
                let x = slices[0].strided(&[20, 12], &[1, 20])?;
                kernels.backward(Activation::Gelu, x, slices[1], slices[2])
            })?;
            // Products of 16-bit numbers are often ties.
            let tensors = [&tensors[..], &tensors[1..]].concat();
            is_the_same(&gpu, &tensors, gap, |kernels, slices| {
                let [value, gate, of_value, grad, of_gate] = slices else {
                    unreachable!("five tensors")
                };
                let grad = grad.strided(&[20, 12], &[1, 20])?;
                kernels.glu_backward(Glu::REGLU, *value, *gate, grad, *of_value, *of_gate)
            })?;
        }
    }
    Ok(())
}
