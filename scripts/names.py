#!/usr/bin/env python3
"""Computes the functions of other libraries that this crate's text form knows by their names there, into tests/names.csv, for
tests/cpu/names.rs.

`pip install torch transformers keras jax onnx` (written for torch 2.15, transformers 5.24, keras 3.15, jax 0.10 and onnx 1.23;
the CPU is enough), then run this.

Each line has a library, the kind of function, the text, inputs and results, in float64. The text is what a module prints, if it
prints something, or the name with the default parameters of its library. Inputs of a gated unit are pairs of a value and a gate,
and those of a function along an axis are one row. A name that means another function here (as `gelu` of JAX, which is
`gelu(approximate=tanh)` here) stands with the text that has to be written instead.
"""

import csv
import os
import pathlib

os.environ["KERAS_BACKEND"] = "torch"

import jax
import keras
import numpy as np
import onnx
import onnx.helper
import onnx.reference
import torch
import torch.nn.functional as F
from transformers import T5Config
from transformers.activations import ACT2FN, XIELUActivation

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")

FILE = pathlib.Path(__file__).parent.parent / "tests" / "names.csv"
X = np.array([-4, -2.5, -1.2, -0.5, -0.25, 0.25, 0.5, 1, 1.5, 3, 6.5, 21])
PAIRS = np.array([[1.5, -2.5], [-9, 0.5], [2, 1], [-0.5, 8]])
# Where logarithms and roots are numbers.
POSITIVE = np.array([1e-3, 0.25, 0.5, 1, 1.5, 3, 6.5, 21])
ROW = np.array([0.5, -1, 2, 2, 3.5, 3.5, -4, 0.25])

# Functions of transformers that this crate does not have.
ABSENT = {"gelu_10", "sqrtsoftplus"}


def tensor(x):
    return torch.tensor(x, dtype=torch.float64)


def modules():
    """PyTorch's activations, as they print themselves."""
    nn = torch.nn
    elementwise = [
        nn.Identity(), nn.ReLU(), nn.ReLU(inplace=True), nn.RReLU(), nn.RReLU(0.25, 0.5, inplace=True), nn.Hardtanh(),
        nn.Hardtanh(-2, 2.5, inplace=True), nn.Hardtanh(0, 1e3), nn.ReLU6(), nn.ReLU6(inplace=True), nn.Sigmoid(), nn.Hardsigmoid(),
        nn.Tanh(), nn.SiLU(), nn.SiLU(inplace=True), nn.Mish(), nn.Mish(inplace=True), nn.Hardswish(), nn.ELU(),
        nn.ELU(0.5, inplace=True), nn.CELU(), nn.CELU(2, inplace=True), nn.SELU(), nn.SELU(inplace=True), nn.GELU(),
        nn.GELU(approximate="tanh"), nn.Hardshrink(), nn.Hardshrink(0.75), nn.LeakyReLU(), nn.LeakyReLU(1e-5),
        nn.LeakyReLU(0.2, inplace=True), nn.LogSigmoid(), nn.Softplus(), nn.Softplus(2, 15), nn.Softshrink(),
        nn.Softshrink(1), nn.PReLU(), nn.PReLU(3), nn.Softsign(), nn.Tanhshrink(), nn.Threshold(0.1, 20),
        nn.Threshold(0.1, 20.0, inplace=True),
    ]  # fmt: skip
    for module in elementwise:
        module = module.double().eval()
        x = X.repeat(3).reshape(-1, 3) if isinstance(module, nn.PReLU) and module.num_parameters == 3 else X
        yield "PyTorch", "activation", str(module), X, module(tensor(x)).reshape(len(X), -1)[:, 0]
    along_axis = [nn.Softmin(dim=0), nn.Softmax(dim=0), nn.LogSoftmax(dim=0)]
    for module in along_axis:
        yield "PyTorch", "axis", str(module), ROW, module(tensor(ROW))
    gated = nn.GLU()
    yield "PyTorch", "glu", str(gated), PAIRS, gated(tensor(PAIRS))
    classes = {type(module).__name__ for module in [*elementwise, *along_axis, gated]}
    missing = set(nn.modules.activation.__all__) - classes
    assert missing == {"MultiheadAttention", "Softmax2d"}, missing


