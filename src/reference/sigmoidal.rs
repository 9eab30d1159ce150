//! Sigmoid, tanh and softplus, and activations that are products, differences or logarithms of
//! these.

use super::scaled;

/// sigmoid: `1 / (1 + e^-x)`.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `sigmoid(x) * (1 - sigmoid(x))`, computed as `e / (1 + e)^2` with `e = e^-|x|`, where no digits
/// cancel.
pub fn sigmoid_derivative(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    e / ((1.0 + e) * (1.0 + e))
}

/// The derivative of [`sigmoid`] from its value y: `y * (1 - y)`.
pub fn sigmoid_derivative_from_output(y: f64) -> f64 {
    y * (1.0 - y)
}

/// `f'(x) * (1 - 2 f(x))`, computed as `-f'(x) * tanh(x / 2)`, where no digits cancel.
pub fn sigmoid_second_derivative(x: f64) -> f64 {
    -sigmoid_derivative(x) * (0.5 * x).tanh()
}

/// tanh: the hyperbolic tangent.
pub fn tanh(x: f64) -> f64 {
    x.tanh()
}

/// `1 - tanh(x)^2`, computed as `4 * sigmoid'(2x)`, where no digits cancel.
pub fn tanh_derivative(x: f64) -> f64 {
    4.0 * sigmoid_derivative(2.0 * x)
}

/// The derivative of [`tanh`] from its value y: `1 - y^2`.
pub fn tanh_derivative_from_output(y: f64) -> f64 {
    (1.0 - y) * (1.0 + y)
}

/// `-2 tanh(x) tanh'(x)`.
pub fn tanh_second_derivative(x: f64) -> f64 {
    -2.0 * x.tanh() * tanh_derivative(x)
}

/// `beta * x`, but a zero for a `beta` of 0 and an infinite x.
fn scaled_tanh_argument(x: f64, beta: f64) -> f64 {
    if beta == 0.0 && x.is_infinite() {
        beta * x.signum()
    } else {
        beta * x
    }
}

/// `scaled_tanh`: `alpha * tanh(beta * x)`, where a `beta` of 0 makes 0 of an infinite x, too.
pub fn scaled_tanh(x: f64, alpha: f64, beta: f64) -> f64 {
    alpha * scaled_tanh_argument(x, beta).tanh()
}

/// `alpha * beta * tanh'(beta * x)`.
pub fn scaled_tanh_derivative(x: f64, alpha: f64, beta: f64) -> f64 {
    alpha * beta * tanh_derivative(scaled_tanh_argument(x, beta))
}

/// `-2 alpha beta^2 tanh(beta x) tanh'(beta x)`.
pub fn scaled_tanh_second_derivative(x: f64, alpha: f64, beta: f64) -> f64 {
    alpha * beta * beta * tanh_second_derivative(scaled_tanh_argument(x, beta))
}

/// The derivative of [`scaled_tanh`] with respect to `alpha`: `tanh(beta * x)`.
pub fn scaled_tanh_derivative_alpha(x: f64, _alpha: f64, beta: f64) -> f64 {
    scaled_tanh_argument(x, beta).tanh()
}

/// The derivative of [`scaled_tanh`] with respect to `beta`: `alpha * x * tanh'(beta * x)`.
pub fn scaled_tanh_derivative_beta(x: f64, alpha: f64, beta: f64) -> f64 {
    scaled(
        alpha,
        scaled(tanh_derivative(scaled_tanh_argument(x, beta)), x),
    )
}

/// softcap: `cap * tanh(x / cap)`, and x for an infinite cap.
pub fn softcap(x: f64, cap: f64) -> f64 {
    if cap.is_infinite() && x.is_finite() {
        x
    } else {
        cap * (x / cap).tanh()
    }
}

/// `tanh'(x / cap)`.
pub fn softcap_derivative(x: f64, cap: f64) -> f64 {
    tanh_derivative(x / cap)
}

/// The derivative of [`softcap`] from its value y, for a positive cap: `1 - (y / cap)^2`.
pub fn softcap_derivative_from_output(y: f64, cap: f64) -> f64 {
    (cap - y) / cap * (1.0 + y / cap)
}

/// `tanh''(x / cap) / cap`.
pub fn softcap_second_derivative(x: f64, cap: f64) -> f64 {
    let curvature = tanh_second_derivative(x / cap);
    if curvature == 0.0 {
        0.0
    } else {
        curvature / cap
    }
}

