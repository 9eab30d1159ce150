//! Runs mixed work from several threads on one device. Neither the memory of the process nor the
//! number of objects on the device may grow. The exit status is 1 if one of them does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use wgpu_activations::half::f16;
use wgpu_activations::{Activation, AxisFunction, Glu, Gpu, Kernels, TrainingMode, wgpu};

/// Runs mixed work on the GPU for a while, and fails if memory grows.
#[derive(Parser)]
struct Arguments {
    /// The number of seconds to work.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// The number of threads that work at once.
    #[arg(long, default_value_t = 4)]
    threads: u64,
}

/// The number of lines that are printed, each with a sample to compare.
const SAMPLES: u64 = 20;

/// Memory of the second half may exceed that of the first by this factor. In the first half kernels
/// are compiled and pools fill: the more often threads meet, the more buffers they hold at once. A
/// leak of a kilobyte in each round would exceed it within ten minutes.
const SLACK: f64 = 1.1;

const SIZES: [usize; 5] = [1, 777, 4096, 60_000, 262_144];

fn main() -> Result<()> {
    let Arguments { seconds, threads } = Arguments::parse();
    let gpu = Gpu::new_blocking()?;
    let (start, end) = (Instant::now(), Duration::from_secs(seconds));
    let rounds = AtomicU64::new(0);
    println!(
        "{}: {threads} threads, {seconds} s",
        gpu.device().adapter_info().name
    );
    println!("   time      rounds    resident  device buffers   their memory");
    std::thread::scope(|scope| {
        let work = |thread: u64| -> Result<()> {
            let mut round = thread;
            while start.elapsed() < end {
                by_tensors(&gpu, round)?;
                by_slices(&gpu, round)?;
                rounds.fetch_add(1, Ordering::Relaxed);
                round += threads;
            }
            Ok(())
        };
        let workers: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let mut samples = Vec::new();
        for sample in 1..=SAMPLES {
            std::thread::sleep(
                (end * sample as u32 / SAMPLES as u32).saturating_sub(start.elapsed()),
            );
            samples.push(Sample::take(&gpu, start, rounds.load(Ordering::Relaxed))?);
        }
        for worker in workers {
            worker.join().ok().context("a thread panicked")??;
        }
        let (early, late) = samples.split_at(SAMPLES as usize / 2);
        let largest = |of: &[Sample], what: fn(&Sample) -> usize| {
            of.iter().map(what).max().unwrap_or_default()
        };
        for (name, what) in [
            ("resident memory", (|s| s.resident) as fn(&Sample) -> usize),
            ("device buffers", |s| s.buffers),
        ] {
            let (before, after) = (largest(early, what), largest(late, what));
            let grown = after as f64 / before.max(1) as f64;
            ensure!(grown <= SLACK, "{name} grew from {before} to {after}");
            println!("{name}: at most {before} in the first half, at most {after} in the second");
        }
        Ok(())
    })
}

/// The memory that is in use at one moment.
struct Sample {
    resident: usize,
    buffers: usize,
}

impl Sample {
    fn take(gpu: &Gpu, start: Instant, rounds: u64) -> Result<Self> {
        let resident = memory_stats::memory_stats()
            .context("this system does not tell the memory of a process")?;
        let counters = gpu.device().get_internal_counters().hal;
        let sample = Self {
            resident: resident.physical_mem,
            buffers: counters.buffers.read() as usize,
        };
        println!(
            "{:>5} s {rounds:>11} {:>7.1} MiB {:>15} {:>10.1} MiB",
            start.elapsed().as_secs(),
            sample.resident as f64 / f64::from(1 << 20),
            sample.buffers,
            counters.buffer_memory.read() as f64 / f64::from(1 << 20),
        );
        Ok(sample)
    }
}

/// Does a training step on tensors of one of the sizes. Some calls are refused, and some futures
/// are dropped without being awaited.
fn by_tensors(gpu: &Gpu, round: u64) -> Result<()> {
    let size = SIZES[round as usize % SIZES.len()];
    let values: Vec<f32> = (0..size)
        .map(|i| (i as u64 * 31 + round) as f32 % 9.0 - 4.0)
        .collect();
    let (x, grad) = (gpu.upload(&values, [size])?, gpu.upload(&values, [size])?);
    let weight = gpu.upload(&[0.1], [1])?;
    let prelu = Activation::Prelu { weight: 0.25 };
    // These parameters differ from round to round, so that their uniforms are never reused.
    let y = gpu.forward(
        Activation::Elu {
            alpha: (round % 100_000) as f32,
        },
        &x,
    )?;
    let dx = gpu.backward(prelu, (&x, &weight), &grad)?;
    let dw = gpu.backward_parameter(prelu, "weight", (&x, &weight), &grad)?;
    let training = TrainingMode {
        seed: round,
        offset: 0,
        dropout: 0.1,
    };
    let dropped = gpu.forward_training(Activation::Silu, training, &y)?;
    let gated = gpu.glu(Glu::SWIGLU, &x, &dropped)?;
    let softmax = gpu.forward_axis(AxisFunction::SOFTMAX, 0, &gated)?;
    let halves: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
    let tanh = gpu.forward(Activation::Tanh, &gpu.upload(&halves, [size])?)?;
    ensure!(
        gpu.backward(prelu, &x, &gpu.upload(&[1.0, 2.0], [2])?)
            .is_err()
            || size == 2,
        "another shape is accepted"
    );
    if round.is_multiple_of(7) {
        drop(gpu.read([&y]));
    }
    let read = if round.is_multiple_of(2) {
        gpu.read_blocking([&softmax, &dx, &dw, &tanh])?
    } else {
        pollster::block_on(gpu.read([&softmax, &dx, &dw, &tanh]))?
    };
    // A sum over a long row is far more accurate than this, but the soak looks for wrong data, not
    // for ulps.
    let sum: f64 = read[0].iter().copied().map(f64::from).sum();
    ensure!(
        (sum - 1.0).abs() < 1e-3,
        "round {round}: a softmax that adds up to {sum}"
    );
    Ok(())
}

/// Works with buffers, an encoder and, now and then, `Kernels` of its own.
fn by_slices(gpu: &Gpu, round: u64) -> Result<()> {
    let (device, queue) = (gpu.device(), gpu.queue());
    let own = round
        .is_multiple_of(16)
        .then(|| Kernels::new(device, queue));
    let kernels = own.as_ref().unwrap_or(gpu.kernels());
    let [x, y] = [0, 1].map(|_| {
        let usage = wgpu::BufferUsages::STORAGE;
        let size = 4 * SIZES[round as usize % SIZES.len()] as u64;
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("soak"),
            size,
            usage,
            mapped_at_creation: false,
        })
    });
    let mut encoder = device.create_command_encoder(&Default::default());
    kernels
        .forward(
            Activation::LeakyRelu {
                negative_slope: round as f32,
            },
            &x,
            &y,
        )?
        .encode(&mut encoder);
    kernels
        .forward_in_place(Activation::Relu, &x)?
        .encode(&mut encoder);
    ensure!(
        kernels.forward(Activation::Relu, &x, &x).is_err(),
        "an output over its input is accepted"
    );
    queue.submit([encoder.finish()]);
    Ok(())
}
