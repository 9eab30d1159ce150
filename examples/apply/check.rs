//! Compares the GPU's results with f64 math on the CPU.

use wgpu_activations::{Activation, Dtype, reference};

use crate::broadcast::Weight;
use crate::npy::Layout;
use crate::ulp::{Truth, error, error_at};

/// The inputs of a computation. All tensors are in row-major order.
pub struct Case<'a> {
    x: &'a [f32],
    grad: Option<&'a [f32]>,
    /// True if x is the output, from which the gradient is computed.
    is_output: bool,
    /// The activation with each value of the weight.
    activations: Vec<Activation>,
    weight: Option<&'a Weight>,
}

/// A result and its true value.
#[derive(Clone, Copy)]
pub struct Compared {
    /// The element of x, if the result has one.
    pub x: Option<f32>,
    pub wanted: f64,
    /// The error, in the unit of the comparison. It is infinite for a NaN or an infinity that is
    /// out of place, and for a zero of the wrong sign.
    pub error: f64,
}

/// The result with the largest error.
#[derive(Clone, Copy)]
pub struct Worst {
    position: usize,
    got: f32,
    compared: Compared,
}

impl Worst {
    /// Finds the worst of the results that begin at `start`, and of those before.
    pub fn among(
        before: Option<Self>,
        start: usize,
        results: &[f32],
        compare: impl Fn(usize, f32) -> Compared,
    ) -> Option<Self> {
        let results = results.iter().enumerate().map(|(position, &got)| Self {
            position: start + position,
            got,
            compared: compare(position, got),
        });
        before.into_iter().chain(results).reduce(|worst, next| {
            if next.compared.error > worst.compared.error {
                next
            } else {
                worst
            }
        })
    }

    /// Describes it in a line of text.
    pub fn line(self, unit: &str, layout: &Layout) -> String {
        let Compared { x, wanted, error } = self.compared;
        let x = x.map_or(String::new(), |x| format!(", x = {x:?}"));
        let (index, got) = (layout.index(self.position), self.got);
        format!("at most {error:.3} {unit} off, at {index:?}{x}: got {got:?}, wanted {wanted:?}")
    }
}

impl<'a> Case<'a> {
    /// The weight has the values of a learned parameter.
    pub fn new(
        activation: Activation,
        x: &'a [f32],
        grad: Option<&'a [f32]>,
        weight: Option<(&str, &'a Weight)>,
        is_output: bool,
    ) -> Self {
        let activations = match weight {
            Some((parameter, weight)) => weight
                .values
                .iter()
                .filter_map(|&value| activation.with(parameter, value))
                .collect(),
            None => vec![activation],
        };
        Self {
            x,
            grad,
            is_output,
            activations,
            weight: weight.map(|(_, weight)| weight),
        }
    }

    /// Compares a result of a forward or a backward pass. Errors are in ulp.
    pub fn compare(&self, dtype: Dtype, element: usize, got: f32) -> Compared {
        let activation = self.activations[self.place(element)];
        let grad = self.grad.map(|grad| f64::from(grad[element]));
        let truth = |x| match grad {
            None => Truth::forward(activation, x),
            Some(grad) if self.is_output => {
                let gradient = activation.backward_from_output(x, grad);
                gradient.expect("the kernel took it").into()
            }
            Some(grad) => Truth::backward(activation, x, grad),
        };
        let x = self.x[element];
        let wanted = truth(f64::from(x)).value;
        Compared {
            x: Some(x),
            wanted,
            error: if dtype == Dtype::F32 {
                error_at(x, got, truth)
            } else {
                error_of(dtype, got, wanted)
            },
        }
    }

    /// Returns the gradient with respect to each value of the parameter, and the sum of its terms'
    /// absolute values. The terms may cancel, so errors are relative to that sum.
    pub fn parameter_gradients(&self, parameter: &str) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); self.activations.len()];
        for (element, (&x, &grad)) in self.x.iter().zip(self.grad.unwrap_or_default()).enumerate() {
            let place = self.place(element);
            let derivative = self.activations[place].parameter_derivative(parameter, f64::from(x));
            let term = reference::scaled(derivative.unwrap_or_default(), f64::from(grad));
            let (sum, absolute) = &mut sums[place];
            *sum += term;
            *absolute += term.abs();
        }
        sums
    }

    fn place(&self, element: usize) -> usize {
        self.weight.map_or(0, |weight| weight.place(element))
    }
}

/// Compares the gradient of a parameter, in f32 in units of 2^-24 times the sum of the terms'
/// absolute values.
pub fn compare_sum(dtype: Dtype, (sum, absolute): (f64, f64), got: f32) -> Compared {
    Compared {
        x: None,
        wanted: sum,
        error: match dtype {
            Dtype::F32 => distance(got, sum, absolute / f64::from(1 << 24)),
            _ => error_of(dtype, got, sum),
        },
    }
}

/// Compares a result whose zero may have either sign.
pub fn compare_unsigned(dtype: Dtype, got: f32, truth: impl Into<Truth>) -> Compared {
    let truth = truth.into();
    let is_zero = got == 0.0 && truth.value == 0.0;
    Compared {
        x: None,
        wanted: truth.value,
        error: if is_zero {
            0.0
        } else {
            error_of(dtype, got, truth)
        },
    }
}

/// Returns the error in ulp of the type. A 16-bit result that is not exact is at least half an ulp
/// off.
fn error_of(dtype: Dtype, got: f32, truth: impl Into<Truth>) -> f64 {
    let truth = truth.into();
    // The bits behind the binary point, the least exponent, and what rounds to infinity.
    let (digits, least, overflow) = match dtype {
        Dtype::F16 => (10, -14, 65_520.0),
        Dtype::Bf16 => (7, -126, (2.0 - 2f64.powi(-8)) * 2f64.powi(127)),
        _ => return error(got, truth),
    };
    let Truth {
        value: wanted,
        magnitude,
    } = truth;
    let exponent = (magnitude.max(wanted.abs()).log2().floor() as i32).max(least);
    if wanted.abs() >= overflow && f64::from(got) == wanted.signum() * f64::INFINITY {
        return 0.0;
    }
    distance(got, wanted, 2f64.powi(exponent - digits))
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