def functions():
    """PyTorch's functions."""
    names = """relu relu6 selu celu elu leaky_relu rrelu gelu logsigmoid hardshrink tanhshrink softsign softplus softshrink tanh
        sigmoid hardsigmoid silu mish hardtanh hardswish""".split()
    for name in names:
        yield "PyTorch", "activation", name, X, getattr(F, name)(tensor(X))
    for name in "atan arctan sin cos exp expm1 reciprocal square abs absolute erf".split():
        yield "PyTorch", "activation", name, X, getattr(torch, name)(tensor(X))
    for name in ["log", "log1p", "sqrt", "rsqrt"]:
        yield "PyTorch", "activation", name, POSITIVE, getattr(torch, name)(tensor(POSITIVE))
    for name in ["leaky_relu(0.2)", "elu(1.5)", "softplus(2, 15)", "hardtanh(-2, 2)", "threshold(0.1, 20)", "celu(alpha=2)"]:
        yield "PyTorch", "activation", name, X, eval(f"F.{name.replace('(', '(x, ')}", {"F": F, "x": tensor(X)})
    for name in ["softmax", "log_softmax", "softmin"]:
        yield "PyTorch", "axis", name, ROW, getattr(F, name)(tensor(ROW), dim=0)
    yield "PyTorch", "axis", "LogSumExp", ROW, torch.logsumexp(tensor(ROW), dim=0, keepdim=True)
    yield "PyTorch", "glu", "glu", PAIRS, F.glu(tensor(PAIRS))


def transformers():
    for name in ACT2FN.keys() - ABSENT:
        module = XIELUActivation(dtype=torch.float64) if name == "xielu" else ACT2FN[name].double()
        for text in {name, str(module)}:
            yield "transformers", "activation", text, X, module(tensor(X))
    # The names of these classes in transformers 4.
    yield "transformers", "activation", "PytorchGELUTanh()", X, F.gelu(tensor(X), approximate="tanh")
    values, gates = tensor(PAIRS).T
    for name in ["gated-relu", "gated-gelu", "gated-silu"]:
        act = ACT2FN[T5Config(feed_forward_proj=name).dense_act_fn]
        yield "transformers", "glu", name, PAIRS, act(gates) * values


def keras_and_jax():
    names = """relu relu6 celu selu elu softplus softsign squareplus sparse_plus sparse_sigmoid silu swish gelu tanh sigmoid
        hard_sigmoid hard_silu hard_swish hard_tanh linear mish log_sigmoid tanh_shrink hard_shrink soft_shrink""".split()
    for name in names:
        yield "Keras", "activation", name, X, keras.activations.get(name)(tensor(X))
    given = tensor(X)
    yield "Keras", "activation", "hard_shrink(threshold=0.75)", X, keras.activations.hard_shrink(given, threshold=0.75)
    yield "Keras", "activation", "soft_shrink(threshold=1)", X, keras.activations.soft_shrink(given, threshold=1)
    yield "Keras", "activation", "leaky_relu(negative_slope=0.2)", X, keras.activations.leaky_relu(given)
    yield "Keras", "activation", "LeakyReLU(negative_slope=0.3)", X, keras.layers.LeakyReLU()(given)
    yield "Keras", "activation", "LeakyReLU(negative_slope=0.1)", X, keras.layers.LeakyReLU(negative_slope=0.1)(given)
    yield "Keras", "activation", "ELU(alpha=0.5)", X, keras.layers.ELU(alpha=0.5)(given)
    # Keras 2 had ThresholdedReLU(theta=1.0), documented as `f(x) = x for x > theta`, else 0.
    for text, theta in [("ThresholdedReLU", 1), ("ThresholdedReLU(theta=0.25)", 0.25)]:
        yield "Keras", "activation", text, X, np.where(X > theta, X, 0)
    # Not sparsemax, which adds up all sums of sorted elements where it should take one, and so gives zeros for equal ones.
    for name in ["softmax", "log_softmax"]:
        yield "Keras", "axis", name, ROW, keras.activations.get(name)(tensor(ROW)[None])[0]
    yield "Keras", "glu", "glu", PAIRS, keras.activations.glu(tensor(PAIRS))
    names = """relu relu6 sigmoid softplus sparse_plus sparse_sigmoid soft_sign silu swish log_sigmoid leaky_relu hard_sigmoid
        hard_silu hard_swish hard_tanh elu celu selu squareplus mish identity""".split()
    for name in names:
        yield "JAX", "activation", name, X, getattr(jax.nn, name)(X)
    yield "JAX", "activation", "gelu(approximate=tanh)", X, jax.nn.gelu(X)
    for name in ["softmax", "log_softmax"]:
        yield "JAX", "axis", name, ROW, getattr(jax.nn, name)(ROW)
    yield "JAX", "axis", "logsumexp", ROW, jax.nn.logsumexp(ROW)
    yield "JAX", "glu", "glu", PAIRS, jax.nn.glu(PAIRS)


