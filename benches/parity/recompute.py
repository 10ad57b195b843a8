"""Embeds evenly chosen papers with sentence-transformers in f32, for examples/parity.rs to compare with.

    python recompute.py MODEL IDS.txt PAPERS.jsonl[.gz] COUNT OUT

Writes OUT/vectors.npy (f32, papers x dimension) and OUT/ids.txt. The text of a paper is its title and its abstract, each
stripped, joined by one newline; a missing abstract gives the title alone.
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer


def passage(paper):
    parts = (paper["title"].strip(), (paper.get("abstract") or "").strip())
    return "\n".join(part for part in parts if part)


def main(model, ids, papers, count, out):
    ids = Path(ids).read_text(encoding="utf-8").split()
    chosen = ids[:: max(1, len(ids) // int(count))][: int(count)]
    wanted = set(chosen)
    opener = gzip.open if papers.endswith(".gz") else open
    with opener(papers, "rt", encoding="utf-8") as lines:
        found = (json.loads(line) for line in lines)
        texts = {paper["id"]: passage(paper) for paper in found if paper["id"] in wanted}
    encoder = SentenceTransformer(model, device="cpu", model_kwargs={"dtype": torch.float32})
    vectors = encoder.encode([texts[one] for one in chosen], batch_size=8, show_progress_bar=True)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "vectors.npy", vectors.astype(np.float32))
    (out / "ids.txt").write_text("\n".join(chosen) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
