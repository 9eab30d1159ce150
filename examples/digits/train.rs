//! Trains the network. Each epoch is one submission and one readback of its results.

use std::sync::mpsc;

use anyhow::{Context, Result};
use wgpu_activations::{CrossEntropy, LossInput, LossReduction, Slice, wgpu};

use crate::data::{BATCH, Digits, PIXELS, TRAIN};
use crate::kernels::Work;
use crate::layout::Layout;
use crate::network::{Device, Network, Values};

/// A unit is dead if its derivative is steeper than this for none of the training digits.
pub const DEAD: f32 = 1e-6;

/// The mean loss, and the share of digits that are recognised.
#[derive(Clone, Copy)]
pub struct Score {
    pub loss: f64,
    pub accuracy: f64,
}

/// The results of an epoch, for the training digits unless a field says otherwise.
pub struct Epoch {
    pub train: Score,
    pub unseen: Score,
    /// The share of outputs of hidden units that are 0.
    pub zeros: f64,
    /// The share of hidden units that are dead.
    pub dead: f64,
    /// The root mean square of the gradient of each layer's weights, over the epoch's batches.
    pub gradients: Vec<f64>,
    /// The learned parameters of each hidden layer's activation.
    pub learned: Vec<Vec<f32>>,
}

/// The digits on a device, and the state that selects the digits of a step.
struct Data {
    digits: usize,
    pixels: wgpu::Buffer,
    labels: wgpu::Buffer,
    /// `State` in `batch.wgsl`.
    state: wgpu::Buffer,
    order: wgpu::Buffer,
}

impl Data {
    fn new(device: &Device<'_>, digits: &Digits) -> Self {
        let mut pixels = digits.pixels.clone();
        pixels.resize(Self::rows(digits.len()), [0.0; PIXELS]);
        Self {
            digits: digits.len(),
            pixels: device.storage("pixels", &pixels),
            labels: device.storage("labels", &digits.labels),
            state: device.uniform("state", &state_before(0)),
            order: device.storage("order", &[0_u32; TRAIN]),
        }
    }

    /// Matrix kernels need a number of rows that is a multiple of four.
    fn rows(digits: usize) -> usize {
        digits.next_multiple_of(4)
    }
}

/// Returns the `State` before a step, with the powers for the beginning of a training.
fn state_before(step: u32) -> [u32; 3] {
    [step, 1.0_f32.to_bits(), 1.0_f32.to_bits()]
}

/// A network, and everything that is recorded to train it.
pub struct Trainer<'a> {
    network: Network<'a>,
    data: Data,
    squares: wgpu::Buffer,
    /// The results of an evaluation, in the layout of `score.wgsl` and `units.wgsl`.
    scores: wgpu::Buffer,
    zeros: wgpu::Buffer,
    steepest: wgpu::Buffer,
    /// The forward and backward pass of one batch.
    batch: Vec<Work>,
    /// The optimiser's step that follows.
    update: Vec<Work>,
    /// The evaluation of all digits.
    look: Vec<Work>,
}

impl<'a> Trainer<'a> {
    /// Prepares the training, with bias and activation fused into the matrix kernels or with the
    /// library's kernels.
    pub fn new(
        device: Device<'a>,
        digits: &Digits,
        layout: Layout,
        is_fused: bool,
    ) -> Result<Self> {
        let data = Data::new(&device, digits);
        let network = Network::new(device, layout, is_fused)?;
        let (device, layout) = (&network.device, &network.layout);
        let units: usize = layout.hidden().iter().map(|layer| layer.columns).sum();
        let moments = device.zeros("moments", 2 * layout.len);
        let squares = device.zeros("squares", layout.len);
        let scores = device.zeros("scores", 4);
        let zeros = device.zeros("zeros", units);
        let steepest = device.zeros("steepest", units);
        Ok(Self {
            batch: batch(&network, &data)?,
            update: update(&network, &data, &moments, &squares),
            look: look(&network, &data, &scores, &zeros, &steepest)?,
            network,
            data,
            squares,
            scores,
            zeros,
            steepest,
        })
    }

