#!/usr/bin/env python3
"""How many texts a second `relata.Encoder` embeds from Python, beside the program and the packages that people have.

    benches/python.py TEXTS --model FOLDER [--relata target/release/relata] [--count 480] [--rounds 3]

TEXTS is JSON lines with `title` and `abstract`; FOLDER is that of all-MiniLM-L6-v2, which all sides take. Run by a Python with a wheel
of the release profile (`maturin build --release -m python/Cargo.toml`). sentence-transformers, fastembed, optimum-intel with OpenVINO and
model2vec take part where they are installed; what they need of the model in another form is made once (optimum-onnx exports it for
fastembed). All sides are warmed up, take turns on the same texts in one process, and are told by the median; the program tells its own
rate, which leaves out its start. Beside speed stands how far vectors are from Relata's, over all elements, and how many of the ten
nearest texts by Relata's vectors are so by a side's.
"""

import argparse
import functools
import json
import os
import shutil
import statistics
import subprocess
import sys
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
    sides["relata.Encoder, int8"] = timed(relata.Encoder(given.model, precision="int8").encode)
    if given.relata.is_file():
        sides["relata embed"] = program
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        pass
    else:
        model = SentenceTransformer(given.model, device="cpu")
        sides["sentence-transformers"] = timed(lambda texts: model.encode(texts, normalize_embeddings=True, show_progress_bar=False))
    others = (
        ("fastembed", fastembed),
        ("OpenVINO by optimum", functools.partial(openvino, settings={})),
        ("OpenVINO by optimum, f32", functools.partial(openvino, settings={"INFERENCE_PRECISION_HINT": "f32"})),
        ("model2vec, distilled", model2vec),
    )
    for name, side in others:
        try:
            sides[name] = timed(side(given.model, given.exports))
        except ImportError:
            print(f"{name} is not installed", file=sys.stderr)
    return sides


def fastembed(model, exports):
    """FastEmbed with the model exported to ONNX: its own copy comes from a hub."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    folder = exports / "onnx"
    if not (folder / "model.onnx").is_file():
        from optimum.onnxruntime import ORTModelForFeatureExtraction

        ORTModelForFeatureExtraction.from_pretrained(model, export=True).save_pretrained(folder)
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(Path(model) / file, folder)
    # It takes how many tokens are read, and what stands for nothing, from files that this model has no more.
    (folder / "special_tokens_map.json").write_text(json.dumps({"pad_token": "[PAD]", "unk_token": "[UNK]"}))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "[PAD]", **settings, "model_max_length": 256, "max_length": 256}))
    TextEmbedding.add_custom_model(
        model="local/minilm", pooling=PoolingType.MEAN, normalization=True, sources=ModelSource(url="file:///"), dim=384, model_file="model.onnx"
    )
    made = TextEmbedding("local/minilm", specific_model_path=str(folder))
    return lambda texts: list(made.embed(texts))


def openvino(model, exports, settings):
    """The model in OpenVINO's form by optimum, with what sentence-transformers does around it. It chooses its precision where none is set."""
    from optimum.intel import OVModelForFeatureExtraction
    from transformers import AutoTokenizer

    folder = exports / "openvino"
    if not (folder / "openvino_model.xml").is_file():
        OVModelForFeatureExtraction.from_pretrained(model, export=True).save_pretrained(folder)
    made, tokenizer = OVModelForFeatureExtraction.from_pretrained(folder, ov_config=settings), AutoTokenizer.from_pretrained(model)

    def encode(texts):
        # The longest first, in batches of 32, as sentence-transformers does.
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        vectors = np.empty((len(texts), 384), np.float32)
        for first in range(0, len(order), 32):
            batch = order[first : first + 32]
            tokens = tokenizer([texts[at] for at in batch], padding=True, truncation=True, max_length=256, return_tensors="np")
            hidden = np.asarray(made(**tokens).last_hidden_state)
            mask = tokens["attention_mask"][..., None]
            means = (hidden * mask).sum(1) / mask.sum(1)
            vectors[batch] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return vectors

    return encode


def model2vec(model, exports):
    """A static model distilled of this one: other vectors, made without an encoder."""
    from model2vec import StaticModel
    from model2vec.distill import distill

    folder = exports / "model2vec"
    if not folder.is_dir():
        distill(model_name=str(model), pca_dims=256).save_pretrained(str(folder))
    made = StaticModel.from_pretrained(str(folder))

    def encode(texts):
        vectors = made.encode(texts)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    return encode


def nearest(vectors, k=10):
    """The k nearest others of each row, as sets."""
    products = vectors @ vectors.T
    np.fill_diagonal(products, -2)
    return [set(row) for row in np.argsort(-products, axis=1, kind="stable")[:, :k].tolist()]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("texts", type=Path)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--relata", type=Path, default=Path("target/release/relata"))
    arguments.add_argument("--count", type=int, default=480)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--exports", type=Path, default=Path("target/python-bench"), help="where models in other forms are kept")
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
    near = nearest(own)
    print(f"| side | texts/s, median of {given.rounds} | lowest, highest | greatest difference | of the ten nearest |\n| --- | --- | --- | --- | --- |")
    for side, rate in rates.items():
        apart = f"{np.abs(vectors[side] - own).max():.1e}" if vectors[side].shape == own.shape else "another length"
        shared = statistics.mean(len(one & other) / 10 for one, other in zip(near, nearest(vectors[side]), strict=True))
        print(f"| {side} | {statistics.median(rate):.1f} | {min(rate):.1f}, {max(rate):.1f} | {apart} | {shared:.3f} |")


if __name__ == "__main__":
    main()
