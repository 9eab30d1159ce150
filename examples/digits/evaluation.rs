//! The evaluation of a network on all digits.

use anyhow::Result;
use wgpu_activations::{CrossEntropy, LossInput, LossReduction, Slice, wgpu};

use super::data::{Digits, PIXELS, TRAIN};
use super::kernels::Work;
use super::network::{Network, Values};

/// The mean loss, and the share of digits that are recognised.
#[derive(Clone, Copy)]
pub struct Score {
    pub loss: f64,
    pub accuracy: f64,
}

/// All digits on a device, and what is computed of them.
pub struct Evaluation {
    digits: usize,
    pub values: Values,
    /// In the layout of `score.wgsl`.
    pub scores: wgpu::Buffer,
    losses: wgpu::Buffer,
}

impl Evaluation {
    pub fn new(network: &Network<'_>, digits: &Digits) -> Self {
        let device = &network.device;
        // Matrix kernels need a number of rows that is a multiple of four.
        let rows = digits.len().next_multiple_of(4);
        let mut pixels = digits.pixels.clone();
        pixels.resize(rows, [0.0; PIXELS]);
        let pixels = device.storage("pixels", &pixels);
        let labels = device.storage("labels", &digits.labels);
        Self {
            digits: digits.len(),
            values: Values::new(device, &network.layout, pixels, labels, rows),
            scores: device.zeros("scores", 4),
            losses: device.zeros("losses", digits.len()),
        }
    }

    /// Lists the dispatches: all digits forward, and their loss.
    pub fn work(&self, network: &Network<'_>) -> Result<Vec<Work>> {
        let each = CrossEntropy {
            reduction: LossReduction::None,
            ..CrossEntropy::default()
        };
        let values = &self.values;
        let rows = network.layout.logits(self.digits);
        let size = (rows.outer * rows.length) * size_of::<f32>() as u64;
        let logits = Slice::new(values.logits(), 0, size);
        let input = LossInput::new(logits, Slice::from(&values.labels));
        let kernels = network.device.gpu.kernels();
        let loss = kernels.cross_entropy(each, rows, input, &self.losses)?;
        let score = [
            (2, &values.labels),
            (3, values.logits()),
            (4, &self.losses),
            (5, &self.scores),
        ];
        let pipelines = network.device.pipelines;
        let mut work = network.forward(values)?;
        work.push(Work::Library(loss));
        work.push(pipelines.bind(&pipelines.score, 1, &score));
        Ok(work)
    }

    /// Returns the scores of the training digits and of the unseen ones, from the contents of
    /// `scores`.
    pub fn read(&self, scores: &[f32]) -> [Score; 2] {
        let score = |sums: &[f32], digits: usize| {
            let [loss, accuracy] = [sums[0], sums[1]].map(|sum| f64::from(sum) / digits as f64);
            Score { loss, accuracy }
        };
        [
            score(&scores[..2], TRAIN),
            score(&scores[2..], self.digits - TRAIN),
        ]
    }
}
