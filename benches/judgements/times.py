#!/usr/bin/env python3
"""How long a question takes where much is liked: 1,000 likes over 100,000 papers, and the day of 500 new papers.

    times.py METADATA.jsonl.gz VECTORS.f16.npy IDS.txt --relata target/release/relata [--runs 7] [--keep FOLDER]

METADATA is a snapshot of some 100,000 papers, VECTORS (papers x dimension, float16) with IDS the vectors of some of them. A library of all is made: papers without a vector get one
between those of two others, with noise, seeded, so that nothing has to be embedded. 500 papers with vectors come last, as the digest of a day. Liked are 1,000 (profile many) and ten
(profile few) of the papers that have vectors, drawn at random. Times are of whole processes, the first of which (which learns and makes the index) is left out.
"""

import argparse
import gzip
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

NEW, MANY, FEW = 500, 1000, 10


def fill(library, fingerprint, vectors, at):
    database = sqlite3.connect(library)
    known = database.execute("SELECT number FROM fingerprints").fetchone()
    if known is None:
        database.execute("INSERT INTO fingerprints (digest, model, description, dimension) VALUES (?, ?, ?, ?)", fingerprint)
        known = database.execute("SELECT number FROM fingerprints").fetchone()
    number, draw = known[0], np.random.default_rng(7)

    def vector(paper):
        if paper in at:
            return vectors[at[paper]]
        one, two = draw.integers(0, len(vectors), 2)
        share = draw.uniform(0.6, 0.95)
        mixed = share * vectors[one] + (1 - share) * vectors[two] + draw.normal(0, 0.015, vectors.shape[1]).astype(np.float32)
        return (mixed / np.linalg.norm(mixed)).astype(np.float32)

    missing = database.execute("SELECT row, passage, id FROM papers WHERE passage IS NOT NULL AND row NOT IN (SELECT paper FROM embeddings) ORDER BY row").fetchall()
    rows = ((number << 40 | row, number, row, passage, vector(paper).tobytes()) for row, passage, paper in missing)
    database.executemany("INSERT INTO stored_embeddings VALUES (?, ?, ?, ?, 200, 0, ?)", rows)
    database.commit()
    database.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("metadata", type=Path)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("ids", type=Path)
    parser.add_argument("--relata", required=True)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--keep", type=Path)
    run = parser.parse_args()
    folder = run.keep or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "library.db"
    relata = lambda *arguments, check=True: subprocess.run([run.relata, "--library", library, *map(str, arguments)], check=check, capture_output=True, text=True)
    if not library.exists():
        vectors = np.load(run.vectors).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        at = {paper: place for place, paper in enumerate(run.ids.read_text().split())}
        draw = random.Random(7)
        new = set(draw.sample(sorted(at), NEW))
        with open(folder / "papers.jsonl", "w") as papers, open(folder / "2026-09-01.jsonl", "w") as day:
            for line in gzip.open(run.metadata, "rt"):
                (day if json.loads(line)["id"] in new else papers).write(line)
        # One paper is embedded by the program itself, so that the fingerprint is right.
        one = folder / "one.db"
        subprocess.run([run.relata, "--library", one, "add", folder / "2026-09-01.jsonl", "--no-embed"], check=True, capture_output=True)
        database = sqlite3.connect(one)
        database.execute("DELETE FROM stored_papers WHERE row > 1")
        database.commit()
        database.close()
        subprocess.run([run.relata, "--library", one, "reembed"], check=True, capture_output=True)
        fingerprint = sqlite3.connect(one).execute("SELECT digest, model, description, dimension FROM fingerprints").fetchone()
        relata("add", folder / "papers.jsonl", "--no-embed")
        relata("add", folder / "2026-09-01.jsonl", "--no-embed")
        fill(library, fingerprint, vectors, at)
        known = sorted(set(at) - new)
        relata("like", *draw.sample(known, MANY), "--profile", "many")
        relata("like", *draw.sample(known, FEW), "--profile", "few")
    one = sqlite3.connect(library).execute("SELECT id FROM papers ORDER BY id LIMIT 1 OFFSET 50000").fetchone()[0]
    questions = {
        "recommend, 1 like": ("recommend", one),
        "recommend, 10 likes": ("recommend", "--profile", "few"),
        "recommend, 1,000 likes": ("recommend", "--profile", "many"),
        "today of 500, 10 likes": ("today", "--profile", "few"),
        "today of 500, 1,000 likes": ("today", "--profile", "many"),
    }
    print("| | median | least | most |\n| --- | ---: | ---: | ---: |")
    for name, question in questions.items():
        relata(*question, check=False)
        times = []
        for _ in range(run.runs):
            begun = time.perf_counter()
            relata(*question, check=False)
            times.append(1000 * (time.perf_counter() - begun))
        print(f"| {name} | {statistics.median(times):.0f} ms | {min(times):.0f} | {max(times):.0f} |", flush=True)
    if run.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    os.environ.setdefault("RELATA_OFFLINE", "1")
    main()
