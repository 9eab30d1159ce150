#!/usr/bin/env python3
"""Writes tests/golden.csv, the true values for tests/cpu/golden.rs, in about a minute.

It needs mpmath: `pip install mpmath`.

The functions are written from their definitions and differentiated numerically, with 300 digits: more than cancel or
vanish anywhere. So nothing in here is shared with the f64 references in src/reference/, nor with the shaders.
"""

import csv
import pathlib
import random
import struct

import mpmath as mp

mp.mp.dps = 300
DIGITS = 25


def f32(bits):
    return mp.mpf(struct.unpack("<f", struct.pack("<I", bits))[0])


def bits(x):
    """The bits of the f32 nearest to a number."""
    return struct.unpack("<I", struct.pack("<f", float(x)))[0]


def neighbours(x):
    """The f32 numbers next to a number. Around 0 these are the next normal ones, since devices flush subnormal numbers."""
    if x == 0:
        return [mp.mpf(2) ** -126, -mp.mpf(2) ** -126]
    return [y for y in (f32(bits(x) + step) for step in (-1, 0, 1)) if y != x]


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def leaky(x, slope):
    return x if x > 0 else slope * x


def elu(x, alpha, scale=1):
    return scale * (x if x > 0 else alpha * mp.expm1(x))


def celu(x, alpha):
    return x if x > 0 else alpha * mp.expm1(x / alpha)


def softplus(x, beta, threshold):
    return x if beta * x > threshold else mp.log1p(mp.exp(beta * x)) / beta


def swish(x, beta):
    return x * sigmoid(beta * x)


def gelu_tanh(x):
    # (1 + tanh(u)) / 2 = sigmoid(2u)
    return x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))


def threshold(x, threshold, value):
    return x if x > threshold else value


def hardtanh(x, min_val, max_val):
    return min(max(x, min_val), max_val)


def shrink(x, lambd, bias):
    return x + bias if x < -lambd else x - bias if x > lambd else 0


def softshrink(x, lambd):
    return x - lambd if x > lambd else x + lambd if x < -lambd else 0


def sparse_plus(x):
    return 0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4


def root(x):
    """NaN below 0, where mpmath has complex numbers."""
    return mp.sqrt(x) if x >= 0 else mp.nan


def log(x):
    """-Inf at 0, and NaN below, where mpmath has complex numbers."""
    return mp.log(x) if x > 0 else -mp.inf if x == 0 else mp.nan


def power(x, exponent):
    """NaN below 0 for a fraction, where mpmath has complex numbers."""
    return mp.power(x, exponent) if x > 0 or mp.isint(exponent) else mp.nan


def isru(x, alpha):
    return x / root(1 + alpha * x * x)


def hardsigmoid(x, slope, offset):
    return min(max(slope * x + offset, 0), 1)


def xielu(x, alpha_p, alpha_n, beta, eps):
    return (alpha_p * x * x if x > 0 else alpha_n * (mp.expm1(min(x, eps)) - x)) + beta * x


def snake(x, alpha):
    return x + mp.sin(alpha * x) ** 2 / alpha


