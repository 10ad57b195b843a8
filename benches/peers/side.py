"""One peer as a process: loads, embeds one warm-up batch, prints READY, then obeys the lines on its standard input.

    python side.py SIDE VARIANT --model MODEL --files FOLDER --threads N --texts TEXTS.jsonl
    echo "a question" | python side.py SIDE VARIANT --model MODEL --files FOLDER --threads N --query

| line | does | prints |
| --- | --- | --- |
| `run BATCH` | embeds all texts in batches of that many, tokenisation included | seconds |
| `save FILE.npy` | writes the vectors of the last run, f32, in the order of the texts | `saved` |
| `quit` | leaves | nothing |

The first run at a batch size is preceded by one batch that is not timed. With `--query` the one text on standard input is
embedded and printed as a JSON list, and the process leaves at once. FOLDER is what `prepare.py` made. A peer's libraries are imported by
its class alone, so that none pays for another's.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

TOKENS = 256


class Batches:
    """Texts as batches for an encoder: (positions of the texts, arrays by input name), longest texts first, padded to the longest of
    the batch. All texts are tokenised at once, on all threads, by the Rust library behind the model's own tokenizer."""

    def __init__(self, model, texts, size, tokenizer=None):
        encoded = (tokenizer or load_tokenizer(model)).encode_batch_fast(texts)
        self.ids = [np.asarray(text.ids, dtype=np.int64) for text in encoded]
        # Python's sort is stable, so the batches are the same in every run.
        self.order = sorted(range(len(texts)), key=lambda at: -len(self.ids[at]))
        self.size = size

    def __len__(self):
        return -(-len(self.order) // self.size)

    def __iter__(self):
        for start in range(0, len(self.order), self.size):
            members = self.order[start : start + self.size]
            width = len(self.ids[members[0]])
            ids = np.zeros((len(members), width), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, member in enumerate(members):
                ids[row, : len(self.ids[member])] = self.ids[member]
                mask[row, : len(self.ids[member])] = 1
            yield members, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def load_tokenizer(model):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    # The file says 128 tokens and a fixed padding; sentence-transformers takes 256 and pads to the longest.
    tokenizer.enable_truncation(TOKENS)
    tokenizer.no_padding()
    return tokenizer


def pool(hidden, mask):
    """Mean over the tokens that are no padding, at unit length. The sum is a matrix product, which copies nothing."""
    means = np.matmul(mask[:, None, :].astype(np.float32), hidden)[:, 0] / mask.sum(axis=1, keepdims=True)
    return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


class SentenceTransformers:
    """As its documentation shows it; it tokenises, sorts and pads by itself."""

    def __init__(self, options):
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(options.threads)
        transformers.utils.logging.disable_progress_bar()
        attention = {"attn_implementation": options.variant}
        self.model = SentenceTransformer(str(options.model), device="cpu", model_kwargs=attention)
        self.model.max_seq_length = TOKENS

    def embed(self, texts, size):
        return self.model.encode(texts, batch_size=size, show_progress_bar=False, normalize_embeddings=True)


class OnnxRuntime:
    """A session on VARIANT.onnx."""

    def __init__(self, options):
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        settings.inter_op_num_threads = 1
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        settings.log_severity_level = 3
        path = options.files / f"{options.variant}.onnx"
        self.session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        self.names = {port.name for port in self.session.get_inputs()}
        self.tokenizer = load_tokenizer(options.model)

    def embed(self, texts, size):
        vectors = [None] * len(texts)
        for members, feed in Batches(None, texts, size, self.tokenizer):
            (hidden,) = self.session.run(None, {name: feed[name] for name in self.names})
            for member, vector in zip(members, pool(hidden, feed["attention_mask"]), strict=True):
                vectors[member] = vector
        return np.stack(vectors)


class OpenVino:
    """FORM.xml compiled for latency (all threads in one request) or throughput (one thread a request, as many requests at once)."""

    def __init__(self, options):
        import openvino

        form, hint = options.variant.split("/")
        settings = {
            "PERFORMANCE_HINT": hint.upper(),
            "INFERENCE_NUM_THREADS": options.threads,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if hint == "throughput":
            settings["NUM_STREAMS"] = options.threads
        self.openvino = openvino
        self.compiled = openvino.Core().compile_model(options.files / f"{form}.xml", "CPU", settings)
        self.requests = openvino.AsyncInferQueue(self.compiled, options.threads if hint == "throughput" else 1)
        self.requests.set_callback(self.finish)
        self.tokenizer = load_tokenizer(options.model)
        self.vectors = []

    def finish(self, request, batch):
        members, mask = batch
        rows = pool(request.get_output_tensor().data, mask)
        for member, vector in zip(members, rows, strict=True):
            self.vectors[member] = vector

    def embed(self, texts, size):
        self.vectors = [None] * len(texts)
        for members, feed in Batches(None, texts, size, self.tokenizer):
            self.requests.start_async(feed, (members, feed["attention_mask"]))
        self.requests.wait_all()
        return np.stack(self.vectors)


CLASSES = {
    "sentence-transformers": SentenceTransformers,
    "ort-f32": OnnxRuntime,
    "ort-int8": OnnxRuntime,
    "ov-f32": OpenVino,
    "ov-int8": OpenVino,
}


def answer(peer):
    """One text in, one vector out. Leaving without the interpreter's tidying-up is to the peer's good."""
    vector = peer.embed([sys.stdin.read().strip()], 1)[0]
    print(json.dumps([float(x) for x in vector]), flush=True)
    os._exit(0)


def serve(peer, texts):
    warm = {8}
    peer.embed(texts[:8], 8)
    print("READY", flush=True)
    vectors = None
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "run":
            size = int(rest)
            if size not in warm:
                peer.embed(texts[:size], size)
                warm.add(size)
            start = time.perf_counter()
            vectors = peer.embed(texts, size)
            print(f"{time.perf_counter() - start:.6f}", flush=True)
        elif word == "save":
            np.save(rest, np.asarray(vectors, dtype=np.float32))
            print("saved", flush=True)
        elif word == "quit":
            return
        else:
            raise SystemExit(f"not understood: {line!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=CLASSES)
    parser.add_argument("variant")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--texts", type=Path)
    what.add_argument("--query", action="store_true")
    options = parser.parse_args()
    peer = CLASSES[options.side](options)
    if options.query:
        answer(peer)
    else:
        with open(options.texts, encoding="utf-8") as lines:
            texts = [json.loads(line) for line in lines]
        serve(peer, texts)


if __name__ == "__main__":
    main()
