//! Trains the network of examples/digits with Burn's layers, loss and optimiser, and with activations
//! of this crate.

mod common;

use burn::module::{Module, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Int, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use wgpu_activations_burn::wgpu_activations::Activation;
use wgpu_activations_burn::{apply_learned, gelu};

use common::{device, tensor};

/// As in examples/digits.
const WIDTHS: [usize; 5] = [64, 64, 64, 64, 10];
const BATCH: usize = 32;
const TRAIN: usize = 45 * BATCH;
const EPOCHS: usize = 30;
const RATE: f64 = 0.002;

#[derive(Module, Debug)]
struct Network {
    layers: Vec<Linear>,
    /// The weights of prelu, one for each unit of a hidden layer; without them the activation is gelu.
    weights: Vec<Param<Tensor<1>>>,
}

impl Network {
    fn forward(&self, mut x: Tensor<2>) -> Tensor<2> {
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if i + 1 < self.layers.len() {
                x = match self.weights.get(i) {
                    Some(weight) => apply_learned(Activation::PRELU, x, [("weight", weight.val())]),
                    None => gelu(x),
                };
            }
        }
        x
    }
}

/// Pixels and labels, in the order in which examples/digits has them: the first [`TRAIN`] are for
/// training.
fn digits() -> (Vec<[f32; 64]>, Vec<i32>) {
    let rows = include_str!("../../examples/digits/digits.csv")
        .lines()
        .map(|line| {
            let numbers: Vec<u8> = line
                .split(',')
                .map(|number| number.parse().expect("a number"))
                .collect();
            (
                std::array::from_fn(|i| f32::from(numbers[i]) / 16.0),
                i32::from(numbers[64]),
            )
        });
    let mut rows: Vec<_> = rows.collect();
    rows.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(0));
    rows.into_iter().unzip()
}

/// The accuracy on unseen digits after some epochs.
fn trained(is_learned: bool) -> f64 {
    let (pixels, labels) = digits();
    let device = device().autodiff();
    device.seed(1);
    let layer = |widths: &[usize]| {
        let uniform = Initializer::KaimingUniform {
            gain: 2f64.sqrt(),
            fan_out_only: false,
        };
        LinearConfig::new(widths[0], widths[1])
            .with_initializer(uniform)
            .init(&device)
    };
    let weight = |_| Param::from_tensor(tensor(&[0.25; 64], [64], &device));
    let mut network = Network {
        layers: WIDTHS.windows(2).map(layer).collect(),
        weights: (0..3).filter(|_| is_learned).map(weight).collect(),
    };
    let loss = CrossEntropyLossConfig::new().init(&device);
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    let batch = |digits: &[usize]| {
        let values: Vec<_> = digits.iter().flat_map(|&digit| pixels[digit]).collect();
        let labels: Vec<_> = digits.iter().map(|&digit| labels[digit]).collect();
        let number = digits.len();
        let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [number]), &device);
        (tensor(&values, [number, 64], &device), labels)
    };

    let mut order: Vec<_> = (0..TRAIN).collect();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    for _ in 0..EPOCHS {
        order.shuffle(&mut random);
        for digits in order.chunks(BATCH) {
            let (pixels, labels) = batch(digits);
            let gradients = loss.forward(network.forward(pixels), labels).backward();
            let gradients = GradientsParams::from_grads(gradients, &network);
            network = adam.step(RATE, network, gradients);
        }
    }
    let unseen: Vec<_> = (TRAIN..labels.len()).collect();
    let (pixels, labels) = batch(&unseen);
    let chosen = network.forward(pixels).argmax(1).squeeze_dim::<1>(1);
    let hits: i64 = chosen.equal(labels).int().sum().into_scalar();
    hits as f64 / unseen.len() as f64
}

/// One after the other, since both take all the cores of a software adapter.
#[test]
fn digits_are_learned() {
    for (name, is_learned) in [("gelu", false), ("learned prelu", true)] {
        let accuracy = trained(is_learned);
        println!("accuracy on unseen digits with {name}: {accuracy:.4}");
        assert!(accuracy >= 0.98, "{name}: {accuracy}");
    }
}