# For each function: values of its parameters, the places where it bends (without 0), and about
# where its derivative crosses 0. Parameters are f32. But the defaults of selu and hardsigmoid are
# real numbers, for which the text form leaves the parameter out.
SELU = {"alpha": "1.6732632423543772848170429916717", "scale": "1.0507009873554804934193349852946"}
FUNCTIONS = {
    "identity": (lambda x: x, [{}], lambda: [], None),
    "relu": (lambda x: max(x, 0), [{}], lambda: [], None),
    "relu6": (lambda x: hardtanh(x, 0, 6), [{}], lambda: [6], None),
    "hardtanh": (
        hardtanh,
        [{"min_val": low, "max_val": high} for low, high in ((-1, 1), (-0.3, 2.5), (2, 1))],
        lambda min_val, max_val: [min_val, max_val],
        None,
    ),
    "threshold": (
        threshold,
        [{"threshold": t, "value": v} for t, v in ((0, 0), (0.1, 20), (-3, 1e-8))],
        lambda threshold, value: [threshold],
        None,
    ),
    "relu_squared": (lambda x: max(x, 0) ** 2, [{}], lambda: [], None),
    "leaky_relu": (leaky, [{"negative_slope": v} for v in (0.01, -0.3, 1e30)], lambda slope: [], None),
    "prelu": (leaky, [{"weight": v} for v in (0.25, 3e8)], lambda slope: [], None),
    "rrelu": (
        lambda x, lower, upper: leaky(x, (lower + upper) / 2),
        [{"lower": mp.mpf(1) / 8, "upper": mp.mpf(1) / 3}, {"lower": 0.05, "upper": 0.7}],
        lambda lower, upper: [],
        None,
    ),
    "elu": (elu, [{"alpha": v} for v in (1, 0.3, 16777216, -1e30)], lambda alpha: [], None),
    "selu": (elu, [SELU, {"alpha": -0.7, "scale": 100}, {"alpha": 1e30, "scale": -1e30}], lambda alpha, scale: [], None),
    "celu": (celu, [{"alpha": v} for v in (1, 0.3, 70, -2, -0.001, 1e30)], lambda alpha: [], None),
    "sigmoid": (sigmoid, [{}], lambda: [], None),
    "logsigmoid": (lambda x: -mp.log1p(mp.exp(-x)), [{}], lambda: [], None),
    "tanh": (mp.tanh, [{}], lambda: [], None),
    "scaled_tanh": (
        lambda x, alpha, beta: alpha * mp.tanh(beta * x),
        [{"alpha": a, "beta": b} for a, b in ((1.7159, 0.6667), (-0.3, 20), (1e30, -1e-20))],
        lambda alpha, beta: [],
        None,
    ),
    "softcap": (lambda x, cap: cap * mp.tanh(x / cap), [{"cap": v} for v in (30, 0.3, -2, 1e20, 1e-20)], lambda cap: [], None),
    "lisht": (lambda x: x * mp.tanh(x), [{}], lambda: [], None),
    "tanhshrink": (lambda x: x - mp.tanh(x), [{}], lambda: [], None),
    "star_relu": (
        lambda x, scale, bias: scale * max(x, 0) ** 2 + bias,
        [{"scale": s, "bias": b} for s, b in ((0.8944, -0.4472), (-2, 0.3), (1e-30, 5))],
        lambda scale, bias: [mp.sqrt(abs(bias / scale))],
        None,
    ),
    "hardshrink": (lambda x, lambd: shrink(x, lambd, 0), [{"lambd": v} for v in (0.5, 3)], lambda lambd: [-lambd, lambd], None),
    "softshrink": (softshrink, [{"lambd": v} for v in (0.5, 3, -1)], lambda lambd: [-lambd, lambd], None),
    "shrink": (
        shrink,
        [{"lambd": l, "bias": b} for l, b in ((0.5, 0), (0.3, 0.7), (2, -1), (-1, 0.5))],
        lambda lambd, bias: [-lambd, lambd],
        None,
    ),
    "softplus": (
        softplus,
        [{"beta": b, "threshold": t} for b, t in ((1, 20), (0.3, 2), (50, -1), (-1, 20), (-1e3, 2), (1e-30, -3))],
        lambda beta, threshold: [threshold / beta],
        None,
    ),
    "sparse_plus": (sparse_plus, [{}], lambda: [-1, 1], None),
    "sparse_sigmoid": (lambda x: min(max((x + 1) / 2, 0), 1), [{}], lambda: [-1, 1], None),
    "squareplus": (lambda x, b: (x + root(x * x + b)) / 2, [{"b": v} for v in (4, 0.01, 1e6, -2, -1e-30)], lambda b: [], None),
    "silu": (lambda x: swish(x, 1), [{}], lambda: [], lambda: -1.278),
    "swish": (swish, [{"beta": v} for v in (1, -1.7, 0.01, 300, 1e-20, 1e30)], lambda beta: [], lambda beta: -1.278 / beta),
    "mish": (lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), [{}], lambda: [], lambda: -1.192),
    "telu": (lambda x: x * mp.tanh(mp.exp(x)), [{}], lambda: [], lambda: -1.079),
    "laplace": (
        lambda x, mu, sigma: mp.ncdf((x - mu) / sigma),
        [{"mu": m, "sigma": s} for m, s in ((0.707107, 0.282095), (-3, -20), (0.1, 1e-3), (0, 1e20))],
        lambda mu, sigma: [mu],
        None,
    ),
    "gelu": (lambda x: x * mp.ncdf(x), [{}], lambda: [], lambda: -0.752),
    "gelu(approximate=tanh)": (gelu_tanh, [{}], lambda: [], lambda: -0.752),
    "quick_gelu": (lambda x: swish(x, mp.mpf("1.702")), [{}], lambda: [], lambda: -0.751),
    "hardsigmoid": (
        hardsigmoid,
        [{"slope": mp.mpf(1) / 6, "offset": 0.5}, {"slope": 0.2, "offset": 0.5}, {"slope": 7, "offset": -3}, {"slope": 0.3, "offset": 1}, {"slope": -2000, "offset": 1e6}],
        lambda slope, offset: [-offset / slope, (1 - offset) / slope],
        None,
    ),
    "hardswish": (lambda x: x * min(max(x + 3, 0), 6) / 6, [{}], lambda: [-3, 3], lambda: -1.5),
    "hard_mish": (lambda x: x / 2 * min(2, max(0, x + 2)), [{}], lambda: [-2], lambda: -1),
    "bent_identity": (lambda x: (mp.sqrt(x * x + 1) - 1) / 2 + x, [{}], lambda: [], None),
    "isru": (isru, [{"alpha": v} for v in (1, 0.3, 1000, -0.04, -1e3)], lambda alpha: [], None),
    "isrlu": (lambda x, alpha: x if x >= 0 else isru(x, alpha), [{"alpha": v} for v in (1, 0.3, 1000, -0.04)], lambda alpha: [], None),
    "softsign": (lambda x: x / (1 + abs(x)), [{}], lambda: [], None),
    "gaussian": (lambda x: mp.exp(-x * x), [{}], lambda: [], None),
    "atan": (mp.atan, [{}], lambda: [], None),
    "xielu": (
        xielu,
        [{"alpha_p": p, "alpha_n": n, "beta": b, "eps": e} for p, n, b, e in ((0.8, 0.8, 0.5, -1e-6), (3, 0.3, 0, -1e-6), (0, 2, 0.25, -1e-3), (-3, -0.3, 0.5, -0.5), (1, 2, -1, 1))],
        lambda alpha_p, alpha_n, beta, eps: [],
        lambda alpha_p, alpha_n, beta, eps: mp.log(1 - beta / alpha_n) if 0 < beta < alpha_n else None,
    ),
    "sine": (lambda x, omega: mp.sin(omega * x), [{"omega": v} for v in (1, 30, -0.01, -1e5)], lambda omega: [], None),
    "snake": (snake, [{"alpha": v} for v in (1, -0.3, 20, -1e5)], lambda alpha: [], None),
    "snake_beta": (
        lambda x, alpha, beta: x + mp.sin(alpha * x) ** 2 / beta,
        [{"alpha": a, "beta": b} for a, b in ((1, 1), (-0.3, 20), (20, -0.01), (-1e5, 3))],
        lambda alpha, beta: [],
        None,
    ),
    "cos": (mp.cos, [{}], lambda: [], None),
    "exp": (mp.exp, [{}], lambda: [], None),
    "expm1": (mp.expm1, [{}], lambda: [], None),
    "log": (log, [{}], lambda: [], None),
    "log1p": (lambda x: log(1 + x), [{}], lambda: [-1], None),
    "sqrt": (root, [{}], lambda: [], None),
    "rsqrt": (lambda x: 1 / root(x), [{}], lambda: [], None),
    "reciprocal": (lambda x: 1 / x, [{}], lambda: [], None),
    "square": (lambda x: x * x, [{}], lambda: [], None),
    "pow": (power, [{"exponent": v} for v in (2, 0.5, -1, 3, -0.3, 2.7, 1e3, 0)], lambda exponent: [1], None),
    "abs": (abs, [{}], lambda: [], None),
    "erf": (mp.erf, [{}], lambda: [], None),
    "sign": (mp.sign, [{}], lambda: [], None),
    "floor": (mp.floor, [{}], lambda: [-1, 1, 3], None),
    "ceil": (mp.ceil, [{}], lambda: [-1, 1, 3], None),
    "round": (mp.nint, [{}], lambda: [-1.5, -0.5, 0.5, 1.5, 2.5], None),
    "step": (lambda x: 1 if x > 0 else 0, [{}], lambda: [], None),
    "affine": (lambda x, alpha, beta: alpha * x + beta, [{"alpha": a, "beta": b} for a, b in ((1, 0), (0.3, -2), (-7e8, 0.1))], lambda alpha, beta: [-beta / alpha] if beta else [], None),
    "serf": (lambda x: x * mp.erf(mp.log1p(mp.exp(x))), [{}], lambda: [], lambda: -1.193),
}

