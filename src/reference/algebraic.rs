//! Activations with square roots.

use super::scaled;

/// `bent_identity`: `(sqrt(x^2 + 1) - 1) / 2 + x`, and -0 for -0. Near 0 it is computed as
/// `x + x^2 / (2 (sqrt(x^2 + 1) + 1))`, where fewer digits cancel.
pub fn bent_identity(x: f64) -> f64 {
    if x == 0.0 || x.is_infinite() {
        x
    } else if x.abs() < 1.0 {
        x + x * x / (2.0 * (x.hypot(1.0) + 1.0))
    } else {
        (x.hypot(1.0) - 1.0) / 2.0 + x
    }
}

/// `1 + x / (2 sqrt(x^2 + 1))`.
pub fn bent_identity_derivative(x: f64) -> f64 {
    1.0 + isru(x, 1.0) / 2.0
}

/// `1 / (2 sqrt(x^2 + 1)^3)`.
pub fn bent_identity_second_derivative(x: f64) -> f64 {
    isru_derivative(x, 1.0) / 2.0
}

/// squareplus: `(x + sqrt(x^2 + b)) / 2`. For `x < 0` it is computed as
/// `b / (2 (sqrt(x^2 + b) - x))`, where no digits cancel.
pub fn squareplus(x: f64, b: f64) -> f64 {
    let s = x.hypot(b.sqrt());
    if x < 0.0 {
        b / (2.0 * (s - x))
    } else {
        (x + s) / 2.0
    }
}

/// `(1 + x / s) / 2` with `s = sqrt(x^2 + b)`. For `x < 0` it is computed as `b / (2 s (s - x))`,
/// where no digits cancel.
pub fn squareplus_derivative(x: f64, b: f64) -> f64 {
    let s = x.hypot(b.sqrt());
    let below = b / (2.0 * s * (s + x.abs()));
    if x < 0.0 { below } else { 1.0 - below }
}

/// `b / (2 sqrt(x^2 + b)^3)`.
pub fn squareplus_second_derivative(x: f64, b: f64) -> f64 {
    b / (2.0 * x.hypot(b.sqrt()).powi(3))
}

/// The derivative of [`squareplus`] with respect to b: `1 / (4 sqrt(x^2 + b))`.
pub fn squareplus_derivative_b(x: f64, b: f64) -> f64 {
    1.0 / (4.0 * x.hypot(b.sqrt()))
}

/// isru: `x / sqrt(1 + alpha * x^2)`, which is x for an alpha of 0.
pub fn isru(x: f64, alpha: f64) -> f64 {
    if x.is_infinite() && alpha > 0.0 {
        x.signum() / alpha.sqrt()
    } else {
        x / (1.0 + scaled(alpha, x * x)).sqrt()
    }
}

/// `1 / sqrt(1 + alpha * x^2)^3`.
pub fn isru_derivative(x: f64, alpha: f64) -> f64 {
    (1.0 + scaled(alpha, x * x)).sqrt().powi(-3)
}

/// `-3 * alpha * x / sqrt(1 + alpha * x^2)^5`.
pub fn isru_second_derivative(x: f64, alpha: f64) -> f64 {
    if x == 0.0 || x.is_infinite() {
        0.0
    } else {
        -3.0 * alpha * x * (1.0 + alpha * x * x).sqrt().powi(-5)
    }
}

/// The derivative of [`isru`] with respect to alpha: `-x^3 / (2 sqrt(1 + alpha * x^2)^3)`.
pub fn isru_derivative_alpha(x: f64, alpha: f64) -> f64 {
    isru(x, alpha).powi(3) / -2.0
}

/// isrlu: `x` for `x >= 0`, else `x / sqrt(1 + alpha * x^2)`.
pub fn isrlu(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 { x } else { isru(x, alpha) }
}

/// 1 for `x >= 0`, else `1 / sqrt(1 + alpha * x^2)^3`.
pub fn isrlu_derivative(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 {
        1.0
    } else {
        isru_derivative(x, alpha)
    }
}

/// 0 for `x >= 0`, else `-3 * alpha * x / sqrt(1 + alpha * x^2)^5`.
pub fn isrlu_second_derivative(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 {
        0.0
    } else {
        isru_second_derivative(x, alpha)
    }
}

/// The derivative of [`isrlu`] with respect to alpha: 0 for `x >= 0`, else
/// `-x^3 / (2 sqrt(1 + alpha * x^2)^3)`.
pub fn isrlu_derivative_alpha(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 {
        0.0
    } else {
        isru_derivative_alpha(x, alpha)
    }
}
