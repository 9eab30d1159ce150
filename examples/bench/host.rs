//! Measures what is not a kernel's time: recording, waiting, uploads, readbacks, compiling.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use cpu_time::ThreadTime;
use wgpu_activations::wgpu::{
    CommandEncoderDescriptor, ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor,
    PipelineCompilationOptions, PollType, ShaderModuleDescriptor, ShaderSource,
};
use wgpu_activations::{Activation, Expression, Fused, Gpu, Kernels, Slice, SliceValue, Tensor};

use crate::spread::Spread;

/// One measurement.
pub struct Line {
    pub what: String,
    pub value: Spread,
    pub unit: &'static str,
}

/// The number of turns of each measurement. The first one is to warm up.
const TURNS: usize = 30;

/// The number of operations in one turn of recording, as many as `Gpu` submits at once.
const OPERATIONS: usize = 64;

/// The number of elements of a tensor that takes almost no work.
const TINY: usize = 64;

/// The number of elements of tensors that are transferred.
const TRANSFERS: [usize; 4] = [1 << 12, 1 << 16, 1 << 20, 1 << 24];

const SILU: Activation = Activation::Silu;

pub fn measure(gpu: &Gpu) -> Result<Vec<Line>> {
    let mut lines = recording(gpu)?;
    lines.extend(latency(gpu)?);
    for elements in TRANSFERS {
        lines.extend(transfers(gpu, elements)?);
    }
    lines.push(first_use(gpu)?);
    Ok(lines)
}

