#!/usr/bin/env python3
"""The fitted numbers in shaders/: `pip install mpmath numpy`, then run this.

--check looks for each polynomial in the shader function of its name, and for each constant in its
file.

A polynomial is fitted to the least possible largest error. Then its coefficients are rounded to f32
one after the other, lowest order first, and those that are left are fitted again each time. Errors
are printed in units of 2^-24: before the rounding, and after it.
"""

import argparse
import pathlib
import re
import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 40
SHADERS = pathlib.Path(__file__).parent.parent / "shaders"


def fit(f, low, high, degree, weight=lambda x, y: abs(y), fixed=(), points=300):
    """Coefficients, lowest order first, and the largest errors relative to the weight. `fixed` are given coefficients."""
    x = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(points) + 0.5) / points)
    y = np.array([float(f(mp.mpf(float(v)))) for v in x])
    scale = 1 / np.array([float(weight(u, v)) for u, v in zip(x, y)])
    powers = np.vander(x, degree + 1, increasing=True)

    def errors(coefficients):
        return np.abs((powers @ coefficients - y) * scale)

    def minimax(fixed):
        """Lawson's algorithm: least squares, again and again, with weights that grow where the error is large."""
        free = list(range(len(fixed), degree + 1))
        rest = y - powers[:, : len(fixed)] @ np.array(fixed)
        unit = np.abs(powers[:, free]).max(0)
        weights, best = np.ones(points), None
        for _ in range(80):
            row = np.sqrt(weights) * scale
            solved = np.linalg.lstsq(powers[:, free] / unit * row[:, None], rest * row, rcond=None)[0] / unit
            error = errors(np.append(fixed, solved))
            if best is None or error.max() < best[0]:
                best = (error.max(), solved)
            weights = weights * error
            weights /= weights.sum()
        return best

    rounded = list(fixed)
    unrounded = minimax(rounded)[0]
    while len(rounded) <= degree:
        rounded.append(float(np.float32(minimax(rounded)[1][0])))
    return rounded, unrounded * 2**24, errors(np.array(rounded)).max() * 2**24


# ---------------------------------------------------------------- functions


def series_at_0(f, limit, bound):
    """f, or its limit, where it is 0/0."""
    return lambda x: f(x) if abs(x) > bound else limit(x)


expm1_polynomial = series_at_0(lambda r: (mp.expm1(r) - r) / r**2, lambda r: mp.mpf(1) / 2, 1e-9)
expm1_quotient = series_at_0(lambda r: mp.expm1(r) / r, lambda r: 1 + r / 2, 1e-9)
log1p_rest = series_at_0(lambda e: (e - mp.log1p(e)) / e**2, lambda e: mp.mpf(1) / 2, 1e-9)
tanhshrink_P = series_at_0(lambda u: (mp.sqrt(u) - mp.tanh(mp.sqrt(u))) / u**1.5, lambda u: mp.mpf(1) / 3 - u * 2 / 15, 1e-8)
celu_P = series_at_0(lambda a: (1 - (1 + a) * mp.exp(-a)) / a**2, lambda a: mp.mpf(1) / 2 - a / 3, 1e-9)
sin_P = series_at_0(lambda u: (mp.sin(mp.sqrt(u)) / mp.sqrt(u) - 1) / u, lambda u: -mp.mpf(1) / 6 + u / 120, 1e-9)
cos_P = series_at_0(lambda u: (mp.cos(mp.sqrt(u)) - 1 + u / 2) / u**2, lambda u: mp.mpf(1) / 24 - u / 720, 1e-7)
exp_rest = series_at_0(lambda r: (mp.expm1(r) - r - r * r / 2) / r**3, lambda r: mp.mpf(1) / 6 + r / 24, 1e-7)
atan_Q = series_at_0(lambda u: (mp.atan(mp.sqrt(u)) / mp.sqrt(u) - 1) / u, lambda u: -mp.mpf(1) / 3 + u / 5, 1e-8)
tanh_squared_P = series_at_0(lambda u: mp.tanh(mp.sqrt(u)) ** 2 / u, lambda u: mp.mpf(1), 1e-10)
laplace_P = series_at_0(lambda u: (mp.ncdf(mp.sqrt(u)) - HALF) / mp.sqrt(u), lambda u: (1 - u / 6) / mp.sqrt(2 * mp.pi), 1e-8)
telu_T = series_at_0(lambda u: (mp.tanh(mp.sqrt(u)) / mp.sqrt(u) - 1) / u, lambda u: -mp.mpf(1) / 3 + u * 2 / 15, 1e-8)
telu_S = series_at_0(lambda u: (mp.sech(mp.sqrt(u)) ** 2 - 1) / u, lambda u: -1 + u * 2 / 3, 1e-8)
pow_P = series_at_0(
    lambda u: (mp.log((1 + mp.sqrt(u)) / (1 - mp.sqrt(u))) - 2 * mp.sqrt(u)) / u**1.5, lambda u: mp.mpf(2) / 3 + u * 2 / 5, 1e-8
)
softcap_P = series_at_0(
    lambda u: (mp.tanh(mp.sqrt(u)) - mp.sqrt(u) * mp.sech(mp.sqrt(u)) ** 2) / u**1.5, lambda u: mp.mpf(2) / 3 - u * 8 / 15, 1e-8
)


