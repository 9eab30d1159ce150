//! Piecewise linear and quadratic activations.

use super::scaled;

/// `x` for `x >= 0` (so that -0 stays -0), else 0.
#[must_use]
pub fn relu(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// 1 for `x > 0`, else 0.
#[must_use]
pub fn relu_derivative(x: f64) -> f64 {
    leaky_relu_derivative(x, 0.0)
}

/// `x`.
#[must_use]
pub fn identity(x: f64) -> f64 {
    x
}

/// 1.
#[must_use]
pub fn identity_derivative(x: f64) -> f64 {
    step(x, true)
}

/// `x`, kept between 0 and 6.
#[must_use]
pub fn relu6(x: f64) -> f64 {
    hardtanh(x, 0.0, 6.0)
}

/// 1 for `0 < x < 6`, else 0.
#[must_use]
pub fn relu6_derivative(x: f64) -> f64 {
    hardtanh_derivative(x, 0.0, 6.0)
}

/// `x` for `x > threshold`, else `value`.
#[must_use]
pub fn threshold(x: f64, threshold: f64, value: f64) -> f64 {
    if x <= threshold { value } else { x }
}

/// 1 for `x > threshold`, else 0.
#[must_use]
pub fn threshold_derivative(x: f64, threshold: f64, _value: f64) -> f64 {
    step(x, x > threshold)
}

/// The derivative of [`threshold`] with respect to its value: 0 for `x > threshold`, else 1.
#[must_use]
pub fn threshold_derivative_value(x: f64, threshold: f64, _value: f64) -> f64 {
    step(x, x <= threshold)
}

/// `min(max(x, min_val), max_val)`.
#[must_use]
pub fn hardtanh(x: f64, min_val: f64, max_val: f64) -> f64 {
    let y = if x < min_val { min_val } else { x };
    if y > max_val { max_val } else { y }
}

/// 1 for `min_val < x < max_val`, else 0.
#[must_use]
pub fn hardtanh_derivative(x: f64, min_val: f64, max_val: f64) -> f64 {
    step(x, min_val < x && x < max_val)
}

/// The derivative of [`hardtanh`] with respect to `min_val`: 1 for `x <= min_val < max_val`, else 0.
#[must_use]
pub fn hardtanh_derivative_min_val(x: f64, min_val: f64, max_val: f64) -> f64 {
    step(x, x <= min_val && min_val < max_val)
}

/// The derivative of [`hardtanh`] with respect to `max_val`: 1 for `max(x, min_val) >= max_val`, else 0.
#[must_use]
pub fn hardtanh_derivative_max_val(x: f64, min_val: f64, max_val: f64) -> f64 {
    step(x, x >= max_val || min_val >= max_val)
}

/// `max(0, x)^2`.
#[must_use]
pub fn relu_squared(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { x * x }
}

/// `2x` for `x > 0`, else 0.
#[must_use]
pub fn relu_squared_derivative(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { 2.0 * x }
}

/// 2 for `x > 0`, else 0.
#[must_use]
pub fn relu_squared_second_derivative(x: f64) -> f64 {
    2.0 * step(x, x > 0.0)
}

/// 1 where a condition on x holds, else 0; NaN stays NaN.
fn step(x: f64, holds: bool) -> f64 {
    if x.is_nan() {
        x
    } else {
        f64::from(u8::from(holds))
    }
}

/// `x` for `|x| > lambd`, else 0.
#[must_use]
pub fn hardshrink(x: f64, lambd: f64) -> f64 {
    if x.abs() <= lambd { 0.0 } else { x }
}

/// 1 for `|x| > lambd`, else 0.
#[must_use]
pub fn hardshrink_derivative(x: f64, lambd: f64) -> f64 {
    step(x, x.abs() > lambd)
}

/// `x - lambd` for `x > lambd`, `x + lambd` for `x < -lambd`, else 0.
#[must_use]
pub fn softshrink(x: f64, lambd: f64) -> f64 {
    shrink(x, lambd, lambd)
}

/// 1 for `|x| > lambd`, else 0.
#[must_use]
pub fn softshrink_derivative(x: f64, lambd: f64) -> f64 {
    hardshrink_derivative(x, lambd)
}

/// The derivative of [`softshrink`] with respect to `lambd`: -1 for `x > lambd`, 1 for `x < -lambd`, else 0.
#[must_use]
pub fn softshrink_derivative_lambd(x: f64, lambd: f64) -> f64 {
    shrink_derivative_bias(x, lambd, lambd)
}

/// `x - bias` for `x > lambd`, `x + bias` for `x < -lambd`, else 0.
#[must_use]
pub fn shrink(x: f64, lambd: f64, bias: f64) -> f64 {
    if x > lambd {
        x - bias
    } else if x < -lambd {
        x + bias
    } else {
        0.0 * step(x, true)
    }
}

/// 1 for `|x| > lambd`, else 0.
#[must_use]
pub fn shrink_derivative(x: f64, lambd: f64, _bias: f64) -> f64 {
    hardshrink_derivative(x, lambd)
}

/// The derivative of [`shrink`] with respect to its bias: -1 for `x > lambd`, 1 for `x < -lambd`, else 0.
#[must_use]
pub fn shrink_derivative_bias(x: f64, lambd: f64, _bias: f64) -> f64 {
    step(x, x < -lambd) - step(x, x > lambd)
}

/// 0 for `x <= -1`, `x` for `x >= 1`, else `(x + 1)^2 / 4`.
#[must_use]
pub fn sparse_plus(x: f64) -> f64 {
    if x >= 1.0 {
        x
    } else {
        sparse_sigmoid(x) * sparse_sigmoid(x)
    }
}

/// 0 for `x <= -1`, 1 for `x >= 1`, else `(x + 1) / 2`.
#[must_use]
pub fn sparse_plus_derivative(x: f64) -> f64 {
    sparse_sigmoid(x)
}

/// 1/2 for `-1 < x < 1`, else 0.
#[must_use]
pub fn sparse_plus_second_derivative(x: f64) -> f64 {
    sparse_sigmoid_derivative(x)
}

/// 0 for `x <= -1`, 1 for `x >= 1`, else `(x + 1) / 2`.
#[must_use]
pub fn sparse_sigmoid(x: f64) -> f64 {
    hardtanh((x + 1.0) / 2.0, 0.0, 1.0)
}

/// 1/2 for `-1 < x < 1`, else 0.
#[must_use]
pub fn sparse_sigmoid_derivative(x: f64) -> f64 {
    0.5 * step(x, x.abs() < 1.0)
}

/// `x` for `x > 0`, else `negative_slope * x`.
#[must_use]
pub fn leaky_relu(x: f64, negative_slope: f64) -> f64 {
    if x >= 0.0 {
        x
    } else {
        scaled(negative_slope, x)
    }
}

/// 1 for `x > 0`, else `negative_slope`.
#[must_use]
pub fn leaky_relu_derivative(x: f64, negative_slope: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x > 0.0 {
        1.0
    } else {
        negative_slope
    }
}

/// The derivative of [`leaky_relu`] with respect to its negative slope: 0 for `x > 0`, else `x`.
#[must_use]
pub fn leaky_relu_derivative_negative_slope(x: f64, _negative_slope: f64) -> f64 {
    if x > 0.0 { 0.0 } else { x }
}

/// `x` for `x > 0`, else `weight * x`.
#[must_use]
pub fn prelu(x: f64, weight: f64) -> f64 {
    leaky_relu(x, weight)
}

/// 1 for `x > 0`, else `weight`.
#[must_use]
pub fn prelu_derivative(x: f64, weight: f64) -> f64 {
    leaky_relu_derivative(x, weight)
}

/// The derivative of [`prelu`] with respect to its weight: 0 for `x > 0`, else `x`.
#[must_use]
pub fn prelu_derivative_weight(x: f64, weight: f64) -> f64 {
    leaky_relu_derivative_negative_slope(x, weight)
}

/// [`leaky_relu`] with the mean of two slopes: evaluation mode.
#[must_use]
pub fn rrelu(x: f64, lower: f64, upper: f64) -> f64 {
    leaky_relu(x, 0.5 * lower + 0.5 * upper)
}

/// 1 for `x > 0`, else the mean of the slopes.
#[must_use]
pub fn rrelu_derivative(x: f64, lower: f64, upper: f64) -> f64 {
    leaky_relu_derivative(x, 0.5 * lower + 0.5 * upper)
}

/// [`leaky_relu`] with a random slope: training mode, for a random number from 0 to 1.
#[must_use]
pub fn rrelu_training(x: f64, lower: f64, upper: f64, random: f64) -> f64 {
    leaky_relu(x, lower + (upper - lower) * random)
}

/// 1 for `x > 0`, else the random slope.
#[must_use]
pub fn rrelu_training_derivative(x: f64, lower: f64, upper: f64, random: f64) -> f64 {
    leaky_relu_derivative(x, lower + (upper - lower) * random)
}

/// `slope * x + offset`, kept between 0 and 1.
#[must_use]
pub fn hardsigmoid(x: f64, slope: f64, offset: f64) -> f64 {
    if x.is_nan() {
        x
    } else {
        hardsigmoid_line(x, slope, offset).clamp(0.0, 1.0)
    }
}

/// `slope` where `0 < slope * x + offset < 1`, else 0.
#[must_use]
pub fn hardsigmoid_derivative(x: f64, slope: f64, offset: f64) -> f64 {
    let slope_itself = if is_sixth(slope, offset) {
        1.0 / 6.0
    } else {
        slope
    };
    slope_itself * hardsigmoid_derivative_offset(x, slope, offset)
}

/// The derivative of [`hardsigmoid`] with respect to its slope: `x` where `0 < slope * x + offset < 1`, else 0.
#[must_use]
pub fn hardsigmoid_derivative_slope(x: f64, slope: f64, offset: f64) -> f64 {
    scaled(hardsigmoid_derivative_offset(x, slope, offset), x)
}

/// The derivative of [`hardsigmoid`] with respect to its offset: 1 where `0 < slope * x + offset < 1`, else 0.
#[must_use]
pub fn hardsigmoid_derivative_offset(x: f64, slope: f64, offset: f64) -> f64 {
    // The sum may round to 0 or 1; the product of two f32 numbers is exact.
    let (product, ends) = (slope * x, -offset..1.0 - offset);
    let inside = if is_sixth(slope, offset) {
        x.abs() < 3.0
    } else {
        product > ends.start && product < ends.end
    };
    if x.is_nan() {
        x
    } else {
        f64::from(u8::from(inside))
    }
}

/// `slope * x + offset` with one rounding.
fn hardsigmoid_line(x: f64, slope: f64, offset: f64) -> f64 {
    if is_sixth(slope, offset) {
        (x + 3.0) / 6.0
    } else {
        slope.mul_add(x, offset)
    }
}

/// Whether the line is the default one, `(x + 3) / 6`, though the slope that a kernel can be given is the nearest f32.
fn is_sixth(slope: f64, offset: f64) -> bool {
    slope == f64::from(1.0f32 / 6.0) && offset == 0.5
}

/// `x * min(max(x + 3, 0), 6) / 6`.
#[must_use]
pub fn hardswish(x: f64) -> f64 {
    if x <= -3.0 {
        0f64.copysign(x)
    } else if x >= 3.0 {
        x
    } else {
        x * (x + 3.0) / 6.0
    }
}

/// 0 for `x <= -3`, 1 for `x >= 3`, else `(2x + 3) / 6`.
#[must_use]
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
#[must_use]
pub fn hardswish_second_derivative(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x.abs() < 3.0 {
        1.0 / 3.0
    } else {
        0.0
    }
}

/// `x / (1 + |x|)`.
#[must_use]
pub fn softsign(x: f64) -> f64 {
    if x.is_infinite() {
        x.signum()
    } else {
        x / (1.0 + x.abs())
    }
}

/// `1 / (1 + |x|)^2`.
#[must_use]
pub fn softsign_derivative(x: f64) -> f64 {
    (1.0 + x.abs()).powi(-2)
}

/// `-2 / (1 + |x|)^3` with the sign of `x`, and 0 at 0.
#[must_use]
pub fn softsign_second_derivative(x: f64) -> f64 {
    if x == 0.0 {
        0.0
    } else {
        -2.0 * x.signum() * (1.0 + x.abs()).powi(-3)
    }
}
