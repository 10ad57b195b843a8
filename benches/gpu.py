"""Relata beside sentence-transformers on one CUDA card, in turn in one run: parity first, then throughput.

    python benches/gpu.py --model FOLDER --texts TEXTS.jsonl --relata target/release/examples/throughput

TEXTS.jsonl is one JSON string a line. Needs torch with CUDA, sentence-transformers and numpy. sentence-transformers runs
in float16 with SDPA at its best batch of 64 to 1,024 texts; tokenisation counts on both sides, loading and a warm-up do not.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

BATCHES = (64, 128, 256, 512, 1024)
# Of all-MiniLM-L6-v2: parameters of the linear layers, layers, hidden. One token costs two operations a parameter, and each
# pair of tokens of a text four a column and layer.
LINEAR, LAYERS, HIDDEN = 10_616_832, 6, 384


class Relata:
    def __init__(self, options, texts, *arguments):
        command = [options.relata, options.model, texts, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.expect("READY")

    def expect(self, word=None):
        line = self.process.stdout.readline().strip()
        if not line or (word and line != word):
            raise SystemExit(f"relata says {line!r}, expected {word or 'seconds'}")
        return line

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def run(self, _batch=0):
        self.say("run 0")
        return float(self.expect())

    def vectors(self):
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            self.run()
            self.say(f"save {file.name}")
            self.expect("saved")
            return np.load(file.name)

    def quit(self):
        self.say("quit")
        self.process.wait()


class SentenceTransformers:
    def __init__(self, options, texts, dtype):
        import torch
        from sentence_transformers import SentenceTransformer

        arguments = {"attn_implementation": "sdpa", "torch_dtype": getattr(torch, dtype)}
        self.model = SentenceTransformer(str(options.model), device="cuda", model_kwargs=arguments)
        self.model.max_seq_length = 256
        self.texts = [json.loads(line) for line in Path(texts).read_text().splitlines()]
        self.encode(self.texts[:2048], 256)

    def encode(self, texts, batch):
        return self.model.encode(texts, batch_size=batch, show_progress_bar=False, normalize_embeddings=True)

    def run(self, batch):
        start = time.perf_counter()
        self.encode(self.texts, batch)
        return time.perf_counter() - start

    def vectors(self):
        return np.asarray(self.encode(self.texts, 256), dtype=np.float32)


def ceilings():
    """TFLOP/s of a large matrix product in bf16, and TB/s of a copy, bytes read and written."""
    import torch

    def best(work):
        times = []
        for _ in range(10):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            work()
            end.record()
            torch.cuda.synchronize()
            times.append(start.elapsed_time(end) / 1e3)
        return statistics.median(times[3:])

    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    product = 2 * 8192**3 / best(lambda: a @ b) / 1e12
    source = torch.randint(0, 255, (4 << 30,), dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    copy = 2 * source.numel() / best(lambda: target.copy_(source)) / 1e12
    return torch.cuda.get_device_name(), product, copy


def cosines(one, other):
    one, other = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (one, other))
    return (one.astype(np.float64) * other).sum(axis=1)


def operations(model, texts):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    lines = [json.loads(line) for line in Path(texts).read_text().splitlines()]
    lengths = np.array([len(text.ids) for text in tokenizer.encode_batch_fast(lines)], dtype=np.float64)
    return lengths.mean(), (2 * LINEAR * lengths + 4 * HIDDEN * LAYERS * lengths**2).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--relata", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--budgets", default="", help="token budgets of Relata to try, comma-separated")
    parser.add_argument("--parity", type=int, default=2000, help="texts compared with f32 on the CPU")
    options = parser.parse_args()

    name, product, copy = ceilings()
    tokens, cost = operations(options.model, options.texts)
    print(f"{name}: products {product:.0f} TFLOP/s, copies {copy:.2f} TB/s")
    print(f"{tokens:.0f} tokens and {cost / 1e9:.2f} GFLOP a text")

    lines = options.texts.read_text().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.jsonl"
        few.write_text("\n".join(lines[: options.parity]) + "\n")
        cpu = Relata(options, few, "--device", "cpu")
        truth = cpu.vectors()
        cpu.quit()
        sides = [(f"relata {p}", Relata(options, few, "--device", "cuda", "--precision", p)) for p in ("f32", "f16", "bf16")]
        for label, side in [*sides, ("sentence-transformers f16", SentenceTransformers(options, few, "float16"))]:
            vectors = side.vectors()
            near = cosines(truth, vectors)
            largest = np.abs(truth - vectors).max()
            print(f"{label:28} cosine to f32 on the CPU: mean {near.mean():.7f}, least {near.min():.7f}; element {largest:.1e}")
            if isinstance(side, Relata):
                side.quit()

    for budget in filter(None, options.budgets.split(",")):
        side = Relata(options, options.texts, "--device", "cuda", "--precision", "f16", "--budget", budget)
        seconds = statistics.median(side.run() for _ in range(3))
        print(f"relata f16, {budget} tokens a batch: {len(lines) / seconds:.0f} texts/s")
        side.quit()

    peer = SentenceTransformers(options, options.texts, "float16")
    trial = {}
    for batch in BATCHES:
        start = time.perf_counter()
        peer.encode(peer.texts[:8192], batch)
        trial[batch] = time.perf_counter() - start
    batch = min(trial, key=trial.get)
    sides = {f"sentence-transformers f16, batch {batch}": peer}
    for precision in ("f16", "bf16", "f32"):
        sides[f"relata {precision}"] = Relata(options, options.texts, "--device", "cuda", "--precision", precision)
    times = {label: [] for label in sides}
    for side in sides.values():
        if isinstance(side, Relata):
            side.run()
    for _ in range(options.rounds):
        for label, side in sides.items():
            times[label].append(side.run(batch))
    medians = {label: len(lines) / statistics.median(seconds) for label, seconds in times.items()}
    first = next(iter(medians.values()))
    for label, speed in medians.items():
        share = speed * cost / product / 1e12
        print(f"{label:40} {speed:8.0f} texts/s  {speed / first:5.2f} x  {100 * share:4.1f} % of the product's rate")


if __name__ == "__main__":
    main()
