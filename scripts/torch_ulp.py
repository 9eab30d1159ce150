#!/usr/bin/env python3
"""PyTorch's errors on the measure of docs/accuracy.md, into docs/pytorch.csv: `pip install torch numpy`, then run this.

Each function and its gradient, in f32 on the CPU or another device, for about six million inputs: against the same in f64,
written so that nothing cancels or overflows. Errors are in ulps of the true value's binade, for true values that are normal numbers.
"""

import argparse
import csv
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

np.seterr(all="ignore")
torch.set_num_threads(2)
C = math.sqrt(2 / math.pi)
SELU = (1.6732632423543772848, 1.0507009873554804934)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_d(x):
    e = np.exp(-np.abs(x))
    return e / (1 + e) ** 2


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def gated_d(z, xz):
    """The derivative of x sigmoid(z), given z and x z'."""
    e = np.exp(-np.abs(z))
    below = e * (1 + e - np.sign(z) * xz) / (1 + e) ** 2
    return np.where(z > 0, 1 - below, below)


def mish_d(x):
    w = np.exp(np.minimum(x, 60))
    d = w * (w + 2) + 2
    return np.where(x > 60, 1, w * (4 * (1 + x) * (1 + w) + w * (w * (w + 4) + 2)) / d**2)


def tanhshrink(x):
    term, total = x.copy(), np.zeros_like(x)
    for k in range(1, 12):  # x cosh x - sinh x is a series of positive terms
        term = term * x * x / (2 * k * (2 * k + 1))
        total = total + 2 * k * term
    return np.where(np.abs(x) < 1, total / np.cosh(np.minimum(np.abs(x), 1)), x - np.tanh(x))


def normal_cdf(x):
    return 0.5 * torch.special.erfc(torch.from_numpy(-x / math.sqrt(2))).numpy()


def gelu_d(x):
    a = np.abs(x)
    below = normal_cdf(-a) - a * np.exp(-0.5 * a * a) / math.sqrt(2 * math.pi)
    return np.where(x > 0, 1 - below, below)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_d(x, alpha=1.0):
    return np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


def hard(x):
    return np.clip(x + 3, 0, 6) / 6


FUNCTIONS = {
    "relu": (F.relu, lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0)),
    "leaky_relu": (F.leaky_relu, lambda x: np.where(x > 0, x, x * np.float64(np.float32(0.01))), lambda x: np.where(x > 0, 1.0, np.float64(np.float32(0.01)))),
    "relu6": (F.relu6, lambda x: np.clip(x, 0, 6), lambda x: np.where((x > 0) & (x < 6), 1.0, 0)),
    "hardtanh": (F.hardtanh, lambda x: np.clip(x, -1, 1), lambda x: np.where(np.abs(x) < 1, 1.0, 0)),
    "threshold": (lambda x: F.threshold(x, 0, 0), lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0)),
    "hardshrink": (F.hardshrink, lambda x: np.where(np.abs(x) > 0.5, x, 0), lambda x: np.where(np.abs(x) > 0.5, 1.0, 0)),
    "softshrink": (F.softshrink, lambda x: x - np.clip(x, -0.5, 0.5), lambda x: np.where(np.abs(x) > 0.5, 1.0, 0)),
    "rrelu": (lambda x: F.rrelu(x, training=False), lambda x: np.where(x > 0, x, x * 11 / 48), lambda x: np.where(x > 0, 1.0, 11 / 48)),
    "atan": (torch.atan, np.arctan, lambda x: 1 / (1 + x * x)),
    "elu": (F.elu, elu, elu_d),
    "selu": (F.selu, lambda x: SELU[1] * elu(x, SELU[0]), lambda x: SELU[1] * elu_d(x, SELU[0])),
    "celu": (F.celu, elu, elu_d),
    "sigmoid": (torch.sigmoid, sigmoid, sigmoid_d),
    "logsigmoid": (F.logsigmoid, lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "tanh": (torch.tanh, np.tanh, lambda x: 4 * sigmoid_d(2 * x)),
    "tanhshrink": (F.tanhshrink, tanhshrink, lambda x: np.tanh(x) ** 2),
    "softplus": (F.softplus, lambda x: np.where(x > 20, x, softplus(x)), lambda x: np.where(x > 20, 1, sigmoid(x))),
    "silu": (F.silu, lambda x: x * sigmoid(x), lambda x: gated_d(x, x)),
    "mish": (F.mish, lambda x: x * np.tanh(softplus(x)), mish_d),
    "gelu": (F.gelu, lambda x: x * normal_cdf(x), gelu_d),
    "gelu_tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: x * sigmoid(2 * C * (x + 0.044715 * x**3)),
        lambda x: gated_d(2 * C * (x + 0.044715 * x**3), 2 * C * (x + 3 * 0.044715 * x**3)),
    ),
    "hardsigmoid": (F.hardsigmoid, hard, lambda x: np.where(np.abs(x) < 3, 1 / 6, 0)),
    "hardswish": (F.hardswish, lambda x: x * hard(x), lambda x: np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6))),
    "softsign": (F.softsign, lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2),
    "exp": (torch.exp, np.exp, np.exp),
    "expm1": (torch.expm1, np.expm1, np.exp),
    "log": (torch.log, np.log, lambda x: 1 / x),
    "log1p": (torch.log1p, np.log1p, lambda x: 1 / (1 + x)),
    "sqrt": (torch.sqrt, np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "rsqrt": (torch.rsqrt, lambda x: 1 / np.sqrt(x), lambda x: -0.5 / np.sqrt(x) ** 3),
    "recip": (torch.reciprocal, lambda x: 1 / x, lambda x: -1 / (x * x)),
    "square": (torch.square, np.square, lambda x: 2 * x),
    "absolute": (torch.abs, np.abs, np.sign),
    "erf": (torch.erf, lambda x: torch.special.erf(torch.from_numpy(x)).numpy(), lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x)),
}


