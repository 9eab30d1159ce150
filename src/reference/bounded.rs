//! Bounded activations that are neither logistic nor piecewise linear.

/// `e^(-x^2)`.
#[must_use]
pub fn gaussian(x: f64) -> f64 {
    (-x * x).exp()
}

/// `-2 x e^(-x^2)`.
#[must_use]
pub fn gaussian_derivative(x: f64) -> f64 {
    super::scaled(gaussian(x), -2.0 * x).copysign(-x)
}

/// `(4 x^2 - 2) e^(-x^2)`.
#[must_use]
pub fn gaussian_second_derivative(x: f64) -> f64 {
    super::scaled(gaussian(x), 4.0 * x * x - 2.0)
}

/// The inverse of the tangent.
#[must_use]
pub fn atan(x: f64) -> f64 {
    x.atan()
}

/// `1 / (1 + x^2)`.
#[must_use]
pub fn atan_derivative(x: f64) -> f64 {
    1.0 / (1.0 + x * x)
}

/// `-2 x / (1 + x^2)^2`.
#[must_use]
pub fn atan_second_derivative(x: f64) -> f64 {
    super::scaled(atan_derivative(x) * atan_derivative(x), -2.0 * x)
}
