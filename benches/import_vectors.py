#!/usr/bin/env python3
"""How long it takes to take vectors over into a library, and with how much memory.

    import_vectors.py CORPUS.jsonl.gz --relata target/release/relata [--papers 100000] [--vectors VECTORS.npy --ids IDS.txt]

The papers of CORPUS come into a new library without being embedded. Then one file of Parquet is written (pyarrow, in row groups of 8,192), with
the passages that the library has of them, and with the vectors of VECTORS (rows of the papers in IDS, as `relata embed` writes both) or, for papers
without one, made-up unit rows. It is taken over in the order of the library, in a new library in no order, and once more where all vectors are there.
Told are the seconds until the program says what it took, what it then needs to prepare the next answer (the index), and the highest memory.
Needs the default model, of which the fingerprint is asked. The table is markdown.
"""

import argparse
import gzip
import itertools
import json
import os
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

GROUP = 8192


def fingerprint(relata, folder):
    """What decides the vectors of the default model."""
    (folder / "line.txt").write_text("ice\n")
    said = subprocess.run([relata, "embed", "--lines", folder / "line.txt", "-o", folder / "line.npy", "--force", "--json"], check=True, stdout=subprocess.PIPE)
    made = json.loads(said.stdout)
    return made["fingerprint"], made["dimension"]


def rows(ids, dimension, vectors, names):
    """Unit rows of these papers."""
    made = np.random.default_rng(1).standard_normal((len(ids), dimension), np.float32)
    place = {name: at for at, name in enumerate(names)}
    for at, name in enumerate(ids):
        if name in place:
            made[at] = vectors[place[name]]
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def write(path, ids, passages, made, digest, order):
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("vector", pa.list_(pa.float32(), made.shape[1])),
            ("fingerprint", pa.dictionary(pa.int32(), pa.string())),
            ("passage", pa.binary(32)),
        ]
    )
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=["fingerprint"]) as writer:
        for group in (order[at : at + GROUP] for at in range(0, len(order), GROUP)):
            columns = [
                pa.array([ids[at] for at in group], pa.string()),
                pa.FixedSizeListArray.from_arrays(pa.array(made[group].reshape(-1)), made.shape[1]),
                pa.DictionaryArray.from_arrays(np.zeros(len(group), np.int32), pa.array([digest])),
                pa.array([passages[at] for at in group], pa.binary(32)),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def take(relata, library, path):
    """Seconds until it said what it took, seconds until it ended, and the highest memory in MB."""
    began = time.perf_counter()
    running = subprocess.Popen([relata, "--library", library, "import-vectors", path, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    first = running.stdout.readline()
    said = time.perf_counter() - began
    told = json.loads(first + running.stdout.read())
    _, status, used = os.wait4(running.pid, 0)
    assert status == 0, told
    return told, said, time.perf_counter() - began, used.ru_maxrss // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--relata", default="target/release/relata")
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--ids", type=Path)
    run = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with gzip.open(run.corpus, "rt") as corpus, (folder / "papers.jsonl").open("w") as some:
            some.writelines(itertools.islice(corpus, run.papers))
        bare = folder / "bare.db"
        began = time.perf_counter()
        subprocess.run([run.relata, "--library", bare, "add", "--no-embed", folder / "papers.jsonl"], check=True, stdout=subprocess.DEVNULL)
        added = time.perf_counter() - began
        with sqlite3.connect(bare) as stored:
            found = stored.execute("SELECT id, passage FROM papers WHERE passage IS NOT NULL ORDER BY row").fetchall()
            stored.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ids, passages = [row[0] for row in found], [row[1] for row in found]
        digest, dimension = fingerprint(run.relata, folder)
        vectors, names = (np.load(run.vectors, mmap_mode="r"), run.ids.read_text().split()) if run.vectors else (None, [])
        made = rows(ids, dimension, vectors, names)
        real = len(set(names) & set(ids))
        print(f"{len(ids):,} papers, {real:,} of them with real vectors; added without vectors in {added:.1f} s\n")
        print("| order | taken | there | s | rows/s | MB at most | then the index, s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for order, places in (("of the library", np.arange(len(ids))), ("none", np.random.default_rng(2).permutation(len(ids)))):
            write(folder / "vectors.parquet", ids, passages, made, digest, places)
            library = folder / "library.db"
            for old in folder.glob("library.db*"):
                old.unlink()
            library.write_bytes(bare.read_bytes())
            for again in ("", ", again"):
                told, said, ended, peak = take(run.relata, library, folder / "vectors.parquet")
                speed = f"{len(ids) / said:,.0f}"
                print(f"| {order}{again} | {told['taken']:,} | {told['there']:,} | {said:.1f} | {speed} | {peak} | {ended - said:.1f} |", flush=True)


if __name__ == "__main__":
    main()
