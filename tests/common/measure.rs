//! The errors of results.

use wgpu_activations::Activation;

use super::{Truth, error_at};

/// The worst of many errors, and the input at which it was found.
pub struct Worst {
    pub error: f64,
    pub report: String,
}

impl Worst {
    pub fn of(errors: impl IntoIterator<Item = (f32, f32, f64, f64)>) -> Self {
        let mut worst = Self {
            error: 0.0,
            report: "exact".to_owned(),
        };
        for (x, got, wanted, error) in errors {
            if error > worst.error {
                let report = format!(
                    "{error:.3} ulp at x = {x:e} ({:#010x}): got {got:e}, wanted {wanted:e}",
                    x.to_bits()
                );
                worst = Self { error, report };
            }
        }
        worst
    }
}

/// A true value, and the scale that its error is measured by where that is larger than the value.
pub fn truth(value: f64, error_scale: f64) -> Truth {
    Truth {
        value,
        magnitude: error_scale,
    }
}

/// f''(x).
pub fn second_derivative(activation: Activation, x: f64) -> Truth {
    let error_scale = activation.error_scale(x).second_derivative;
    truth(activation.second_derivative(x), error_scale)
}

/// The derivative of f with respect to a parameter that can be learned, at x.
pub fn parameter_derivative(activation: Activation, parameter: &str, x: f64) -> Truth {
    let value = activation.parameter_derivative(parameter, x);
    let error_scale = activation.error_scale(x).parameters;
    truth(value.expect("it can be learned"), error_scale)
}

/// The bound of second derivatives and of derivatives with respect to parameters. They take twice
/// as many operations as a first derivative, and no chain of layers multiplies their errors.
pub const ULPS_OF_OTHERS: f64 = 16.0;

/// The error that is allowed around the zeros of those derivatives, where terms cancel, as a part
/// of their largest value: a quarter of what f32 resolves of that value.
pub const PART_OF_LARGEST: f64 = 1.0 / (1 << 22) as f64;

/// A function and its true values at some inputs.
pub struct Truths<'a, F> {
    x: &'a [f32],
    function: F,
    pub values: Vec<Truth>,
    /// The largest error that is excused around zeros.
    around_zeros: Option<f64>,
}

impl<'a, F: Fn(f64) -> Truth> Truths<'a, F> {
    pub fn new(x: &'a [f32], function: F) -> Self {
        let values = x.iter().map(|&x| function(f64::from(x))).collect();
        Self {
            x,
            function,
            values,
            around_zeros: None,
        }
    }

    /// The truths of a second derivative or of a derivative with respect to a parameter. Around
    /// zeros, errors are allowed that are small beside the largest value. The sign of a zero is not
    /// compared, since sums make zeros positive.
    pub fn of_others(x: &'a [f32], function: F) -> Self {
        let truths = Self::new(x, function);
        let largest = truths
            .values
            .iter()
            .map(|y| y.value.abs())
            .filter(|y| y.is_finite())
            .fold(0.0, f64::max);
        Self {
            around_zeros: Some(PART_OF_LARGEST * largest),
            ..truths
        }
    }

    /// For each input: the input, the result, the true value, and the error in ulps.
    pub fn errors(&self, got: &[f32]) -> impl Iterator<Item = (f32, f32, f64, f64)> {
        self.x
            .iter()
            .zip(got)
            .zip(&self.values)
            .map(|((&x, &got), &wanted)| {
                let truth = |at: f64| {
                    let truth = if at == f64::from(x) {
                        wanted
                    } else {
                        (self.function)(at)
                    };
                    let has_no_sign =
                        self.around_zeros.is_some() && truth.value == 0.0 && got == 0.0;
                    Truth {
                        value: if has_no_sign {
                            f64::from(got)
                        } else {
                            truth.value
                        },
                        ..truth
                    }
                };
                let error = error_at(x, got, truth);
                let is_excused = error > ULPS_OF_OTHERS
                    && self.around_zeros.is_some_and(|most| {
                        let [before, after] =
                            [0.875, 1.125].map(|factor| truth(factor * f64::from(x)).value);
                        let most = if before.signum() == after.signum() {
                            0.0
                        } else {
                            most
                        };
                        (f64::from(got) - wanted.value).abs() <= most
                    });
                (x, got, wanted.value, if is_excused { 0.0 } else { error })
            })
    }
}
