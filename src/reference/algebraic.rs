//! Activations with square roots.

use super::unless_nan;

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

/// `sqrt(x^2 + b)`, and NaN where that is the root of a negative number. The square of an f32 is
/// exact.
fn squareplus_root(x: f64, b: f64) -> f64 {
    if b > 0.0 {
        x.hypot(b.sqrt())
    } else {
        (x * x + b).sqrt()
    }
}

/// squareplus: `(x + sqrt(x^2 + b)) / 2`. For `x < 0` it is computed as
/// `b / (2 (sqrt(x^2 + b) - x))`, where no digits cancel. An infinite b gives its limit, here and
/// in the derivatives.
pub fn squareplus(x: f64, b: f64) -> f64 {
    let s = squareplus_root(x, b);
    if b == f64::INFINITY {
        unless_nan(b, [x])
    } else if x < 0.0 {
        b / (2.0 * (s - x))
    } else {
        (x + s) / 2.0
    }
}

/// `(1 + x / s) / 2` with `s = sqrt(x^2 + b)`. For `x < 0` it is computed as `b / (2 s (s - x))`,
/// where no digits cancel.
pub fn squareplus_derivative(x: f64, b: f64) -> f64 {
    let s = squareplus_root(x, b);
    if b == f64::INFINITY {
        return unless_nan(0.5, [x]);
    }
    let below = b / (2.0 * s * (s + x.abs()));
    if x < 0.0 { below } else { 1.0 - below }
}

/// `b / (2 sqrt(x^2 + b)^3)`.
pub fn squareplus_second_derivative(x: f64, b: f64) -> f64 {
    if b == f64::INFINITY {
        return unless_nan(0.0, [x]);
    }
    b / (2.0 * squareplus_root(x, b).powi(3))
}

/// The derivative of [`squareplus`] with respect to b: `1 / (4 sqrt(x^2 + b))`.
pub fn squareplus_derivative_b(x: f64, b: f64) -> f64 {
    1.0 / (4.0 * squareplus_root(x, b))
}

/// `sqrt(1 + alpha * x^2)`, which is 1 for an alpha of 0, and NaN where it is the root of a
/// negative number. It is fused, since its terms cancel for a negative alpha.
fn isru_root(x: f64, alpha: f64) -> f64 {
    if alpha == 0.0 {
        unless_nan(1.0, [x])
    } else {
        alpha.mul_add(x * x, 1.0).sqrt()
    }
}

/// isru: `x / sqrt(1 + alpha * x^2)`, which is x for an alpha of 0.
pub fn isru(x: f64, alpha: f64) -> f64 {
    if x.is_infinite() && alpha > 0.0 {
        x.signum() / alpha.sqrt()
    } else {
        x / isru_root(x, alpha)
    }
}

/// `1 / sqrt(1 + alpha * x^2)^3`.
pub fn isru_derivative(x: f64, alpha: f64) -> f64 {
    isru_root(x, alpha).powi(-3)
}

/// `-3 * alpha * x / sqrt(1 + alpha * x^2)^5`.
pub fn isru_second_derivative(x: f64, alpha: f64) -> f64 {
    if x.is_infinite() && alpha >= 0.0 || x != 0.0 && alpha == f64::INFINITY {
        0.0
    } else {
        -3.0 * alpha * x * isru_root(x, alpha).powi(-5)
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