# Functions that are NaN for negative numbers.
NAN_BELOW = {"log", "log1p", "sqrt", "rsqrt"}


def inputs():
    bits = []
    for sign in (0, 0x80000000):
        bits.append(np.arange(0x30800000, 0x43000000, 101, dtype=np.uint64) + sign)  # 2^-30 to 128
        bits.append(np.arange(0x00800000, 0x7F800000, 20011, dtype=np.uint64) + sign)
    return np.concatenate(bits).astype(np.uint32).view(np.float32)


def worst(got, wanted, x):
    binade = np.floor(np.log2(np.maximum(np.abs(wanted), 2.0**-126)))
    error = np.abs(got.astype(np.float64) - wanted) / 2.0 ** (binade - 23)
    counts = np.isfinite(wanted) & (np.abs(wanted) >= 2.0**-126) & (np.abs(wanted) < 3.4028235e38)
    nan = counts & np.isnan(got)
    notes = [f"NaN at {x[nan][0]:.6g}"] if nan.any() else []
    i = np.argmax(np.where(counts & np.isfinite(error), error, -1))
    return error[i], x[i], notes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu", help="where PyTorch computes, such as cuda")
    parser.add_argument("--csv", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "docs" / "pytorch.csv")
    arguments = parser.parse_args()
    x32 = inputs()
    x64 = x32.astype(np.float64)
    specials = torch.tensor([float("inf"), -float("inf")], device=arguments.device)
    rows = []
    for name, (function, value, derivative) in FUNCTIONS.items():
        x = torch.from_numpy(x32.copy()).to(arguments.device).requires_grad_(True)
        y = function(x)
        y.backward(torch.ones_like(y))
        s = specials.clone().requires_grad_(True)
        at_specials = function(s)
        at_specials.backward(torch.ones_like(s))
        results = {"forward": (y.detach(), value, at_specials.detach()), "backward": (x.grad, derivative, s.grad)}
        for direction, (got, truth, special) in results.items():
            ulp, at, notes = worst(got.cpu().numpy(), truth(x64), x32)
            is_defined = lambda p: p > 0 or name not in NAN_BELOW
            notes += [f"NaN at {float(p)}" for p, r in zip(specials, special) if torch.isnan(r) and is_defined(p)]
            rows.append([name, direction, f"{ulp:.4g}", f"{at:.6g}" if ulp > 0 else "", ", ".join(notes)])
            print(*rows[-1])
    with arguments.csv.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["activation", "direction", "ulp", "at", "note"], *rows])
    print(f"PyTorch {torch.__version__} on {arguments.device}: {arguments.csv}")


if __name__ == "__main__":
    main()
