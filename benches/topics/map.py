#!/usr/bin/env python3
"""Relata's map beside umap-learn's, on the same vectors. Markdown on standard output.

    map.py --topics topics.json

Two figures say what a map keeps. Trustworthiness (scikit-learn) goes down for papers that are near on the map and far in the vectors,
by how far they are. Preservation is the share of a paper's 15 nearest in the vectors that are among its 15 nearest on the map.
"""

import statistics
import time
import warnings

import numba
import numpy as np
import umap
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors
from umap.umap_ import nearest_neighbors

from common import NEIGHBOURS, Inputs, machine, options, progress, table

# scikit-learn's trustworthiness holds three square matrices, 3.2 GB at 11,288 papers. Beyond this many, only so many papers are measured.
MOST = 12_000


def quality(inputs, places):
    """Trustworthiness and preservation of a map (rows x 2)."""
    rows = np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST)).astype(int))
    trust = trustworthiness(inputs.vectors[rows], places[rows], n_neighbors=NEIGHBOURS, metric="cosine")
    near = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(places).kneighbors(return_distance=False)
    kept = (inputs.nearest[:, :, None] == near[:, None, :]).any(axis=2).mean()
    return trust, float(kept)


def of_umap(inputs, seed):
    """The map, seconds for the neighbours and seconds for the rest.

    These are the two steps of `fit_transform`, taken one by one. With a seed the map is another than in one step, as the second step starts
    its draws anew; its quality is the same to .001.
    """
    began = time.perf_counter()
    state = np.random.RandomState(seed)
    near = nearest_neighbors(inputs.vectors, NEIGHBOURS, "cosine", {}, False, state, n_jobs=inputs.run.threads)
    between = time.perf_counter()
    # With a seed umap-learn sets n_jobs to 1 itself and says so.
    layout = umap.UMAP(
        n_neighbors=NEIGHBOURS, min_dist=0.1, metric="cosine", random_state=seed, n_jobs=inputs.run.threads, precomputed_knn=near,
    )  # fmt: skip
    places = layout.fit_transform(inputs.vectors)
    return places, between - began, time.perf_counter() - between


def main():
    run = options(
        __doc__, ("--rounds", {"type": int, "default": 3, "help": "warm runs of umap-learn, after one that is not counted (default 3)"})
    )
    warnings.filterwarnings("ignore", message="n_jobs value")
    numba.set_num_threads(run.threads)
    inputs = Inputs(run)
    lines, best = [], [0.0, 0.0]
    for seed, name in [(None, "umap-learn, no seed (parallel)"), (42, "umap-learn, random_state 42")]:
        of_umap(inputs, seed)
        rounds = []
        for number in range(run.rounds):
            places, neighbours, layout = of_umap(inputs, seed)
            rounds.append((*quality(inputs, places), neighbours, layout, neighbours + layout))
            progress(f"map: {name}, round {number + 1}: {rounds[-1]}")
        middle = [statistics.median(column) for column in zip(*rounds)]
        best = [max(best[0], middle[0]), max(best[1], middle[1])]
        lines.append([name, f"{middle[0]:.4f}", f"{middle[1]:.4f}", *(f"{seconds:.1f}" for seconds in middle[2:])])

    print(f"### Map\n\n{inputs.scope()} Medians of {run.rounds} warm runs.\n")
    of_relata = [inputs.of_relata[id] for id in inputs.ids]
    if all(paper.get("x") is not None and paper.get("y") is not None for paper in of_relata):
        trust, kept = quality(inputs, np.array([[paper["x"], paper["y"]] for paper in of_relata], dtype=np.float64))
        lines.insert(0, ["**Relata**", f"{trust:.4f}", f"{kept:.4f}", run.seconds.get("graph", ""), run.seconds.get("map", ""), ""])
        note = f"Relata has {trust / best[0]:.3f} of the better trustworthiness and {kept / best[1]:.3f} of the better preservation.\n"
    else:
        note = "Relata was not measured: its papers have no x and y.\n"
    print(table(["side", "trustworthiness", "neighbours kept", "neighbours s", "layout s", "both s"], lines, right=5))
    print(note)
    print(machine("umap-learn", "pynndescent", "numba", "scikit-learn", "numpy"))


if __name__ == "__main__":
    main()
