//! Compares the GPU's results with f64 math on the CPU.

use wgpu_activations::{Activation, Dtype, reference};

use crate::npy::Npy;
use crate::ulp::{Truth, error, error_at};

/// The inputs of a computation. All tensors are in row-major order.
pub struct Case<'a> {
    pub activation: Activation,
    /// The name of the learned parameter.
    pub parameter: &'a str,
    pub x: &'a [f32],
    pub grad: Option<&'a [f32]>,
    pub weight: Option<&'a [f32]>,
    /// The distance in x, in elements, from one channel of the weight to the next.
    pub inner: usize,
}

/// The result with the largest error.
#[derive(Clone, Copy)]
pub struct Worst {
    pub position: usize,
    pub got: f32,
    pub wanted: f64,
    /// The error, in the unit of the comparison. It is infinite for a NaN or an infinity that is
    /// out of place, and for a zero of the wrong sign.
    pub distance: f64,
}

impl Case<'_> {
    /// Finds the worst result of a forward or a backward pass. Errors are in ulp.
    pub fn worst(&self, results: &Npy) -> Option<Worst> {
        let channels = self.channels();
        worst(&results.values, |element, got| {
            let activation = channels[element / self.inner % channels.len()];
            let grad = self.grad.map(|grad| f64::from(grad[element]));
            let truth = |x| {
                grad.map_or_else(
                    || Truth::forward(activation, x),
                    |grad| Truth::backward(activation, x, grad),
                )
            };
            let x = self.x[element];
            let wanted = truth(f64::from(x)).value;
            (
                wanted,
                if results.dtype == Dtype::F32 {
                    error_at(x, got, truth)
                } else {
                    error_of(results.dtype, got, wanted)
                },
            )
        })
    }

    /// Finds the worst gradient with respect to the weight. Errors are in units of 2^-24 times the
    /// sum of the terms' absolute values, because the terms of the sum may cancel.
    pub fn worst_of_weight(&self, gradients: &[f32]) -> Option<Worst> {
        let channels = self.channels();
        let mut sums = vec![(0.0, 0.0); channels.len()];
        for (element, (&x, &grad)) in self.x.iter().zip(self.grad.unwrap_or_default()).enumerate() {
            let channel = element / self.inner % channels.len();
            let derivative = channels[channel].parameter_derivative(self.parameter, f64::from(x));
            let term = reference::scaled(derivative.unwrap_or_default(), f64::from(grad));
            let (sum, absolute) = &mut sums[channel];
            *sum += term;
            *absolute += term.abs();
        }
        worst(gradients, |channel, got| {
            let (sum, absolute) = sums[channel];
            (sum, distance(got, sum, absolute / f64::from(1 << 24)))
        })
    }

    /// Returns the activation with the weight of each channel.
    fn channels(&self) -> Vec<Activation> {
        match self.weight {
            Some(weight) => weight
                .iter()
                .filter_map(|&value| self.activation.with(self.parameter, value))
                .collect(),
            None => vec![self.activation],
        }
    }
}

/// Names the first parameter that can be learned.
pub fn learned(activation: Activation) -> Option<&'static str> {
    activation
        .info()
        .parameters
        .iter()
        .find(|parameter| parameter.is_learnable())
        .map(|parameter| parameter.name)
}

/// Returns the error in ulp of the type. An f16 result that is not exact is at least half an ulp
/// off.
pub fn error_of(dtype: Dtype, got: f32, truth: impl Into<Truth>) -> f64 {
    let truth = truth.into();
    if dtype == Dtype::F32 {
        return error(got, truth);
    }
    let Truth {
        value: wanted,
        magnitude,
    } = truth;
    let exponent = (magnitude.max(wanted.abs()).log2().floor() as i32).max(-14);
    let overflow = 65_520.0;
    if wanted.abs() >= overflow && f64::from(got) == wanted.signum() * f64::INFINITY {
        return 0.0;
    }
    distance(got, wanted, 2f64.powi(exponent - 10))
}

/// Finds the worst result. `compare` returns the true value and the error of each.
pub fn worst(results: &[f32], compare: impl Fn(usize, f32) -> (f64, f64)) -> Option<Worst> {
    let compared = results.iter().enumerate().map(|(position, &got)| {
        let (wanted, distance) = compare(position, got);
        Worst {
            position,
            got,
            wanted,
            distance,
        }
    });
    compared.reduce(|worst, next| {
        if next.distance > worst.distance {
            next
        } else {
            worst
        }
    })
}

/// Returns `|got - wanted| / unit`. NaN is right where NaN is wanted, and so is the infinity that
/// f32 rounds to.
fn distance(got: f32, wanted: f64, unit: f64) -> f64 {
    if got.is_nan() && wanted.is_nan()
        || f64::from(got) == wanted
        || got.is_infinite() && got == wanted as f32
    {
        0.0
    } else if got.is_finite() && wanted.is_finite() {
        (f64::from(got) - wanted).abs() / unit
    } else {
        f64::INFINITY
    }
}
