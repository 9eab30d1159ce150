//! The low-level API: slices of the caller's buffers, at any offset and length. Nothing is written
//! outside of them.

use wgpu_activations::{Activation, Dtype, Error, LearnedParam, wgpu};

use crate::common::Random;
use crate::support::{Guarded, apart, backward, forward, gpu, run};

const SIZES: [usize; 8] = [0, 1, 3, 255, 256, 257, 1000, 4099];
/// Offsets in elements: of vectors, within vectors, and around the alignments of devices, which are
/// 32 to 256 bytes.
const OFFSETS: [usize; 8] = [0, 1, 2, 4, 8, 63, 64, 100];

#[test]
fn any_offset_any_size() -> Result<(), Error> {
    let (kernels, activation) = (gpu().kernels(), Activation::Elu { alpha: 0.7 });
    let mut random = Random(4);
    for size in SIZES {
        let (x, grad_output) = (random.vector(size), random.vector(size));
        // The high-level API's tensors begin where their buffers begin.
        let wanted = [
            forward(activation, &x)?,
            backward(activation, &x, &grad_output)?,
        ];
        for (i, offset) in OFFSETS.into_iter().enumerate() {
            // All three have one offset, or different ones.
            for others in [
                [offset, offset],
                [OFFSETS[(i + 3) % 8], OFFSETS[(i + 5) % 8]],
            ] {
                let (x, grad_output) = (
                    Guarded::new(&x, offset),
                    Guarded::new(&grad_output, others[0]),
                );
                let (y, grad_x) = (
                    Guarded::empty(Dtype::F32, size, others[1]),
                    Guarded::empty(Dtype::F32, size, others[1]),
                );
                run(&kernels.forward(activation, x.slice(), y.slice())?);
                run(&kernels.backward(
                    activation,
                    x.slice(),
                    grad_output.slice(),
                    grad_x.slice(),
                )?);
                assert_eq!(
                    [y.values(), grad_x.values()],
                    wanted,
                    "{size} elements at {offset} and {others:?}"
                );
                run(&kernels.backward_in_place(activation, x.slice(), grad_output.slice())?);
                run(&kernels.forward_in_place(activation, x.slice())?);
                assert_eq!(
                    [x.values(), grad_output.values()],
                    wanted,
                    "{size} elements in place at {offset} and {others:?}"
                );
            }
        }
    }
    Ok(())
}

