//! Exponential linear units.

use super::{ErrorScale, scaled};

/// `e^x - 1 - x` for `|x| <= 1`: the series of `e^x` without its first two terms. The last of the
/// terms is below 1e-17 of the first.
fn exp_remainder(x: f64) -> f64 {
    let (mut power, mut sum) = (x, 0.0);
    for n in 2..20 {
        power *= x / f64::from(n);
        sum += power;
    }
    sum
}

/// `alpha * e^x`. With an infinite alpha it is infinite for every x, and so for -Inf.
fn times_exp(alpha: f64, x: f64) -> f64 {
    if alpha.is_infinite() && !x.is_nan() {
        alpha
    } else {
        alpha * x.exp()
    }
}

/// elu: `x` for `x > 0`, else `alpha * (e^x - 1)`.
pub fn elu(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 { x } else { alpha * x.exp_m1() }
}

/// 1 for `x > 0`, else `alpha * e^x`.
pub fn elu_derivative(x: f64, alpha: f64) -> f64 {
    if x > 0.0 { 1.0 } else { times_exp(alpha, x) }
}

/// The derivative of [`elu`] from its value y, for an alpha that is not negative: 1 for `y > 0`,
/// else `y + alpha`.
pub fn elu_derivative_from_output(y: f64, alpha: f64) -> f64 {
    if y > 0.0 { 1.0 } else { y + alpha }
}

/// 0 for `x >= 0`, else `alpha * e^x`.
pub fn elu_second_derivative(x: f64, alpha: f64) -> f64 {
    if x >= 0.0 { 0.0 } else { times_exp(alpha, x) }
}

/// The derivative of [`elu`] with respect to alpha: 0 for `x > 0`, else `e^x - 1`.
pub fn elu_derivative_alpha(x: f64, _alpha: f64) -> f64 {
    if x > 0.0 { 0.0 } else { x.exp_m1() }
}

/// selu: `scale * x` for `x > 0`, else `scale * alpha * (e^x - 1)`.
pub fn selu(x: f64, alpha: f64, scale: f64) -> f64 {
    if x >= 0.0 {
        scaled(scale, x)
    } else {
        scale * elu(x, alpha)
    }
}

/// `scale` for `x > 0`, else `scale * alpha * e^x`.
pub fn selu_derivative(x: f64, alpha: f64, scale: f64) -> f64 {
    if x > 0.0 {
        scale
    } else {
        times_exp(scale * alpha, x)
    }
}

/// The derivative of [`selu`] from its value y, for a positive alpha and scale:
/// `scale` for `y > 0`, else `y + scale * alpha`.
pub fn selu_derivative_from_output(y: f64, alpha: f64, scale: f64) -> f64 {
    if y > 0.0 { scale } else { y + scale * alpha }
}

/// 0 for `x >= 0`, else `scale * alpha * e^x`.
pub fn selu_second_derivative(x: f64, alpha: f64, scale: f64) -> f64 {
    elu_second_derivative(x, scale * alpha)
}

/// The derivative of [`selu`] with respect to alpha: 0 for `x > 0`, else `scale * (e^x - 1)`.
pub fn selu_derivative_alpha(x: f64, _alpha: f64, scale: f64) -> f64 {
    if x > 0.0 { 0.0 } else { scale * x.exp_m1() }
}

/// The derivative of [`selu`] with respect to its scale: `x` for `x > 0`, else `alpha * (e^x - 1)`.
pub fn selu_derivative_scale(x: f64, alpha: f64, _scale: f64) -> f64 {
    elu(x, alpha)
}

/// `x / alpha`, the argument of the exponential in [`celu`], for `x <= 0`. An alpha of 0 gives
/// -Inf, as small positive ones do, and an infinite one NaN.
fn celu_argument(x: f64, alpha: f64) -> f64 {
    if alpha.is_infinite() || x.is_nan() {
        f64::NAN
    } else if x == 0.0 && !alpha.is_nan() {
        0.0
    } else if alpha == 0.0 {
        f64::NEG_INFINITY
    } else {
        x / alpha
    }
}

/// celu: `x` for `x > 0`, else `alpha * (e^(x / alpha) - 1)`.
pub fn celu(x: f64, alpha: f64) -> f64 {
    let z = celu_argument(x, alpha);
    if x >= 0.0 {
        x
    } else if z == f64::INFINITY {
        f64::NEG_INFINITY
    } else {
        alpha * z.exp_m1()
    }
}

/// 1 for `x > 0`, else `e^(x / alpha)`.
pub fn celu_derivative(x: f64, alpha: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else {
        celu_argument(x, alpha).exp()
    }
}

/// The derivative of [`celu`] from its value y, for a positive alpha: 1 for `y > 0`, else
/// `1 + y / alpha`.
pub fn celu_derivative_from_output(y: f64, alpha: f64) -> f64 {
    if y > 0.0 { 1.0 } else { (alpha + y) / alpha }
}

