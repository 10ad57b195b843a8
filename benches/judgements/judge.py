"""How well cosine finds related papers: nDCG@10 of vectors of `relata embed` on the relatedness judgements.

    judge.py TRUTH VECTORS.npy...      (numpy; the ids stand in VECTORS.npy.ids)

TRUTH is a folder with `lists.jsonl` ({"list", "group", "id", "topical"}: papers under one heading of a reading list) and
`citations.jsonl` ({"id", "cites"}). A query is every paper of a topical group of three or more, its relevant papers the other
members of its groups; or every paper that cites five or more, its relevant papers those. Papers without a vector do not count.
Lists and citing papers are halved as the project's issues say: tune on one half, report on the other. With two files or more, the
difference to the first has a 95 % bootstrap interval over queries (2,000 draws, seeded).
"""

import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

TUNE_LISTS = {"long-context", "molecular-design", "mt-reading", "marl"}


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def judgements(truth, known):
    """{(kind, half): {query: relevant ids}}"""
    groups = defaultdict(set)
    for row in rows(truth / "lists.jsonl"):
        if row["topical"] and row["id"] in known:
            groups[row["list"], row["group"]].add(row["id"])
    out = defaultdict(lambda: defaultdict(set))
    for (name, _), members in groups.items():
        if len(members) >= 3:
            for query in members:
                out["lists", "tune" if name in TUNE_LISTS else "report"][query] |= members - {query}
    for row in rows(truth / "citations.jsonl"):
        cited = set(row["cites"]) & known - {row["id"]}
        if row["id"] in known and len(cited) >= 5:
            even = hashlib.sha256(row["id"].encode()).digest()[-1] % 2 == 0
            out["citations", "tune" if even else "report"][row["id"]] = cited
    return out


def ndcg(vectors, ids, at, relevant):
    """nDCG@10 of each query, sorted by id."""
    gains = 1 / np.log2(np.arange(2, 12))
    scores = []
    for query in sorted(relevant):
        cosines = vectors @ vectors[at[query]]
        cosines[at[query]] = -2
        best = sorted(np.argpartition(-cosines, 20)[:20], key=lambda row: (-cosines[row], ids[row]))[:10]
        found = sum(gain for gain, row in zip(gains, best) if ids[row] in relevant[query])
        scores.append(found / gains[: len(relevant[query])].sum())
    return np.array(scores)


def main():
    truth, files = Path(sys.argv[1]), sys.argv[2:]
    base = {}
    print("| vectors | " + " | ".join(f"{kind}, {half}" for kind in ("lists", "citations") for half in ("tune", "report")) + " |")
    print("| --- " * 5 + "|")
    for file in files:
        vectors = np.load(file).astype(np.float32)
        ids = Path(file + ".ids").read_text().split()
        at = {paper: row for row, paper in enumerate(ids)}
        cells = []
        for key in [(kind, half) for kind in ("lists", "citations") for half in ("tune", "report")]:
            scores = ndcg(vectors, ids, at, judgements(truth, set(ids))[key])
            cell = f"{scores.mean():.4f} ({len(scores)})"
            if key in base:
                apart = scores - base[key]
                draws = np.random.default_rng(7).integers(0, len(apart), (2000, len(apart)))
                low, high = np.percentile(apart[draws].mean(1), [2.5, 97.5])
                cell += f" {apart.mean():+.4f} [{low:+.4f}, {high:+.4f}]"
            base.setdefault(key, scores)
            cells.append(cell)
        print(f"| {Path(file).name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