log_R = series_at_0(lambda f: (f - mp.log1p(f)) / f**2, lambda f: mp.mpf(1) / 2 - f / 3, 1e-7)
erf_P = series_at_0(lambda u: mp.erf(mp.sqrt(u)) / mp.sqrt(u) - 1, lambda u: 2 / mp.sqrt(mp.pi) * (1 - u / 3) - 1, 1e-8)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def silu_d(x):
    return sigmoid(x) * (1 + x * (1 - sigmoid(x)))


def mish_d(x):
    w = mp.exp(x)
    return w * (4 * (1 + x) * (1 + w) + w * (w * w + 4 * w + 2)) / (w * w + 2 * w + 2) ** 2


K1 = 2 * mp.sqrt(2 / mp.pi)
K3 = K1 * mp.mpf("0.044715")


def gelu_tanh_d(x):
    s = sigmoid(K1 * x + K3 * x**3)
    return s + x * s * (1 - s) * (K1 + 3 * K3 * x**2)


def telu_d(x):
    return mp.tanh(mp.exp(x)) + x * mp.exp(x) * mp.sech(mp.exp(x)) ** 2


def serf_T(E):
    """erf(log(1 + E)) / E."""
    return mp.erf(mp.log1p(E)) / E if E > 1e-12 else 2 / mp.sqrt(mp.pi)


def serf_U(E):
    """The derivative of erf(log(1 + E))."""
    return 2 / mp.sqrt(mp.pi) * mp.exp(-mp.log1p(E) ** 2) / (1 + E)


def serf_P(E):
    return (serf_U(E) - serf_U(0)) / E


def serf_V(E):
    return (serf_T(E) - serf_U(E)) / E if E > 1e-8 else 1 / mp.sqrt(mp.pi)


def serf_W(x):
    return mp.erfc(mp.log1p(mp.exp(x)))


def serf_d(x):
    return 1 - serf_W(x) + x * mp.exp(x) * serf_U(mp.exp(x))


def mills(a):
    """Phi(-a) e^(a^2 / 2)."""
    return mp.exp(a * a / 2) * mp.erfc(a / mp.sqrt(2)) / 2


def gelu_slope(a):
    """-gelu'(-a) e^(a^2 / 2)."""
    return a / mp.sqrt(2 * mp.pi) - mills(a)


def gelu_G(t):
    """a Phi(-a) e^(a^2 / 2) / g for g = t + 5/8 = a / (a + 5/2)."""
    g = t + mp.mpf(5) / 8
    a = mp.mpf(5) / 2 * g / (1 - g)
    return a * mills(a) / g if a > 1e-12 else mp.mpf(5) / 4


def gelu_tanh_bend(sign):
    """2 k1 + 12 k3 a^2 + sign a z'^2, a polynomial in a."""
    return [2 * K1, sign * K1**2, 12 * K3, sign * 6 * K1 * K3, 0, sign * 9 * K3**2]


def divided(polynomial, zero):
    """A polynomial without one of its zeros, f(x) / (zero - x)."""
    quotient = [mp.mpf(0)]
    for coefficient in reversed(polynomial[1:]):
        quotient.insert(0, quotient[0] * zero - coefficient)
    return quotient[:-1]


def without_zero(f, zero, x):
    """f(x) / (x - zero)."""
    return f(x) / (x - zero) if abs(x - zero) > 1e-12 else mp.diff(f, zero)


SERF_ZERO = mp.findroot(serf_d, -1.193)
SILU_ZERO = mp.findroot(silu_d, -1.2785)
MISH_ZERO = mp.findroot(mish_d, -1.1924)
TELU_ZERO = mp.findroot(telu_d, -1.0789)
GELU_TANH_ZERO = mp.findroot(gelu_tanh_d, -0.7525)
GELU_TANH_BEND_ZERO = mp.findroot(lambda a: mp.polyval(gelu_tanh_bend(-1)[::-1], a), 1.2187)
GELU_ZERO = mp.findroot(gelu_slope, 0.7518)


