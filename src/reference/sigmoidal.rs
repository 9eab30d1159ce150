//! Sigmoid and tanh.

/// `1 / (1 + e^-x)`.
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `sigmoid(x) * (1 - sigmoid(x))`, as `e / (1 + e)^2` with `e = e^-|x|`, which does not cancel.
#[must_use]
pub fn sigmoid_derivative(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    e / ((1.0 + e) * (1.0 + e))
}

/// The hyperbolic tangent.
#[must_use]
pub fn tanh(x: f64) -> f64 {
    x.tanh()
}

/// `1 - tanh(x)^2`, as `4 * sigmoid'(2x)`, which does not cancel.
#[must_use]
pub fn tanh_derivative(x: f64) -> f64 {
    4.0 * sigmoid_derivative(2.0 * x)
}
