#!/usr/bin/env python3
"""How many texts a second `relata.Encoder` embeds from Python, beside the program and the packages that people have.

    benches/python.py TEXTS --model FOLDER [--relata target/release/relata] [--count 480] [--rounds 3]

TEXTS is JSON lines with `title` and `abstract`; FOLDER is that of all-MiniLM-L6-v2, which all sides take. Run by a Python with a wheel
of the release profile (`maturin build --release -m python/Cargo.toml`); sentence-transformers and fastembed take part where they are
installed. All sides are warmed up, take turns on the same texts in one process, and are told by the median; the program tells its own
rate, which leaves out its start. Beside speed stands how far vectors are from Relata's, over all elements.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import relata


def sides_of(given, texts, file):
    """Each side with a function that gives texts a second and vectors."""

    def timed(encode):
        def run():
            began = time.perf_counter()
            vectors = np.asarray(encode(texts), dtype=np.float32)
            return len(texts) / (time.perf_counter() - began), vectors

        return run

    def program():
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "vectors.npy"
            words = [given.relata, "embed", file, "--lines", "--output", out, "--json", "--model", given.model]
            said = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            return json.loads(said.stdout)["texts_per_second"], np.load(out)

    sides = {"relata.Encoder": timed(relata.Encoder(given.model).encode)}
    if given.relata.is_file():
        sides["relata embed"] = program
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        pass
    else:
        model = SentenceTransformer(given.model, device="cpu")
        sides["sentence-transformers"] = timed(lambda texts: model.encode(texts, normalize_embeddings=True, show_progress_bar=False))
    try:
        from fastembed import TextEmbedding
    except ImportError:
        pass
    else:
        fast = TextEmbedding("sentence-transformers/all-MiniLM-L6-v2")
        sides["fastembed"] = timed(lambda texts: list(fast.embed(texts)))
    return sides


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("texts", type=Path)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--relata", type=Path, default=Path("target/release/relata"))
    arguments.add_argument("--count", type=int, default=480)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    papers = [json.loads(line) for line in given.texts.read_text().splitlines()[: given.count]]
    texts = [" ".join(f"{paper['title']}. {paper['abstract']}".split()) for paper in papers]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.txt"
        file.write_text("".join(text + "\n" for text in texts))
        os.environ["RELATA_CONFIG"] = str(Path(folder) / "config.toml")
        sides = sides_of(given, texts, file)
        rates, vectors = {side: [] for side in sides}, {}
        for turn in range(given.rounds + 1):
            for side, run in sides.items():
                rate, vectors[side] = run()
                if turn:
                    rates[side].append(rate)
    own = vectors["relata.Encoder"]
    print(f"| side | texts/s, median of {given.rounds} | lowest, highest | greatest difference |\n| --- | --- | --- | --- |")
    for side, rate in rates.items():
        apart = float(np.abs(vectors[side] - own).max())
        print(f"| {side} | {statistics.median(rate):.1f} | {min(rate):.1f}, {max(rate):.1f} | {apart:.1e} |")


if __name__ == "__main__":
    main()