def window(f, zero, shift, below, above, degree):
    """f(x) / (x - zero) in v = x + shift, from the zero - below to the zero + above, and a little more."""
    middle = float(zero) + shift
    return fit(lambda v: without_zero(f, zero, v - shift), middle - below - 0.002, middle + above + 0.002, degree, points=150)


def around(f, zero, distance, degree):
    """f(x) / (x - zero) in x - zero, and a little more; nearest to the truth at the zero, where other errors are largest."""
    slope = float(np.float32(float(mp.diff(f, zero))))
    return fit(lambda t: without_zero(f, zero, zero + t), -distance - 0.002, distance + 0.002, degree, fixed=[slope], points=150)


# ---------------------------------------------------------------- the numbers

# In w = 1 / (a + 2), for a from 0 to 14.6: a little beyond where gelu' ends.
GELU_K = (lambda w: without_zero(gelu_slope, GELU_ZERO, 1 / w - 2), 1 / 16.6, 1 / 2)

HALF = mp.mpf(1) / 2
SERF_K = (lambda v: without_zero(serf_d, SERF_ZERO, v - mp.mpf("0.625")), -1.002, 1.627)


def absolute(_x, _y):
    return 1


# The file, the function, and the fit.
POLYNOMIALS = [
    ("math", "expm1_rest", lambda: fit(expm1_polynomial, -0.3475, 0.3475, 4, lambda r, _: np.exp(r) / (r * r + 1e-12), [0.5])),
    ("math/logarithms", "log_rest", lambda: fit(log_R, -0.293, 0.4143, 8, lambda f, _: np.abs(np.log1p(f)) / (f * f + 1e-12))),
    ("math/logistic", "log1p_rest", lambda: fit(log1p_rest, 1e-6, 1, 8, lambda e, _: np.log1p(e) / e**2)),
    ("math/logistic", "gate_derivative_polynomial", lambda: around(silu_d, SILU_ZERO, 0.25, 4)),
    ("math/waves", "sin_polynomial", lambda: fit(sin_P, 1e-8, 0.617, 2, lambda u, _: np.sin(np.sqrt(u)) / np.sqrt(u) / u)),
    ("math/waves", "cos_polynomial", lambda: fit(cos_P, 1e-6, 0.617, 2, lambda u, _: np.cos(np.sqrt(u)) / u**2)),
    ("activations/atan", "atan_polynomial", lambda: fit(atan_Q, 1e-7, 1, 8, lambda u, _: np.arctan(np.sqrt(u)) / np.sqrt(u) / u)),
    ("activations/celu", "celu_polynomial", lambda: fit(celu_P, 1e-7, 1, 6)),
    ("activations/erf", "erf_polynomial", lambda: fit(erf_P, 1e-7, 1, 6, lambda _, y: 1 + y)),
    ("activations/erf", "erf_tail_polynomial", lambda: fit(lambda t: mp.erfc(2 * t + 2.5), -0.75, 0.75, 14, absolute, points=200)),
    ("math/normal", "normal_polynomial", lambda: fit(gelu_G, -0.625, 14.5 / 17 - 0.625 + 1e-4, 9, points=200)),
    ("activations/gelu", "gelu_derivative_polynomial", lambda: fit(*GELU_K, 9, points=200)),
    ("activations/gelu_tanh", "gelu_tanh_derivative_polynomial", lambda: around(gelu_tanh_d, GELU_TANH_ZERO, 0.25, 6)),
    ("activations/mish", "mish_derivative_polynomial", lambda: window(mish_d, MISH_ZERO, 0.75, 0.3, 1.2, 9)),
    ("activations/pow", "pow_polynomial", lambda: fit(pow_P, 1e-7, 0.0296, 3)),
    ("activations/serf", "serf_T_polynomial", lambda: fit(lambda v: serf_T(v + HALF), -0.5, 0.5, 8)),
    ("activations/serf", "serf_W_polynomial", lambda: fit(lambda t: serf_W(2 * t + 2), -1, 1, 16, absolute, points=200)),
    ("activations/serf", "serf_P_polynomial", lambda: fit(serf_P, 1e-7, 0.2, 5, lambda e, _: 1 / e)),
    ("activations/serf", "serf_V_polynomial", lambda: fit(serf_V, 1e-7, 0.2, 5, absolute)),
    ("activations/serf", "serf_K_polynomial", lambda: fit(*SERF_K, 13, points=200)),
    ("activations/serf", "serf_D_polynomial", lambda: fit(lambda t: serf_d(1.75 * t + 2.75) - 1, -1, 1, 15, absolute, points=200)),
    ("activations/laplace", "laplace_polynomial", lambda: fit(laplace_P, 1e-7, 0.81, 5)),
    ("activations/softcap", "softcap_polynomial", lambda: fit(softcap_P, 1e-7, 0.81, 7)),
    ("activations/tanhshrink", "tanhshrink_polynomial", lambda: fit(tanhshrink_P, 1e-7, 0.7569, 6)),
    ("activations/tanhshrink", "tanh_squared_polynomial", lambda: fit(tanh_squared_P, 1e-7, 0.81, 7)),
    ("activations/telu", "telu_T_polynomial", lambda: fit(telu_T, 1e-7, 1, 6, lambda u, y: (1 + u * y) / u)),
    ("activations/telu", "telu_S_polynomial", lambda: fit(telu_S, 1e-8, 0.0625, 3, lambda u, _: 1 / u)),
    ("activations/telu", "telu_K_polynomial", lambda: fit(lambda v: without_zero(telu_d, TELU_ZERO, v - 0.875), -0.877, 0.877, 11)),
    # For 16-bit results.
    ("math16", "expm1_core", lambda: fit(expm1_polynomial, -0.3475, 0.3475, 3, lambda r, _: np.exp(r) / (r * r + 1e-12))),
    ("math16", "expm1_near", lambda: fit(expm1_quotient, -0.1, 0, 2, fixed=[1.0])),
    ("math16", "log_rest", lambda: fit(log_R, -0.293, 0.4143, 5, lambda f, _: np.abs(np.log1p(f)) / (f * f + 1e-12))),
    ("math16", "log1p_rest", lambda: fit(log1p_rest, 1e-6, 1, 5, lambda e, _: np.log1p(e) / e**2)),
    ("math16", "normal_polynomial", lambda: fit(gelu_G, -0.625, 14.5 / 17 - 0.625 + 1e-4, 7, points=200)),
    ("math16", "gelu_derivative_polynomial", lambda: fit(*GELU_K, 5, points=200)),
    ("math16", "gelu_tanh_derivative_polynomial", lambda: around(gelu_tanh_d, GELU_TANH_ZERO, 0.25, 4)),
    ("math16", "mish_derivative_polynomial", lambda: window(mish_d, MISH_ZERO, 0.75, 0.3, 1.2, 7)),
    ("activations/xielu", "xielu_bend_polynomial", lambda: fit(exp_rest, -0.3475, 0.3475, 4, lambda r, _: 1 / (np.abs(r) ** 3 + 1e-3))),
]

