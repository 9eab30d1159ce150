//! Runs one sweep. While the GPU computes some results, all CPU cores compare the previous ones
//! with the true values.

use std::num::NonZero;
use std::{fmt, thread};

use anyhow::Result;
use clap::ValueEnum;
use indicatif::ProgressBar;
use wgpu_activations::{Activation, Gpu, Tensor};

use crate::inputs::Inputs;
use crate::tally::Tally;
use crate::ulp::Truth;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Direction {
    Forward,
    Backward,
}

impl Direction {
    pub const BOTH: [Self; 2] = [Self::Forward, Self::Backward];

    /// Returns f(x), or f'(x) as the gradient for a `grad_output` of 1, in f64.
    pub fn truth(self, activation: Activation, x: f64) -> Truth {
        match self {
            Self::Forward => Truth::forward(activation, x),
            Self::Backward => Truth::backward(activation, x, 1.0),
        }
    }

    /// Returns the bound of the activation in ulps.
    pub fn bound(self, activation: Activation) -> f64 {
        activation.info().ulps[self as usize]
    }

    /// Computes the same on the GPU.
    pub fn compute(self, gpu: &Gpu, activation: Activation, x: &[f32]) -> Result<Tensor> {
        let shape = [x.len()];
        let x = gpu.upload(x, shape)?;
        Ok(match self {
            Self::Forward => gpu.forward(activation, &x)?,
            Self::Backward => {
                gpu.backward(activation, &x, &gpu.upload(&vec![1.0; x.len()], shape)?)?
            }
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
        })
    }
}

/// Measures the errors of the GPU at all these inputs.
pub fn sweep(
    gpu: &Gpu,
    activation: Activation,
    direction: Direction,
    inputs: &Inputs,
    progress: &ProgressBar,
) -> Result<Tally> {
    let truth = |x| direction.truth(activation, x);
    let mut tally = Tally::default();
    let (mut computed, mut results) = (vec![], vec![]);
    for x in inputs.chunks() {
        let tensor = direction.compute(gpu, activation, &x)?;
        // The GPU begins here, while the CPU compares.
        let reading = gpu.read([&tensor]);
        tally = tally.and(compare(&computed, &results, truth));
        [results] = pollster::block_on(reading)?;
        computed = x;
        progress.inc(computed.len() as u64);
    }
    Ok(tally.and(compare(&computed, &results, truth)))
}

/// Measures the errors of some results, on all cores.
pub fn compare(x: &[f32], got: &[f32], truth: impl Fn(f64) -> Truth + Copy + Send) -> Tally {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let part = x.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let parts = x.chunks(part).zip(got.chunks(part));
        let threads: Vec<_> = parts
            .map(|(x, got)| scope.spawn(move || Tally::of(x, got, truth)))
            .collect();
        let tallies = threads
            .into_iter()
            .map(|thread| thread.join().expect("counting does not panic"));
        tallies.fold(Tally::default(), Tally::and)
    })
}