def operator(name, x, slope=None, **attributes):
    """The result of an ONNX operator."""
    inputs = {"x": x} if slope is None else {"x": x, "slope": np.array([slope])}
    node = onnx.helper.make_node(name, list(inputs), ["y"], **attributes)
    values = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE, None) for name in [*inputs, "y"]]
    graph = onnx.helper.make_graph([node], name, values[:-1], values[-1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 24)])
    return onnx.reference.ReferenceEvaluator(model).run(None, inputs)[0]


def operators():
    names = """Identity Relu LeakyRelu Elu Selu Celu Sigmoid Tanh ThresholdedRelu Shrink Softplus Mish Gelu HardSigmoid HardSwish
        Softsign Sin Cos Atan Swish Exp Reciprocal Abs Erf Sign Floor Ceil Round""".split()
    for name in names:
        yield "ONNX", "activation", name, X, operator(name, X)
    for name in ["Log", "Sqrt"]:
        yield "ONNX", "activation", name, POSITIVE, operator(name, POSITIVE)
    for name, attributes in [
        ("LeakyRelu", {"alpha": 0.1}), ("Elu", {"alpha": 0.5}), ("Celu", {"alpha": 2.0}), ("Swish", {"alpha": 1.5}),
        ("Selu", {"alpha": 2.0, "gamma": 3.0}), ("HardSigmoid", {"alpha": 0.5, "beta": 0.25}), ("HardSigmoid", {"alpha": 0.5}),
        ("ThresholdedRelu", {"alpha": 2.0}), ("Shrink", {"lambd": 1.5, "bias": 0.5}), ("Shrink", {"bias": 1.5}),
        ("Gelu", {"approximate": "tanh"}),
    ]:  # fmt: skip
        given = ", ".join(f"{key}={value!r}" for key, value in attributes.items())
        yield "ONNX", "activation", f"{name}({given})", X, operator(name, X, **attributes)
    yield "ONNX", "activation", "PRelu(slope=0.5)", X, operator("PRelu", X, slope=0.5)
    for name in ["Softmax", "LogSoftmax", "Hardmax", "ReduceLogSumExp"]:
        yield "ONNX", "axis", name, ROW, operator(name, ROW)


