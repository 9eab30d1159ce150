//! What both have.

use burn::tensor::{Tensor, activation as theirs};
use wgpu_activations::Activation;

/// An activation, and the same of Burn's.
pub struct Both {
    pub ours: Activation,
    pub burns: fn(Tensor<1>) -> Tensor<1>,
    /// What ours may take of Burn's time, forward and backward, as the project promises.
    pub targets: [f64; 2],
}

const fn both(ours: Activation, burns: fn(Tensor<1>) -> Tensor<1>, targets: [f64; 2]) -> Both {
    Both { ours, burns, targets }
}

pub const ACTIVATIONS: [Both; 20] = [
    both(Activation::Relu, theirs::relu, [1.0, 1.0]),
    both(Activation::Relu6, theirs::relu6, [1.0, 1.0]),
    both(Activation::LeakyRelu { negative_slope: 0.01 }, |x| theirs::leaky_relu(x, 0.01), [1.0, 1.0]),
    both(Activation::Elu { alpha: 1.0 }, |x| theirs::elu(x, 1.0), [1.0, 0.8]),
    both(Activation::Selu { alpha: 1.673_263_2, scale: 1.050_701 }, theirs::selu, [1.0, 1.0]),
    both(Activation::Celu { alpha: 1.0 }, |x| theirs::celu(x, 1.0), [1.0, 1.0]),
    both(Activation::Sigmoid, theirs::sigmoid, [0.9, 1.0]),
    both(Activation::Logsigmoid, theirs::log_sigmoid, [1.0, 1.0]),
    both(Activation::Tanh, theirs::tanh, [1.0, 1.0]),
    both(Activation::Tanhshrink, theirs::tanhshrink, [1.0, 1.0]),
    both(Activation::Hardshrink { lambd: 0.5 }, |x| theirs::hard_shrink(x, 0.5), [1.0, 1.0]),
    both(Activation::Softshrink { lambd: 0.5 }, |x| theirs::soft_shrink(x, 0.5), [1.0, 1.0]),
    both(Activation::Softplus { beta: 1.0, threshold: 20.0 }, |x| theirs::softplus(x, 1.0), [1.0, 0.8]),
    both(Activation::Silu, theirs::silu, [0.9, 0.8]),
    both(Activation::Mish, theirs::mish, [1.0, 1.0]),
    both(Activation::Gelu, theirs::gelu, [1.15, 1.0]),
    both(Activation::GeluTanh, theirs::gelu_approximate, [0.75, 0.8]),
    both(
        Activation::Hardsigmoid { slope: 1.0 / 6.0, offset: 0.5 },
        |x| theirs::hard_sigmoid(x, 1.0 / 6.0, 0.5),
        [1.0, 1.0],
    ),
    both(Activation::Hardswish, theirs::hard_swish, [1.0, 1.0]),
    both(Activation::Softsign, theirs::softsign, [1.0, 1.0]),
];

/// A chain of functions, as one expression of ours and as Burn's operations, which fusion may join.
pub struct Chain {
    pub text: &'static str,
    pub burns: fn(&[Tensor<2>]) -> Tensor<2>,
    /// The operands, in the order in which Burn's function takes them.
    pub operands: &'static [Operand],
}

pub struct Operand {
    pub name: &'static str,
    /// One value for each column, or one for each element.
    pub is_of_columns: bool,
}

const fn whole(name: &'static str) -> Operand {
    Operand { name, is_of_columns: false }
}

const BIAS: Operand = Operand { name: "bias", is_of_columns: true };

pub const CHAINS: [Chain; 3] = [
    Chain {
        text: "gelu(x + bias) * gate + residual",
        burns: |of| theirs::gelu(of[0].clone() + of[1].clone()) * of[2].clone() + of[3].clone(),
        operands: &[whole("x"), BIAS, whole("gate"), whole("residual")],
    },
    Chain {
        text: "30 * tanh(x / 30)",
        burns: |of| theirs::tanh(of[0].clone() / 30.0) * 30.0,
        operands: &[whole("x")],
    },
    Chain {
        text: "relu(x + bias)",
        burns: |of| theirs::relu(of[0].clone() + of[1].clone()),
        operands: &[whole("x"), BIAS],
    },
];