/// The derivative of [`softcap`] with respect to its cap: `tanh(q) - q tanh'(q)` with
/// `q = x / cap`. Near 0 it is computed as `(sinh(2q) - 2q) / (2 cosh(q)^2)`, whose numerator is a
/// series of terms of the same sign.
pub fn softcap_derivative_cap(x: f64, cap: f64) -> f64 {
    let q = x / cap;
    if q.abs() >= 0.5 || q.is_nan() {
        return q.tanh() - scaled(tanh_derivative(q), q);
    }
    // The last of the terms (2q)^(2k + 1) / (2k + 1)! is below 1e-21 of the first.
    let (mut power, mut sum) = (2.0 * q, 0.0);
    for k in 1..9 {
        let k = 2.0 * f64::from(k);
        power *= 4.0 * q * q / (k * (k + 1.0));
        sum += power;
    }
    sum / (2.0 * q.cosh().powi(2))
}

/// lisht: `x * tanh(x)`.
pub fn lisht(x: f64) -> f64 {
    x * x.tanh()
}

/// `tanh(x) + x tanh'(x)`.
pub fn lisht_derivative(x: f64) -> f64 {
    x.tanh() + scaled(tanh_derivative(x), x)
}

/// `2 tanh'(x) (1 - x tanh(x))`.
pub fn lisht_second_derivative(x: f64) -> f64 {
    scaled(2.0 * tanh_derivative(x), 1.0 - lisht(x))
}

/// tanhshrink: `x - tanh(x)`. Near 0 it is computed as `(x cosh(x) - sinh(x)) / cosh(x)`, whose
/// numerator is a series of terms of the same sign.
pub fn tanhshrink(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    } else if x.abs() > 1.0 {
        return x - x.tanh();
    }
    // x cosh(x) - sinh(x) is the sum of 2k / (2k + 1)! * x^(2k + 1). The last of these terms is
    // below 1e-21 of the first.
    let (mut power, mut sum) = (x, 0.0);
    for k in 1..12 {
        let k = f64::from(k);
        power *= x * x / (2.0 * k * (2.0 * k + 1.0));
        sum += 2.0 * k * power;
    }
    sum / x.cosh()
}

/// `tanh(x)^2`.
pub fn tanhshrink_derivative(x: f64) -> f64 {
    x.tanh() * x.tanh()
}

/// `2 tanh(x) tanh'(x)`.
pub fn tanhshrink_second_derivative(x: f64) -> f64 {
    -tanh_second_derivative(x)
}

/// softplus: `log(1 + e^(beta * x)) / beta`, and `x` where `beta * x > threshold`.
pub fn softplus(x: f64, beta: f64, threshold: f64) -> f64 {
    let z = beta * x;
    if z > threshold || x.is_nan() {
        x
    } else {
        (z.max(0.0) + (-z.abs()).exp().ln_1p()) / beta
    }
}

/// `1 / (1 + e^(-beta * x))`, and 1 where `beta * x > threshold`.
pub fn softplus_derivative(x: f64, beta: f64, threshold: f64) -> f64 {
    if beta * x > threshold {
        1.0
    } else {
        sigmoid(beta * x)
    }
}

/// The derivative of [`softplus`] from its value y, for a positive beta: `1 - e^(-beta * y)`, and NaN
/// for `y < 0`. The threshold must be so large that `e^-threshold` is lost beside 1 in f32.
pub fn softplus_derivative_from_output(y: f64, beta: f64, _threshold: f64) -> f64 {
    if y < 0.0 {
        f64::NAN
    } else {
        -(-(beta * y).abs()).exp_m1()
    }
}

/// `beta * sigmoid'(beta * x)`, and 0 where `beta * x >= threshold`.
pub fn softplus_second_derivative(x: f64, beta: f64, threshold: f64) -> f64 {
    if beta * x >= threshold {
        0.0
    } else {
        scaled(sigmoid_derivative(beta * x), beta)
    }
}

/// The derivative of [`softplus`] with respect to beta: `(z * sigmoid(z) - log(1 + e^z)) / beta^2`
/// with `z = beta * x`, and 0 where `z > threshold`. It is computed as
/// `-(log(1 + e) + |z| e / (1 + e)) / beta^2` with `e = e^-|z|`, where no digits cancel.
pub fn softplus_derivative_beta(x: f64, beta: f64, threshold: f64) -> f64 {
    let z = beta * x;
    if z > threshold {
        return 0.0;
    }
    let e = (-z.abs()).exp();
    -(e.ln_1p() + scaled(e / (1.0 + e), z.abs())) / (beta * beta)
}

/// logsigmoid: `-log(1 + e^-x)`.
pub fn logsigmoid(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else {
        x.min(0.0) - (-x.abs()).exp().ln_1p()
    }
}

/// `1 / (1 + e^x)`.
pub fn logsigmoid_derivative(x: f64) -> f64 {
    sigmoid(-x)
}

/// `-sigmoid'(x)`.
pub fn logsigmoid_second_derivative(x: f64) -> f64 {
    -sigmoid_derivative(x)
}
