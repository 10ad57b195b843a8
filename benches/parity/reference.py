"""Recomputes reference vectors with sentence-transformers in float32, for papers evenly spaced in a list of ids.

    python reference.py CORPUS.jsonl.gz IDS.txt MODEL_FOLDER OUT [--count 500] [--against VECTORS.npy]

CORPUS is one JSON object a line with `id`, `title`, `abstract`; IDS one id a line. Writes OUT.npy (count x dimension, f32)
and OUT.ids.txt. Each passage (title, newline, abstract, each stripped) is encoded alone. With --against, a matrix whose rows
stand in the order of IDS, prints the largest difference to its rows.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import transformers
from sentence_transformers import SentenceTransformer


def evenly_spaced(total, count):
    """`count` distinct positions in 0..total, the first and the last among them."""
    return np.linspace(0, total - 1, min(count, total)).round().astype(int)


def passages(corpus, wanted):
    """id -> passage, for the ids of `wanted`."""
    found = {}
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            paper = json.loads(line)
            if paper["id"] in wanted:
                found[paper["id"]] = paper["title"].strip() + "\n" + paper["abstract"].strip()
    if missing := sorted(wanted - found.keys()):
        raise SystemExit(f"{len(missing)} ids are not in {corpus}, the first is {missing[0]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("ids", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()

    ids = options.ids.read_text(encoding="utf-8").split()
    places = evenly_spaced(len(ids), options.count)
    chosen = [ids[place] for place in places]
    texts = passages(options.corpus, set(chosen))

    transformers.utils.logging.disable_progress_bar()
    model = SentenceTransformer(str(options.model), device="cpu")
    vectors = np.stack([model.encode([texts[i]], batch_size=1, show_progress_bar=False)[0] for i in chosen])
    assert vectors.dtype == np.float32 and np.isfinite(vectors).all()
    np.save(f"{options.out}.npy", vectors)
    Path(f"{options.out}.ids.txt").write_text("".join(f"{i}\n" for i in chosen), encoding="utf-8")
    print(f"{len(chosen)} of {len(ids)} papers, {vectors.shape[1]} dimensions -> {options.out}.npy")
    if options.against:
        reference = np.load(options.against, mmap_mode="r")[places].astype(np.float32)
        print(f"largest difference to {options.against.name}: {np.abs(vectors - reference).max():.2e}")


if __name__ == "__main__":
    main()