    pub fn layout(&self) -> &Layout {
        &self.network.layout
    }

    /// Sets the parameters, and evaluates the network before the first step. The gradients are of
    /// one batch.
    pub fn start(&self, parameters: &[f32]) -> Result<Epoch> {
        let squares: Vec<_> = self
            .gradients(parameters, 0)?
            .iter()
            .map(|gradient| gradient * gradient)
            .collect();
        Ok(Epoch {
            gradients: self.layout().sizes(&squares, 1),
            ..self.epoch(&[])?
        })
    }

    /// Returns the gradients of the mean loss of one batch of consecutive digits.
    pub fn gradients(&self, parameters: &[f32], batch: usize) -> Result<Vec<f32>> {
        let queue = self.network.device.gpu.queue();
        queue.write_buffer(
            &self.network.parameters,
            0,
            bytemuck::cast_slice(parameters),
        );
        queue.write_buffer(
            &self.data.state,
            0,
            bytemuck::cast_slice(&state_before(batch as u32)),
        );
        queue.write_buffer(
            &self.data.order,
            0,
            bytemuck::cast_slice(&Vec::from_iter(0..TRAIN as u32)),
        );
        let [gradients] = self.submit([&self.network.gradients], |pass| {
            self.batch.iter().for_each(|work| work.record(pass));
        })?;
        Ok(gradients)
    }

    /// Trains one epoch with the digits in this order, and evaluates the network.
    pub fn epoch(&self, order: &[u32]) -> Result<Epoch> {
        let queue = self.network.device.gpu.queue();
        let steps = order.len() / BATCH;
        queue.write_buffer(&self.data.order, 0, bytemuck::cast_slice(order));
        queue.write_buffer(&self.squares, 0, &vec![0; self.squares.size() as usize]);
        let results = [
            &self.scores,
            &self.zeros,
            &self.steepest,
            &self.squares,
            &self.network.parameters,
        ];
        let [scores, zeros, steepest, squares, parameters] = self.submit(results, |pass| {
            for _ in 0..steps {
                self.batch
                    .iter()
                    .chain(&self.update)
                    .for_each(|work| work.record(pass));
            }
            self.look.iter().for_each(|work| work.record(pass));
        })?;

        let score = |sums: &[f32], digits: usize| {
            let [loss, accuracy] = [sums[0], sums[1]].map(|sum| f64::from(sum) / digits as f64);
            Score { loss, accuracy }
        };
        let units = zeros.len() as f64;
        let learned = self
            .layout()
            .hidden()
            .iter()
            .filter_map(|layer| layer.learned.clone());
        Ok(Epoch {
            train: score(&scores[..2], TRAIN),
            unseen: score(&scores[2..], self.data.digits - TRAIN),
            zeros: zeros
                .iter()
                .map(|&digits| f64::from(digits) / TRAIN as f64)
                .sum::<f64>()
                / units,
            dead: steepest.iter().filter(|&&slope| slope <= DEAD).count() as f64 / units,
            gradients: self.layout().sizes(&squares, steps),
            learned: learned.map(|range| parameters[range].to_vec()).collect(),
        })
    }

    /// Records and submits commands, and waits for the contents of these buffers.
    fn submit<const N: usize>(
        &self,
        results: [&wgpu::Buffer; N],
        record: impl FnOnce(&mut wgpu::ComputePass<'_>),
    ) -> Result<[Vec<f32>; N]> {
        let (device, queue) = (
            self.network.device.gpu.device(),
            self.network.device.gpu.queue(),
        );
        let staging = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("digits readback"),
            size: results.iter().map(|buffer| buffer.size()).sum(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("digits"),
        });
        record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
        let mut offset = 0;
        for buffer in results {
            encoder.copy_buffer_to_buffer(buffer, 0, &staging, offset, buffer.size());
            offset += buffer.size();
        }
        let (sender, receiver) = mpsc::channel();
        encoder.map_buffer_on_submit(&staging, wgpu::MapMode::Read, .., move |result| {
            drop(sender.send(result))
        });
        queue.submit([encoder.finish()]);
        device.poll(wgpu::PollType::wait_indefinitely())?;
        receiver.recv().context("the device gave no result")??;

        let view = staging.get_mapped_range(..)?;
        let mut rest: &[u8] = &view;
        Ok(results.map(|buffer| {
            let (values, after) = rest.split_at(buffer.size() as usize);
            rest = after;
            bytemuck::pod_collect_to_vec(values)
        }))
    }
}

