#!/usr/bin/env python3
"""How long clusters and neighbours of shards take, with how much memory, and how good they are.

    benches/shards.py VECTORS [--rows 100000] [--shards 1,16] [--clusters 300] [--neighbours 15] [--folder FOLDER]

VECTORS is a library (`library.db`) or an array of unit rows (`.npy`). Its rows are divided into so many shards, once for each number, and each
job runs in a process of its own, whose highest memory is told. Results of different numbers of shards are compared, and have to be the same to
the last bit. Clusters stand beside scikit-learn's k-means (k-means++ once, as many rounds) and faiss' where they are installed: the mean squared distance of rows from their
centre. Neighbours stand beside the exact ones of a thousand rows: the share that was found. Run by a Python with a wheel of the release profile
(`maturin build --release -m python/Cargo.toml`) and pyarrow. The table is markdown.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def vectors_of(path, most):
    """Ids and rows."""
    if path.suffix == ".npy":
        rows = np.load(path, mmap_mode="r")[:most].astype(np.float32)
        return [f"{number:08}" for number in range(len(rows))], rows
    import relata

    found = relata.Library(path).vectors()
    return list(found.ids[:most]), np.asarray(found.vectors[:most], np.float32)


def divide(folder, ids, rows, shards):
    """Rows in so many shards, in no order."""
    from relata.shards._files import Folder
    from relata.shards._shards import table

    order = np.random.default_rng(shards).permutation(len(ids))
    for number, places in enumerate(np.array_split(order, shards)):
        made = table([ids[at] for at in places], [None] * len(places), rows[places], "bench", [bytes(32)] * len(places))
        Folder(folder).write_table(f"{number:05}.parquet", made)


def timed(job, *arguments):
    """What a job tells in a process of its own."""
    said = subprocess.run([sys.executable, "-P", __file__, "--job", job, *map(str, arguments)], check=True, stdout=subprocess.PIPE)
    return json.loads(said.stdout.splitlines()[-1])


def run_job(job, arguments):
    began = time.perf_counter()
    told = JOBS[job](*arguments)
    # What getrusage tells is never less than what the process held that started this one.
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024
    print(json.dumps(told | {"seconds": time.perf_counter() - began, "peak": peak}))


def cluster(folder, out, k):
    import relata.shards

    found = relata.shards.cluster(folder, out, k=int(k))
    np.save(Path(out) / "bench.npy", found.centres)
    return {"passes": len(found.moved)}


def neighbours(folder, out, k):
    import relata.shards

    found = relata.shards.neighbours(folder, out, k=int(k))
    return {"read": found.compared / found.rows}


def scikit_learn(rows, k, rounds):
    from sklearn.cluster import KMeans

    found = KMeans(int(k), n_init=1, max_iter=int(rounds), random_state=0).fit(np.load(rows))
    return {"distance": found.inertia_ / len(found.labels_), "passes": found.n_iter_}


def faiss(rows, k, rounds):
    import faiss

    vectors = np.load(rows)
    found = faiss.Kmeans(vectors.shape[1], int(k), niter=int(rounds), seed=1, max_points_per_centroid=len(vectors))
    found.train(vectors)
    return {"distance": float(found.obj[-1]) / len(vectors), "passes": int(rounds)}


JOBS = {"cluster": cluster, "neighbours": neighbours, "scikit-learn": scikit_learn, "faiss": faiss}


def distance(rows, centres):
    """The mean squared distance of rows from the nearest centre."""
    total = 0.0
    for first in range(0, len(rows), 4096):
        part = rows[first : first + 4096]
        total += (1 + (centres**2).sum(1)[None] - 2 * part @ centres.T).min(1).sum()
    return total / len(rows)


def recall(ids, rows, table, k):
    """The share of the exact neighbours of a thousand rows that was found."""
    number = {name: at for at, name in enumerate(ids)}
    found = dict(zip(table.column("id").to_pylist(), table.column("neighbours").to_pylist(), strict=True))
    asked = np.random.default_rng(0).choice(len(ids), min(1000, len(ids)), replace=False)
    cosines = rows[asked] @ rows.T
    cosines[np.arange(len(asked)), asked] = -2
    least = np.partition(cosines, -k, axis=1)[:, -k]
    # One that is as near as the last counts, whichever of both is named.
    near = [np.sum(cosines[at, [number[name] for name in found[ids[row]]]] >= least[at] - 1e-6) for at, row in enumerate(asked)]
    return float(np.mean(near)) / k


def measured(given, folder):
    import relata.shards
    from relata.shards._files import Folder

    ids, rows = vectors_of(given.vectors, given.rows)
    np.save(folder / "rows.npy", rows)
    print(f"\n{len(ids):,} rows of {rows.shape[1]} dimensions\n\n| job | shards | seconds | peak MB | quality |\n| --- | --- | --- | --- | --- |")
    centres, tables, passes = [], [], 0
    for shards in given.shards:
        divide(folder / f"in{shards}", ids, rows, shards)
        told = timed("cluster", folder / f"in{shards}", folder / f"clusters{shards}", given.clusters)
        centres.append(np.load(folder / f"clusters{shards}" / "bench.npy"))
        passes = told["passes"]
        quality = f"mean squared distance {distance(rows, centres[-1]):.4f}, {passes} passes"
        print(f"| {given.clusters} clusters | {shards} | {told['seconds']:.1f} | {told['peak']} | {quality} |", flush=True)
    for peer in ("scikit-learn", "faiss"):
        if importlib.util.find_spec({"scikit-learn": "sklearn"}.get(peer, peer)) is None:
            continue
        told = timed(peer, folder / "rows.npy", given.clusters, passes + 8)
        quality = f"mean squared distance {told['distance']:.4f}, {told['passes']} passes"
        print(f"| {given.clusters} clusters, {peer} | | {told['seconds']:.1f} | {told['peak']} | {quality} |", flush=True)
    for shards in given.shards:
        out = folder / f"neighbours{shards}"
        told = timed("neighbours", folder / f"in{shards}", out, given.neighbours)
        about = json.loads((out / "neighbours.json").read_text())
        found = relata.shards.Neighbours(Folder(out), about["rows"], about["k"], about["cells"], about["compared"], about["files"])
        tables.append(found.table())
        quality = f"recall {recall(ids, rows, tables[-1], given.neighbours):.4f}, rows read {told['read']:.1f} times"
        print(f"| {given.neighbours} neighbours of each | {shards} | {told['seconds']:.1f} | {told['peak']} | {quality} |", flush=True)
    same = all(one.tobytes() == centres[0].tobytes() for one in centres) and all(one.equals(tables[0]) for one in tables)
    print(f"\nThe same for {', '.join(map(str, given.shards))} shards: {'yes' if same else 'NO'}")
    return same


def main():
    if sys.argv[1:2] == ["--job"]:
        return run_job(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--shards", type=lambda text: [int(part) for part in text.split(",")], default=[1, 16])
    parser.add_argument("--clusters", type=int, default=300)
    parser.add_argument("--neighbours", type=int, default=15)
    parser.add_argument("--folder", type=Path, help="where shards and results go and stay; else they go at the end")
    given = parser.parse_args()
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        sys.exit(not measured(given, given.folder))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not measured(given, Path(folder)))


if __name__ == "__main__":
    main()
