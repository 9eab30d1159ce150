#!/usr/bin/env python3
"""Writes tests/parameters.csv: what PyTorch computes with unusual parameters and at the ends of clamps, for tests/gpu/parameters.rs.

`pip install torch` (written for torch 2.15; the CPU is enough), then run this. Values and gradients are computed in float64 from
float32 inputs and parameters. What PyTorch refuses is left out.
"""

import csv
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

VALUES = [-math.inf, -1e3, -2.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 2.0, 1e3, math.inf]
X = [-100.0, -6.0, -3.0, -2.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.0, 3.0, 6.0, 100.0]

# PyTorch's functions by the crate's text forms, in which {} stands for a value.
FUNCTIONS = {
    "leaky_relu(negative_slope={})": F.leaky_relu,
    "prelu(weight={})": lambda x, weight: F.prelu(x, torch.tensor([weight], dtype=x.dtype)),
    "rrelu(lower={}, upper=0.5)": lambda x, lower: F.rrelu(x, lower, 0.5),
    "elu(alpha={})": F.elu,
    "celu(alpha={})": F.celu,
    "threshold(threshold={}, value=3)": lambda x, threshold: F.threshold(x, threshold, 3.0),
    "threshold(threshold=1, value={})": lambda x, value: F.threshold(x, 1.0, value),
    "hardtanh(min_val={}, max_val=1)": lambda x, min_val: F.hardtanh(x, min_val, 1.0),
    "hardtanh(min_val=-0.5, max_val={})": lambda x, max_val: F.hardtanh(x, -0.5, max_val),
    "hardshrink(lambd={})": F.hardshrink,
    "softshrink(lambd={})": F.softshrink,
    "softplus(beta={}, threshold=20)": F.softplus,
    "softplus(beta=2, threshold={})": lambda x, threshold: F.softplus(x, 2.0, threshold),
    "swish(beta={})": lambda x, beta: x * torch.sigmoid(beta * x),
    "relu6": lambda x, _: F.relu6(x),
    "hardsigmoid": lambda x, _: F.hardsigmoid(x),
    "hardswish": lambda x, _: F.hardswish(x),
    "hard_mish": lambda x, _: 0.5 * x * (x + 2).clamp(min=0, max=2),
}


def swiglu_oai(value, gate, limit):
    """As in gpt-oss."""
    gate = gate.clamp(min=None, max=limit)
    value = value.clamp(min=-limit, max=limit)
    return (value + 1) * (gate * torch.sigmoid(gate * 1.702))


def numbers(tensor):
    return " ".join(str(float(number)).removesuffix(".0") for number in tensor)


def single(value):
    return float(np.float32(value))


def rows():
    for text, function in FUNCTIONS.items():
        for value in VALUES if "{}" in text else [0.0]:
            if text.startswith("swish") and math.isinf(value):
                continue  # Its gradient is 0 times infinity.
            x = torch.tensor([single(x) for x in X], dtype=torch.float64, requires_grad=True)
            try:
                y = function(x, single(value))
            except (RuntimeError, ValueError, ZeroDivisionError):
                continue
            y.sum().backward()
            yield [text.format(str(np.float32(value))), numbers(x.detach()), "", numbers(y.detach()), numbers(x.grad), ""]
    for limit in (-2.0, 0.0, 0.5, 7.0, math.inf):
        values = [-8.0, -7.0, -2.0, -1.0, -0.5, 0.0, 0.5, 2.0, 7.0, 8.0]
        pairs = torch.tensor([(single(a), single(b)) for a in values for b in values], dtype=torch.float64)
        value, gate = (column.clone().requires_grad_(True) for column in pairs.T)
        y = swiglu_oai(value, gate, limit)
        y.sum().backward()
        text = f"swiglu_oai(alpha=1.702, limit={limit})"
        yield [text, numbers(value.detach()), numbers(gate.detach()), numbers(y.detach()), numbers(value.grad), numbers(gate.grad)]


def main():
    path = pathlib.Path(__file__).parent.parent / "tests" / "parameters.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("function x gate output grad_x grad_gate".split())
        writer.writerows(rows())


if __name__ == "__main__":
    main()
