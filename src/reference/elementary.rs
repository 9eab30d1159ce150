//! Elementary functions. Where PyTorch's derivative goes on beyond the function, as that of the
//! logarithm does below 0, so does this one.

use std::f64::consts::FRAC_2_SQRT_PI;

use super::{one_where, scaled, unless_nan};

/// exp: `e^x`.
pub fn exp(x: f64) -> f64 {
    x.exp()
}

/// `e^x`.
pub fn exp_derivative(x: f64) -> f64 {
    x.exp()
}

/// The derivative of [`exp`] from its value y: y.
pub fn exp_derivative_from_output(y: f64) -> f64 {
    y
}

/// `e^x`.
pub fn exp_second_derivative(x: f64) -> f64 {
    x.exp()
}

/// expm1: `e^x - 1`.
pub fn expm1(x: f64) -> f64 {
    x.exp_m1()
}

/// `e^x`.
pub fn expm1_derivative(x: f64) -> f64 {
    x.exp()
}

/// `e^x`.
pub fn expm1_second_derivative(x: f64) -> f64 {
    x.exp()
}

/// log: the natural logarithm, which is NaN for `x < 0`.
pub fn log(x: f64) -> f64 {
    x.ln()
}

/// `1 / x`.
pub fn log_derivative(x: f64) -> f64 {
    1.0 / x
}

/// `-1 / x^2`.
pub fn log_second_derivative(x: f64) -> f64 {
    -1.0 / (x * x)
}

/// log1p: `log(1 + x)`, which is NaN for `x < -1`.
pub fn log1p(x: f64) -> f64 {
    x.ln_1p()
}

/// `1 / (1 + x)`.
pub fn log1p_derivative(x: f64) -> f64 {
    1.0 / (1.0 + x)
}

/// `-1 / (1 + x)^2`.
pub fn log1p_second_derivative(x: f64) -> f64 {
    -1.0 / ((1.0 + x) * (1.0 + x))
}

/// erf: the error function, `2 / sqrt(pi)` times the integral of `e^(-t^2)` from 0 to x.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// `2 / sqrt(pi) * e^(-x^2)`.
pub fn erf_derivative(x: f64) -> f64 {
    FRAC_2_SQRT_PI * (-x * x).exp()
}

/// `-4 / sqrt(pi) * x * e^(-x^2)`.
pub fn erf_second_derivative(x: f64) -> f64 {
    -2.0 * scaled(erf_derivative(x), x)
}

/// reciprocal: `1 / x`, which is infinite for a zero, with its sign.
pub fn recip(x: f64) -> f64 {
    1.0 / x
}

/// `-1 / x^2`.
pub fn recip_derivative(x: f64) -> f64 {
    -1.0 / (x * x)
}

/// `2 / x^3`.
pub fn recip_second_derivative(x: f64) -> f64 {
    2.0 / (x * x * x)
}

/// square: `x^2`.
pub fn square(x: f64) -> f64 {
    x * x
}

/// `2x`.
pub fn square_derivative(x: f64) -> f64 {
    2.0 * x
}

/// 2.
pub fn square_second_derivative(x: f64) -> f64 {
    unless_nan(2.0, [x])
}

/// abs: `|x|`.
pub fn absolute(x: f64) -> f64 {
    x.abs()
}

/// 1 for `x > 0`, -1 for `x < 0`, and 0 for a zero of any sign.
pub fn absolute_derivative(x: f64) -> f64 {
    if x == 0.0 {
        0.0
    } else {
        unless_nan(1f64.copysign(x), [x])
    }
}

/// sqrt: the square root, which is NaN for `x < 0`, and -0 for -0.
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// `1 / (2 sqrt(x))`.
pub fn sqrt_derivative(x: f64) -> f64 {
    0.5 / x.sqrt()
}

/// The derivative of [`sqrt`] from its value y: `1 / (2 y)`.
pub fn sqrt_derivative_from_output(y: f64) -> f64 {
    0.5 / y
}

/// `-1 / (4 sqrt(x)^3)`.
pub fn sqrt_second_derivative(x: f64) -> f64 {
    -0.25 * rsqrt(x).powi(3)
}

/// rsqrt: `1 / sqrt(x)`, which is infinite for a zero, with its sign, and NaN for `x < 0`.
pub fn rsqrt(x: f64) -> f64 {
    1.0 / x.sqrt()
}

