//! Measures formulas as libraries usually compute them in f32, to show what they lose.

use std::f32::consts::FRAC_1_SQRT_2;

use wgpu_activations::Activation;

use crate::compare::compare;
use crate::subject::{Direction, Subject};
use crate::tally::Tally;

pub struct Usual {
    pub activation: Activation,
    pub direction: Direction,
    pub formula: &'static str,
    pub function: fn(f32) -> f32,
}

impl Usual {
    /// Returns the errors of the formula.
    pub fn sweep(&self, stride: u64) -> Tally {
        let subject = Subject::Activation(self.activation);
        let errors = |x: Vec<f32>| {
            let results: Vec<_> = x.iter().copied().map(self.function).collect();
            compare(&x, &results, |x| subject.truth(self.direction, x))
        };
        subject
            .inputs(self.direction, stride)
            .chunks()
            .map(errors)
            .fold(Tally::default(), Tally::and)
    }
}

const fn forward(activation: Activation, formula: &'static str, function: fn(f32) -> f32) -> Usual {
    Usual {
        activation,
        direction: Direction::Forward,
        formula,
        function,
    }
}

const fn derivative(
    activation: Activation,
    formula: &'static str,
    function: fn(f32) -> f32,
) -> Usual {
    Usual {
        activation,
        direction: Direction::Backward,
        formula,
        function,
    }
}

pub const USUAL: &[Usual] = &[
    forward(Activation::Gelu, "x/2 (1 + erf(x/√2))", |x| {
        0.5 * x * (1.0 + libm::erff(x * FRAC_1_SQRT_2))
    }),
    forward(Activation::Gelu, "the same, Abramowitz-Stegun erf", |x| {
        0.5 * x * (1.0 + rational_erf(x * FRAC_1_SQRT_2))
    }),
    derivative(Activation::Tanh, "1 - y²", |x| 1.0 - x.tanh() * x.tanh()),
    forward(Activation::Tanh, "(1 - e) / (1 + e), e = exp(-2x)", |x| {
        let e = (-2.0 * x).exp();
        (1.0 - e) / (1.0 + e)
    }),
    derivative(Activation::Sigmoid, "y (1 - y)", |x| {
        sigmoid(x) * (1.0 - sigmoid(x))
    }),
    forward(Activation::Silu, "x sigmoid(x)", |x| x * sigmoid(x)),
    derivative(Activation::Silu, "s (1 + x (1 - s))", |x| {
        sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x)))
    }),
    forward(
        Activation::Softplus {
            beta: 1.0,
            threshold: 20.0,
        },
        "log(1 + exp(x))",
        |x| (1.0 + x.exp()).ln(),
    ),
    forward(Activation::ELU, "exp(x) - 1", |x| {
        if x > 0.0 { x } else { x.exp() - 1.0 }
    }),
    forward(Activation::Mish, "x tanh(log(1 + exp(x)))", |x| {
        x * (1.0 + x.exp()).ln().tanh()
    }),
    forward(Activation::Tanhshrink, "x - tanh(x)", |x| x - x.tanh()),
];

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: its absolute error is at most 1.5e-7.
fn rational_erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let polynomial = [
        1.061_405_4,
        -1.453_152,
        1.421_413_7,
        -0.284_496_74,
        0.254_829_6,
    ]
    .into_iter();
    let sum = polynomial.fold(0.0, |sum, coefficient: f32| sum * t + coefficient) * t;
    (1.0 - sum * (-x * x).exp()).copysign(x)
}
