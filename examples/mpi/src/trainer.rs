//! Trains the network on a part of each batch. The gradients of all parts are added over MPI.

use std::ops::Range;
use std::time::Instant;

use anyhow::Result;
use wgpu_activations::{Expression, SliceValue, wgpu};

use crate::checkpoint::State;
use crate::digits::activation::HiddenActivation;
use crate::digits::adam::Adam;
use crate::digits::data::{BATCH, Digits, PIXELS};
use crate::digits::device::Device;
use crate::digits::evaluation::{Evaluation, Score};
use crate::digits::kernels::Work;
use crate::digits::layout::Layout;
use crate::digits::network::{Network, Random, Values};
use crate::ranks::{NEGLIGIBLE, Ranks};

/// The number of digits in a micro-batch, which one rank computes at once. Matrix kernels need a
/// multiple of four.
const ROWS: usize = 4;

/// The number of micro-batches in a batch.
pub const MICRO_BATCHES: usize = BATCH / ROWS;

/// The durations of the parts of a step, in seconds.
pub struct Durations {
    /// Loading the digits, forward, backward, and the optimiser's step before.
    pub compute: f64,
    /// The gradients from the device to the host, and their sum back.
    pub staging: f64,
    pub all_reduce: f64,
}

/// Four digits, and the gradients of their mean loss.
struct MicroBatch {
    values: Values,
    gradients: wgpu::Buffer,
    /// The way from the digits to the gradients.
    work: Vec<Work>,
}

pub struct Trainer<'a> {
    ranks: &'a Ranks,
    digits: &'a Digits,
    dropout: f32,
    seed: u64,
    network: Network<'a>,
    adam: Adam,
    /// This rank's micro-batches, and their places in the batch.
    micro_batches: Vec<MicroBatch>,
    places: Range<usize>,
    /// Adds the gradients of the micro-batches to those of the first.
    sum: Vec<Work>,
    update: Vec<Work>,
    evaluation: Evaluation,
    evaluate: Vec<Work>,
    pub steps: Vec<Durations>,
}

impl<'a> Trainer<'a> {
    pub fn new(
        ranks: &'a Ranks,
        device: Device<'a>,
        digits: &'a Digits,
        activation: HiddenActivation,
        dropout: f32,
        seed: u64,
    ) -> Result<Self> {
        let dropped = HiddenActivation {
            expression: activation.expression.dropout(dropout),
            ..activation
        };
        let network = Network::new(device, Layout::new(dropped), false)?;
        // Nothing is dropped in an evaluation.
        let mut whole = Network::new(device, Layout::new(activation), false)?;
        whole.parameters = network.parameters.clone();
        let evaluation = Evaluation::new(&whole, digits);
        let layout = &network.layout;
        let adam = Adam::new(&device, layout.len);
        let places = ranks.parts(MICRO_BATCHES)?;
        let micro_batch = |_| MicroBatch {
            values: Values::new(
                &device,
                layout,
                device.zeros("micro-batch", ROWS * PIXELS),
                device.zeros("labels of the micro-batch", ROWS),
                ROWS,
            ),
            gradients: device.zeros("gradients", layout.len),
            work: Vec::new(),
        };
        let micro_batches: Vec<_> = places.clone().map(micro_batch).collect();
        Ok(Self {
            ranks,
            digits,
            dropout,
            seed,
            sum: sum(&device, &micro_batches)?,
            update: adam.update(&device, &micro_batches[0].gradients, &network.parameters),
            evaluate: evaluation.work(&whole)?,
            evaluation,
            network,
            adam,
            micro_batches,
            places,
            steps: Vec::new(),
        })
    }

    pub fn layout(&self) -> &Layout {
        &self.network.layout
    }

    /// Returns the state on the device.
    pub fn state(&self) -> Result<State> {
        let buffers = [
            &self.network.parameters,
            &self.adam.moments,
            &self.adam.state,
        ];
        let [parameters, moments, adam] = self.network.device.read(buffers)?;
        Ok(State {
            parameters,
            moments,
            adam,
        })
    }

