#!/usr/bin/env python3
"""Collects the samples with which PyTorch and ONNX test their own operators into tests/samples.csv, for tests/gpu/samples/, and
PyTorch's samples of cross_entropy into tests/losses.csv.

`pip install torch onnx expecttest` (written for torch 2.15 and onnx 1.23; the CPU is enough), then run this: for all that
`cargo run --example apply -- --list` names, or for `--only relu,elu`.

- PyTorch's operators: the sample and reference inputs of each operator's OpInfo.
- PyTorch's modules: the inputs of each module's ModuleInfo, in evaluation mode.
- ONNX: the backend's node tests.

Each is float32. Its results are computed from these float32 inputs and parameters by PyTorch in float64, so that they are
the definition's and not those of float32 arithmetic. The results that ONNX expects must agree within its own tolerance. PyTorch's
samples also have gradients, for a random gradient of the output. Samples that are left out are counted, with the reason.
"""

import argparse
import collections
import csv
import pathlib
import re
import subprocess
import warnings

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx.backend.test.case.node import collect_testcases
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

ROOT = pathlib.Path(__file__).parent.parent
LARGEST = 320  # elements of a sample
MOST = 128  # elements of PyTorch's samples of one activation, once each kind of shape is there

Function = collections.namedtuple("Function", "compute parameters axis", defaults=(False,))
# `given` holds the parameters that have no default value in a sample. `axis` is that of the
# function, or of the channels.
Sample = collections.namedtuple("Sample", "source name given x weight axis expected", defaults=(None,))


class LeftOut(Exception):
    """The reason why this crate cannot take a sample."""


def gelu(approximate):
    return lambda x: F.gelu(x, approximate=approximate)


def shrink(x, lambd, bias):
    return torch.where(x < -lambd, x + bias, torch.where(x > lambd, x - bias, torch.zeros_like(x)))


def selu(x, alpha=None, scale=None):
    return F.selu(x) if alpha is None else scale * F.elu(x, alpha)


def hardsigmoid(x, slope=None, offset=None):
    return F.hardsigmoid(x) if slope is None else (slope * x + offset).clamp(0, 1)


def hardmax(x, axis):
    return torch.zeros_like(x).scatter(axis, x.argmax(axis, keepdim=True), 1)


# PyTorch's functions by the crate's names, with parameters and PyTorch's defaults, all of which are
# the crate's, too.
FUNCTIONS = {
    "relu": Function(F.relu, {}),
    "relu6": Function(F.relu6, {}),
    "leaky_relu": Function(F.leaky_relu, {"negative_slope": 0.01}),
    "prelu": Function(F.prelu, {}),
    "rrelu": Function(F.rrelu, {"lower": 1 / 8, "upper": 1 / 3}),
    "elu": Function(F.elu, {"alpha": 1.0}),
    "selu": Function(selu, {}),
    "celu": Function(F.celu, {"alpha": 1.0}),
    "threshold": Function(F.threshold, {"threshold": None, "value": None}),
    "hardtanh": Function(F.hardtanh, {"min_val": -1.0, "max_val": 1.0}),
    "hardshrink": Function(F.hardshrink, {"lambd": 0.5}),
    "softshrink": Function(F.softshrink, {"lambd": 0.5}),
    "shrink": Function(shrink, {}),
    "sigmoid": Function(torch.sigmoid, {}),
    "logsigmoid": Function(F.logsigmoid, {}),
    "tanh": Function(torch.tanh, {}),
    "tanhshrink": Function(F.tanhshrink, {}),
    "atan": Function(torch.atan, {}),
    "softplus": Function(F.softplus, {"beta": 1.0, "threshold": 20.0}),
    "softsign": Function(F.softsign, {}),
    "silu": Function(F.silu, {}),
    "swish": Function(lambda x, beta: x * torch.sigmoid(beta * x), {}),
    "mish": Function(F.mish, {}),
    "gelu": Function(gelu("none"), {}),
    "gelu(approximate=tanh)": Function(gelu("tanh"), {}),
    "hardsigmoid": Function(hardsigmoid, {}),
    "hardswish": Function(F.hardswish, {}),
    "softmax": Function(torch.softmax, {}, axis=True),
    "log_softmax": Function(torch.log_softmax, {}, axis=True),
    "softmin": Function(lambda x, axis: torch.softmax(-x, axis), {}, axis=True),
    "hardmax": Function(hardmax, {}, axis=True),
    "logsumexp": Function(lambda x, axis: torch.logsumexp(x, axis), {}, axis=True),
    "glu": Function(F.glu, {}, axis=True),
}