# Lowest coefficients that are constants, since they are added in two parts.
LOWEST = {
    "normal_polynomial": "NORMAL_G_0",
    "gelu_derivative_polynomial": "GELU_K_0",
    "serf_T_polynomial": "SERF_T_0",
}


def rounded(value, bits):
    mantissa, exponent = mp.frexp(value)
    return mp.ldexp(mp.nint(mantissa * 2**bits), exponent - bits)


def parts(value, bits=24):
    """A number as one of so many bits and what is left."""
    return [rounded(value, bits), value - rounded(value, bits)]


def truncated(value, upper):
    """A number as one of 12 bits, which begin with 2^0, and what is left."""
    return [mp.mpf(upper) / 2048, value - mp.mpf(upper) / 2048]


C1, C1_REST = parts(K1, 13)
C3, C3_REST = parts(K3, 8)
LOG2_E = 1 / mp.log(2)
HALF_PI = parts(mp.pi / 2, 14)
# The file, the constants, and their values.
CONSTANTS = [
    ("math", "LN_2_HIGH, LN_2_LOW", parts(mp.log(2), 15)),
    ("math", "LOG2_E", [LOG2_E]),
    ("math/logistic", "GATE_ZERO, GATE_ZERO_REST", parts(-SILU_ZERO)),
    ("math/waves", "TWO_OVER_PI", [2 / mp.pi]),
    ("math/waves", "HALF_PI_HIGH, HALF_PI_MIDDLE, HALF_PI_LOW", [HALF_PI[0], *(-part for part in parts(HALF_PI[1], 14))]),
    ("math/waves", "QUARTER_12_HIGH, QUARTER_12_LOW", parts(mp.ldexp(mp.pi, -13), 12)),
    ("math/waves", "QUARTER_30", [mp.ldexp(mp.pi, -31)]),
    ("activations/atan", "ATAN_HALF_PI, ATAN_HALF_PI_MINUS", parts(mp.pi / 2)),
    ("activations/erf", "ERF_SLOPE", [2 / mp.sqrt(mp.pi)]),
    ("activations/gaussian", "GAUSSIAN_ZERO, GAUSSIAN_ZERO_REST", parts(mp.sqrt(0.5))),
    ("activations/gelu", "GELU_ZERO, GELU_ZERO_MINUS", parts(GELU_ZERO)),
    ("math/normal", "NORMAL_DENSITY", [1 / mp.sqrt(2 * mp.pi)]),
    ("activations/gelu_tanh", "GELU_TANH_ZERO, GELU_TANH_ZERO_MINUS", parts(-GELU_TANH_ZERO)),
    ("activations/gelu_tanh", "GELU_TANH_N_ZERO", [GELU_TANH_BEND_ZERO]),
    ("activations/gelu_tanh", "GELU_TANH_K1_UPPER, GELU_TANH_K1_REST", [C1, C1_REST]),
    ("activations/gelu_tanh", "GELU_TANH_K3_UPPER, GELU_TANH_K3_REST", [C3, C3_REST]),
    ("activations/gelu_tanh", "GELU_TANH_K1, GELU_TANH_K3, GELU_TANH_3_K3", [K1, K3, 3 * K3]),
    ("activations/gelu_tanh", "GELU_TANH_K1_LOG2_E, GELU_TANH_K3_LOG2_E", [K1 * LOG2_E, K3 * LOG2_E]),
    ("activations/gelu_tanh", "GELU_TANH_2_K1, GELU_TANH_2_K1_REST", [2 * K1, 2 * C1_REST]),
    ("activations/gelu_tanh", "gelu_tanh_N_polynomial", divided(gelu_tanh_bend(-1), GELU_TANH_BEND_ZERO)),
    ("activations/gelu_tanh", "gelu_tanh_P_polynomial", gelu_tanh_bend(1)),
    ("activations/mish", "MISH_ZERO, MISH_ZERO_REST", parts(-MISH_ZERO)),
    # Truncated, as upper() does it.
    ("activations/quick_gelu", "QUICK_GELU_SLOPE_UPPER, QUICK_GELU_SLOPE_LOWER", truncated(mp.mpf("1.702"), 3485)),
    ("activations/quick_gelu", "QUICK_GELU_SLOPE, QUICK_GELU_SLOPE_MINUS", parts(mp.mpf("1.702"))),
    ("activations/telu", "TELU_ZERO, TELU_ZERO_REST", parts(-TELU_ZERO)),
    ("activations/telu", "TELU_NEAR_VALUE, TELU_NEAR_SLOPE", [mp.tanh(1), mp.sech(1) ** 2]),
    ("activations/serf", "SERF_ZERO, SERF_ZERO_REST", parts(-SERF_ZERO)),
    ("activations/serf", "SERF_NEAR_VALUE, SERF_NEAR_SLOPE", [serf_T(1), serf_U(1)]),
    ("activations/serf", "SERF_U_0_UPPER, SERF_U_0_LOWER", truncated(serf_U(0), 2310)),
    ("activations/serf", "SERF_U_0, SERF_D_SCALE", [serf_U(0), mp.mpf(4) / 7]),
]