/// Kernels of aligned slices compute four elements at once, with functions that are translated from
/// the scalar ones.
#[test]
fn aligned_or_not_every_activation_has_the_same_bits() -> Result<(), Error> {
    let kernels = gpu().kernels();
    // Bits of every kind, and many numbers near 0, where functions bend.
    let any = (0..=u32::MAX).step_by(1_000_003).map(f32::from_bits);
    let x: Vec<f32> = any.chain(Random(6).vector(4096)).collect();
    let (length, ones) = (x.len(), vec![1.0; x.len()]);
    for &activation in Activation::ALL {
        let [aligned, unaligned] = [0, 1].map(|offset| -> Result<_, Error> {
            let (x, ones) = (Guarded::new(&x, offset), Guarded::new(&ones, offset));
            let outputs = [(); 4].map(|()| Guarded::empty(Dtype::F32, length, offset));
            run(&kernels.forward(activation, x.slice(), outputs[0].slice())?);
            run(&kernels.backward(activation, x.slice(), ones.slice(), outputs[1].slice())?);
            let (x, ones) = (x.slice(), ones.slice());
            let [of_x, of_grad] = [outputs[2].slice(), outputs[3].slice()];
            run(&kernels.double_backward(activation, x, ones, ones, of_x, of_grad)?);
            Ok([0, 1, 2].map(|k: usize| outputs[k].values()))
        });
        for (what, (aligned, unaligned)) in ["f", "f'", "f''"]
            .iter()
            .zip(aligned?.iter().zip(&unaligned?))
        {
            for ((&aligned, &unaligned), x) in aligned.iter().zip(unaligned).zip(&x) {
                let is_nan = aligned.is_nan() && unaligned.is_nan();
                let is_same = is_nan || aligned.to_bits().abs_diff(unaligned.to_bits()) <= apart();
                assert!(
                    is_same,
                    "{activation}: {what}({x:e}) is {aligned:e} aligned, {unaligned:e} if not"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn learned_parameters_at_any_offset() -> Result<(), Error> {
    let (kernels, prelu) = (gpu().kernels(), Activation::Prelu { weight: 0.25 });
    let mut random = Random(5);
    for (channels, inner, outer) in [
        (1, 1, 1000),
        (3, 1, 400),
        (3, 7, 50),
        (4, 4, 60),
        (5, 64, 2),
        (1000, 1, 3),
        (2, 600, 3),
    ] {
        let size = channels * inner * outer;
        let (x, grad_output, weight) = (
            random.vector(size),
            random.vector(size),
            random.vector(channels),
        );
        let channel = |i: usize| i / inner % channels;
        let slope = |i: usize| if x[i] > 0.0 { 1.0 } else { weight[channel(i)] };
        let y: Vec<f32> = (0..size).map(|i| x[i] * slope(i)).collect();
        let grad_x: Vec<f32> = (0..size).map(|i| grad_output[i] * slope(i)).collect();
        for (i, offset) in OFFSETS.into_iter().enumerate() {
            let buffers = (
                Guarded::new(&x, offset),
                Guarded::new(&weight, OFFSETS[(i + 3) % 8]),
                Guarded::new(&grad_output, offset),
            );
            let outputs = (
                Guarded::empty(Dtype::F32, size, offset),
                Guarded::empty(Dtype::F32, size, offset),
                Guarded::empty(Dtype::F32, channels, OFFSETS[(i + 5) % 8]),
            );
            let inputs = || {
                (
                    buffers.0.slice(),
                    LearnedParam::per_channel(buffers.1.slice(), inner as u64),
                )
            };
            run(&kernels.forward(prelu, inputs(), outputs.0.slice())?);
            run(&kernels.backward(prelu, inputs(), buffers.2.slice(), outputs.1.slice())?);
            run(&kernels.backward_parameter(
                prelu,
                "weight",
                inputs(),
                buffers.2.slice(),
                outputs.2.slice(),
            )?);
            assert_eq!(
                outputs.0.values(),
                y,
                "forward, {channels} channels of {inner} at {offset}"
            );
            assert_eq!(
                outputs.1.values(),
                grad_x,
                "backward, {channels} channels of {inner} at {offset}"
            );
            for (got, c) in outputs.2.values().into_iter().zip(0..) {
                let terms: Vec<_> = (0..size)
                    .filter(|&i| channel(i) == c && x[i] <= 0.0)
                    .map(|i| f64::from(x[i]) * f64::from(grad_output[i]))
                    .collect();
                let (sum, error_scale) = (
                    terms.iter().sum::<f64>(),
                    terms.iter().map(|term| term.abs()).sum::<f64>(),
                );
                // Pairwise sums round at each of at most log2(1024) + 2 levels, and each product
                // rounds once.
                assert!(
                    (f64::from(got) - sum).abs() <= error_scale * 13.0 * 2f64.powi(-24),
                    "weight's gradient {c} of {channels}: {got}, {sum}"
                );
            }
            run(&kernels.backward_in_place(prelu, inputs(), buffers.2.slice())?);
            assert_eq!(buffers.2.values(), grad_x);
            run(&kernels.forward_in_place(prelu, inputs())?);
            assert_eq!(buffers.0.values(), y);
        }
    }
    Ok(())
}

/// Operations are recorded into a compute pass of the caller's, beside others, and more than once.
#[test]
fn many_operations_in_one_pass() -> Result<(), Error> {
    let kernels = gpu().kernels();
    let x = Guarded::new(&[-8.0; 6], 4);
    let halve = kernels.forward_in_place(
        Activation::LeakyRelu {
            negative_slope: 0.5,
        },
        x.slice(),
    )?;
    let double = kernels.forward_in_place(
        Activation::LeakyRelu {
            negative_slope: 2.0,
        },
        x.slice(),
    )?;
    let mut encoder = gpu()
        .device()
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        for operation in [&halve, &halve, &double, &halve] {
            operation.record(&mut pass);
        }
    }
    gpu().queue().submit([encoder.finish()]);
    assert_eq!(x.values(), [-2.0; 6]);
    run(&halve);
    assert_eq!(x.values(), [-1.0; 6]);
    Ok(())
}

/// More values of parameters than the crate keeps, in operations that all wait to be submitted.
#[test]
fn parameters_are_never_written_over() -> Result<(), Error> {
    let kernels = gpu().kernels();
    let mut encoder = gpu()
        .device()
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let x = Guarded::new(&[-1.0], 0);
    let y: Vec<_> = (0..5000)
        .map(|i| Guarded::empty(Dtype::F32, 1, i % 3))
        .collect();
    for (i, y) in y.iter().enumerate() {
        kernels
            .forward(
                Activation::LeakyRelu {
                    negative_slope: i as f32,
                },
                x.slice(),
                y.slice(),
            )?
            .encode(&mut encoder);
    }
    gpu().queue().submit([encoder.finish()]);
    for (i, y) in y.iter().enumerate().step_by(97) {
        assert_eq!(y.values(), [-(i as f32)]);
    }
    Ok(())
}