def named(name, given):
    """The activation's name. PyTorch's gelu is two activations."""
    return "gelu(approximate=tanh)" if name == "gelu" and given.pop("approximate", "none") == "tanh" else name


def pytorch_operators():
    names = {f"nn.functional.{name}": name for name in FUNCTIONS} | {name: name for name in FUNCTIONS}
    for op in op_db:
        if op.name not in names:
            continue
        name = names[op.name]
        # The reference inputs begin with the sample inputs.
        for sample in op.reference_inputs("cpu", torch.float32):
            given = dict(sample.kwargs)
            keys = {"prelu": ["weight"], "logsumexp": ["dim", "keepdim"]}.get(name)
            keys = keys or ["dim" if FUNCTIONS[name].axis else key for key in FUNCTIONS[name].parameters or ["dim"]]
            given |= zip(keys, sample.args, strict=False)
            weight, axis = given.pop("weight", None), given.pop("dim", -1 if name == "glu" else None)
            given.pop("keepdim", None)  # The crate has no such option.
            given.pop("training", None)
            yield Sample("pytorch operator", named(name, given), given, sample.input, weight, axis)


MODULES = {"SiLU": "silu", "ReLU6": "relu6", "LogSoftmax": "log_softmax", "LeakyReLU": "leaky_relu", "RReLU": "rrelu"}


def pytorch_modules():
    for info in module_db:
        name = info.name.rpartition(".")[2]
        name = MODULES.get(name, name.lower())
        if name not in FUNCTIONS or not info.name.startswith("nn."):
            continue
        for sample in info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False, training=False):
            module = info.module_cls(*sample.constructor_input.args, **sample.constructor_input.kwargs)
            [x] = sample.forward_input.args
            defaults = FUNCTIONS[name].parameters
            given = {key: getattr(module, key) for key, default in defaults.items() if getattr(module, key) != default}
            if name == "gelu":
                given["approximate"] = module.approximate
            weight = module.weight.detach() if name == "prelu" else None
            yield Sample("pytorch module", named(name, given), given, x, weight, getattr(module, "dim", None))


# ONNX's operators: the crate's name, and the attributes with the crate's names and ONNX's defaults.
OPERATORS = {
    "Relu": ("relu", {}),
    "LeakyRelu": ("leaky_relu", {"alpha": ("negative_slope", 0.01)}),
    "PRelu": ("prelu", {}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}),
    # The crate takes its nearest f32 numbers to PyTorch's constants for these constants, which
    # moves results by 1/4 ulp.
    "Selu": ("selu", {"alpha": ("alpha", 1.67326319217681884765625), "gamma": ("scale", 1.05070102214813232421875)}),
    "Celu": ("celu", {"alpha": ("alpha", 1.0)}),
    "Sigmoid": ("sigmoid", {}),
    "Tanh": ("tanh", {}),
    "Atan": ("atan", {}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
    "HardSigmoid": ("hardsigmoid", {"alpha": ("slope", 0.2), "beta": ("offset", 0.5)}),
    "HardSwish": ("hardswish", {}),
    "Mish": ("mish", {}),
    "Gelu": ("gelu", {"approximate": ("approximate", "none")}),
    "Swish": ("swish", {"alpha": ("beta", 1.0)}),
    "Shrink": ("shrink", {"lambd": ("lambd", 0.5), "bias": ("bias", 0.0)}),
    "ThresholdedRelu": ("threshold", {"alpha": ("threshold", 1.0)}),
    "Softmax": ("softmax", {"axis": ("axis", -1)}),
    "LogSoftmax": ("log_softmax", {"axis": ("axis", -1)}),
    "Hardmax": ("hardmax", {"axis": ("axis", -1)}),
}


def onnx_operators():
    for case in collect_testcases(None):
        nodes = case.model.graph.node
        if len(nodes) != 1 or nodes[0].op_type not in OPERATORS:
            continue
        name, attributes = OPERATORS[nodes[0].op_type]
        values = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in nodes[0].attribute}
        given = {key: values.get(attribute, default) for attribute, (key, default) in attributes.items()}
        if nodes[0].op_type == "ThresholdedRelu":
            given["value"] = 0.0
        if isinstance(given.get("approximate"), bytes):
            given["approximate"] = given["approximate"].decode()
        axis = given.pop("axis", None)
        for inputs, outputs in case.data_sets:
            x, *weight = [np.asarray(array) for array in inputs]
            if x.dtype != np.float32:
                x = x.astype(np.float64)  # It is left out later. PyTorch does not know all of NumPy's types.
            x, weight = torch.from_numpy(x.copy()), torch.from_numpy(weight[0].copy()) if weight else None
            if weight is not None:
                x, weight, axis = as_channels(x, weight)
            yield Sample("onnx", named(name, given), given, x, weight, axis, (outputs[0], case.rtol, case.atol))