# The function that is differentiated with respect to x, where it is not the function itself.
DIFFERENTIATED = {
    "xielu": lambda x, alpha_p, alpha_n, beta, eps: xielu(x, alpha_p, alpha_n, beta, 0),
    # At their jumps the derivative of a piece counts.
    "floor": lambda x: 0,
    "ceil": lambda x: 0,
    # Where the logarithm is NaN, its derivative goes on.
    "log": lambda x: log(abs(x)),
    "log1p": lambda x: log(abs(1 + x)),
}

# Inputs just inside and just outside the range of f32's exponentials, and outside that of f64's.
TAILS = [9, 17, 60, 86, 90, 103, 1e4]
NEAR_0 = [1e-40, 1e-15, 1e-4]


def points(text, f, kinks, zero):
    """The inputs of a function: kinds of f32 numbers. The random ones are seeded by the function's text form, so that a new
    function or a new value of a parameter adds rows and changes no other."""
    generator = random.Random(text)
    yield "middle", [f32(bits(generator.uniform(-8, 8))) for _ in range(6)]
    yield "tail", [f32(bits(sign * x)) for x in TAILS for sign in (-1, 1)]
    yield "near 0", [f32(bits(sign * x)) for x in NEAR_0 for sign in (-1, 1)]
    for kink in kinks:
        yield "kink", neighbours(kink)
    if zero is not None:
        yield "zero", neighbours(mp.findroot(lambda x: mp.diff(f, x), zero, tol=1e-60))


