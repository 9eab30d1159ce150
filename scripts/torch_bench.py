#!/usr/bin/env python3
"""PyTorch's kernels on the GPU beside ours: `python3 scripts/torch_bench.py --page docs/h100/README.md`, on a machine with CUDA.

Ours are the figures of `bench.csv` beside the page, or of another file, which `make bench` wrote on the same GPU. PyTorch's are medians
over turns of many calls in one CUDA graph, so that what PyTorch's own calls take on the host is not counted. Its gradients are those of
autograd, with a `grad_output` of many values, after the forward pass. Sizes and functions are those that our figures and the arguments have
in common. The table goes between `<!-- torch -->` and `<!-- /torch -->`, of other types than f32 `<!-- torch-f16 -->` and so on.
"""

import argparse
import csv
import pathlib
import statistics
import sys

import torch
import torch.nn.functional as F

ROW = 1024
TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
FUNCTIONS = {
    "copy": torch.clone,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "relu6": F.relu6,
    "hardtanh": F.hardtanh,
    "threshold": lambda x: F.threshold(x, 0, 0),
    "hardshrink": F.hardshrink,
    "softshrink": F.softshrink,
    "elu": F.elu,
    "selu": F.selu,
    "celu": F.celu,
    "sigmoid": torch.sigmoid,
    "logsigmoid": F.logsigmoid,
    "tanh": torch.tanh,
    "tanhshrink": F.tanhshrink,
    "softplus": F.softplus,
    "silu": F.silu,
    "mish": F.mish,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "softsign": F.softsign,
    "atan": torch.atan,
    "softmax": lambda x: F.softmax(x.view(-1, ROW), -1),
    "log_softmax": lambda x: F.log_softmax(x.view(-1, ROW), -1),
}


def seconds(prepare, turns):
    """Of one call of what is prepared: the median over turns of a graph of many."""
    calls = 20
    # Autograd works on the stream of the forward pass, which must be the one that is captured.
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        call = prepare()
        for _ in range(3):
            call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for _ in range(calls):
            call()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    times = []
    for _ in range(turns + 1):
        begin.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end) * 1e-3 / calls)
    return statistics.median(times[1:])


def forward(function, x):
    """A function's call."""
    return lambda: function(x)


def backward(function, x):
    """A call that computes the gradient again and again, of a forward pass that is done; of the copy, one that reads two tensors."""
    grad_output = torch.rand_like(x)
    if function is torch.clone:
        out = torch.empty_like(x)
        return lambda: torch.add(x, grad_output, out=out)
    x = x.requires_grad_(True)
    y = function(x)
    grad_output = grad_output.view_as(y)
    return lambda: torch.autograd.grad(y, x, grad_output, retain_graph=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=pathlib.Path, required=True, help="a page with the places for the table in it")
    parser.add_argument("--csv", type=pathlib.Path, help="our figures, if they are not in bench.csv beside the page")
    parser.add_argument("--dtype", choices=TYPES, default="f32")
    parser.add_argument("--sizes", type=int, nargs="+", default=[16, 20, 22, 24], help="elements as powers of two")
    parser.add_argument("--turns", type=int, default=15)
    arguments = parser.parse_args()
    figures = arguments.csv or arguments.page.with_name("bench.csv")
    for path in (arguments.page, figures):
        if not path.is_file():
            parser.error(f"there is no {path}")
    place = "torch" if arguments.dtype == "f32" else f"torch-{arguments.dtype}"
    before, begin, rest = arguments.page.read_text().partition(f"<!-- {place} -->")
    _, end, after = rest.partition(f"<!-- /{place} -->")
    if not (begin and end):
        parser.error(f"--page: {arguments.page} has no `<!-- {place} -->` with a `<!-- /{place} -->` after it")
    if not torch.cuda.is_available():
        parser.error("PyTorch finds no CUDA here")

    with figures.open() as file:
        rows = [row for row in csv.DictReader(file) if row["dtype"] == arguments.dtype]
    ours = {(row["activation"], row["pass"], int(row["elements"])): row for row in rows}
    sizes = [power for power in arguments.sizes if ("copy", "forward", 1 << power) in ours]
    functions = {name: function for name, function in FUNCTIONS.items() if name in {row["activation"] for row in rows}}
    if not sizes:
        parser.error(f"--sizes: {figures} has none of these for {arguments.dtype}")
    head = [f"{direction} 2^{power}" for direction in ("forward", "backward") for power in sizes]
    lines = ["| µs, ours / PyTorch's | " + " | ".join(head) + " |", "|---" * (1 + len(head)) + "|"]
    for name, function in functions.items():
        cells = []
        for direction, pass_of in (("forward", forward), ("backward", backward)):
            for power in sizes:
                elements = 1 << power
                own = float(ours[name, direction, elements]["wall_ns_per_element"]) * elements * 1e-3
                x = ((torch.arange(elements, device="cuda") * 0.37).sin() * 8).to(TYPES[arguments.dtype])
                theirs = seconds(lambda: pass_of(function, x), arguments.turns) * 1e6
                ratio = f"{own / theirs:.2f}"
                cells.append(f"{own:.1f} / {theirs:.1f} = " + (f"**{ratio}**" if own > 1.05 * theirs else ratio))
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    command = " ".join(["python3", *sys.argv])
    note = f"`{command}`, PyTorch {torch.__version__} on {torch.cuda.get_device_name()}"
    table = "\n".join(lines)
    arguments.page.write_text(f"{before}<!-- {place} -->\n{table}\n\n{note}\n<!-- /{place} -->{after}")


if __name__ == "__main__":
    main()