/// 0 for `x >= 0`, else `e^(x / alpha) / alpha`.
pub fn celu_second_derivative(x: f64, alpha: f64) -> f64 {
    let z = celu_argument(x, alpha);
    if x >= 0.0 || z == f64::NEG_INFINITY {
        0.0
    } else {
        z.exp() / alpha
    }
}

/// The derivative of [`celu`] with respect to alpha: 0 for `x > 0`, else `e^z - 1 - z * e^z` with
/// `z = x / alpha`. Near 0 it is computed as `-e^z * (e^-z - 1 + z)`, whose second factor is a
/// series.
pub fn celu_derivative_alpha(x: f64, alpha: f64) -> f64 {
    let a = -celu_argument(x, alpha);
    if x > 0.0 {
        return 0.0;
    } else if a.is_nan() || a.abs() > 1.0 {
        return scaled((-a).exp(), 1.0 + a) - 1.0;
    }
    -(-a).exp() * exp_remainder(a)
}

/// xielu: `alpha_p * x^2 + beta * x` for `x > 0`, else
/// `alpha_n * (e^min(x, eps) - 1 - x) + beta * x`.
pub fn xielu(x: f64, alpha_p: f64, alpha_n: f64, beta: f64, eps: f64) -> f64 {
    if x > 0.0 {
        scaled(scaled(alpha_p, x) + beta, x)
    } else if x.is_infinite() {
        scaled(beta - alpha_n, x) - alpha_n
    } else if x < -1.0 {
        // Fused, since the terms may cancel.
        alpha_n.mul_add(x.min(eps).exp(), (beta - alpha_n).mul_add(x, -alpha_n))
    } else {
        alpha_n.mul_add(
            xielu_derivative_alpha_n(x, alpha_p, alpha_n, beta, eps),
            beta * x,
        )
    }
}

/// The error scale of [`xielu`]: 0 for an `alpha_n` and a beta of the same sign and an eps from
/// -1e-3 on. Otherwise the terms for `x <= 0` cancel at more places, and errors are relative to the
/// largest of them.
pub fn xielu_error_scale(x: f64, _alpha_p: f64, alpha_n: f64, beta: f64, eps: f64) -> ErrorScale {
    let is_usual = alpha_n * beta >= 0.0 && eps >= -1e-3;
    if x > 0.0 || is_usual || x.is_infinite() {
        return ErrorScale::default();
    }
    let terms = [alpha_n * x.min(eps).exp_m1(), alpha_n * x, beta * x];
    ErrorScale {
        forward: terms.into_iter().map(f64::abs).fold(0.0, f64::max),
        ..ErrorScale::default()
    }
}

/// `2 alpha_p x + beta` for `x > 0`, else `alpha_n * (e^x - 1) + beta`.
pub fn xielu_derivative(x: f64, alpha_p: f64, alpha_n: f64, beta: f64, _eps: f64) -> f64 {
    if x > 0.0 {
        scaled(2.0 * alpha_p, x) + beta
    } else if x < -1.0 {
        // Fused, since the terms may cancel.
        alpha_n.mul_add(x.exp(), beta - alpha_n)
    } else {
        alpha_n.mul_add(x.exp_m1(), beta)
    }
}

/// `2 alpha_p` for `x > 0`, else `alpha_n e^x`.
pub fn xielu_second_derivative(x: f64, alpha_p: f64, alpha_n: f64, _beta: f64, _eps: f64) -> f64 {
    if x > 0.0 {
        2.0 * alpha_p
    } else {
        times_exp(alpha_n, x)
    }
}

/// The derivative of [`xielu`] with respect to `alpha_p`: `x^2` for `x > 0`, else 0.
pub fn xielu_derivative_alpha_p(
    x: f64,
    _alpha_p: f64,
    _alpha_n: f64,
    _beta: f64,
    _eps: f64,
) -> f64 {
    if x <= 0.0 { 0.0 } else { x * x }
}

/// The derivative of [`xielu`] with respect to `alpha_n`: 0 for `x > 0`, else
/// `e^min(x, eps) - 1 - x`.
pub fn xielu_derivative_alpha_n(x: f64, _alpha_p: f64, _alpha_n: f64, _beta: f64, eps: f64) -> f64 {
    if x > 0.0 {
        return 0.0;
    } else if !(-1.0..=eps).contains(&x) {
        return x.min(eps).exp_m1() - x;
    }
    exp_remainder(x)
}

/// The derivative of [`xielu`] with respect to `beta`: `x`.
pub fn xielu_derivative_beta(x: f64, _alpha_p: f64, _alpha_n: f64, _beta: f64, _eps: f64) -> f64 {
    x
}