    pub fn set_state(&self, state: &State) {
        let device = &self.network.device;
        device.write(&self.network.parameters, &state.parameters);
        device.write(&self.adam.moments, &state.moments);
        device.write(&self.adam.state, &state.adam);
    }

    /// Returns the scores of the training digits and of the unseen ones.
    pub fn evaluate(&self) -> Result<[Score; 2]> {
        let device = &self.network.device;
        device.submit(|pass| self.evaluate.iter().for_each(|work| work.record(pass)));
        let [scores] = device.read([&self.evaluation.scores])?;
        Ok(self.evaluation.read(&scores))
    }

    /// Trains with the digits in this order, after so many others.
    pub fn train(&mut self, order: &[u32], before: u64) -> Result<()> {
        for (step, batch) in order.chunks(BATCH).enumerate() {
            self.step(batch, before + (step * BATCH) as u64)?;
        }
        Ok(())
    }

    fn step(&mut self, batch: &[u32], before: u64) -> Result<()> {
        let device = &self.network.device;
        let start = Instant::now();
        for (micro_batch, place) in self.micro_batches.iter_mut().zip(self.places.clone()) {
            let MicroBatch {
                values,
                gradients,
                work,
            } = micro_batch;
            let digits = || batch[place * ROWS..][..ROWS].iter().map(|&i| i as usize);
            let pixels: Vec<_> = digits().map(|digit| self.digits.pixels[digit]).collect();
            let labels: Vec<_> = digits().map(|digit| self.digits.labels[digit]).collect();
            device.write(&values.pixels, &pixels);
            device.write(&values.labels, &labels);
            // Operations are bound to their random numbers. Without any, they stay the same.
            if work.is_empty() || self.dropout > 0.0 {
                values.random = Some(Random {
                    seed: self.seed,
                    digits: before + (place * ROWS) as u64,
                });
                *work = self.network.learn(values, gradients)?;
            }
        }
        device.submit(|pass| {
            let learn = self.micro_batches.iter().flat_map(|own| &own.work);
            learn.chain(&self.sum).for_each(|work| work.record(pass));
        });
        device.wait()?;
        let computed = Instant::now();
        let sum = &self.micro_batches[0].gradients;
        let [mut gradients] = device.read([sum])?;
        let read = Instant::now();
        self.ranks.sum(&mut gradients);
        let summed = Instant::now();
        // The loss is the mean over the batch.
        let mean = |gradient: &mut f32| *gradient /= MICRO_BATCHES as f32;
        gradients.iter_mut().for_each(mean);
        device.write(sum, &gradients);
        device.submit(|pass| self.update.iter().for_each(|work| work.record(pass)));
        self.steps.push(Durations {
            compute: (computed - start).as_secs_f64(),
            staging: ((read - computed) + summed.elapsed()).as_secs_f64(),
            all_reduce: (summed - read).as_secs_f64(),
        });
        Ok(())
    }
}

/// Lists the sums of gradients, in the order of a binary tree of which [`Ranks::sum`] has the root.
fn sum(device: &Device<'_>, micro_batches: &[MicroBatch]) -> Result<Vec<Work>> {
    let text = format!("hardshrink(a + b, lambd={NEGLIGIBLE:e})");
    let sum = text.parse::<Expression>()?.fuse();
    let mut work = Vec::new();
    let mut distance = 1;
    while distance < micro_batches.len() {
        for pair in micro_batches.chunks(2 * distance) {
            let [a, b] = [0, distance].map(|i| &pair[i].gradients);
            let shape = [a.size() / size_of::<f32>() as u64];
            let operands = [("a", a), ("b", b)];
            let operands = operands.map(|(name, value)| (name, SliceValue::from((value, &shape))));
            let kernels = device.gpu.kernels();
            let operation = kernels.evaluate(&sum, &operands, None, &[a.into()])?;
            work.push(Work::Library(operation));
        }
        distance *= 2;
    }
    Ok(work)
}
