//! Checks gradients twice, so that no mistake in either goes unnoticed: the GPU's against those of
//! the same network on the CPU in f64, and the CPU's against differences of its loss.

use std::fmt;

use anyhow::{Result, ensure};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::cpu::Cpu;
use crate::data::{BATCH, Digits};
use crate::layout::Layout;
use crate::train::Trainer;

/// The tolerance of errors relative to the largest gradient of their tensor. A real mistake is
/// wrong by far more. Rounding errors of 6e-8, summed over the layers and amplified where terms
/// cancel, come to 5e-7, and to 1e-5 with steep activations.
const TOLERANCE: f64 = 1e-4;

/// The same tolerance for differences in f64: over a step of 1e-6, a difference keeps 10 of the
/// loss's 16 digits, some of which cancel.
const DIFFERENCE_TOLERANCE: f64 = 1e-5;

/// The steps of the differences. A long step suffers less from rounding, a short one passes fewer
/// kinks.
const DIFFERENCE_STEPS: [f32; 2] = [3e-5, 1e-6];

/// The number of differences in each tensor.
const DIFFERENCES: usize = 5;

/// The largest error, and its place.
#[derive(Default)]
pub struct Worst {
    pub error: f64,
    pub compared: usize,
    tensor: String,
}

impl Worst {
    fn add(&mut self, error: f64, tensor: &str) {
        self.compared += 1;
        // In the total order NaN is the largest of all.
        if error.total_cmp(&self.error).is_gt() {
            (self.error, self.tensor) = (error, tensor.to_owned());
        }
    }

    fn ensure(&self, tolerance: f64, what: &str) -> Result<()> {
        let Self { error, tensor, .. } = self;
        ensure!(
            *error <= tolerance,
            "{what}: relative error {error:.0e} in {tensor}, and {tolerance:.0e} is tolerated"
        );
        Ok(())
    }
}

/// The agreement of gradients.
pub struct Agreement {
    /// The GPU's gradients against the CPU's.
    pub gpu: Worst,
    /// The CPU's gradients against differences of the loss.
    pub cpu: Worst,
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gpu, cpu } = self;
        write!(
            f,
            "gradients agree with the CPU's: worst relative error {:.0e} over {} parameters; \
             the CPU's with differences of its loss: {:.0e} over {}",
            gpu.error, gpu.compared, cpu.error, cpu.compared
        )
    }
}

impl Agreement {
    fn ensure(self) -> Result<Self> {
        self.cpu.ensure(
            DIFFERENCE_TOLERANCE,
            "the CPU's gradients disagree with differences of the loss",
        )?;
        self.gpu
            .ensure(TOLERANCE, "gradients disagree with the CPU's")?;
        Ok(self)
    }
}

/// Checks the gradients of all parameters.
pub fn check(trainer: &Trainer<'_>, digits: &Digits, initial: &[f32]) -> Result<Agreement> {
    let parameters = moved(trainer.layout(), initial);
    // In f64, an x next to a kink may lie on its other side. That happens to one batch, not to two.
    let attempt = |batch| compare(trainer, digits, &parameters, batch)?.ensure();
    attempt(0).or_else(|_| attempt(1))
}

/// Changes the parameters: mistakes could hide behind biases of 0 and learned parameters that are
/// all equal.
fn moved(layout: &Layout, initial: &[f32]) -> Vec<f32> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut parameters = initial.to_vec();
    for layer in &layout.layers {
        for value in &mut parameters[layer.biases.clone()][..layer.outputs] {
            *value = random.random_range(-0.1..0.1);
        }
        for value in layer.learned.iter().flat_map(|learned| learned.clone()) {
            parameters[value] += random.random_range(-0.1..0.1);
        }
    }
    parameters
}

fn compare(
    trainer: &Trainer<'_>,
    digits: &Digits,
    parameters: &[f32],
    batch: usize,
) -> Result<Agreement> {
    let gradients = trainer.gradients(parameters, batch)?;
    let digits_of_batch = batch * BATCH..(batch + 1) * BATCH;
    let cpu = Cpu::new(trainer.layout(), digits, digits_of_batch)?;
    let truth = cpu.gradients(parameters);
    let mut agreement = Agreement {
        gpu: Worst::default(),
        cpu: Worst::default(),
    };
    for tensor in trainer.layout().tensors() {
        let mut indices = tensor.indices;
        // Sorts by size: differences are taken for the largest gradient and for some of the smaller
        // ones.
        indices.sort_by(|&a, &b| truth[b].abs().total_cmp(&truth[a].abs()));
        let largest = truth[indices[0]].abs().max(f64::MIN_POSITIVE);
        for &i in &indices {
            agreement.gpu.add(
                (f64::from(gradients[i]) - truth[i]).abs() / largest,
                &tensor.name,
            );
        }
        for &i in indices.iter().step_by(indices.len().div_ceil(DIFFERENCES)) {
            agreement.cpu.add(
                difference_error(&cpu, parameters, i, truth[i]) / largest,
                &tensor.name,
            );
        }
    }
    Ok(agreement)
}

/// Returns the error of a gradient against the central difference of the loss, for the step that
/// brings them nearest.
fn difference_error(cpu: &Cpu<'_>, parameters: &[f32], i: usize, gradient: f64) -> f64 {
    let loss_at = |value: f32| {
        let mut parameters = parameters.to_vec();
        parameters[i] = value;
        cpu.loss(&parameters)
    };
    let mut error = f64::INFINITY;
    for step in DIFFERENCE_STEPS {
        // After rounding to f32 they are not exactly two steps apart.
        let (before, after) = (parameters[i] - step, parameters[i] + step);
        let slope = (loss_at(after) - loss_at(before)) / (f64::from(after) - f64::from(before));
        error = error.min((slope - gradient).abs());
    }
    error
}