def others():
    """Functions of libraries that are not run here, from the formulas in their sources."""
    values, gates = PAIRS.T
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    gelu = lambda x: F.gelu(tensor(x)).numpy()
    # llama.cpp, ggml/src/ggml-cpu/vec.h and ops.cpp
    yield "ggml", "activation", "gelu_quick", X, X * sigmoid(1.702 * X)
    yield "ggml", "activation", "gelu_erf", X, gelu(X)
    yield "ggml", "activation", "hardswish", X, X * np.minimum(1, np.maximum(0, (X + 3) / 6))
    yield "ggml", "activation", "hardsigmoid", X, np.minimum(1, np.maximum(0, (X + 3) / 6))
    yield "ggml", "glu", "reglu", PAIRS, np.maximum(0, gates) * values
    yield "ggml", "glu", "geglu_erf", PAIRS, gelu(gates) * values
    yield "ggml", "glu", "swiglu", PAIRS, gates * sigmoid(gates) * values
    limited = lambda alpha, limit: (
        np.minimum(gates, limit) * sigmoid(alpha * np.minimum(gates, limit)) * (np.clip(values, -limit, limit) + 1)
    )
    yield "ggml", "glu", "swiglu_oai(1.702, 7)", PAIRS, limited(1.702, 7)
    # vLLM, vllm/model_executor/layers/activation.py, SwigluOAIAndMul
    yield "vLLM", "glu", "swigluoai", PAIRS, limited(1.702, 7)
    yield "vLLM", "glu", "swigluoai(alpha=2, limit=1.5)", PAIRS, limited(2, 1.5)
    # Shazeer, GLU Variants Improve Transformer, with the gate that the paper activates; gelu is exact in diffusers' GEGLU, too.
    yield "the paper", "glu", "ReGLU", PAIRS, np.maximum(0, gates) * values
    yield "the paper", "glu", "GEGLU", PAIRS, gelu(gates) * values
    yield "the paper", "glu", "SwiGLU", PAIRS, gates * sigmoid(gates) * values
    tanh_gelu = F.gelu(tensor(gates), approximate="tanh").numpy()
    yield "this crate", "glu", "geglu_tanh", PAIRS, tanh_gelu * values
    yield "this crate", "activation", "gelu_tanh", X, F.gelu(tensor(X), approximate="tanh")
    yield "this crate", "activation", "recip", X, 1 / X
    # OpenAI's CLIP, clip/model.py
    yield "CLIP", "activation", "QuickGELU()", X, X * sigmoid(1.702 * X)
    # timm, timm/layers/activations.py
    yield "timm", "activation", "HardMish()", X, 0.5 * X * np.clip(X + 2, 0, 2)
    # PaddlePaddle, paddle.nn.Maxout(groups, axis), and Shang et al., Understanding and Improving … Concatenated Rectified Linear Units
    yield "PaddlePaddle", "axis", "Maxout(groups=4)", ROW, ROW.reshape(-1, 4).max(-1)
    # entmax, entmax/activations.py, with the thresholds of the first elements in falling order
    row = ROW / 4
    z = row - row.max()
    falling, count = np.sort(z)[::-1], np.arange(1, len(row) + 1)
    taus = (falling.cumsum() - 1) / count
    sparsemax = np.maximum(z - taus[(falling > taus).sum() - 1], 0)
    mean, mean_square = (falling / 2).cumsum() / count, ((falling / 2) ** 2).cumsum() / count
    taus = mean - np.sqrt(np.maximum((1 - count * (mean_square - mean**2)) / count, 0))
    entmax15 = np.maximum(z / 2 - taus[(taus <= falling / 2).sum() - 1], 0) ** 2
    for name in ["sparsemax", "Sparsemax"]:
        yield "entmax", "axis", name, row, sparsemax
    for name in ["entmax15", "Entmax15"]:
        yield "entmax", "axis", name, row, entmax15
    yield "the paper", "axis", "CReLU", ROW, np.maximum(0, np.concatenate([ROW, -ROW]))


def main():
    with FILE.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["library", "kind", "text", "input", "output"])
        written = set()
        for source in [modules, functions, transformers, keras_and_jax, operators, others]:
            for library, kind, text, inputs, outputs in sorted(source(), key=lambda line: line[:3]):
                if (library, text) in written:
                    continue
                written.add((library, text))
                if isinstance(outputs, torch.Tensor):
                    outputs = outputs.detach().numpy()
                numbers = lambda array: " ".join(repr(float(number)) for number in np.ravel(array))
                lines.writerow([library, kind, text, numbers(inputs), numbers(outputs)])


main()