def text(value):
    digits = f"{np.float32(float(value)):.9g}"
    return digits if re.search("[.e]", digits) else f"{digits}.0"


def fitted():
    """The coefficients of the polynomials, lowest order first."""
    for file, name, fit_it in POLYNOMIALS:
        coefficients, before, after = fit_it()
        yield file, name, coefficients, f", {before:.3f}, {after:.3f}"


def numbers(wgsl):
    """All the numbers in a text, as f32."""
    return {np.float32(number) for number in re.findall(r"(?<![\w.])\d+\.\d*(?:e[-+]?\d+)?", wgsl)}


def declaration(wgsl, name):
    """The text of a function or a constant."""
    found = re.search(rf"^(?:fn {name}\(.*?^\}}|const {name}: .*?;)", wgsl, re.MULTILINE | re.DOTALL)
    return found.group() if found else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if one of them is not in its shader")
    check = parser.parse_args().check
    missing = []
    for file, names, values, errors in [*fitted(), *((*constant, "") for constant in CONSTANTS)]:
        print(f"{file}.wgsl: {names}{errors}\n  {', '.join(map(text, values))}")
        wgsl = (SHADERS / f"{file}.wgsl").read_text()
        declared = [*names.split(", "), *([LOWEST[names]] if names in LOWEST else [])]
        found = numbers(" ".join(declaration(wgsl, name) for name in declared))
        if not {abs(np.float32(float(value))) for value in values if value} <= found:
            missing.append(f"{file}.wgsl: {names}")
    if check and missing:
        sys.exit("not in the shaders: " + "; ".join(missing))


if __name__ == "__main__":
    main()
