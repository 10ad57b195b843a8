#!/usr/bin/env python3
"""The index beside usearch (HNSW) and faiss (IVF), on the same rows and queries in one run. Markdown goes to standard output.

    run.py --folder FOLDER --papers 1000000 --relata target/release/examples/neighbours > figures.md

FOLDER is what prepare.py made. Each side builds over all rows; then, for each K, the peers' effort (expansion, probes) is raised until
their recall reaches Relata's, and the three are timed in turn, `--rounds` times: one query after another, and all queries at once with
`--threads`. Recall is against exact products in f32. Needs numpy, usearch and faiss-cpu (requirements.txt).

Peers search rows that lie in their memory; Relata's answers are the exact scores of rows read from its library, through a mapped index.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

DEEPEST = 100


def say(text):
    print(text, file=sys.stderr, flush=True)


def truth(rows, queries, place):
    """Places of the nearest DEEPEST rows of each query, best first."""
    if place.exists():
        return np.load(place)
    scores = places = None
    for start in range(0, len(rows), 100_000):
        part = queries @ np.asarray(rows[start : start + 100_000]).T
        count = min(DEEPEST, part.shape[1] - 1)
        best = np.argpartition(-part, count, axis=1)[:, :count]
        value = np.take_along_axis(part, best, 1)
        scores = value if scores is None else np.concatenate([scores, value], 1)
        places = best + start if places is None else np.concatenate([places, best + start], 1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :DEEPEST]
        scores, places = np.take_along_axis(scores, order, 1), np.take_along_axis(places, order, 1)
    np.save(place, places)
    return places


def recall(found, true, k):
    return float(np.mean([len(set(own[:k]) & set(right[:k])) / k for own, right in zip(found, true)]))


class Relata:
    name = "relata"

    def __init__(self, run):
        self.command, self.library = run.relata, run.folder / f"{run.papers}.db"
        self.queries = run.folder / "queries.npy"

    def build(self, rows, threads):
        for old in self.library.parent.glob(f"{self.library.name}.index-*"):
            old.unlink()
        told = json.loads(subprocess.run([self.command, self.library, "build"], check=True, capture_output=True).stdout)
        size = sum(file.stat().st_size for file in self.library.parent.glob(f"{self.library.name}.index-*"))
        return told["seconds"], size, told["peak_kib"] * 1024

    def measure(self, queries, k, threads):
        command = [self.command, self.library, self.queries, str(k)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        found = [[number - 1 for number in own] for own in told["found"]]
        return found, told["seconds"], told["batch"], told["peak_kib"] * 1024

    def reach(self, *_):
        return "default"


class Peer:
    def reach(self, queries, true, k, wanted, threads):
        """The least effort, in steps of a fifth, that has the wanted recall."""
        effort = 8
        while effort < 20_000:
            self.effort = effort
            if recall(self.search(queries, k, threads), true, k) >= wanted:
                return effort
            effort = int(effort * 1.2) + 1
        return None

    def measure(self, queries, k, threads):
        for query in queries[:50]:
            self.search(query[None], k, 1)
        seconds = []
        for query in queries:
            began = time.perf_counter()
            self.search(query[None], k, 1)
            seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        found = self.search(queries, k, threads)
        return found, seconds, len(queries) / (time.perf_counter() - began), 0


class Usearch(Peer):
    name = "usearch f16, M 16, ef_add 128"

    def build(self, rows, threads):
        from usearch.index import Index

        before = resident()
        self.index = Index(ndim=rows.shape[1], metric="ip", dtype="f16", connectivity=16, expansion_add=128)
        began = time.perf_counter()
        self.index.add(np.arange(len(rows)), rows, threads=threads)
        return time.perf_counter() - began, self.index.serialized_length, resident() - before

    def search(self, queries, k, threads):
        self.index.expansion_search = self.effort
        keys = self.index.search(queries, k, threads=threads).keys
        return keys.reshape(len(queries), k)


class Faiss(Peer):
    name = "faiss IVF flat"

    def build(self, rows, threads):
        import faiss

        faiss.omp_set_num_threads(threads)
        before = resident()
        cells = int(2 * len(rows) ** 0.5)
        began = time.perf_counter()
        self.index = faiss.IndexIVFFlat(faiss.IndexFlatIP(rows.shape[1]), rows.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
        self.index.train(rows[:: max(1, len(rows) // (40 * cells))])
        self.index.add(rows)
        return time.perf_counter() - began, rows.nbytes, resident() - before

    def search(self, queries, k, threads):
        import faiss

        faiss.omp_set_num_threads(threads)
        self.index.nprobe = min(self.effort, self.index.nlist)
        return self.index.search(queries, k)[1]


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--papers", type=int, required=True)
    parser.add_argument("--relata", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sides", default="relata,usearch,faiss")
    run = parser.parse_args()
    sides = [{"relata": Relata(run), "usearch": Usearch(), "faiss": Faiss()}[name] for name in run.sides.split(",")]
    rows = np.load(run.folder / f"rows-{run.papers}.npy", mmap_mode="r")
    queries = np.load(run.folder / "queries.npy")
    true = truth(rows, queries, run.folder / f"nearest-{run.papers}.npy")
    rows = np.ascontiguousarray(rows)

    print(f"{run.papers} rows of {rows.shape[1]}, {len(queries)} queries, {run.threads} threads, {os.cpu_count()} cores\n")
    print("| | build, s | file or memory, MB | most memory while building, MB |\n| --- | ---: | ---: | ---: |")
    for side in sides:
        seconds, size, memory = side.build(rows, run.threads)
        print(f"| {side.name} | {seconds:.1f} | {size / 1e6:.0f} | {memory / 1e6:.0f} |", flush=True)
    print("\n| | k | effort | recall@k | p50, ms | p95, ms | batch, queries/s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for k in [10, 100]:
        wanted = recall(sides[0].measure(queries, k, run.threads)[0], true, k)
        efforts = [side.reach(queries, true, k, wanted, run.threads) for side in sides]
        rounds = {side.name: [] for side in sides}
        for _ in range(run.rounds):
            for side, effort in zip(sides, efforts):
                side.effort = effort
                if effort is not None:
                    rounds[side.name].append(side.measure(queries, k, run.threads))
        for side, effort in zip(sides, efforts):
            if effort is None:
                print(f"| {side.name} | {k} | recall {wanted:.4f} not reached | | | | |")
                continue
            own = rounds[side.name]
            middle = [statistics.median(np.percentile(seconds, share) * 1e3 for _, seconds, _, _ in own) for share in (50, 95)]
            batch = statistics.median(batch for _, _, batch, _ in own)
            print(f"| {side.name} | {k} | {effort} | {recall(own[0][0], true, k):.4f} | {middle[0]:.2f} | {middle[1]:.2f} | {batch:.0f} |", flush=True)


if __name__ == "__main__":
    main()
