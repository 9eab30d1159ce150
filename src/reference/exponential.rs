//! Exponential linear units.

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