/// `-1 / (2 sqrt(x)^3)`.
pub fn rsqrt_derivative(x: f64) -> f64 {
    -0.5 * rsqrt(x).powi(3)
}

/// `3 / (4 sqrt(x)^5)`.
pub fn rsqrt_second_derivative(x: f64) -> f64 {
    0.75 * rsqrt(x).powi(5)
}

/// pow: `x^exponent`, which is NaN for `x < 0` unless the exponent is a whole number.
pub fn pow(x: f64, exponent: f64) -> f64 {
    unless_nan(x.powf(exponent), [x, exponent])
}

/// `exponent * x^(exponent - 1)`, and 0 for an exponent of 0.
pub fn pow_derivative(x: f64, exponent: f64) -> f64 {
    scaled(exponent, less_power(x, exponent, 1.0))
}

/// `exponent * (exponent - 1) * x^(exponent - 2)`, and 0 for an exponent of 0 or 1.
pub fn pow_second_derivative(x: f64, exponent: f64) -> f64 {
    scaled(exponent * (exponent - 1.0), less_power(x, exponent, 2.0))
}

/// The derivative of [`pow`] with respect to its exponent: `x^exponent * log(x)`, and 0 for an x of
/// 0 unless the exponent is negative.
pub fn pow_derivative_exponent(x: f64, exponent: f64) -> f64 {
    let y = pow(x, exponent);
    if x == 0.0 && exponent >= 0.0 || x == f64::INFINITY && exponent < 0.0 {
        0.0
    } else if x == 0.0 {
        unless_nan(f64::NEG_INFINITY, [exponent])
    } else {
        y * x.ln()
    }
}

/// `x^(exponent - less)` for a less of 1 or 2. The sign is that of the exact difference.
fn less_power(x: f64, exponent: f64, less: f64) -> f64 {
    if pow(x, exponent).is_nan() {
        return f64::NAN;
    }
    let y = x.abs().powf(exponent - less);
    // Of a fraction the remainder is neither.
    if exponent.rem_euclid(2.0) == (less + 1.0).rem_euclid(2.0) {
        y.copysign(x)
    } else {
        y
    }
}

/// sign: 1 for `x > 0`, -1 for `x < 0`, and a zero as it is.
pub fn sign(x: f64) -> f64 {
    if x == 0.0 {
        x
    } else {
        unless_nan(1f64.copysign(x), [x])
    }
}

/// 0.
pub fn sign_derivative(x: f64) -> f64 {
    scaled(0.0, x)
}

/// floor: the largest whole number that is not above x.
pub fn floor(x: f64) -> f64 {
    x.floor()
}

/// 0.
pub fn floor_derivative(x: f64) -> f64 {
    scaled(0.0, x)
}

/// ceil: the least whole number that is not below x.
pub fn ceil(x: f64) -> f64 {
    x.ceil()
}

/// 0.
pub fn ceil_derivative(x: f64) -> f64 {
    scaled(0.0, x)
}

/// round: the nearest whole number, and the even one of two that are equally near.
pub fn round(x: f64) -> f64 {
    x.round_ties_even()
}

/// 0.
pub fn round_derivative(x: f64) -> f64 {
    scaled(0.0, x)
}

/// step: 1 for `x > 0`, else 0.
pub fn step(x: f64) -> f64 {
    one_where(x, x > 0.0)
}

/// 0.
pub fn step_derivative(x: f64) -> f64 {
    scaled(0.0, x)
}

/// affine: `alpha * x + beta`, and `beta` for an `alpha` of 0, also where x is infinite.
pub fn affine(x: f64, alpha: f64, beta: f64) -> f64 {
    scaled(alpha, x) + beta
}

/// `alpha`.
pub fn affine_derivative(x: f64, alpha: f64, _beta: f64) -> f64 {
    unless_nan(alpha, [x])
}

/// The derivative of [`affine`] with respect to `alpha`: `x`.
pub fn affine_derivative_alpha(x: f64, _alpha: f64, _beta: f64) -> f64 {
    x
}

/// The derivative of [`affine`] with respect to `beta`: 1.
pub fn affine_derivative_beta(x: f64, _alpha: f64, _beta: f64) -> f64 {
    unless_nan(1.0, [x])
}
