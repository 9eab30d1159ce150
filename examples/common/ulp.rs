//! Measures errors in ulp: units in the last place of the true value.

use wgpu_activations::Activation;

/// The smallest normal f32.
pub const SMALLEST_NORMAL: f64 = f32::MIN_POSITIVE as f64;

/// Returns the distance between neighbouring f32 numbers in the binade of a normal number.
fn ulp(value: f64) -> f64 {
    const BIAS: i32 = 1023;
    let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - BIAS;
    f64::from_bits(((exponent.max(-126) - 23 + BIAS) as u64) << 52)
}

/// A true value, and its error scale. Errors are relative to the larger of the two.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    pub value: f64,
    pub magnitude: f64,
}

impl From<f64> for Truth {
    fn from(value: f64) -> Self {
        Self {
            value,
            magnitude: 0.0,
        }
    }
}

impl Truth {
    /// Returns f(x).
    pub fn forward(activation: Activation, x: f64) -> Self {
        Self {
            value: activation.forward(x),
            magnitude: activation.error_scale(x).forward,
        }
    }

    /// Returns `grad_output * f'(x)`.
    pub fn backward(activation: Activation, x: f64, grad_output: f64) -> Self {
        let magnitude = activation.error_scale(x).derivative * grad_output.abs();
        Self {
            value: activation.backward(x, grad_output),
            magnitude,
        }
    }
}

/// Returns the error of `got` in ulp of the true value, or of the error scale if that is larger. It
/// is infinite for mistakes that no number of ulp excuses: a NaN or an infinity out of place, or a
/// zero of the wrong sign.
///
/// Results below the smallest normal number may be off by that number, since devices may flush them
/// to zero. Such an error counts as 0.
pub fn error(got: f32, truth: impl Into<Truth>) -> f64 {
    let Truth {
        value: wanted,
        magnitude,
    } = truth.into();
    let magnitude = magnitude.max(wanted.abs());
    let is_flushed = (f64::from(got) - wanted).abs() <= SMALLEST_NORMAL;
    let right = |right: bool| if right { 0.0 } else { f64::INFINITY };
    // This is halfway between the largest number and the next one, if there were one.
    let overflow = f64::from(f32::MAX) + ulp(f64::from(f32::MAX)) / 2.0;
    if wanted.is_nan() || got.is_nan() {
        right(wanted.is_nan() && got.is_nan())
    } else if wanted.abs() >= overflow {
        // If the true value rounds to infinity, the largest finite numbers are only a few ulp away.
        if f64::from(got) == wanted.signum() * f64::INFINITY {
            0.0
        } else {
            (f64::from(got) - wanted).abs() / ulp(f64::from(f32::MAX))
        }
    } else if magnitude == 0.0 {
        right(got == 0.0 && got.is_sign_negative() == wanted.is_sign_negative())
    } else if magnitude < SMALLEST_NORMAL || wanted.abs() < SMALLEST_NORMAL && is_flushed {
        right(is_flushed)
    } else {
        (f64::from(got) - wanted).abs() / ulp(magnitude)
    }
}

/// Returns the error for an input that the device may have flushed to zero if it is subnormal.
pub fn error_at<T: Into<Truth>>(x: f32, got: f32, truth: impl Fn(f64) -> T) -> f64 {
    let as_it_is = error(got, truth(f64::from(x)));
    if x.is_subnormal() {
        as_it_is.min(error(got, truth(f64::from(0f32.copysign(x)))))
    } else {
        as_it_is
    }
}
