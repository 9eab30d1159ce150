//! Activations that multiply x by a smooth step from 0 to 1. Their limit at -Inf is -0.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use super::{scaled, sigmoid, sigmoid_derivative, softcap, softcap_derivative, tanh_derivative};

/// The factor of x in the sigmoid form of gelu.
const QUICK_GELU_BETA: f64 = 1.702;

/// The coefficient of `x^3` in the tanh form of gelu.
const GELU_TANH_CUBIC: f64 = 0.044715;

/// Beyond this x, `mish'(x)` rounds to 1. `e^(4x)` is still finite there.
const MISH_DERIVATIVE_IS_1: f64 = 60.0;

/// Beyond this x, `serf'(x)` rounds to 1.
const SERF_DERIVATIVE_IS_1: f64 = 20.0;

/// `gate * x`. A gate of 0 gives a zero with the sign of x, even for an infinite x.
fn gate_times(gate: f64, x: f64) -> f64 {
    if gate == 0.0 {
        0f64.copysign(x)
    } else {
        gate * x
    }
}

/// The derivative of `x * sigmoid(z(x))`, given z and `x_slope = x * z'(x)`. For `z < 0` it is
/// `E (1 + E + x_slope) / (1 + E)^2` with `E = e^z`. For `z > 0` it is 1 minus the same with the
/// opposite signs. Digits cancel only near its zero.
fn gated_derivative(z: f64, x_slope: f64) -> f64 {
    if z.is_nan() {
        return z;
    }
    let flip = if z > 0.0 { -1.0 } else { 1.0 };
    let e = (flip * z).exp();
    // Where e^z underflows, the derivative is a negative number that rounds to 0.
    let below = if e == 0.0 {
        -0.0
    } else {
        e * (1.0 + e + flip * x_slope) / ((1.0 + e) * (1.0 + e))
    };
    if z > 0.0 { 1.0 - below } else { below }
}

/// silu: `x * sigmoid(x)`.
pub fn silu(x: f64) -> f64 {
    swish(x, 1.0)
}

/// `s (1 + x (1 - s))` with `s = sigmoid(x)`.
pub fn silu_derivative(x: f64) -> f64 {
    swish_derivative(x, 1.0)
}

/// `s' (2 - x tanh(x / 2))` with `s' = sigmoid'(x)`.
pub fn silu_second_derivative(x: f64) -> f64 {
    swish_second_derivative(x, 1.0)
}

/// swish: `x * sigmoid(beta * x)`.
pub fn swish(x: f64, beta: f64) -> f64 {
    // For a beta of 0 swish is x / 2, even for an infinite x.
    gate_times(sigmoid(scaled(beta, x)), x)
}

/// `s (1 + beta x (1 - s))` with `s = sigmoid(beta * x)`.
pub fn swish_derivative(x: f64, beta: f64) -> f64 {
    let z = scaled(beta, x);
    gated_derivative(z, z)
}

/// `beta s' (2 - z tanh(z / 2))` with `z = beta * x` and `s' = sigmoid'(z)`.
pub fn swish_second_derivative(x: f64, beta: f64) -> f64 {
    let z = scaled(beta, x);
    scaled(
        scaled(sigmoid_derivative(z), 2.0 - z * (0.5 * z).tanh()),
        beta,
    )
}

/// The derivative of [`swish`] with respect to beta: `x^2 * sigmoid'(beta * x)`.
pub fn swish_derivative_beta(x: f64, beta: f64) -> f64 {
    scaled(sigmoid_derivative(scaled(beta, x)), x * x)
}

/// `quick_gelu`: `x * sigmoid(1.702 * x)`.
pub fn quick_gelu(x: f64) -> f64 {
    swish(x, QUICK_GELU_BETA)
}

/// `s (1 + 1.702 x (1 - s))` with `s = sigmoid(1.702 * x)`.
pub fn quick_gelu_derivative(x: f64) -> f64 {
    swish_derivative(x, QUICK_GELU_BETA)
}

