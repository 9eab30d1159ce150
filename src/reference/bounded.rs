//! Bounded activations that are neither logistic nor piecewise linear.

use std::f64::consts::FRAC_1_SQRT_2;

use super::gated::density;
use super::scaled;

/// gaussian: `e^(-x^2)`.
pub fn gaussian(x: f64) -> f64 {
    (-x * x).exp()
}

/// `-2 x e^(-x^2)`, with the sign of `-x` also where it is 0.
pub fn gaussian_derivative(x: f64) -> f64 {
    scaled(gaussian(x), -2.0 * x).copysign(-x)
}

/// `(4 x^2 - 2) e^(-x^2)`.
pub fn gaussian_second_derivative(x: f64) -> f64 {
    scaled(gaussian(x), 4.0 * x * x - 2.0)
}

/// atan: the inverse of the tangent.
pub fn atan(x: f64) -> f64 {
    x.atan()
}

/// `1 / (1 + x^2)`.
pub fn atan_derivative(x: f64) -> f64 {
    1.0 / (1.0 + x * x)
}

/// `-2 x / (1 + x^2)^2`.
pub fn atan_second_derivative(x: f64) -> f64 {
    scaled(atan_derivative(x) * atan_derivative(x), -2.0 * x)
}

/// softsign: `x / (1 + |x|)`.
pub fn softsign(x: f64) -> f64 {
    if x.is_infinite() {
        x.signum()
    } else {
        x / (1.0 + x.abs())
    }
}

/// `1 / (1 + |x|)^2`.
pub fn softsign_derivative(x: f64) -> f64 {
    (1.0 + x.abs()).powi(-2)
}

/// `-2 / (1 + |x|)^3` with the sign of `x`, and 0 at 0.
pub fn softsign_second_derivative(x: f64) -> f64 {
    if x == 0.0 {
        0.0
    } else {
        -2.0 * x.signum() * (1.0 + x.abs()).powi(-3)
    }
}

/// laplace: `(1 + erf(z / sqrt(2))) / 2` with `z = (x - mu) / sigma`, computed as
/// `erfc(-z / sqrt(2)) / 2`, where no digits cancel.
pub fn laplace(x: f64, mu: f64, sigma: f64) -> f64 {
    0.5 * libm::erfc(-(x - mu) / sigma * FRAC_1_SQRT_2)
}

/// `e^(-z^2 / 2) / (sqrt(2 pi) sigma)` with `z = (x - mu) / sigma`.
pub fn laplace_derivative(x: f64, mu: f64, sigma: f64) -> f64 {
    match density((x - mu) / sigma) {
        0.0 => 0f64.copysign(sigma),
        density => density / sigma,
    }
}

/// `-z f'(x) / sigma` with `z = (x - mu) / sigma`.
pub fn laplace_second_derivative(x: f64, mu: f64, sigma: f64) -> f64 {
    match laplace_derivative_sigma(x, mu, sigma) {
        0.0 => 0.0,
        derivative => derivative / sigma,
    }
}

/// The derivative of [`laplace`] with respect to `mu`: `-f'(x)`.
pub fn laplace_derivative_mu(x: f64, mu: f64, sigma: f64) -> f64 {
    -laplace_derivative(x, mu, sigma)
}

/// The derivative of [`laplace`] with respect to `sigma`: `-z f'(x)` with `z = (x - mu) / sigma`.
pub fn laplace_derivative_sigma(x: f64, mu: f64, sigma: f64) -> f64 {
    -scaled(laplace_derivative(x, mu, sigma), (x - mu) / sigma)
}
