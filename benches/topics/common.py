"""What the scripts of this bench share: their options, what they read, and Markdown.

In: `relata topics --json`, and the reference vectors with their ids. Out: `Inputs`, whose rows are the papers that both know, in the
order of the ids: Relata and the peers are measured on these and on no others.
"""

import argparse
import gzip
import json
import platform
import sys
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# As in Relata's graph, in the figures of the issue, and in umap-learn's defaults.
NEIGHBOURS = 15
BLOCK = 1024


def options(what, *more):
    """The options that all scripts have, and `more`: arguments of `add_argument` as (name, keywords)."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topics", type=Path, required=True, help="what `relata topics --json` printed")
    files = {
        "vectors": ("minilm-vectors.f16.npy", "vectors of papers, a row each (.npy)"),
        "ids": ("minilm-vectors.ids.txt", "their ids, one a line"),
        "papers": ("arxiv-100k.jsonl.gz", "gzipped JSON lines with id, title, categories, abstract"),
        "lists": ("truth/lists.jsonl", "groups of curated reading lists"),
    }
    for name, (file, meaning) in files.items():
        parser.add_argument(f"--{name}", type=Path, default=DATA / file, help=f"{meaning} (default ../shared/data/{file})")
    parser.add_argument("--threads", type=int, default=2, help="of every side (default 2)")
    parser.add_argument("--seconds", action="append", default=[], metavar="STAGE=SECONDS",
                        help="what Relata took for graph, partition, names or map; may be repeated")  # fmt: skip
    for name, keywords in more:
        parser.add_argument(name, **keywords)
    run = parser.parse_args()
    if missing := [str(path) for path in [run.topics, *(getattr(run, name) for name in files)] if not path.exists()]:
        raise SystemExit(f"not there: {', '.join(missing)}")
    run.seconds = dict(entry.split("=", 1) for entry in run.seconds)
    # The limit holds for libraries that are loaded: scripts import all they use before they come here.
    threadpool_limits(run.threads)
    return run


class Level:
    """One level of Relata: `topics` as in the JSON, `labels` the topic's place among them for each row."""

    def __init__(self, name, topics, labels):
        self.name, self.topics, self.labels = name, topics, labels

    def title(self):
        return f"{self.name} ({len(self.topics)} topics)"


class Inputs:
    """All that was read, restricted to the papers that both Relata and the vectors know."""

    def __init__(self, run):
        self.run = run
        self.told = json.loads(run.topics.read_text(encoding="utf-8"))
        self.of_relata = {paper["id"]: paper for paper in self.told["papers"]}
        all_ids = run.ids.read_text(encoding="utf-8").split()
        rows = [row for row, id in enumerate(all_ids) if id in self.of_relata]
        if len(rows) <= NEIGHBOURS:
            raise SystemExit(f"only {len(rows)} papers of {run.topics} have a vector")
        self.ids = [all_ids[row] for row in rows]
        self.left_out = len(self.of_relata) - len(rows)
        # f16 rows are not of length 1 to the last bit.
        vectors = np.load(run.vectors)[rows].astype(np.float32)
        self.vectors = np.ascontiguousarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    @cached_property
    def levels(self):
        """Relata's levels, coarsest first. A paper in no topic of a level, or in one that the level does not list, is an error."""
        found = []
        for depth, level in enumerate(self.told["levels"]):
            place = {topic["id"]: at for at, topic in enumerate(level["topics"])}
            try:
                labels = np.array([place[self.of_relata[id]["topics"][depth]] for id in self.ids])
            except (KeyError, IndexError) as error:
                raise SystemExit(f"level {level['name']}: a paper is in no topic of it ({error!r})") from error
            found.append(Level(level["name"], level["topics"], labels))
        return found

    @cached_property
    def papers(self):
        """The papers' lines of the corpus, in the order of the rows."""
        wanted, found = set(self.ids), {}
        with gzip.open(self.run.papers, "rt", encoding="utf-8") as lines:
            for paper in map(json.loads, lines):
                if paper["id"] in wanted:
                    found[paper["id"]] = paper
        if missing := [id for id in self.ids if id not in found]:
            raise SystemExit(f"{len(missing)} papers are not in {self.run.papers}, the first is {missing[0]}")
        return [found[id] for id in self.ids]

    @cached_property
    def nearest(self):
        """Rows of the nearest others by exact cosine: rows x NEIGHBOURS, nearest first."""
        found = np.empty((len(self.ids), NEIGHBOURS), dtype=np.int64)
        for start in range(0, len(found), BLOCK):
            cosines = self.vectors[start : start + BLOCK] @ self.vectors.T
            own = np.arange(len(cosines))
            cosines[own, own + start] = -np.inf
            best = np.argpartition(-cosines, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
            order = np.argsort(-np.take_along_axis(cosines, best, axis=1), axis=1, kind="stable")
            found[start : start + BLOCK] = np.take_along_axis(best, order, axis=1)
        return found

    def scope(self):
        """A sentence that says what was measured."""
        more = f"; {self.left_out} more papers of Relata have no vector and were left out" if self.left_out else ""
        return f"{len(self.ids)} papers, threads: {self.run.threads}{more}."


def progress(text):
    print(text, file=sys.stderr, flush=True)


def table(head, rows, right):
    """A Markdown table whose last `right` columns are aligned to the right."""
    rule = ["---"] * (len(head) - right) + ["---:"] * right
    return "".join("| " + " | ".join(map(str, row)) + " |\n" for row in [head, rule, *rows])


def machine(*packages):
    """Processor and versions."""
    name = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return f"{name}, Python {platform.python_version()}, {versions}."
