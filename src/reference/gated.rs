//! Activations that multiply x by a smooth step from 0 to 1. At -Inf all of them are -0, the limit.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use super::{scaled, sigmoid, sigmoid_derivative, tanh_derivative};

/// `gate * x`; a gate of 0 gives a zero of x's sign, also for an infinite x.
fn gated(gate: f64, x: f64) -> f64 {
    if gate == 0.0 {
        0f64.copysign(x)
    } else {
        gate * x
    }
}

/// The derivative of `x * sigmoid(z(x))`, given `x * z'(x)`: `E (1 + E + x z') / (1 + E)^2` with `E = e^z` for `z < 0`, and 1
/// minus that of the other sign for `z > 0`, so that nothing cancels but at its zero.
fn gated_derivative(z: f64, x_slope: f64) -> f64 {
    if z.is_nan() {
        return z;
    }
    let flip = if z > 0.0 { -1.0 } else { 1.0 };
    let e = (flip * z).exp();
    // Where e^z is no f64 any more, a negative number has come too near to 0.
    let below = if e == 0.0 {
        -0.0
    } else {
        e * (1.0 + e + flip * x_slope) / ((1.0 + e) * (1.0 + e))
    };
    if z > 0.0 { 1.0 - below } else { below }
}

/// `x * sigmoid(x)`.
#[must_use]
pub fn silu(x: f64) -> f64 {
    swish(x, 1.0)
}

/// `s (1 + x (1 - s))` with `s = sigmoid(x)`.
#[must_use]
pub fn silu_derivative(x: f64) -> f64 {
    swish_derivative(x, 1.0)
}

/// `s' (2 - x tanh(x / 2))` with `s' = sigmoid'(x)`.
#[must_use]
pub fn silu_second_derivative(x: f64) -> f64 {
    swish_second_derivative(x, 1.0)
}

/// `x * sigmoid(beta * x)`.
#[must_use]
pub fn swish(x: f64, beta: f64) -> f64 {
    // With a beta of 0 swish is x / 2, also for an infinite x.
    gated(sigmoid(scaled(beta, x)), x)
}

/// `s (1 + beta x (1 - s))` with `s = sigmoid(beta * x)`.
#[must_use]
pub fn swish_derivative(x: f64, beta: f64) -> f64 {
    let z = scaled(beta, x);
    gated_derivative(z, z)
}

/// `beta s' (2 - z tanh(z / 2))` with `z = beta * x` and `s' = sigmoid'(z)`.
#[must_use]
pub fn swish_second_derivative(x: f64, beta: f64) -> f64 {
    let z = scaled(beta, x);
    beta * scaled(sigmoid_derivative(z), 2.0 - z * (0.5 * z).tanh())
}

/// The derivative of [`swish`] with respect to beta: `x^2 * sigmoid'(beta * x)`.
#[must_use]
pub fn swish_derivative_beta(x: f64, beta: f64) -> f64 {
    scaled(sigmoid_derivative(scaled(beta, x)), x * x)
}

/// `x * sigmoid(1.702 * x)`.
#[must_use]
pub fn quick_gelu(x: f64) -> f64 {
    swish(x, 1.702)
}

/// `s (1 + 1.702 x (1 - s))` with `s = sigmoid(1.702 * x)`.
#[must_use]
pub fn quick_gelu_derivative(x: f64) -> f64 {
    swish_derivative(x, 1.702)
}

/// `1.702 s' (2 - z tanh(z / 2))` with `z = 1.702 * x` and `s' = sigmoid'(z)`.
#[must_use]
pub fn quick_gelu_second_derivative(x: f64) -> f64 {
    swish_second_derivative(x, 1.702)
}

/// `x * tanh(log(1 + e^x))`.
#[must_use]
pub fn mish(x: f64) -> f64 {
    gated(x.exp().ln_1p().tanh(), x)
}

/// `t + x s (1 - t^2)` with `t = tanh(log(1 + e^x))` and `s = sigmoid(x)`, as a fraction in `w = e^x`, in which fewer digits
/// cancel at its zero.
#[must_use]
pub fn mish_derivative(x: f64) -> f64 {
    if x > 60.0 {
        return 1.0;
    }
    let w = x.exp();
    if w == 0.0 {
        return -0.0;
    }
    let d = w.mul_add(w + 2.0, 2.0);
    (4.0 * (1.0 + x)).mul_add(1.0 + w, w * w.mul_add(w + 4.0, 2.0)) * w / (d * d)
}

/// `(1 - t^2) (2 s + x (s' - 2 t s^2))` with `t = tanh(log(1 + e^x))` and `s = sigmoid(x)`.
#[must_use]
pub fn mish_second_derivative(x: f64) -> f64 {
    let (softplus, s) = (x.exp().ln_1p(), sigmoid(x));
    let bend = sigmoid_derivative(x) - 2.0 * softplus.tanh() * s * s;
    scaled(tanh_derivative(softplus), 2.0 * s + scaled(bend, x))
}

