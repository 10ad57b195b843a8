"""The sides of the bench, and how each is started and asked.

In: the options of a run. Out: `Process`, which holds one side as a child process of its own, so that neither memory nor threads mix.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Side:
    """A side, the forms it may run in (the trial keeps the fastest), and for Relata the arguments of its example."""

    name: str
    title: str
    precision: str
    variants: tuple = ("",)
    relata: tuple = field(default=())


OPENVINO_HINTS = ("latency", "throughput")
SIDES = [
    Side("sentence-transformers", "sentence-transformers", "f32", ("sdpa", "eager")),
    Side("ort-f32", "ONNX Runtime", "f32", ("fused", "plain", "dynamo")),
    Side("ov-f32", "OpenVINO", "f32", tuple(f"{form}/{hint}" for form in ("torch", "onnx") for hint in OPENVINO_HINTS)),
    Side("relata-f32", "Relata", "f32", relata=("--precision", "f32", "--engine", "own")),
    Side("relata-stock", "Relata, stock candle", "f32", relata=("--precision", "f32", "--engine", "stock")),
    Side(
        "ort-int8", "ONNX Runtime, dynamic", "int8",
        ("fused-per-channel", "plain-per-channel", "fused-per-tensor", "plain-per-tensor"),
    ),
    Side(
        "ov-int8", "OpenVINO, NNCF", "int8",
        tuple(f"{form}-int8/{hint}" for form in ("torch", "onnx") for hint in OPENVINO_HINTS),
    ),
    Side("relata-int8", "Relata", "int8", relata=("--precision", "int8", "--engine", "own")),
]  # fmt: skip


def command(side, variant, run, what):
    """The command of a side. `what` is a file of texts, or None for one query on standard input (Python sides only)."""
    if side.relata:
        return [run.relata, run.model, what, *side.relata, "--threads", str(run.threads)]
    task = ["--query"] if what is None else ["--texts", what]
    settings = ["--model", run.model, "--files", run.files, "--threads", str(run.threads)]
    return [sys.executable, HERE / "side.py", side.name, variant, *settings, *task]


def environment(threads):
    """Every library's own idea of how many threads to use, all saying the same."""
    count = str(threads)
    return os.environ | {
        "RAYON_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        # numpy multiplies small matrices only; its spinning threads would take time from the encoder.
        "OPENBLAS_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "true",
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
    }


class Process:
    """A side that has loaded its model and one warm-up batch, and waits for lines. A context: on leaving, it is ended."""

    def __init__(self, side, variant, run, texts):
        self.name = f"{side.name} {variant}".strip()
        logs = run.work / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / f"{self.name.replace(' ', '-').replace('/', '-')}.txt"
        with open(self.log, "w", encoding="utf-8") as errors:
            self.child = subprocess.Popen(
                [str(part) for part in command(side, variant, run, texts)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment(run.threads),
            )  # fmt: skip
        try:
            self.expect("READY")
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def run(self, batch):
        """Seconds for all texts."""
        self.child.stdin.write(f"run {batch}\n")
        self.child.stdin.flush()
        return float(self.read())

    def save(self, path):
        self.child.stdin.write(f"save {path}\n")
        self.child.stdin.flush()
        self.expect("saved")

    def expect(self, word):
        if (line := self.read()) != word:
            raise SystemExit(f"{self.name} says {line!r} where {word!r} was expected")

    def read(self):
        line = self.child.stdout.readline()
        if not line:
            tail = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            raise SystemExit(f"{self.name} ended, see {self.log}:\n" + "\n".join(tail))
        return line.strip()

    def peak_memory(self):
        """Most memory it ever held, in MB (10^6 bytes), files mapped into it included."""
        for line in Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise SystemExit(f"the system tells no peak memory of {self.name}")

    def processor_time(self):
        """Seconds of processor time used so far, in all its threads."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_time():
    """Seconds of processor time used on the whole machine since it started, time taken by a hypervisor included."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / os.sysconf("SC_CLK_TCK")