def rows():
    for name, (function, settings, kinks, zero) in FUNCTIONS.items():
        for i, setting in enumerate(settings):
            arguments = ", ".join(f"{key}={value}" for key, value in setting.items() if i > 0)
            text = f"{name}({arguments})" if arguments else name
            real = [mp.mpf(value) if i == 0 and name in ("selu", "hardsigmoid", "rrelu") else f32(bits(value)) for value in setting.values()]
            f = lambda x: function(x, *real)
            g = lambda x: DIFFERENTIATED.get(name, function)(x, *real)

            def of_parameter(i):
                return lambda x: mp.diff(lambda p: function(x, *real[:i], p, *real[i + 1 :]), real[i])

            functions = {"forward": f, "derivative": lambda x: mp.diff(g, x), "second_derivative": lambda x: mp.diff(g, x, 2)}
            functions |= {key: of_parameter(i) for i, key in enumerate(setting)}
            for kind, xs in points(text, f, kinks(*real), zero and zero(*real)):
                for x in xs:
                    for what, of in functions.items():
                        yield [text, kind, f"{bits(x):#010x}", what, mp.nstr(mp.mpf(of(x)), DIGITS)]


def main():
    path = pathlib.Path(__file__).parent.parent / "tests" / "golden.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["activation", "kind", "x", "what", "value"])
        writer.writerows(rows())


if __name__ == "__main__":
    main()
