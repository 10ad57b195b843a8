"""Compiles the kernels of the CUDA engine with NVIDIA's run-time compiler, which needs no card, for every kind of model and number.

    pip install nvidia-cuda-nvrtc; python tests/fake_cuda/compile.py [COMPUTE_CAPABILITY, 90 by default]
"""

import ctypes
import itertools
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
KERNELS = HERE.parent.parent / "src/embed/cuda/kernels"
SOURCE = b"".join((KERNELS / f"{name}.cu").read_bytes() for name in ("dtype", "rows", "attention"))

# Switches as in gpu.rs: plain BERT, MPNet, ModernBERT, Nomic-BERT.
FAMILIES = {
    "bert": {},
    "mpnet": {"DISTANCES": 1},
    "modernbert": {"ROTARY": 1, "WINDOWS": 1, "GATED": 1, "NORMS_FIRST": 1},
    "nomic_bert": {"ROTARY": 1, "GATED": 1, "ACTIVATION": 3},
}
# Width of a head, heads, width inside the feed-forward.
SIZES = [(8, 4, 64), (32, 12, 1536), (64, 12, 3072), (128, 4, 1152), (7, 3, 5)]


def library():
    import nvidia

    def open_first(pattern):
        found = [path for root in nvidia.__path__ for path in pathlib.Path(root).glob(f"*/lib/{pattern}")]
        return ctypes.CDLL(str(found[0]), mode=ctypes.RTLD_GLOBAL)

    # The compiler asks for it by name, which finds it once it is open.
    open_first("libnvrtc-builtins.so.*")
    return open_first("libnvrtc.so.*")


def main():
    nvrtc, failed = library(), 0
    capability = sys.argv[1] if len(sys.argv) > 1 else "90"
    for (family, switches), (head, heads, inside), element in itertools.product(FAMILIES.items(), SIZES, range(3)):
        if switches.get("ROTARY") and head % 2:
            continue
        values = dict.fromkeys(("ROTARY", "DISTANCES", "WINDOWS", "GATED", "NORMS_FIRST", "ACTIVATION"), 0) | switches
        values |= {"ELEMENT": element, "HIDDEN": head * heads, "HEAD": head, "HEADS": heads, "INSIDE": inside, "LONGEST": 512}
        options = ["--ftz=true", f"--gpu-architecture=compute_{capability}", "--std=c++17"]
        options = [option.encode() for option in options + [f"-D{name}={value}" for name, value in values.items()]]
        program = ctypes.c_void_p()
        nvrtc.nvrtcCreateProgram(ctypes.byref(program), SOURCE, None, 0, None, None)
        code = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
        size = ctypes.c_size_t()
        nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
        log = ctypes.create_string_buffer(size.value)
        nvrtc.nvrtcGetProgramLog(program, log)
        print("compiled" if code == 0 else "FAILED", family, ("f32", "f16", "bf16")[element], head, heads, inside)
        if log.value.strip():
            print(log.value.decode())
        failed += code != 0
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
