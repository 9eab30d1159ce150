//! Piecewise linear and quadratic activations with kinks apart from 0.

use super::{one_where, scaled, unless_nan};

/// hardtanh: `min(max(x, min_val), max_val)`.
pub fn hardtanh(x: f64, min_val: f64, max_val: f64) -> f64 {
    let x = unless_nan(x, [min_val, max_val]);
    let y = if x < min_val { min_val } else { x };
    if y > max_val { max_val } else { y }
}

/// 1 for `min_val < x < max_val`, else 0.
pub fn hardtanh_derivative(x: f64, min_val: f64, max_val: f64) -> f64 {
    let x = unless_nan(x, [min_val, max_val]);
    one_where(x, min_val < x && x < max_val)
}

/// The derivative of [`hardtanh`] from its value y: 1 for `min_val < y < max_val`, else 0.
pub fn hardtanh_derivative_from_output(y: f64, min_val: f64, max_val: f64) -> f64 {
    hardtanh_derivative(y, min_val, max_val)
}

/// The derivative of [`hardtanh`] with respect to `min_val`: 1 for `x <= min_val < max_val`,
/// else 0.
pub fn hardtanh_derivative_min_val(x: f64, min_val: f64, max_val: f64) -> f64 {
    let x = unless_nan(x, [min_val, max_val]);
    one_where(x, x <= min_val && min_val < max_val)
}

/// The derivative of [`hardtanh`] with respect to `max_val`: 1 for
/// `max(x, min_val) >= max_val`, else 0.
pub fn hardtanh_derivative_max_val(x: f64, min_val: f64, max_val: f64) -> f64 {
    let x = unless_nan(x, [min_val, max_val]);
    one_where(x, x >= max_val || min_val >= max_val)
}

/// relu6: `min(max(0, x), 6)`.
pub fn relu6(x: f64) -> f64 {
    hardtanh(x, 0.0, 6.0)
}

/// 1 for `0 < x < 6`, else 0.
pub fn relu6_derivative(x: f64) -> f64 {
    hardtanh_derivative(x, 0.0, 6.0)
}

/// The derivative of [`relu6`] from its value y: 1 for `0 < y < 6`, else 0.
pub fn relu6_derivative_from_output(y: f64) -> f64 {
    relu6_derivative(y)
}

/// hardshrink: `x` for `|x| > lambd`, else 0.
pub fn hardshrink(x: f64, lambd: f64) -> f64 {
    let x = unless_nan(x, [lambd]);
    if x.abs() <= lambd { 0.0 } else { x }
}

/// 1 for `|x| > lambd`, else 0.
pub fn hardshrink_derivative(x: f64, lambd: f64) -> f64 {
    one_where(unless_nan(x, [lambd]), x.abs() > lambd)
}

/// softshrink: `x - lambd` for `x > lambd`, else `x + lambd` for `x < -lambd`, else 0.
pub fn softshrink(x: f64, lambd: f64) -> f64 {
    if x > lambd {
        x - lambd
    } else if x < -lambd {
        x + lambd
    } else {
        scaled(0.0, unless_nan(x, [lambd]))
    }
}

/// 1 for `|x| > lambd`, else 0.
pub fn softshrink_derivative(x: f64, lambd: f64) -> f64 {
    hardshrink_derivative(x, lambd)
}

/// The derivative of [`softshrink`] with respect to `lambd`: -1 for `x > lambd`, else 1 for
/// `x < -lambd`, else 0.
pub fn softshrink_derivative_lambd(x: f64, lambd: f64) -> f64 {
    if x > lambd {
        -1.0
    } else {
        softshrink_derivative(x, lambd)
    }
}

/// shrink: `x + bias` for `x < -lambd`, else `x - bias` for `x > lambd`, else 0.
pub fn shrink(x: f64, lambd: f64, bias: f64) -> f64 {
    if x < -lambd {
        x + bias
    } else if x > lambd {
        x - bias
    } else {
        scaled(0.0, unless_nan(x, [lambd]))
    }
}

/// 1 for `|x| > lambd`, else 0.
pub fn shrink_derivative(x: f64, lambd: f64, _bias: f64) -> f64 {
    hardshrink_derivative(x, lambd)
}

/// The derivative of [`shrink`] with respect to its bias: 1 for `x < -lambd`, else -1 for
/// `x > lambd`, else 0.
pub fn shrink_derivative_bias(x: f64, lambd: f64, bias: f64) -> f64 {
    if x < -lambd {
        1.0
    } else {
        -shrink_derivative(x, lambd, bias)
    }
}

/// `sparse_plus`: 0 for `x <= -1`, `x` for `x >= 1`, else `(x + 1)^2 / 4`.
pub fn sparse_plus(x: f64) -> f64 {
    if x >= 1.0 {
        x
    } else {
        sparse_sigmoid(x) * sparse_sigmoid(x)
    }
}

/// 0 for `x <= -1`, 1 for `x >= 1`, else `(x + 1) / 2`.
pub fn sparse_plus_derivative(x: f64) -> f64 {
    sparse_sigmoid(x)
}

