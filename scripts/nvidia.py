#!/usr/bin/env python3
"""Instructions that NVIDIA's compiler makes of kernels, counted without a GPU: by NVRTC and nvdisasm, which are on PyPI.

`cargo run --example instructions -- metal` writes the kernels in Metal's language, which is C++. A few substitutions and nvidia.cuh
make CUDA of it. So the compiler's second half is the driver's, but the first is another: against the driver of an H100 the counts are
within a few percent. `make instructions` runs this.
"""

import argparse
import concurrent.futures
import csv
import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import instructions

HEADER = pathlib.Path(__file__).with_name("nvidia.cuh").read_bytes()
# All kernels have workgroups of this size.
WORKGROUP = 256
# Quotients and roots as Vulkan's drivers have them, which subnormal numbers may be flushed for.
OPTIONS = ["-default-device", "-std=c++17", "-use_fast_math", "-w"]
BUILTINS = {
    "thread_position_in_grid": "metal::uint3(blockIdx.x * blockDim.x + threadIdx.x, blockIdx.y, blockIdx.z)",
    "threadgroup_position_in_grid": "metal::uint3(blockIdx.x, blockIdx.y, blockIdx.z)",
    "threadgroups_per_grid": "metal::uint3(gridDim.x, gridDim.y, gridDim.z)",
    "thread_index_in_threadgroup": "threadIdx.x",
    "thread_position_in_threadgroup": "metal::uint3(threadIdx.x, threadIdx.y, threadIdx.z)",
}


def cuda(text):
    """CUDA C++ of the Metal text of a kernel."""
    text = re.sub(r"#include <.*?>\n|using metal::uint;\n", "", text)
    text = re.sub(r"as_type<uint>\(half2\((\w+)\.(\w)(\w)\)\)", r"pack_halves(\1.\2, \1.\3)", text)
    text = re.sub(r"as_type<uint>\(half2\(metal::float2\(([^()]*|[^()]*\([^()]*\)[^()]*)\)\)\)", r"pack_halves(\1)", text)
    text = re.sub(r"float2\(as_type<half2>\((.*?)\)\)", r"unpack_halves(\1)", text)
    # A number is a double in C++ without the f.
    text = re.sub(r"(?<![\w.])(\d+\.\d+(?:e-?\d+)?)(?![\w.])", r"\1f", text)
    # An array without a size has one element in naga's text, and then the compiler knows each index.
    text = re.sub(r"(typedef .* \w+)\[1\];", r"\1[268435456];", text)
    found = re.search(r"kernel void (\w+)\((.*?)\n\) \{", text, re.S)
    parameters, variables = [], []
    for argument in filter(None, (part.strip() for part in re.split(r"\n?, |\n\s*", found[2]))):
        argument, _, attribute = argument.partition(" [[")
        builtin = BUILTINS.get(attribute.rstrip("]"))
        if builtin:
            variables.append(f"{argument} = {builtin};")
            continue
        space, kind, name = re.match(r"(\w+) (.*?)& (\w+)$", argument).groups()
        if space == "threadgroup":
            variables.append(f"__shared__ {kind} {name};")
        elif space == "constant":
            parameters.append(f"const __grid_constant__ {kind} {name}")
        else:
            const, kind = "const " if "const" in kind else "", kind.split()[0]
            parameters.append(f"{const}{kind}* __restrict__ {name}_pointer")
            variables.append(f"{const}{kind}& {name} = *{name}_pointer;")
    head = f'extern "C" __global__ void __launch_bounds__({WORKGROUP}) {found[1]}({", ".join(parameters)}) {{\n'
    kernel = text[: found.start()] + head + "\n".join(variables) + text[found.end() :]
    # In a namespace a kernel's functions may have names of CUDA's, such as `ceil`.
    return f'#include "nvidia.cuh"\nnamespace kernel {{\n{kernel}\n}}\n'


class Compiler:
    def __init__(self, venv, architecture):
        libraries = list(venv.glob("lib/*/site-packages/nvidia/**/libnvrtc.so.*"))
        disassemblers = list(venv.glob("lib/*/site-packages/nvidia/**/bin/nvdisasm"))
        if not (libraries and disassemblers):
            sys.exit(f"error: {venv} has no NVRTC or no nvdisasm: see scripts/instructions.sh")
        self.nvrtc, self.nvdisasm = ctypes.CDLL(str(libraries[0])), disassemblers[0]
        self.options = [option.encode() for option in (f"-arch={architecture}", *OPTIONS)]
        major, minor = ctypes.c_int(), ctypes.c_int()
        self.nvrtc.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
        self.name = f"NVRTC {major.value}.{minor.value} for {architecture}"

    def bytes(self, what, program):
        size = ctypes.c_size_t()
        getattr(self.nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
        content = ctypes.create_string_buffer(size.value)
        getattr(self.nvrtc, f"nvrtcGet{what}")(program, content)
        return content.raw

    def assembly(self, source):
        program = ctypes.c_void_p()
        header, name = (ctypes.c_char_p * 1)(HEADER), (ctypes.c_char_p * 1)(b"nvidia.cuh")
        self.nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 1, header, name)
        try:
            options = (ctypes.c_char_p * len(self.options))(*self.options)
            if self.nvrtc.nvrtcCompileProgram(program, len(self.options), options):
                raise ValueError(self.bytes("ProgramLog", program).decode(errors="replace"))
            code = self.bytes("CUBIN", program)
        finally:
            self.nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
        with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
            file.write(code)
            file.flush()
            return subprocess.run([self.nvdisasm, "-c", file.name], check=True, capture_output=True, text=True).stdout

    def row(self, path):
        try:
            text = self.assembly(cuda(path.read_text()))
        except ValueError as error:
            sys.exit(f"error: {path.stem}: NVRTC does not take it: {error}")
        count, clocks = instructions.of_code(text)
        registers = max((int(number) for number in re.findall(r"\bR(\d+)\b", text)), default=0) + 1
        # Memory of a thread's own is used for values that have no register.
        spills = sum(name in ("STL", "LDL") for name in instructions.INSTRUCTION.findall(text))
        return path.stem, count, clocks, registers, spills, 32


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernels", type=pathlib.Path, help="the folder that `instructions metal` has filled")
    parser.add_argument("--venv", type=pathlib.Path, required=True, help="with nvidia-cuda-nvrtc-cu12 and nvidia-cuda-nvdisasm")
    parser.add_argument("--csv", type=pathlib.Path, required=True, help="the file to write")
    parser.add_argument("--architecture", default="sm_90")
    arguments = parser.parse_args()
    compiler = Compiler(arguments.venv, arguments.architecture)
    paths = sorted(arguments.kernels.glob("*.metal"))
    print(f"Compiling {len(paths)} kernels with {compiler.name}.", flush=True)
    # Each thread waits for the compiler, which does not hold Python's lock.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(compiler.row, paths))
    with arguments.csv.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([compiler.name, "instructions", "clocks", "registers", "spills", "width"])
        writer.writerows(sorted(rows))


if __name__ == "__main__":
    main()
