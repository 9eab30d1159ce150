//! Rectified linear units, and the identity.

use super::{one_where, scaled};

/// identity: `x`.
pub fn identity(x: f64) -> f64 {
    x
}

/// 1.
pub fn identity_derivative(x: f64) -> f64 {
    one_where(x, true)
}

/// relu: `max(0, x)`, and -0 for -0.
pub fn relu(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// 1 for `x > 0`, else 0.
pub fn relu_derivative(x: f64) -> f64 {
    leaky_relu_derivative(x, 0.0)
}

/// The derivative of [`relu`] from y = relu(x): 1 for `y > 0`, else 0.
pub fn relu_derivative_from_output(y: f64) -> f64 {
    relu_derivative(y)
}

/// threshold: `x` for `x > threshold`, else `value`.
pub fn threshold(x: f64, threshold: f64, value: f64) -> f64 {
    if x <= threshold { value } else { x }
}

/// 1 for `x > threshold`, else 0.
pub fn threshold_derivative(x: f64, threshold: f64, _value: f64) -> f64 {
    one_where(x, x > threshold)
}

/// The derivative of [`threshold`] with respect to its value: 0 for `x > threshold`, else 1.
pub fn threshold_derivative_value(x: f64, threshold: f64, _value: f64) -> f64 {
    one_where(x, x <= threshold)
}

/// `relu_squared`: `max(0, x)^2`.
pub fn relu_squared(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { x * x }
}

/// `2x` for `x > 0`, else 0.
pub fn relu_squared_derivative(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { 2.0 * x }
}

/// 2 for `x > 0`, else 0.
pub fn relu_squared_second_derivative(x: f64) -> f64 {
    2.0 * one_where(x, x > 0.0)
}

/// `star_relu`: `scale * max(0, x)^2 + bias`.
pub fn star_relu(x: f64, scale: f64, bias: f64) -> f64 {
    if x <= 0.0 && scale.is_finite() || scale == 0.0 && !x.is_nan() {
        bias
    } else {
        scale.mul_add(relu_squared(x), bias)
    }
}

/// `2 * scale * x` for `x > 0`, else 0.
pub fn star_relu_derivative(x: f64, scale: f64, _bias: f64) -> f64 {
    if x <= 0.0 && scale.is_finite() {
        0.0
    } else {
        scaled(scale, relu_squared_derivative(x))
    }
}

/// `2 * scale` for `x > 0`, else 0.
pub fn star_relu_second_derivative(x: f64, scale: f64, _bias: f64) -> f64 {
    scaled(scale, relu_squared_second_derivative(x))
}

/// The derivative of [`star_relu`] with respect to its scale: `max(0, x)^2`.
pub fn star_relu_derivative_scale(x: f64, _scale: f64, _bias: f64) -> f64 {
    relu_squared(x)
}

/// The derivative of [`star_relu`] with respect to its bias: 1.
pub fn star_relu_derivative_bias(x: f64, _scale: f64, _bias: f64) -> f64 {
    identity_derivative(x)
}

/// `leaky_relu`: `x` for `x > 0`, else `negative_slope * x`.
pub fn leaky_relu(x: f64, negative_slope: f64) -> f64 {
    if x > 0.0 || x == 0.0 && negative_slope.is_finite() {
        x
    } else {
        scaled(negative_slope, x)
    }
}

/// 1 for `x > 0`, else `negative_slope`.
pub fn leaky_relu_derivative(x: f64, negative_slope: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else {
        negative_slope * one_where(x, true)
    }
}

/// The derivative of [`leaky_relu`] from its value y, for a slope that is not negative: 1 for
/// `y > 0`, else `negative_slope`.
pub fn leaky_relu_derivative_from_output(y: f64, negative_slope: f64) -> f64 {
    leaky_relu_derivative(y, negative_slope)
}

/// The derivative of [`leaky_relu`] with respect to `negative_slope`: 0 for `x > 0`, else `x`.
pub fn leaky_relu_derivative_negative_slope(x: f64, _negative_slope: f64) -> f64 {
    if x > 0.0 { 0.0 } else { x }
}

/// prelu: `x` for `x > 0`, else `weight * x`.
pub fn prelu(x: f64, weight: f64) -> f64 {
    leaky_relu(x, weight)
}

/// 1 for `x > 0`, else `weight`.
pub fn prelu_derivative(x: f64, weight: f64) -> f64 {
    leaky_relu_derivative(x, weight)
}

/// The derivative of [`prelu`] with respect to its weight: 0 for `x > 0`, else `x`.
pub fn prelu_derivative_weight(x: f64, weight: f64) -> f64 {
    leaky_relu_derivative_negative_slope(x, weight)
}

/// rrelu in evaluation mode: [`leaky_relu`] with the mean of two slopes.
pub fn rrelu(x: f64, lower: f64, upper: f64) -> f64 {
    leaky_relu(x, 0.5 * lower + 0.5 * upper)
}

/// 1 for `x > 0`, else the mean of the slopes.
pub fn rrelu_derivative(x: f64, lower: f64, upper: f64) -> f64 {
    leaky_relu_derivative(x, 0.5 * lower + 0.5 * upper)
}

/// rrelu in training mode: [`leaky_relu`] with the slope `lower + (upper - lower) * random`, where
/// the random number is from 0 to 1.
pub fn rrelu_training(x: f64, lower: f64, upper: f64, random: f64) -> f64 {
    leaky_relu(x, lower + (upper - lower) * random)
}

/// 1 for `x > 0`, else the random slope of [`rrelu_training`].
pub fn rrelu_training_derivative(x: f64, lower: f64, upper: f64, random: f64) -> f64 {
    leaky_relu_derivative(x, lower + (upper - lower) * random)
}
