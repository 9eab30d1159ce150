//! Runs one sweep. While the GPU computes some results, all CPU cores compare the previous ones
//! with the true values.

use std::num::NonZero;
use std::thread;

use anyhow::Result;
use indicatif::ProgressBar;
use wgpu_activations::Gpu;

use crate::inputs::Inputs;
use crate::subject::{Direction, Subject};
use crate::tally::Tally;
use crate::ulp::Truth;

/// Measures the errors of the GPU at all these inputs.
pub fn sweep(
    gpu: &Gpu,
    subject: &Subject,
    direction: Direction,
    inputs: &Inputs,
    progress: &ProgressBar,
) -> Result<Tally> {
    let truth = |x| subject.truth(direction, x);
    let mut tally = Tally::default();
    let (mut computed, mut results) = (vec![], vec![]);
    for x in inputs.chunks() {
        let tensor = subject.compute(gpu, direction, &x)?;
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