/// `x * Phi(x)`, Phi the distribution function of the normal distribution.
#[must_use]
pub fn gelu(x: f64) -> f64 {
    gated(0.5 * libm::erfc(-x * FRAC_1_SQRT_2), x)
}

/// `Phi(x) + x e^(-x^2 / 2) / sqrt(2 pi)`.
#[must_use]
pub fn gelu_derivative(x: f64) -> f64 {
    let density = density(x);
    let tail = 0.5 * libm::erfc(x.abs() * FRAC_1_SQRT_2);
    let below = if density == 0.0 {
        -tail
    } else {
        tail - x.abs() * density
    };
    if x > 0.0 { 1.0 - below } else { below }
}

/// `(2 - x^2) e^(-x^2 / 2) / sqrt(2 pi)`.
#[must_use]
pub fn gelu_second_derivative(x: f64) -> f64 {
    scaled(density(x), 2.0 - x * x)
}

/// That of the normal distribution.
fn density(x: f64) -> f64 {
    0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (-0.5 * x * x).exp()
}

/// `x * sigmoid(z)`, `z = 2 sqrt(2 / pi) (x + 0.044715 x^3)`.
#[must_use]
pub fn gelu_tanh(x: f64) -> f64 {
    gated(
        sigmoid(2.0 * (2.0 / PI).sqrt() * (x + 0.044715 * x * x * x)),
        x,
    )
}

/// `s + x s (1 - s) z'` with `s = sigmoid(z)`.
#[must_use]
pub fn gelu_tanh_derivative(x: f64) -> f64 {
    let k = 2.0 * (2.0 / PI).sqrt();
    gated_derivative(
        k * (x + 0.044715 * x * x * x),
        k * (x + 3.0 * 0.044715 * x * x * x),
    )
}

/// `(v + 1) * swish(g, alpha)`, the value between -limit and limit, the gate at most limit.
#[must_use]
pub fn swiglu_oai(value: f64, gate: f64, alpha: f64, limit: f64) -> f64 {
    if value.is_nan() || gate.is_nan() {
        f64::NAN
    } else {
        (value.clamp(-limit, limit) + 1.0) * swish(gate.min(limit), alpha)
    }
}

/// The derivatives of [`swiglu_oai`] with respect to value and gate: 0 where these are clamped.
#[must_use]
pub fn swiglu_oai_derivatives(value: f64, gate: f64, alpha: f64, limit: f64) -> [f64; 2] {
    if value.is_nan() || gate.is_nan() {
        return [f64::NAN; 2];
    }
    let g = gate.min(limit);
    let by_value = if value.abs() > limit {
        0.0
    } else {
        swish(g, alpha)
    };
    let by_gate = if gate > limit {
        0.0
    } else {
        (value.clamp(-limit, limit) + 1.0) * swish_derivative(g, alpha)
    };
    [by_value, by_gate]
}

/// `s' (2 z' + x z'' - x z'^2 tanh(z / 2))` with `s' = sigmoid'(z)`.
#[must_use]
pub fn gelu_tanh_second_derivative(x: f64) -> f64 {
    let k = 2.0 * (2.0 / PI).sqrt();
    let (z, slope) = (
        k * (x + 0.044715 * x * x * x),
        k * (1.0 + 3.0 * 0.044715 * x * x),
    );
    let s_slope = sigmoid_derivative(z);
    if s_slope == 0.0 {
        return 0.0;
    }
    s_slope * (2.0 * slope + k * 6.0 * 0.044715 * x * x - x * slope * slope * (0.5 * z).tanh())
}

/// `x * erf(log(1 + e^x))`.
#[must_use]
pub fn serf(x: f64) -> f64 {
    gated(libm::erf(serf_argument(x)), x)
}

/// `log(1 + e^x)`.
fn serf_argument(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The derivative of `erf(log(1 + e^x))`.
fn serf_slope(x: f64) -> f64 {
    FRAC_2_SQRT_PI * (-serf_argument(x).powi(2)).exp() * sigmoid(x)
}

/// `erf(s) + 2 x / sqrt(pi) e^(-s^2) sigmoid(x)` with `s = log(1 + e^x)`.
#[must_use]
pub fn serf_derivative(x: f64) -> f64 {
    if x > 20.0 {
        return 1.0;
    }
    let slope = serf_slope(x);
    if slope == 0.0 {
        -0.0
    } else {
        libm::erf(serf_argument(x)) + x * slope
    }
}

/// `2 / sqrt(pi) e^(-s^2) g (2 + x (1 - g) - 2 x s g)` with `s = log(1 + e^x)` and `g = sigmoid(x)`.
#[must_use]
pub fn serf_second_derivative(x: f64) -> f64 {
    let slope = serf_slope(x);
    if slope == 0.0 {
        0.0
    } else {
        slope * (2.0 + x * sigmoid(-x) - 2.0 * x * serf_argument(x) * sigmoid(x))
    }
}
