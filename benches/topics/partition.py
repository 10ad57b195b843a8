#!/usr/bin/env python3
"""Relata's partition beside Leiden (igraph), k-means (scikit-learn) and BERTopic's default (UMAP, HDBSCAN). Markdown on standard output.

    partition.py --topics topics.json

Measured is agreement with two groupings by people, as adjusted mutual information (AMI): primary categories (coarse) and groups of
reading lists (fine). Neither is the truth, both are what papers of one topic should mostly share, and AMI corrects for the number of topics.
"""

import json
import random
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass

import faiss
import hdbscan
import igraph
import numpy as np
import umap
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from common import NEIGHBOURS, Inputs, machine, options, progress, table

RESOLUTIONS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 15, 20, 30]
CLUSTERS = [8, 12, 16, 24, 50, 100, 150, 220, 300]
LEAST_IN_CATEGORY = 20
LEAST_IN_GROUP = 3
SEEDS = 10


class Truth:
    """What people said: (rows, names) for categories and for lists."""

    def __init__(self, inputs):
        primary = [paper["categories"].split()[0] for paper in inputs.papers]
        sizes = Counter(primary)
        self.categories = self.columns({row: name for row, name in enumerate(primary) if sizes[name] >= LEAST_IN_CATEGORY})
        row_of = {id: row for row, id in enumerate(inputs.ids)}
        groups = defaultdict(dict)
        with open(inputs.run.lists, encoding="utf-8") as lines:
            for entry in map(json.loads, lines):
                if entry["topical"] and entry["id"] in row_of:
                    groups[entry["list"], entry["group"]][row_of[entry["id"]]] = True
        # A paper of several groups counts for the first: AMI wants one name for each. Counted once for
        # each group instead, the finest levels' AMI moves by less than .006.
        first = {}
        for name, rows in groups.items():
            if len(rows) >= LEAST_IN_GROUP:
                for row in rows:
                    first.setdefault(row, "\t".join(name))
        self.lists = self.columns(first)

    @staticmethod
    def columns(name_of):
        return np.array(list(name_of), dtype=np.int64), list(name_of.values())

    def score(self, labels):
        """AMI with categories and with lists."""
        return tuple(adjusted_mutual_info_score(names, labels[rows]) for rows, names in (self.categories, self.lists))


@dataclass
class Figures:
    """A setting of a peer: for each seed AMI with categories and lists, topics, papers in the largest, share in no topic, seconds."""

    peer: str
    setting: str
    seeds: list

    def median(self, column):
        return statistics.median(seed[column] for seed in self.seeds)

    def spread(self, column):
        values = [seed[column] for seed in self.seeds]
        return f"{min(values):.3f} to {max(values):.3f}" if len(values) > 1 else ""


def measure(truth, peer, setting, seeds, partition):
    """Runs `partition`, which gives the labels of a seed, over the seeds. -1 means in no topic: these papers count as one topic more."""
    seen = []
    for seed in range(seeds):
        began = time.perf_counter()
        labels = np.asarray(partition(seed))
        seconds = time.perf_counter() - began
        sizes = np.bincount(labels[labels >= 0])
        seen.append((*truth.score(labels), np.count_nonzero(sizes), sizes.max(), np.mean(labels < 0), seconds))
    figures = Figures(peer, setting, seen)
    progress(f"partition: {peer}, {setting}: {figures.median(2):.0f} topics, {figures.median(0):.3f} {figures.median(1):.3f}")
    return figures