/// Runs all measurements in turn. Each returns seconds, which are multiplied by a factor.
fn turns<const N: usize>(
    named: [(&str, f64, &'static str); N],
    mut turn: impl FnMut() -> Result<[f64; N]>,
) -> Result<Vec<Line>> {
    turn()?;
    let all = (0..TURNS).map(|_| turn()).collect::<Result<Vec<_>>>()?;
    let line = |(i, (what, factor, unit)): (usize, (&str, f64, &'static str))| Line {
        what: what.to_owned(),
        value: Spread::of(all.iter().map(|seconds| seconds[i] * factor)),
        unit,
    };
    Ok(named.into_iter().enumerate().map(line).collect())
}

/// Returns the time of the recording thread, without those of a software driver.
fn thread_seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = ThreadTime::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn wall_seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn wait(gpu: &Gpu) -> Result<()> {
    gpu.submit()?;
    gpu.device().poll(PollType::wait_indefinitely())?;
    Ok(())
}

fn tiny(gpu: &Gpu) -> Result<Tensor> {
    Ok(gpu.upload(&[0.5; TINY], [TINY])?)
}

fn recording(gpu: &Gpu) -> Result<Vec<Line>> {
    let (x, y) = (tiny(gpu)?, tiny(gpu)?);
    let kernels = gpu.kernels();
    let operation = kernels.forward(SILU, x.slice()?, y.slice()?)?;
    let fused = |text: &str| Ok::<_, anyhow::Error>(text.parse::<Expression>()?.fuse());
    let softcap = fused("30 * tanh(x / 30)")?;
    let chain = fused("gelu(x + bias) * gate + residual")?;
    let each = 1e6 / OPERATIONS as f64;
    let named = [
        ("`Kernels::forward`: check and bind", each, "µs"),
        ("`Kernels::evaluate`, of 30 * tanh(x / 30)", each, "µs"),
        (
            "`Kernels::evaluate`, of 4 operands, one of them broadcast",
            each,
            "µs",
        ),
        ("`Operation::record` into a pass", each, "µs"),
        ("`Operation::encode`, a pass of its own", each, "µs"),
        (
            "`Gpu::forward`, recorded and now and then submitted",
            each,
            "µs",
        ),
    ];
    turns(named, || {
        let mut encoder = gpu
            .device()
            .create_command_encoder(&CommandEncoderDescriptor::default());
        let bind = thread_seconds(|| {
            for _ in 0..OPERATIONS {
                let _ = black_box(kernels.forward(SILU, x.slice()?, y.slice()?)?);
            }
            Ok(())
        })?;
        let evaluate = |fused: &Fused, operands: &[(&str, SliceValue<'_>)]| {
            thread_seconds(|| {
                for _ in 0..OPERATIONS {
                    let outputs = [y.slice()?];
                    let _ = black_box(kernels.evaluate(fused, operands, None, &outputs)?);
                }
                Ok(())
            })
        };
        let (whole, row) = ([2, TINY as u64 / 2], [TINY as u64 / 2]);
        let of_x = SliceValue::from((x.slice()?, &whole));
        let softcap = evaluate(&softcap, &[("x", of_x)])?;
        let whole_x = x.slice()?;
        let of_bias = Slice::new(whole_x.buffer, whole_x.offset, whole_x.size / 2);
        let operands = [
            ("x", of_x),
            ("bias", SliceValue::from((of_bias, &row))),
            ("gate", of_x),
            ("residual", of_x),
        ];
        let chain = evaluate(&chain, &operands)?;
        let record = thread_seconds(|| {
            let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
            (0..OPERATIONS).for_each(|_| operation.record(&mut pass));
            Ok(())
        })?;
        let encode = thread_seconds(|| {
            (0..OPERATIONS).for_each(|_| operation.encode(&mut encoder));
            Ok(())
        })?;
        gpu.queue().submit([encoder.finish()]);
        let mut kept = vec![];
        let simple = thread_seconds(|| {
            for _ in 0..OPERATIONS {
                kept.push(gpu.forward(SILU, &x)?);
            }
            Ok(())
        })?;
        wait(gpu)?;
        Ok([bind, softcap, chain, record, encode, simple])
    })
}

fn latency(gpu: &Gpu) -> Result<Vec<Line>> {
    let (x, nothing) = (tiny(gpu)?, nothing(gpu));
    let named = [
        ("one tiny `Gpu::forward`, and a wait", 1e6, "µs"),
        (
            "the same in a batch of 64, and one wait",
            1e6 / OPERATIONS as f64,
            "µs",
        ),
        (
            "kernels that do nothing, 64 in a pass, and one wait",
            1e6 / OPERATIONS as f64,
            "µs",
        ),
        ("upload 64 values, `Gpu::forward`, read back", 1e6, "µs"),
    ];
    turns(named, || {
        let mut kept = vec![];
        let one = wall_seconds(|| {
            kept.push(gpu.forward(SILU, &x)?);
            wait(gpu)
        })?;
        let batch = wall_seconds(|| {
            for _ in 0..OPERATIONS {
                kept.push(gpu.forward(SILU, &x)?);
            }
            wait(gpu)
        })?;
        let nothing = wall_seconds(|| {
            let mut encoder = gpu
                .device()
                .create_command_encoder(&CommandEncoderDescriptor::default());
            let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
            pass.set_pipeline(&nothing);
            (0..OPERATIONS).for_each(|_| pass.dispatch_workgroups(1, 1, 1));
            drop(pass);
            gpu.queue().submit([encoder.finish()]);
            wait(gpu)
        })?;
        let there_and_back = wall_seconds(|| {
            black_box(gpu.read_blocking([&gpu.forward(SILU, &tiny(gpu)?)?])?);
            Ok(())
        })?;
        Ok([one, batch, nothing, there_and_back])
    })
}

/// Compiles what a driver needs for any kernel.
fn nothing(gpu: &Gpu) -> ComputePipeline {
    let (device, label) = (gpu.device(), Some("nothing"));
    let source = ShaderSource::Wgsl("@compute @workgroup_size(1) fn nothing() {}".into());
    let module = device.create_shader_module(ShaderModuleDescriptor { label, source });
    device.create_compute_pipeline(&ComputePipelineDescriptor {
        label,
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: PipelineCompilationOptions::default(),
        cache: None,
    })
}

fn transfers(gpu: &Gpu, elements: usize) -> Result<Vec<Line>> {
    let (values, mut copy) = (vec![0.5f32; elements], vec![0.0; elements]);
    let gigabytes = (4 * elements) as f64 * 1e-9;
    let named = [
        "upload",
        "readback",
        "readback into the same memory again",
        "memcpy",
    ]
    .map(|what| (what, 1.0, "GB/s"));
    let lines = turns(named, || {
        let mut tensors = vec![];
        let upload = wall_seconds(|| {
            tensors.push(gpu.upload(&values, [elements])?);
            wait(gpu)
        })?;
        let readback = wall_seconds(|| {
            black_box(gpu.read_blocking([&tensors[0]])?);
            Ok(())
        })?;
        let again =
            wall_seconds(
                || Ok(gpu.read_into_blocking([(&tensors[0], black_box(&mut copy[..]))])?),
            )?;
        let memcpy = wall_seconds(|| {
            black_box(&mut copy).copy_from_slice(black_box(&values));
            Ok(())
        })?;
        Ok([upload, readback, again, memcpy].map(|seconds| gigabytes / seconds))
    })?;
    let size = 4 * elements / 1024;
    Ok(lines
        .into_iter()
        .map(|line| Line {
            what: format!("{}, {size} KiB", line.what),
            ..line
        })
        .collect())
}

/// Measures the time to the first result, without the time of a second one. The median is over the
/// activations.
fn first_use(gpu: &Gpu) -> Result<Line> {
    let (x, y) = (tiny(gpu)?, tiny(gpu)?);
    wait(gpu)?;
    let kernels = Kernels::new(gpu.device(), gpu.queue());
    let run = |activation| -> Result<f64> {
        wall_seconds(|| {
            let mut encoder = gpu
                .device()
                .create_command_encoder(&CommandEncoderDescriptor::default());
            kernels
                .forward(activation, x.slice()?, y.slice()?)?
                .encode(&mut encoder);
            gpu.queue().submit([encoder.finish()]);
            wait(gpu)
        })
    };
    let compiled = |&activation: &Activation| Ok((run(activation)? - run(activation)?) * 1e3);
    let seconds = Activation::ALL
        .iter()
        .map(compiled)
        .collect::<Result<Vec<_>>>()?;
    Ok(Line {
        what: "first use of a kernel: compile".to_owned(),
        value: Spread::of(seconds),
        unit: "ms",
    })
}
