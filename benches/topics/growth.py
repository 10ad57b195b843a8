#!/usr/bin/env python3
"""How topics and map hold while a library grows. Markdown on standard output.

    growth.py --library LIBRARY --relata target/release/relata --first 8000 --steps 110 110 600

LIBRARY holds papers with vectors. A copy of it gets the first papers, by date or (`--shuffled`) in an order drawn with a fixed seed, then some more in
each step, and after each `relata topics` is asked. Counted are papers that were there before and are in the same topic still, by its number, and
how far they moved on the map, in hundredths of the map's width (the distance that nine of ten papers lie within of its middle).
At the end stand the topics of the same papers without history, with what both agree in.
"""

import argparse
import json
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score


class Growing:
    """A copy of a library that holds some of its papers."""

    def __init__(self, run, folder):
        self.run, self.path = run, folder / "growing.db"
        source = sqlite3.connect(run.library)
        self.rows = [row for row, in source.execute("SELECT paper FROM embeddings JOIN papers ON row = paper ORDER BY date, id")]
        self.primary = dict(source.execute("SELECT id, primary_category FROM papers"))
        source.close()
        if run.shuffled:
            random.Random(1).shuffle(self.rows)
        shutil.copy(run.library, self.path)
        with self.database() as database:
            database.executescript("DELETE FROM topic_sets; DELETE FROM stored_embeddings; DELETE FROM stored_papers;")
        self.count = 0

    def database(self):
        database = sqlite3.connect(self.path)
        database.execute("PRAGMA foreign_keys = ON")
        return database

    def add(self, count):
        new = self.rows[self.count : self.count + count]
        self.count += len(new)
        database = self.database()
        database.execute("ATTACH ? AS source", (str(self.run.library),))
        for table, key in [("papers", "row"), ("embeddings", "paper"), ("paper_categories", "paper")]:
            database.executemany(f"INSERT INTO {table} SELECT * FROM source.{table} WHERE {key} = ?", [(row,) for row in new])
        database.commit()
        database.close()

    def topics(self, *arguments):
        began = time.perf_counter()
        command = [self.run.relata, "--library", self.path, "topics", "--json", *arguments]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return found, time.perf_counter() - began


def places(found):
    return {paper["id"]: np.array([paper["x"], paper["y"]]) for paper in found["papers"]}


def moved(before, now):
    """Median and ninth decile of the way that papers made, in hundredths of the width."""
    before, now = places(before), places(now)
    both = [id for id in before if id in now]
    all = np.array(list(before.values()))
    width = np.quantile(np.linalg.norm(all - np.median(all, axis=0), axis=1), 0.9)
    way = [100 * np.linalg.norm(now[id] - before[id]) / width for id in both]
    return np.quantile(way, [0.5, 0.9])


def kept(before, now, level):
    """Share of the papers of before that are in the same topic."""
    was = {paper["id"]: paper["topics"][level] for paper in before["papers"]}
    same = [was[paper["id"]] == paper["topics"][level] for paper in now["papers"] if paper["id"] in was]
    return np.mean(same)


def agreement(one, other, level):
    of = lambda found: [paper["topics"][level] for paper in found["papers"]]
    return adjusted_mutual_info_score(of(one), of(other))


def with_categories(found, primary, level):
    pairs = [(primary[paper["id"]], paper["topics"][level]) for paper in found["papers"]]
    return adjusted_mutual_info_score([a for a, _ in pairs], [b for _, b in pairs])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--relata", type=lambda name: Path(name).resolve(), required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--steps", type=int, nargs="+", required=True)
    parser.add_argument("--shuffled", action="store_true")
    run = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        growing = Growing(run, Path(folder))
        growing.add(run.first)
        before, seconds = growing.topics()
        print("| papers | new | seconds | sought | in the same topic, by level | moved, median and 9th decile | born split merged died grew shrank |")
        print("| ---: | ---: | ---: | --- | --- | --- | --- |")
        print(f"| {growing.count} | | {seconds:.1f} | yes | {' '.join(str(len(level['topics'])) for level in before['levels'])} topics | | |")
        for step in run.steps:
            growing.add(step)
            now, seconds = growing.topics()
            same = " ".join(f"{kept(before, now, level):.3f}" for level in range(min(len(before["levels"]), len(now["levels"]))))
            middle, most = moved(before, now)
            kinds = [change["kind"] for change in now["news"]["changes"]]
            counts = " ".join(str(kinds.count(kind)) for kind in ["born", "split", "merged", "died", "grew", "shrank"])
            sought = "yes" if now["news"]["sought"] else "no"
            print(f"| {growing.count} | {step} | {seconds:.1f} | {sought} | {same} | {middle:.1f} {most:.1f} | {counts} |", flush=True)
            before = now
        fresh, _ = growing.topics("--fresh")
        print("\n| level | topics, grown and fresh | agreement of both (AMI) | grown with categories | fresh |")
        print("| --- | --- | ---: | ---: | ---: |")
        for number, level in enumerate(now["levels"]):
            counts = f"{len(level['topics'])} {len(fresh['levels'][number]['topics'])}"
            own, anew = (with_categories(found, growing.primary, number) for found in (now, fresh))
            print(f"| {level['name']} | {counts} | {agreement(now, fresh, number):.3f} | {own:.3f} | {anew:.3f} |")


if __name__ == "__main__":
    main()
