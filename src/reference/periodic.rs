//! Periodic activations.

use super::{ErrorScale, unless_nan};

/// sine: `sin(omega * x)`. The product of two f32 numbers is exact.
pub fn sine(x: f64, omega: f64) -> f64 {
    (omega * x).sin()
}

/// `omega * cos(omega * x)`.
pub fn sine_derivative(x: f64, omega: f64) -> f64 {
    omega * (omega * x).cos()
}

/// `-omega^2 * sin(omega * x)`.
pub fn sine_second_derivative(x: f64, omega: f64) -> f64 {
    -omega * omega * sine(x, omega)
}

/// The derivative of [`sine`] with respect to `omega`: `x * cos(omega * x)`.
pub fn sine_derivative_omega(x: f64, omega: f64) -> f64 {
    x * (omega * x).cos()
}

/// The error scale of [`sine`] and its derivatives: the amplitudes, and near 0, where the sine is
/// almost a line, the values.
pub fn sine_error_scale(x: f64, omega: f64) -> ErrorScale {
    let sine = (omega * x).abs().min(1.0);
    ErrorScale {
        forward: sine,
        derivative: omega.abs(),
        second_derivative: omega * omega * sine,
        parameters: x.abs(),
    }
}

/// cos: the cosine.
pub fn cos(x: f64) -> f64 {
    x.cos()
}

/// `-sin(x)`.
pub fn cos_derivative(x: f64) -> f64 {
    -x.sin()
}

/// `-cos(x)`.
pub fn cos_second_derivative(x: f64) -> f64 {
    -x.cos()
}

/// The error scale of [`cos`] and its derivatives: the amplitudes, and near 0, where the derivative
/// is almost a line, its values.
pub fn cos_error_scale(x: f64) -> ErrorScale {
    ErrorScale {
        forward: 1.0,
        derivative: x.abs().min(1.0),
        second_derivative: 1.0,
        parameters: 0.0,
    }
}

/// snake: `x + sin(alpha * x)^2 / alpha`, and the limit `x` for an `alpha` of 0 or an infinite `x`.
pub fn snake(x: f64, alpha: f64) -> f64 {
    let s = sine(x, alpha);
    if alpha == 0.0 || x.is_infinite() && alpha.is_finite() {
        x
    } else {
        x + s * s / alpha
    }
}

/// `1 + sin(2 alpha x)`, computed as the square of `sin(alpha x) + cos(alpha x)`, which has smaller
/// errors near its zeros.
pub fn snake_derivative(x: f64, alpha: f64) -> f64 {
    if alpha == 0.0 && !x.is_nan() {
        return 1.0;
    }
    let (s, c) = (alpha * x).sin_cos();
    (s + c) * (s + c)
}

/// `2 alpha cos(2 alpha x)`.
pub fn snake_second_derivative(x: f64, alpha: f64) -> f64 {
    if alpha == 0.0 && !x.is_nan() {
        0.0
    } else {
        2.0 * alpha * (2.0 * alpha * x).cos()
    }
}

/// The derivative of [`snake`] with respect to `alpha`:
/// `(x sin(2 alpha x) - sin(alpha x)^2 / alpha) / alpha`, and `x^2` for an `alpha` of 0.
pub fn snake_derivative_alpha(x: f64, alpha: f64) -> f64 {
    if alpha == 0.0 {
        return x * x;
    }
    let (s, c) = (alpha * x).sin_cos();
    s * (2.0 * x * c - s / alpha) / alpha
}

/// The error scale of [`snake`] and its derivatives: the amplitudes, and near 0, where the function
/// is almost a line, 0 for its values.
pub fn snake_error_scale(x: f64, alpha: f64) -> ErrorScale {
    let alpha = alpha.abs();
    ErrorScale {
        forward: if alpha * x.abs() < 0.5 {
            0.0
        } else {
            1.0 / alpha
        },
        derivative: 1.0,
        second_derivative: 2.0 * alpha,
        parameters: x.abs() * x.abs().min(1.0 / alpha),
    }
}

/// `a / beta`, which is NaN for a `beta` of 0.
fn divided(a: f64, beta: f64) -> f64 {
    if beta == 0.0 { f64::NAN } else { a / beta }
}

/// `snake_beta`: `x + sin(alpha * x)^2 / beta`, and x for a zero or an infinite x. NaN for a `beta` of 0.
pub fn snake_beta(x: f64, alpha: f64, beta: f64) -> f64 {
    let is_limit = x == 0.0 || x.is_infinite();
    if is_limit && alpha.is_finite() && beta != 0.0 {
        unless_nan(x, [beta])
    } else {
        x + divided(sine(x, alpha).powi(2), beta)
    }
}

/// `1 + alpha sin(2 alpha x) / beta`.
pub fn snake_beta_derivative(x: f64, alpha: f64, beta: f64) -> f64 {
    1.0 + divided(alpha * (2.0 * alpha * x).sin(), beta)
}

/// `2 alpha^2 cos(2 alpha x) / beta`.
pub fn snake_beta_second_derivative(x: f64, alpha: f64, beta: f64) -> f64 {
    divided(2.0 * alpha * alpha * (2.0 * alpha * x).cos(), beta)
}

/// The derivative of [`snake_beta`] with respect to `alpha`: `x sin(2 alpha x) / beta`.
pub fn snake_beta_derivative_alpha(x: f64, alpha: f64, beta: f64) -> f64 {
    divided(x * (2.0 * alpha * x).sin(), beta)
}

/// The derivative of [`snake_beta`] with respect to `beta`: `-sin(alpha x)^2 / beta^2`.
pub fn snake_beta_derivative_beta(x: f64, alpha: f64, beta: f64) -> f64 {
    -divided(sine(x, alpha), beta).powi(2)
}

/// The error scale of [`snake_beta`] and its derivatives: the amplitudes, and near 0, where the sine
/// is almost a line, the terms of its values.
pub fn snake_beta_error_scale(x: f64, alpha: f64, beta: f64) -> ErrorScale {
    let (x, alpha, beta) = (x.abs(), alpha.abs(), beta.abs());
    let sine = (alpha * x).min(1.0);
    ErrorScale {
        forward: if sine < 0.5 {
            x.max(sine * sine / beta)
        } else {
            1.0 / beta
        },
        derivative: (alpha / beta).max(1.0),
        second_derivative: 2.0 * alpha * alpha / beta,
        parameters: (x / beta).max(1.0 / beta / beta),
    }
}