/// Lists the dispatches from a step's digits to the gradients of the parameters.
fn batch(network: &Network<'_>, data: &Data) -> Result<Vec<Work>> {
    let (device, pipelines) = (&network.device, network.device.pipelines);
    let values = Values::new(
        device,
        &network.layout,
        device.zeros("batch", BATCH * PIXELS),
        BATCH,
    );
    let labels = device.zeros("labels of the batch", BATCH);
    let gather = [
        (0, &data.state),
        (1, &data.order),
        (2, &data.pixels),
        (3, &values.pixels),
        (4, &data.labels),
        (5, &labels),
    ];
    // The logits become the gradient of the batch's mean loss with respect to them.
    let loss = device.zeros("loss", 1);
    let rows = network.layout.logits(BATCH);
    let logits = Slice::from(values.logits());
    let input = LossInput::new(logits, Slice::from(&labels));
    let kernels = device.gpu.kernels();
    let gradient = kernels.cross_entropy_in_place(CrossEntropy::default(), rows, input, &loss)?;

    let mut work = vec![pipelines.bind(&pipelines.gather, BATCH * PIXELS / 4, &gather)];
    work.extend(network.forward(&values)?);
    work.push(Work::Library(gradient));
    work.extend(network.backward(&values, values.logits().clone())?);
    Ok(work)
}

/// Lists the dispatches that update the parameters from their gradients.
fn update(
    network: &Network<'_>,
    data: &Data,
    moments: &wgpu::Buffer,
    squares: &wgpu::Buffer,
) -> Vec<Work> {
    let pipelines = network.device.pipelines;
    let adam = [
        (0, &data.state),
        (2, &network.gradients),
        (3, &network.parameters),
        (4, moments),
        (5, squares),
    ];
    vec![
        pipelines.bind(&pipelines.advance, 1, &[(1, &data.state)]),
        pipelines.bind(&pipelines.adam, network.layout.len / 4, &adam),
    ]
}

/// Lists the dispatches of an evaluation: all digits forward, their loss, and the statistics of the
/// hidden units.
fn look(
    network: &Network<'_>,
    data: &Data,
    scores: &wgpu::Buffer,
    zeros: &wgpu::Buffer,
    steepest: &wgpu::Buffer,
) -> Result<Vec<Work>> {
    let pipelines = network.device.pipelines;
    let values = Values::new(
        &network.device,
        &network.layout,
        data.pixels.clone(),
        Data::rows(data.digits),
    );
    let losses = network.device.zeros("losses", data.digits);
    let each = CrossEntropy {
        reduction: LossReduction::None,
        ..CrossEntropy::default()
    };
    let rows = network.layout.logits(data.digits);
    let size = (rows.outer * rows.length) * size_of::<f32>() as u64;
    let logits = Slice::new(values.logits(), 0, size);
    let input = LossInput::new(logits, Slice::from(&data.labels));
    let loss = network
        .device
        .gpu
        .kernels()
        .cross_entropy(each, rows, input, &losses)?;
    let score = [
        (2, &data.labels),
        (3, values.logits()),
        (4, &losses),
        (5, scores),
    ];

    let mut work = network.forward(&values)?;
    work.push(Work::Library(loss));
    work.push(pipelines.bind(&pipelines.score, 1, &score));
    work.extend(network.watch(&values, zeros, steepest)?);
    Ok(work)
}
