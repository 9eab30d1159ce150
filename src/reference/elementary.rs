//! Elementary functions. Where PyTorch's derivative goes on beyond the function, as that of the
//! logarithm does below 0, so does this one.

use super::unless_nan;

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
