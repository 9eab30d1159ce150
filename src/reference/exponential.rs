//! Exponential linear units.

use super::scaled;

/// `x` for `x > 0`, else `alpha * (e^x - 1)`.
#[must_use]
pub fn elu(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 { x } else { alpha * x.exp_m1() }
}

/// 1 for `x > 0`, else `alpha * e^x`.
#[must_use]
pub fn elu_derivative(x: f64, alpha: f64) -> f64 {
    if x > 0.0 { 1.0 } else { alpha * x.exp() }
}

/// 0 for `x >= 0`, else `alpha * e^x`.
#[must_use]
pub fn elu_second_derivative(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 { 0.0 } else { alpha * x.exp() }
}

/// The derivative of [`elu`] with respect to alpha: 0 for `x > 0`, else `e^x - 1`.
#[must_use]
pub fn elu_derivative_alpha(x: f64, _alpha: f64) -> f64 {
    if x > 0.0 { 0.0 } else { x.exp_m1() }
}

/// `scale * x` for `x > 0`, else `scale * alpha * (e^x - 1)`.
#[must_use]
pub fn selu(x: f64, alpha: f64, scale: f64) -> f64 {
    if x >= 0.0 { scaled(scale, x) } else { scale * elu(x, alpha) }
}

/// `scale` for `x > 0`, else `scale * alpha * e^x`.
#[must_use]
pub fn selu_derivative(x: f64, alpha: f64, scale: f64) -> f64 {
    scale * elu_derivative(x, alpha)
}

/// 0 for `x >= 0`, else `scale * alpha * e^x`.
#[must_use]
pub fn selu_second_derivative(x: f64, alpha: f64, scale: f64) -> f64 {
    scale * elu_second_derivative(x, alpha)
}

/// The derivative of [`selu`] with respect to alpha: 0 for `x > 0`, else `scale * (e^x - 1)`.
#[must_use]
pub fn selu_derivative_alpha(x: f64, alpha: f64, scale: f64) -> f64 {
    scale * elu_derivative_alpha(x, alpha)
}

/// The derivative of [`selu`] with respect to scale: `x` for `x > 0`, else `alpha * (e^x - 1)`.
#[must_use]
pub fn selu_derivative_scale(x: f64, alpha: f64, _scale: f64) -> f64 {
    elu(x, alpha)
}

/// `x` for `x > 0`, else `alpha * (e^(x / alpha) - 1)`.
#[must_use]
pub fn celu(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 { x } else { alpha * (x / alpha).exp_m1() }
}

/// 1 for `x > 0`, else `e^(x / alpha)`.
#[must_use]
pub fn celu_derivative(x: f64, alpha: f64) -> f64 {
    if x > 0.0 { 1.0 } else { (x / alpha).exp() }
}

/// 0 for `x >= 0`, else `e^(x / alpha) / alpha`.
#[must_use]
pub fn celu_second_derivative(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 { 0.0 } else { (x / alpha).exp() / alpha }
}

/// The derivative of [`celu`] with respect to alpha: 0 for `x > 0`, else `e^z - 1 - z * e^z` with `z = x / alpha`, near 0 as
/// `-e^z * (e^-z - 1 + z)`, whose factor is a series of positive terms.
#[must_use]
pub fn celu_derivative_alpha(x: f64, alpha: f64) -> f64 {
    let a = -x / alpha;
    if x > 0.0 {
        return 0.0;
    } else if a.is_nan() || a > 1.0 {
        return scaled((-a).exp(), 1.0 + a) - 1.0;
    }
    // The last of the terms a^n / n! is below 1e-18 of the first.
    let (mut power, mut sum) = (a, 0.0);
    for n in 2..20 {
        power *= a / f64::from(n);
        sum += power;
    }
    -(-a).exp() * sum
}
