//! Piecewise linear activations.

use super::scaled;

/// `x` for `x >= 0` (so that -0 stays -0), else 0.
#[must_use]
pub fn relu(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// 1 for `x > 0`, else 0.
#[must_use]
pub fn relu_derivative(x: f64) -> f64 {
    leaky_relu_derivative(x, 0.0)
}

/// `x` for `x > 0`, else `negative_slope * x`.
#[must_use]
pub fn leaky_relu(x: f64, negative_slope: f64) -> f64 {
    if x >= 0.0 { x } else { scaled(negative_slope, x) }
}

/// 1 for `x > 0`, else `negative_slope`.
#[must_use]
pub fn leaky_relu_derivative(x: f64, negative_slope: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x > 0.0 {
        1.0
    } else {
        negative_slope
    }
}

/// `x` for `x > 0`, else `weight * x`.
#[must_use]
pub fn prelu(x: f64, weight: f64) -> f64 {
    leaky_relu(x, weight)
}

/// 1 for `x > 0`, else `weight`.
#[must_use]
pub fn prelu_derivative(x: f64, weight: f64) -> f64 {
    leaky_relu_derivative(x, weight)
}

/// The derivative of [`prelu`] with respect to its weight: 0 for `x > 0`, else `x`.
#[must_use]
pub fn prelu_derivative_weight(x: f64, _weight: f64) -> f64 {
    if x > 0.0 { 0.0 } else { x }
}