/// `1.702 s' (2 - z tanh(z / 2))` with `z = 1.702 * x` and `s' = sigmoid'(z)`.
pub fn quick_gelu_second_derivative(x: f64) -> f64 {
    swish_second_derivative(x, QUICK_GELU_BETA)
}

/// mish: `x * tanh(log(1 + e^x))`.
pub fn mish(x: f64) -> f64 {
    gate_times(x.exp().ln_1p().tanh(), x)
}

/// `t + x s (1 - t^2)` with `t = tanh(log(1 + e^x))` and `s = sigmoid(x)`. It is computed as a
/// fraction in `w = e^x`, where fewer digits cancel near its zero.
pub fn mish_derivative(x: f64) -> f64 {
    if x > MISH_DERIVATIVE_IS_1 {
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
pub fn mish_second_derivative(x: f64) -> f64 {
    let (softplus, s) = (x.exp().ln_1p(), sigmoid(x));
    let bend = sigmoid_derivative(x) - 2.0 * softplus.tanh() * s * s;
    scaled(tanh_derivative(softplus), 2.0 * s + scaled(bend, x))
}

/// gelu: `x * Phi(x)`, where Phi is the distribution function of the normal distribution.
pub fn gelu(x: f64) -> f64 {
    gate_times(0.5 * libm::erfc(-x * FRAC_1_SQRT_2), x)
}

/// `Phi(x) + x e^(-x^2 / 2) / sqrt(2 pi)`.
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
pub fn gelu_second_derivative(x: f64) -> f64 {
    scaled(density(x), 2.0 - x * x)
}

/// The density of the normal distribution: `e^(-x^2 / 2) / sqrt(2 pi)`.
pub(super) fn density(x: f64) -> f64 {
    0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (-0.5 * x * x).exp()
}

/// z and `x z'(x)` for `z = 2 sqrt(2 / pi) (x + 0.044715 x^3)`, the argument of [`gelu_tanh`].
fn gelu_tanh_argument(x: f64) -> (f64, f64) {
    let (k, c) = (2.0 * (2.0 / PI).sqrt(), GELU_TANH_CUBIC);
    (k * (x + c * x * x * x), k * (x + 3.0 * c * x * x * x))
}

/// `gelu_tanh`: `x * sigmoid(z)` with `z = 2 sqrt(2 / pi) (x + 0.044715 x^3)`, which is
/// `x / 2 * (1 + tanh(z / 2))`.
pub fn gelu_tanh(x: f64) -> f64 {
    gate_times(sigmoid(gelu_tanh_argument(x).0), x)
}

/// `s + x s (1 - s) z'` with `s = sigmoid(z)`, and z as in [`gelu_tanh`].
pub fn gelu_tanh_derivative(x: f64) -> f64 {
    let (z, x_slope) = gelu_tanh_argument(x);
    gated_derivative(z, x_slope)
}

/// `s' (2 z' + x z'' - x z'^2 tanh(z / 2))` with `s' = sigmoid'(z)`, and z as in [`gelu_tanh`].
pub fn gelu_tanh_second_derivative(x: f64) -> f64 {
    let (k, c) = (2.0 * (2.0 / PI).sqrt(), GELU_TANH_CUBIC);
    let (z, slope) = (gelu_tanh_argument(x).0, k * (1.0 + 3.0 * c * x * x));
    let s_slope = sigmoid_derivative(z);
    if s_slope == 0.0 {
        return 0.0;
    }
    s_slope * (2.0 * slope + k * 6.0 * c * x * x - x * slope * slope * (0.5 * z).tanh())
}

/// telu: `x * tanh(e^x)`.
pub fn telu(x: f64) -> f64 {
    gate_times(x.exp().tanh(), x)
}

/// `tanh(w) + x w tanh'(w)` with `w = e^x`.
pub fn telu_derivative(x: f64) -> f64 {
    let w = x.exp();
    if w == 0.0 {
        -0.0
    } else {
        w.tanh() + scaled(tanh_derivative(w), x * w)
    }
}

/// `w tanh'(w) (2 + x - 2 x w tanh(w))` with `w = e^x`.
pub fn telu_second_derivative(x: f64) -> f64 {
    let w = x.exp();
    let slope = scaled(tanh_derivative(w), w);
    if slope == 0.0 {
        0.0
    } else {
        slope * (2.0 + x - 2.0 * x * w * w.tanh())
    }
}

/// serf: `x * erf(log(1 + e^x))`.
pub fn serf(x: f64) -> f64 {
    gate_times(libm::erf(serf_argument(x)), x)
}

/// The argument of the error function in [`serf`]: `log(1 + e^x)`.
fn serf_argument(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The derivative of `erf(s)` with `s = log(1 + e^x)`: `2 / sqrt(pi) e^(-s^2) sigmoid(x)`.
fn serf_slope(x: f64) -> f64 {
    FRAC_2_SQRT_PI * (-serf_argument(x).powi(2)).exp() * sigmoid(x)
}

/// `erf(s) + 2 x / sqrt(pi) e^(-s^2) sigmoid(x)` with `s = log(1 + e^x)`.
pub fn serf_derivative(x: f64) -> f64 {
    if x > SERF_DERIVATIVE_IS_1 {
        return 1.0;
    }
    let slope = serf_slope(x);
    if slope == 0.0 {
        -0.0
    } else {
        libm::erf(serf_argument(x)) + x * slope
    }
}

/// `2 / sqrt(pi) e^(-s^2) g (2 + x (1 - g) - 2 x s g)` with `s = log(1 + e^x)` and
/// `g = sigmoid(x)`.
pub fn serf_second_derivative(x: f64) -> f64 {
    let slope = serf_slope(x);
    if slope == 0.0 {
        0.0
    } else {
        slope * (2.0 + x * sigmoid(-x) - 2.0 * x * serf_argument(x) * sigmoid(x))
    }
}

/// `swiglu_oai`: `(v + offset) * swish(g, alpha)` with `v = min(max(value, -limit), limit)` and
/// `g = min(gate, limit)`.
pub fn swiglu_oai(value: f64, gate: f64, alpha: f64, limit: f64, offset: f64) -> f64 {
    if value.is_nan() || gate.is_nan() {
        f64::NAN
    } else {
        (value.max(-limit).min(limit) + offset) * swish(gate.min(limit), alpha)
    }
}

/// The derivatives of [`swiglu_oai`] with respect to value and gate: `swish(g, alpha)` for
/// `-limit < value < limit` and `(v + offset) * swish'(g, alpha)` for `gate < limit`, else 0.
pub fn swiglu_oai_derivatives(
    value: f64,
    gate: f64,
    alpha: f64,
    limit: f64,
    offset: f64,
) -> [f64; 2] {
    if value.is_nan() || gate.is_nan() {
        return [f64::NAN; 2];
    }
    let by_value = if value.abs() < limit {
        swish(gate.min(limit), alpha)
    } else {
        0.0
    };
    let by_gate = if gate < limit {
        (value.max(-limit).min(limit) + offset) * swish_derivative(gate, alpha)
    } else {
        0.0
    };
    [by_value, by_gate]
}

/// The factor of situglu that depends on the gate.
fn situglu_gate(gate: f64, beta1: f64) -> f64 {
    scaled(sigmoid(gate), softcap(gate, beta1))
}

/// situglu: `softcap(gate, beta1) * sigmoid(gate) * softcap(value, beta2)`.
pub fn situglu(value: f64, gate: f64, beta1: f64, beta2: f64) -> f64 {
    scaled(situglu_gate(gate, beta1), softcap(value, beta2))
}

/// The derivatives of [`situglu`] with respect to value and gate.
pub fn situglu_derivatives(value: f64, gate: f64, beta1: f64, beta2: f64) -> [f64; 2] {
    let by_gate = scaled(sigmoid(gate), softcap_derivative(gate, beta1))
        + scaled(sigmoid_derivative(gate), softcap(gate, beta1));
    [
        scaled(situglu_gate(gate, beta1), softcap_derivative(value, beta2)),
        scaled(by_gate, softcap(value, beta2)),
    ]
}