def as_channels(x, slope):
    """A slope that is broadcast to x, as one for each channel. Adjacent dimensions count as one."""
    sizes = (1,) * (x.ndim - slope.ndim) + tuple(slope.shape)
    own = [axis for axis, size in enumerate(sizes) if size != 1]
    if not own:
        return x, slope, None
    first, last = own[0], own[-1] + 1
    if sizes[first:last] != tuple(x.shape[first:last]):
        return x, slope, None
    return x.reshape(*x.shape[:first], -1, *x.shape[last:]), slope.reshape(-1), first


def numbers(tensor):
    """The fewest digits that tell numbers of this type apart."""
    return "" if tensor is None else " ".join(map(shortest, tensor.detach().numpy().ravel()))


def sizes(tensor):
    return "" if tensor is None else " ".join(map(str, tensor.shape))


def shortest(number):
    return str(number).removesuffix(".0")


def text(name, given):
    arguments = ", ".join(f"{key}={shortest(np.float32(value))}" for key, value in given.items())
    return f"{name}({arguments})" if arguments else name


def expressible(sample):
    """The sample in the form that the crate's API takes."""
    x, weight, given, axis = sample.x, sample.weight, dict(sample.given), sample.axis
    if given.pop("inplace", False):
        raise LeftOut("in place")
    if x.dtype != torch.float32 or given.pop("dtype", None) is not None:
        raise LeftOut("not float32")
    if x.numel() > LARGEST:
        raise LeftOut(f"more than {LARGEST} elements")
    if isinstance(axis, (tuple, list)):
        if len(axis) != 1:
            raise LeftOut("several axes at once")
        [axis] = axis
    if FUNCTIONS[sample.name].axis and axis is None:
        raise LeftOut("no axis")
    if weight is not None:
        weight = torch.as_tensor(weight, dtype=torch.float32)
        channels = 1 if axis is None else axis
        if weight.numel() != 1 and tuple(weight.shape) != tuple(x.shape[channels : channels + 1]):
            raise LeftOut("slopes that are neither one nor one for each channel")
    return sample._replace(x=x, weight=weight, given=given, axis=axis)


def row(sample):
    """A line of the file."""
    x, weight, axis = sample.x, sample.weight, sample.axis
    x64 = x.double().contiguous().requires_grad_(True)
    weight64 = None if weight is None else weight.double().requires_grad_(True)
    output = compute(sample, x64, weight64)
    if sample.expected is not None:
        expected, rtol, atol = sample.expected
        np.testing.assert_allclose(output.detach().numpy().ravel(), expected.ravel(), rtol, atol, err_msg=sample.name)
    grad_output = grad_input = grad_weight = None
    if sample.source != "onnx":
        grad_output = torch.randn(output.shape)
        output.backward(grad_output.double())
        grad_input, grad_weight = x64.grad, None if weight is None else weight64.grad
    return [
        sample.source,
        text(sample.name, sample.given),
        "" if axis is None else axis,
        sizes(x),
        numbers(x),
        sizes(weight),
        numbers(weight),
        sizes(output),
        numbers(output),
        numbers(grad_output),
        numbers(grad_input),
        numbers(grad_weight),
    ]


def compute(sample, x, weight):
    function, axis = FUNCTIONS[sample.name], sample.axis
    if function.axis:
        return function.compute(x, axis)
    if weight is None:
        # Parameters are float32 numbers.
        parameters = {key: float(np.float32(value)) for key, value in (function.parameters | sample.given).items()}
        return function.compute(x, **parameters)
    if weight.numel() == 1 or axis is None:
        return function.compute(x, weight)
    # PyTorch's channels are dimension 1 alone.
    return function.compute(x.movedim(axis, 0)[None], weight)[0].movedim(0, axis)


