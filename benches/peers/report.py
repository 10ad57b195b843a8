"""What the reader sees: progress on standard error, Markdown on standard output, and the machine and versions it was measured with."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path

PACKAGES = ["sentence-transformers", "torch", "transformers", "tokenizers", "onnxruntime", "onnx", "openvino", "nncf", "numpy"]
INSTRUCTIONS = ["avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8"]


def progress(text):
    print(text, file=sys.stderr, flush=True)


def table(head, rows, right):
    """A Markdown table whose last `right` columns are aligned to the right."""
    rule = ["---"] * (len(head) - right) + ["---:"] * right
    return "".join("| " + " | ".join(map(str, row)) + " |\n" for row in [head, rule, *rows])


def machine():
    """Processor with the instructions that matter here, and the packages' versions."""
    name, flags = platform.machine(), ()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        label, _, value = line.partition(":")
        if label.strip() == "model name":
            name = value.strip()
        elif label.strip() == "flags":
            flags = set(value.split())
            break
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    has = " ".join(flag for flag in INSTRUCTIONS if flag in flags)
    return f"{name} ({has}), Python {platform.python_version()}, {packages}.\n"
