#!/usr/bin/env python3
"""Instructions of kernels on an NVIDIA GPU, from the driver's own machine code, beside what the kernels take.

`cargo run --release --example compiled -- --folder target/compiled` has the driver compile them, on the machine with the GPU; then
`python3 scripts/instructions.py --compiled target/compiled --page docs/h100/README.md` counts. It needs `pip install zstandard` and
nvdisasm of the CUDA toolkit. The pipeline cache's layout is NVIDIA's own and not documented: chunks of zstd, in each after "NVuc" the
size and place of the code.

A scheduler issues an instruction a clock for 32 threads. Integers, comparisons and selections take 2 clocks of theirs, what is
transcendental (here, reciprocals) 8: the sum of those and all instructions, whichever is most, is the least that a kernel takes.
"""

import argparse
import csv
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ZSTD = b"\x28\xb5\x2f\xfd"
# Integers, comparisons, selections and moves of bits; in the names of NVIDIA's "CUDA Binary Utilities".
HALF_RATE = set(
    "LOP3 IADD3 SHF ISETP FSETP SEL FSEL FMNMX IMNMX VIMNMX VIMNMX3 VIADD VIADDMNMX PRMT LEA MOV PLOP3 IABS BMSK P2R R2P".split()
)
EIGHTH_RATE = set("MUFU F2F F2I I2F I2FP F2FP POPC FLO".split())
# What is the same for all threads is issued by another path; padding is never reached.
UNCOUNTED = re.compile(r"U[A-Z]|NOP|R2UR")
INSTRUCTION = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+ )?([A-Z][A-Z0-9_]*)")
TYPES = ("f32", "f16", "bf16")


def codes(cache):
    """The machine code of each kernel in a pipeline cache."""
    # Here, since nvidia.py, which uses the rest, does without.
    import zstandard

    for found in re.finditer(re.escape(ZSTD), cache):
        try:
            chunk = zstandard.ZstdDecompressor().decompressobj().decompress(cache[found.start() :])
        except zstandard.ZstdError:
            continue
        begin = chunk.find(b"NVuc")
        if begin >= 0:
            _, size, offset = struct.unpack_from("<III", chunk, begin + 0x40)
            yield chunk[begin + offset : begin + offset + size]


def of_code(text):
    """All instructions in what nvdisasm writes, and the clocks that they take at least, for 32 threads."""
    names = [name for name in INSTRUCTION.findall(text) if not UNCOUNTED.match(name)]
    half, eighth = (sum(name in rate for name in names) for rate in (HALF_RATE, EIGHTH_RATE))
    return len(names), max(len(names), 2 * half, 8 * eighth)


def least(path, arguments):
    """Clocks of one element at least, and its instructions, in the largest kernel of a cache."""
    code = max(codes(path.read_bytes()), key=len)
    with tempfile.NamedTemporaryFile() as file:
        file.write(code)
        file.flush()
        text = subprocess.run(
            [arguments.nvdisasm, "-b", arguments.architecture, file.name], check=True, capture_output=True, text=True
        ).stdout
    instructions, clocks = of_code(text)
    each = 16 if "softmax" in path.parent.name else 8
    return clocks / each, instructions / each


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiled", type=pathlib.Path, required=True, help="the folder that the example `compiled` has filled")
    parser.add_argument("--page", type=pathlib.Path, required=True, help="a page with `<!-- instructions -->` and `<!-- /instructions -->`")
    parser.add_argument("--csv", type=pathlib.Path, nargs="+", required=True, help="what `make bench` has measured on that GPU")
    parser.add_argument("--elements", type=int, default=24, help="of which size, as a power of two")
    parser.add_argument("--architecture", default="SM90")
    parser.add_argument("--schedulers", type=int, default=528, help="of the GPU: four for each multiprocessor")
    parser.add_argument("--megahertz", type=int, default=1980)
    parser.add_argument("--nvdisasm", default="nvdisasm")
    arguments = parser.parse_args()
    if not arguments.page.is_file():
        parser.error(f"--page: there is no {arguments.page}")
    before, begin, rest = arguments.page.read_text().partition("<!-- instructions -->")
    _, end, after = rest.partition("<!-- /instructions -->")
    if not (begin and end):
        parser.error(f"--page: {arguments.page} has no `<!-- instructions -->` with a `<!-- /instructions -->` after it")

    for path in arguments.csv:
        if not path.is_file():
            parser.error(f"--csv: there is no {path}")
    caches = sorted(arguments.compiled.glob("*/*"))
    if not caches:
        parser.error(f"--compiled: there are no pipeline caches in {arguments.compiled}: see the example `compiled`")
    if not shutil.which(arguments.nvdisasm):
        parser.error(f"--nvdisasm: there is no {arguments.nvdisasm}: install the CUDA toolkit")

    elements = 1 << arguments.elements
    clocks_of_all = arguments.schedulers * arguments.megahertz * 1e6 / (elements / 32)
    taken = {}
    for path in arguments.csv:
        with path.open() as file:
            for row in csv.DictReader(file):
                if int(row["elements"]) == elements:
                    clocks = float(row["wall_ns_per_element"]) * 1e-9 * elements * clocks_of_all
                    taken[row["activation"], row["pass"], row["dtype"]] = clocks
    found = {tuple(path.parent.name.rsplit(" ", 2)): least(path, arguments) for path in caches}
    lines = ["| clocks for 32 elements | " + " | ".join(TYPES) + " |", "|---" * 4 + "|"]
    if not all(("copy", direction, dtype) in taken for direction in ("forward", "backward") for dtype in TYPES):
        parser.error(f"--csv: there are no figures of the copies of 2^{arguments.elements} elements in every type")
    copies = [" / ".join(f"{taken['copy', direction, dtype]:.0f}" for direction in ("forward", "backward")) for dtype in TYPES]
    lines.append("| copy forward / backward | " + " | ".join(copies) + " |")
    for name, direction in sorted({key[:2] for key in found}, key=lambda key: (key[1] == "backward", found[*key, "f32"])):
        cells = []
        for dtype in TYPES:
            clocks, instructions = found[name, direction, dtype]
            measured = taken.get((name, direction, dtype))
            cells.append(f"{clocks:.0f} ({instructions:.0f})" + (f", took {measured:.0f}" if measured else ""))
        lines.append(f"| `{name}` {direction} | " + " | ".join(cells) + " |")
    print("\n".join(lines))
    command = " ".join(["python3", *sys.argv])
    arguments.page.write_text(f"{before}<!-- instructions -->\n" + "\n".join(lines) + f"\n\n`{command}`\n<!-- /instructions -->{after}")


if __name__ == "__main__":
    main()
