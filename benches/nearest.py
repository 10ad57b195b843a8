#!/usr/bin/env python3
"""`relata.NearestNeighbors` beside the packages that people have, on the same rows and queries in one process.

    benches/nearest.py VECTORS.npy [--rows 100000] [--queries 1000] [--k 10] [--rounds 3]

VECTORS is a matrix of unit rows, float32 or float16, such as `relata embed` writes. The queries are rows that are taken out of it. Run by a
Python with a wheel of the release profile (`maturin build --release -m python/Cargo.toml`). scikit-learn's brute force says which rows are
the nearest; faiss (IVF and HNSW), hnswlib, usearch and pynndescent take part where they are installed. A peer's effort is raised until its
recall reaches Relata's, or as far as it goes. All sides are warmed up and take turns; times are medians. Markdown goes to standard output.
"""

import argparse
import statistics
import sys
import time

import numpy as np
import relata


def say(text):
    print(text, file=sys.stderr, flush=True)


class Relata:
    def __init__(self, algorithm):
        self.name = f"relata.NearestNeighbors, {algorithm}"
        self.made = relata.NearestNeighbors(algorithm=algorithm)

    def build(self, rows):
        self.made.fit(rows)

    def efforts(self):
        return [None]

    def ask(self, queries, k, effort):
        return self.made.kneighbors(queries, k, return_distance=False)


class ScikitLearn:
    name = "scikit-learn, brute"

    def __init__(self):
        from sklearn.neighbors import NearestNeighbors

        self.made = NearestNeighbors(metric="cosine", algorithm="brute", n_jobs=-1)

    def build(self, rows):
        self.made.fit(rows)

    def efforts(self):
        return [None]

    def ask(self, queries, k, effort):
        return self.made.kneighbors(queries, k, return_distance=False)


class Faiss:
    def __init__(self, kind):
        import faiss

        self.faiss, self.kind, self.name = faiss, kind, f"faiss, {kind}"

    def build(self, rows):
        dimension = rows.shape[1]
        if self.kind == "HNSW":
            self.made = self.faiss.IndexHNSWFlat(dimension, 32, self.faiss.METRIC_INNER_PRODUCT)
        else:
            flat = self.faiss.IndexFlatIP(dimension)
            self.made = self.faiss.IndexIVFFlat(flat, dimension, int(2 * len(rows) ** 0.5), self.faiss.METRIC_INNER_PRODUCT)
            self.quantiser = flat
            self.made.train(rows)
        self.made.add(rows)

    def efforts(self):
        return [8, 16, 32, 64, 128, 256]

    def ask(self, queries, k, effort):
        if self.kind == "HNSW":
            self.made.hnsw.efSearch = effort
        else:
            self.made.nprobe = effort
        return self.made.search(queries, k)[1]


class Hnswlib:
    name = "hnswlib"

    def __init__(self):
        import hnswlib

        self.hnswlib = hnswlib

    def build(self, rows):
        self.made = self.hnswlib.Index("cosine", rows.shape[1])
        self.made.init_index(len(rows), ef_construction=200, M=16)
        self.made.add_items(rows)

    def efforts(self):
        return [16, 32, 64, 128, 256, 512]

    def ask(self, queries, k, effort):
        self.made.set_ef(max(effort, k))
        return self.made.knn_query(queries, k)[0]


class Usearch:
    name = "usearch"

    def __init__(self):
        from usearch.index import Index

        self.made_of = Index

    def build(self, rows):
        self.made = self.made_of(ndim=rows.shape[1], metric="ip", dtype="f32")
        self.made.add(np.arange(len(rows)), rows)

    def efforts(self):
        return [32, 64, 128, 256, 512]

    def ask(self, queries, k, effort):
        self.made.expansion_search = effort
        return self.made.search(queries, k).keys


class Pynndescent:
    name = "pynndescent"

    def __init__(self):
        import pynndescent

        self.pynndescent = pynndescent

    def build(self, rows):
        self.made = self.pynndescent.NNDescent(rows, metric="cosine", random_state=1)
        self.made.prepare()

    def efforts(self):
        return [0.1, 0.2, 0.3, 0.4]

    def ask(self, queries, k, effort):
        return self.made.query(queries, k, epsilon=effort)[0]


def sides():
    """Those whose packages are here."""
    made = [Relata("index"), Relata("brute")]
    for make in (ScikitLearn, lambda: Faiss("IVF"), lambda: Faiss("HNSW"), Hnswlib, Usearch, Pynndescent):
        try:
            made.append(make())
        except ImportError as error:
            say(f"left out: {error}")
    return made


def seconds(work):
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def truth(rows, queries, k):
    """The nearest rows by exact products in float64, a part at a time."""
    best = []
    for part in np.array_split(queries, max(1, len(queries) // 100)):
        products = part.astype(np.float64) @ rows.T.astype(np.float64)
        best.append(np.argsort(-products, axis=1, kind="stable")[:, :k])
    return np.concatenate(best)


def recall(found, true):
    return float(np.mean([len(set(own) & set(right)) / len(right) for own, right in zip(np.asarray(found).tolist(), true.tolist())]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("vectors")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    vectors = np.load(given.vectors, mmap_mode="r")
    chosen = np.random.default_rng(1).permutation(len(vectors))[: given.rows + given.queries]
    taken = np.asarray(vectors[np.sort(chosen)], np.float32)
    taken /= np.linalg.norm(taken, axis=1, keepdims=True)
    order = np.random.default_rng(2).permutation(len(taken))
    queries, rows = taken[order[: given.queries]], np.ascontiguousarray(taken[order[given.queries :]])
    say(f"{len(rows)} rows, {len(queries)} queries")
    true = truth(rows, queries, given.k)

    least, chosen_efforts, builds, times, recalls = None, {}, {}, {}, {}
    compared = sides()
    for side in compared:
        builds[side.name] = seconds(lambda: side.build(rows))[0]
        for effort in side.efforts():
            reached = recall(side.ask(queries, given.k, effort), true)
            chosen_efforts[side.name], recalls[side.name] = effort, reached
            if least is None or reached >= least:
                break
        least = reached if least is None else least
        say(f"{side.name}: built in {builds[side.name]:.2f} s, recall {recalls[side.name]:.4f}")
    for _ in range(given.rounds):
        for side in compared:
            took = seconds(lambda: side.ask(queries, given.k, chosen_efforts[side.name]))[0]
            times.setdefault(side.name, []).append(took)

    print(f"{len(rows)} rows of {rows.shape[1]} dimensions, {len(queries)} queries at once, k = {given.k}; medians of {given.rounds} rounds.\n")
    print(f"| | build, s | queries/s | recall@{given.k} | effort |\n| --- | --- | --- | --- | --- |")
    for side in compared:
        rate = len(queries) / statistics.median(times[side.name])
        effort = "" if chosen_efforts[side.name] is None else chosen_efforts[side.name]
        print(f"| {side.name} | {builds[side.name]:.2f} | {rate:.0f} | {recalls[side.name]:.4f} | {effort} |")


if __name__ == "__main__":
    main()