def rows(names):
    """The lines of the file, and the reasons why samples are left out."""
    torch.manual_seed(1)
    left_out = collections.Counter()
    chosen = []
    candidates = collections.defaultdict(list)
    for sample in [*pytorch_operators(), *pytorch_modules(), *onnx_operators()]:
        if sample.name.partition("(")[0] not in names:
            left_out[f"not in the list: {sample.name}"] += 1
            continue
        try:
            line = row(expressible(sample))
        except LeftOut as reason:
            left_out[f"{reason}: {sample.name}"] += 1
            continue
        if sample.source == "onnx":
            chosen.append(line)
        else:
            candidates[sample.name].append(line)
    for name, lines in candidates.items():
        forms, known, elements = set(), set(), 0
        for line in sorted(lines, key=lambda line: len(line[4].split())):
            # One sample of each kind of shape is taken, and then the smallest ones.
            source, activation, axis, shape, x, weight_shape, weight = line[:7]
            form, key = (source, axis, len(shape.split()), weight_shape), (activation, axis, shape, x, weight)
            size = len(x.split())
            if key in known:
                left_out[f"there already: {name}"] += 1
            elif form in forms and elements + size > MOST:
                left_out[f"more than {MOST} elements in all: {name}"] += 1
            else:
                forms.add(form)
                known.add(key)
                elements += size
                chosen.append(line)
    return sorted(chosen, key=lambda line: (line[0], line[1])), left_out


def cross_entropy_samples():
    """PyTorch's samples of its loss: logits, targets and options."""
    for op in op_db:
        if op.name == "nn.functional.cross_entropy":
            for sample in op.sample_inputs("cpu", torch.float32, requires_grad=False):
                yield "pytorch operator", sample.input, sample.args[0], dict(sample.kwargs)
    for info in module_db:
        if info.name == "nn.CrossEntropyLoss":
            for sample in info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False, training=False):
                x, targets = sample.forward_input.args
                yield "pytorch module", x, targets, dict(sample.constructor_input.kwargs)


def losses():
    """The lines of tests/losses.csv, and the reasons why samples are left out."""
    torch.manual_seed(1)
    lines, left_out = [], collections.Counter()
    for source, x, targets, options in cross_entropy_samples():
        if targets.is_floating_point():
            left_out["cross_entropy of probabilities"] += 1
            continue
        if targets.numel() == 0 or x.numel() > LARGEST:
            left_out[f"cross_entropy of no rows, or of more than {LARGEST} elements"] += 1
            continue
        given = {key: options[key] for key in ("reduction", "ignore_index", "label_smoothing") if options.get(key) is not None}
        weight = options.get("weight")
        x64 = x.double().contiguous().requires_grad_(True)
        # Options are float32 numbers.
        given64 = given | ({"label_smoothing": float(np.float32(given["label_smoothing"]))} if "label_smoothing" in given else {})
        loss = F.cross_entropy(x64, targets, None if weight is None else weight.double(), **given64)
        grad_output = torch.randn(loss.shape)
        loss.backward(grad_output.double())
        arguments = ", ".join(f"{key}={value if key == 'reduction' else shortest(np.float32(value))}" for key, value in given.items())
        function = f"cross_entropy({arguments})"
        values = [numbers(tensor) for tensor in (x, targets, weight, loss, grad_output, x64.grad)]
        lines.append([source, function, sizes(x), *values])
    return lines, left_out


def write_losses():
    lines, left_out = losses()
    path = ROOT / "tests" / "losses.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("source function shape logits targets weight loss grad_output grad_logits".split())
        writer.writerows(lines)
    for reason, count in sorted(left_out.items()):
        print(f"left out, {reason}: {count}")
    print(f"{len(lines)} losses: {path}, {path.stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description="Writes tests/samples.csv and tests/losses.csv.")
    parser.add_argument("--only", help="names of activations, with commas between them; by default all that the crate lists")
    only = parser.parse_args().only
    write_losses()
    listing = only.split(",") if only else None
    if listing is None:
        command = ["cargo", "run", "--quiet", "--example", "apply", "--", "--list"]
        listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    names = {match[0] for line in listing if (match := re.match(r"\w+", line))}
    lines, left_out = rows(names)
    path = ROOT / "tests" / "samples.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns = "source activation axis shape x parameter_shape parameter output_shape output grad_output grad_input grad_parameter"
        writer.writerow(columns.split())
        writer.writerows(lines)
    for reason, count in sorted(left_out.items()):
        print(f"left out, {reason}: {count}")
    for source, count in collections.Counter(line[0] for line in lines).items():
        print(f"{source}: {count} samples")
    print(f"PyTorch {torch.__version__}, ONNX {onnx.__version__}: {path}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
