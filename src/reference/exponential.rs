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
