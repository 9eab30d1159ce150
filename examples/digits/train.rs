//! Trains the network. Each epoch is one submission and one readback of its results.

use anyhow::Result;
use wgpu_activations::wgpu;

use crate::adam::Adam;
use crate::data::{BATCH, Digits, PIXELS, TRAIN};
use crate::device::Device;
use crate::evaluation::{Evaluation, Score};
use crate::kernels::Work;
use crate::layout::Layout;
use crate::network::{Network, Values};

/// A unit is dead if its derivative is steeper than this for none of the training digits.
pub const DEAD: f32 = 1e-6;

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

/// A network, and everything that is recorded to train it.
pub struct Trainer<'a> {
    network: Network<'a>,
    adam: Adam,
    /// The order of the digits in an epoch.
    order: wgpu::Buffer,
    gradients: wgpu::Buffer,
    evaluation: Evaluation,
    /// Statistics of the hidden units, in the layout of `units.wgsl`.
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
        let network = Network::new(device, layout, is_fused)?;
        let layout = &network.layout;
        let adam = Adam::new(&device, layout.len);
        let order = device.storage("order", &[0_u32; TRAIN]);
        let gradients = device.zeros("gradients", layout.len);
        let evaluation = Evaluation::new(&network, digits);
        let units: usize = layout.hidden().iter().map(|layer| layer.columns).sum();
        let zeros = device.zeros("zeros", units);
        let steepest = device.zeros("steepest", units);
        let mut look = evaluation.work(&network)?;
        look.extend(network.watch(&evaluation.values, &zeros, &steepest)?);
        Ok(Self {
            batch: batch(&network, &adam, &order, &evaluation.values, &gradients)?,
            update: adam.update(&device, &gradients, &network.parameters),
            look,
            network,
            adam,
            order,
            gradients,
            evaluation,
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
        let device = &self.network.device;
        device.write(&self.network.parameters, parameters);
        device.write(&self.adam.state, &Adam::before(batch as u32));
        device.write(&self.order, &Vec::from_iter(0..TRAIN as u32));
        device.submit(|pass| self.batch.iter().for_each(|work| work.record(pass)));
        let [gradients] = device.read([&self.gradients])?;
        Ok(gradients)
    }

    /// Trains one epoch with the digits in this order, and evaluates the network.
    pub fn epoch(&self, order: &[u32]) -> Result<Epoch> {
        let device = &self.network.device;
        let steps = order.len() / BATCH;
        device.write(&self.order, order);
        device.write(&self.adam.squares, &vec![0.0_f32; self.layout().len]);
        device.submit(|pass| {
            for _ in 0..steps {
                self.batch
                    .iter()
                    .chain(&self.update)
                    .for_each(|work| work.record(pass));
            }
            self.look.iter().for_each(|work| work.record(pass));
        });
        let [scores, zeros, steepest, squares, parameters] = device.read([
            &self.evaluation.scores,
            &self.zeros,
            &self.steepest,
            &self.adam.squares,
            &self.network.parameters,
        ])?;

        let [train, unseen] = self.evaluation.read(&scores);
        let units = zeros.len() as f64;
        let learned = self
            .layout()
            .hidden()
            .iter()
            .filter_map(|layer| layer.learned.clone());
        Ok(Epoch {
            train,
            unseen,
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
}

/// Lists the dispatches from a step's digits to the gradients of the parameters.
fn batch(
    network: &Network<'_>,
    adam: &Adam,
    order: &wgpu::Buffer,
    all: &Values,
    gradients: &wgpu::Buffer,
) -> Result<Vec<Work>> {
    let device = &network.device;
    let pixels = device.zeros("batch", BATCH * PIXELS);
    let labels = device.zeros("labels of the batch", BATCH);
    let values = Values::new(device, &network.layout, pixels, labels, BATCH);
    let gather = [
        (0, &adam.state),
        (1, order),
        (2, &all.pixels),
        (3, &values.pixels),
        (4, &all.labels),
        (5, &values.labels),
    ];
    let pipelines = device.pipelines;
    let mut work = vec![pipelines.bind(&pipelines.gather, BATCH * PIXELS / 4, &gather)];
    work.extend(network.learn(&values, gradients)?);
    Ok(work)
}