/// 1/2 for `-1 < x < 1`, else 0.
pub fn sparse_plus_second_derivative(x: f64) -> f64 {
    sparse_sigmoid_derivative(x)
}

/// `sparse_sigmoid`: 0 for `x <= -1`, 1 for `x >= 1`, else `(x + 1) / 2`.
pub fn sparse_sigmoid(x: f64) -> f64 {
    hardtanh((x + 1.0) / 2.0, 0.0, 1.0)
}

/// 1/2 for `-1 < x < 1`, else 0.
pub fn sparse_sigmoid_derivative(x: f64) -> f64 {
    0.5 * one_where(x, x.abs() < 1.0)
}

/// The derivative of [`sparse_sigmoid`] from its value y: 1/2 for `0 < y < 1`, else 0.
pub fn sparse_sigmoid_derivative_from_output(y: f64) -> f64 {
    0.5 * one_where(y, 0.0 < y && y < 1.0)
}

/// hardsigmoid: `min(max(slope * x + offset, 0), 1)`. The sum has one rounding.
pub fn hardsigmoid(x: f64, slope: f64, offset: f64) -> f64 {
    let line = if is_default_line(slope, offset) {
        (x + 3.0) / 6.0
    } else {
        scaled(slope, x) + offset
    };
    hardtanh(line, 0.0, 1.0)
}

/// `slope` where `0 < slope * x + offset < 1`, else 0.
pub fn hardsigmoid_derivative(x: f64, slope: f64, offset: f64) -> f64 {
    let is_default = is_default_line(slope, offset);
    let slope_or_sixth = if is_default { 1.0 / 6.0 } else { slope };
    scaled(
        hardsigmoid_derivative_offset(x, slope, offset),
        slope_or_sixth,
    )
}

/// The derivative of [`hardsigmoid`] from its value y: `slope` for `0 < y < 1`, else 0.
pub fn hardsigmoid_derivative_from_output(y: f64, slope: f64, _offset: f64) -> f64 {
    if 0.0 < y && y < 1.0 {
        slope
    } else {
        one_where(y, false)
    }
}

/// The derivative of [`hardsigmoid`] with respect to its slope: `x` where
/// `0 < slope * x + offset < 1`, else 0.
pub fn hardsigmoid_derivative_slope(x: f64, slope: f64, offset: f64) -> f64 {
    scaled(hardsigmoid_derivative_offset(x, slope, offset), x)
}

/// The derivative of [`hardsigmoid`] with respect to its offset: 1 where
/// `0 < slope * x + offset < 1`, else 0.
pub fn hardsigmoid_derivative_offset(x: f64, slope: f64, offset: f64) -> f64 {
    if is_default_line(slope, offset) {
        return one_where(x, x.abs() < 3.0);
    }
    // The product of two f32 numbers is exact; the sum might round to 0 or 1.
    let product = scaled(slope, x);
    let is_inside = product > -offset && is_below_1(product, offset);
    one_where(unless_nan(x, [product + offset]), is_inside)
}

/// `a + b < 1`, exactly: the sum and its rounding error (Knuth's) are compared.
fn is_below_1(a: f64, b: f64) -> bool {
    let sum = a + b;
    let b_seen = sum - a;
    let error = (a - (sum - b_seen)) + (b - b_seen);
    sum < 1.0 || sum == 1.0 && error < 0.0
}

/// Returns whether the line is the default one, `(x + 3) / 6`. Kernels are given the f32 nearest to
/// its slope of 1/6.
fn is_default_line(slope: f64, offset: f64) -> bool {
    slope == f64::from(1.0f32 / 6.0) && offset == 0.5
}

/// hardswish: `x * min(max(x + 3, 0), 6) / 6`, and -0 for `x <= -3`.
pub fn hardswish(x: f64) -> f64 {
    if x <= -3.0 {
        -0.0
    } else if x >= 3.0 {
        x
    } else {
        x * (x + 3.0) / 6.0
    }
}

/// 0 for `x <= -3`, 1 for `x >= 3`, else `(2x + 3) / 6`.
pub fn hardswish_derivative(x: f64) -> f64 {
    if x <= -3.0 {
        0.0
    } else if x >= 3.0 {
        1.0
    } else {
        (2.0 * x + 3.0) / 6.0
    }
}

/// 1/3 for `-3 < x < 3`, else 0.
pub fn hardswish_second_derivative(x: f64) -> f64 {
    one_where(x, x.abs() < 3.0) / 3.0
}

/// `hard_mish`: `x / 2 * min(2, max(0, x + 2))`, and -0 for `x <= -2`.
pub fn hard_mish(x: f64) -> f64 {
    if x <= -2.0 {
        -0.0
    } else {
        x / 2.0 * hardtanh(x + 2.0, 0.0, 2.0)
    }
}

/// 0 for `x <= -2`, 1 for `x > 0`, else `x + 1`.
pub fn hard_mish_derivative(x: f64) -> f64 {
    if -2.0 < x && x <= 0.0 {
        x + 1.0
    } else {
        one_where(x, x > 0.0)
    }
}

/// 1 for `-2 < x < 0`, else 0.
pub fn hard_mish_second_derivative(x: f64) -> f64 {
    one_where(x, -2.0 < x && x < 0.0)
}
