#!/usr/bin/env python3
"""What the same call gives of BERTopic and of Relata: `fit_transform(docs, embeddings)`, both as they come.

In: vectors (a file of NumPy with one row a paper), their ids (a line each) and papers (JSON lines with id, title, abstract; packed or not). Out: a
table in Markdown: time, topics, and the share of papers that are in no topic; also how well topics agree with the first categories of the papers,
where these have some (adjusted mutual information). Each side runs in a process of its own, twice, and the second run is told: the first one of
BERTopic compiles. Needs bertopic, umap-learn, hdbscan, scikit-learn, pandas, and `relata` in its release profile.

    benches/topics/dropin.py --vectors vectors.npy --ids ids.txt --papers papers.jsonl.gz --rows 10000
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time

import numpy as np


def read(arguments):
    ids = [line.strip() for line in open(arguments.ids, encoding="utf-8")]
    rows = np.linspace(0, len(ids) - 1, min(arguments.rows, len(ids))).astype(int)
    vectors = np.ascontiguousarray(np.load(arguments.vectors, mmap_mode="r")[rows], dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    wanted = {ids[row] for row in rows}
    opened = gzip.open if arguments.papers.endswith(".gz") else open
    with opened(arguments.papers, "rt", encoding="utf-8") as file:
        papers = {paper["id"]: paper for paper in map(json.loads, file) if paper["id"] in wanted}
    of = [papers[ids[row]] for row in rows]
    categories = [paper["categories"].split()[0] if isinstance(paper.get("categories"), str) else "" for paper in of]
    return vectors, [f"{paper['title']}\n{paper['abstract']}" for paper in of], categories


def fitted(side, docs, vectors):
    if side == "Relata":
        import relata

        model = relata.Topics()
    else:
        from bertopic import BERTopic
        from bertopic.backend import BaseEmbedder

        # No model is asked: vectors are given.
        model = BERTopic(embedding_model=BaseEmbedder())
    began = time.monotonic()
    numbers, _ = model.fit_transform(docs, vectors)
    return np.array(numbers), time.monotonic() - began


def one(arguments):
    from sklearn.metrics import adjusted_mutual_info_score

    vectors, docs, categories = read(arguments)
    for _ in range(arguments.runs):
        numbers, took = fitted(arguments.one, docs, vectors)
    inside = numbers >= 0
    of = np.unique(categories, return_inverse=True)[1]
    agrees = adjusted_mutual_info_score(of, np.where(inside, numbers, -1))
    alone = f"{100 * (1 - inside.mean()):.1f} %"
    print(f"| {arguments.one} | {took:.1f} s | {len(set(numbers[inside].tolist()))} | {alone} | {agrees:.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--ids", required=True)
    parser.add_argument("--papers", required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        return one(arguments)
    print(f"{arguments.rows} papers, load {os.getloadavg()[0]:.1f}\n")
    print("| side | time | topics | in no topic | agreement with categories |\n| --- | --- | --- | --- | --- |", flush=True)
    for side in ("BERTopic", "Relata"):
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--one", side], check=True)


if __name__ == "__main__":
    main()
