#!/usr/bin/env python3
"""Makes libraries of any size out of real papers, to measure neighbours at scale.

    prepare.py --vectors VECTORS.npy --corpus CORPUS.jsonl.gz --relata target/release/relata --papers 1000000 --out FOLDER

VECTORS.npy holds unit rows (f32) of the papers of CORPUS, `VECTORS.npy.ids` their ids, one a line, as `relata embed` writes them. Every
200th paper is held out: those are the queries (`queries.npy`, at most 500). The others are in the library, as many as are asked for; beyond
them papers are made: x = normalise(w a + (1 - w) b + e), with a and b drawn from the real ones, w uniform in 0.6..0.95 and e normal with
0.015 per coordinate, seeded. A made paper has the title and the abstract of a, and a number, so that texts differ.

Written: `queries.npy`, `rows-N.npy` (f32, in the order of the library's rows) and `N.db`, a whole library: papers and keywords come in by
`relata add --no-embed`, vectors straight into its table, as embedding a million texts takes hours.
"""

import argparse
import gzip
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np

BATCH = 100_000
HOLD_OUT = 200


def made_ids(taken):
    for year in range(15, 27):
        for month in range(1, 13):
            for number in range(1, 100_000):
                if (name := f"{year:02}{month:02}.{number:05}") not in taken:
                    yield name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--relata", type=Path, required=True)
    parser.add_argument("--papers", type=int, required=True)
    parser.add_argument("--digest", default="scale", help="digest of the fingerprint of these vectors")
    parser.add_argument("--out", type=Path, required=True)
    run = parser.parse_args()
    run.out.mkdir(parents=True, exist_ok=True)

    vectors = np.load(run.vectors, mmap_mode="r")
    ids = Path(f"{run.vectors}.ids").read_text().split()
    papers = [json.loads(line) for line in gzip.open(run.corpus, "rt")]
    place = {name: at for at, name in enumerate(ids)}
    held = set(range(0, len(papers), HOLD_OUT))
    queries = [place[papers[at]["id"]] for at in sorted(held)][:500]
    np.save(run.out / "queries.npy", np.ascontiguousarray(vectors[queries], dtype=np.float32))
    real = [paper for at, paper in enumerate(papers) if at not in held][: run.papers]
    base = np.ascontiguousarray(vectors[[place[paper["id"]] for paper in real]], dtype=np.float32)

    library = run.out / f"{run.papers}.db"
    for old in run.out.glob(f"{run.papers}.db*"):
        old.unlink()
    rows = np.lib.format.open_memmap(run.out / f"rows-{run.papers}.npy", "w+", np.float32, (run.papers, base.shape[1]))
    draw = np.random.default_rng(7)
    names = made_ids({paper["id"] for paper in papers})
    for start in range(0, run.papers, BATCH):
        end = min(start + BATCH, run.papers)
        with open(run.out / "batch.jsonl", "w") as out:
            for at in range(start, min(end, len(real))):
                rows[at] = base[at]
                out.write(json.dumps(real[at]) + "\n")
            begin = max(start, len(real))
            if begin < end:
                a, b = draw.integers(0, len(real), (2, end - begin))
                w = draw.uniform(0.6, 0.95, (end - begin, 1)).astype(np.float32)
                noise = draw.normal(0, 0.015, (end - begin, base.shape[1])).astype(np.float32)
                made = w * base[a] + (1 - w) * base[b] + noise
                rows[begin:end] = made / np.linalg.norm(made, axis=1, keepdims=True)
                for number, at in enumerate(a, begin):
                    paper = {**real[at], "id": next(names), "title": f"{real[at]['title']} ({number})"}
                    out.write(json.dumps(paper) + "\n")
        subprocess.run([run.relata, "--library", library, "add", "--no-embed", run.out / "batch.jsonl"], check=True, stdout=sys.stderr)
    (run.out / "batch.jsonl").unlink()

    database = sqlite3.connect(library)
    dimension = base.shape[1]
    database.execute(
        "INSERT INTO fingerprints (digest, model, description, dimension) VALUES (?, 'made', 'made', ?)", (run.digest, dimension))
    number = database.execute("SELECT number FROM fingerprints").fetchone()[0]
    passages = database.execute("SELECT row, passage FROM papers ORDER BY row").fetchall()
    assert len(passages) == run.papers, f"{len(passages)} papers of {run.papers}: some were folded into one"
    database.executemany(
        "INSERT INTO stored_embeddings VALUES (?, ?, ?, ?, 200, 0, ?)",
        ((number << 40 | row, number, row, passage, rows[at].tobytes()) for at, (row, passage) in enumerate(passages)))
    database.commit()
    database.close()


if __name__ == "__main__":
    main()