def neighbour_graph(vectors, mutual_counts_twice):
    """The 15 nearest of each paper by exact cosine (faiss), as an undirected graph and its weights (None: all 1)."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    found = index.search(vectors, NEIGHBOURS + 1)[1]
    source = np.repeat(np.arange(len(vectors)), NEIGHBOURS + 1)
    # A paper is mostly its own nearest, but not always the first where texts are equal.
    other = source != found.ravel()
    ones = np.ones(other.sum(), dtype=np.int64)
    near = sparse.csr_matrix((ones, (source[other], found.ravel()[other])), shape=(len(vectors),) * 2)
    both = sparse.triu(near + near.T, 1).tocoo()
    graph = igraph.Graph(len(vectors), np.column_stack([both.row, both.col]))
    return graph, both.data.tolist() if mutual_counts_twice else None


def leiden(graph, weights, resolution, iterations):
    def partition(seed):
        # igraph draws from Python's own generator.
        random.seed(seed)
        found = graph.community_leiden("modularity", weights=weights, resolution=resolution, n_iterations=iterations)
        return found.membership

    return partition


def leiden_figures(inputs, truth):
    """igraph as it comes, and at its best: mutual neighbours count twice, iterations go on until nothing changes. Also seconds of a graph."""
    figures, seconds = [], []
    for peer, twice, iterations in [
        ("Leiden, unweighted, 2 iterations", False, 2),
        ("Leiden, mutual counts twice, until stable", True, -1),
    ]:
        began = time.perf_counter()
        graph, weights = neighbour_graph(inputs.vectors, twice)
        seconds.append(time.perf_counter() - began)
        for resolution in RESOLUTIONS:
            partition = leiden(graph, weights, resolution, iterations)
            figures.append(measure(truth, peer, f"resolution {resolution:g}", SEEDS, partition))
    return figures, min(seconds)


def kmeans_figures(inputs, truth):
    return [
        measure(truth, "k-means", f"k {k}", SEEDS, lambda seed, k=k: KMeans(k, n_init=1, random_state=seed).fit_predict(inputs.vectors))
        for k in CLUSTERS
        if k < len(inputs.ids)
    ]


def bertopic_figures(inputs, truth):
    """The two models that BERTopic makes when it is given none. With a seed UMAP has one thread; BERTopic gives it no seed, nor do we."""

    def partition(_):
        few = umap.UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", n_jobs=inputs.run.threads)
        found = hdbscan.HDBSCAN(min_cluster_size=10, metric="euclidean", cluster_selection_method="eom")
        return found.fit_predict(few.fit_transform(inputs.vectors))

    partition(None)  # warm: compiled by numba
    return [measure(truth, "BERTopic's default", "UMAP to 5, HDBSCAN", 3, partition)]


def strays(levels):
    """Papers whose topic has another parent than the topic they are in one level above; 0 where the levels are nested."""
    count = 0
    for upper, lower in zip(levels, levels[1:]):
        parents = [topic["parent"] for topic in lower.topics]
        count += sum(parents[low] != upper.topics[up]["id"] for up, low in zip(upper.labels, lower.labels))
    return count


def main():
    run = options(__doc__)
    faiss.omp_set_num_threads(run.threads)
    inputs = Inputs(run)
    truth = Truth(inputs)
    relata = [Figures("**Relata**", level.name, [(*truth.score(level.labels), len(set(level.labels)), np.bincount(level.labels).max(), 0.0, None)])
              for level in inputs.levels]  # fmt: skip
    peers, graph_seconds = leiden_figures(inputs, truth)
    peers += kmeans_figures(inputs, truth) + bertopic_figures(inputs, truth)

    print("### Partition\n")
    print(f"{inputs.scope()} AMI with primary categories of {LEAST_IN_CATEGORY} papers or more ({len(truth.categories[0])} papers,"
          f" {len(set(truth.categories[1]))} categories) and with groups of reading lists of {LEAST_IN_GROUP} or more"
          f" ({len(truth.lists[0])} papers, {len(set(truth.lists[1]))} groups); medians of {SEEDS} seeds.\n")  # fmt: skip

    # Each name of a peer once, at its best for categories and at its best for lists.
    lines = []
    for label, column, own in [("categories", 0, relata[0]), ("lists", 1, relata[-1])]:
        best = {}
        for figures in peers:
            if figures.peer not in best or figures.median(column) > best[figures.peer].median(column):
                best[figures.peer] = figures
        lines.append([label, own.peer, own.setting, f"{own.median(2):.0f}", f"{own.median(column):.3f}", "", ""])
        for figures in best.values():
            lines.append([label, figures.peer, figures.setting, f"{figures.median(2):.0f}", f"{figures.median(column):.3f}",
                          figures.spread(column), f"{own.median(column) - figures.median(column):+.3f}"])  # fmt: skip
    print("Relata's coarsest level against each peer at its best for categories, its finest against each at its best for lists:\n")
    print(table(["AMI with", "side", "setting", "topics", "AMI", "from, to", "Relata's lead"], lines, right=4))

    lines = []
    for figures in relata + peers:
        own = figures.peer == "**Relata**"
        seconds = run.seconds.get("partition", "") if own else f"{figures.median(5):.2f}"
        lines.append([figures.peer, figures.setting, f"{figures.median(2):.0f}", f"{figures.median(3):.0f}",
                      f"{figures.median(4) * 100:.0f} %", f"{figures.median(0):.3f}", f"{figures.median(1):.3f}", seconds])  # fmt: skip
    head = ["side", "setting", "topics", "largest", "in no topic", "AMI categories", "AMI lists", "seconds"]
    print("All settings (Relata's seconds are for all levels):\n")
    print(table(head, lines, right=6))
    own_graph = run.seconds.get("graph", "not told")
    print(f"Graph: {graph_seconds:.2f} s for the peers' (exact neighbours by faiss, igraph), Relata's {own_graph}."
          f" Papers of Relata outside the parent of their topic: {strays(inputs.levels)}.\n")  # fmt: skip
    print(machine("igraph", "faiss-cpu", "scikit-learn", "umap-learn", "hdbscan", "numpy"))


if __name__ == "__main__":
    main()
