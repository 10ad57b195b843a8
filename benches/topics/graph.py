#!/usr/bin/env python3
"""How much memory and time topics of many rows take: the graph of the nearest, and Leiden on it.

In: how many rows, once or more. Out: for each a line with time, the most memory, and bytes a row. The graph is made up: each row has 15 nearest, 11
in its hundred, 3 in its five thousand, 1 anywhere, so that there are groups within groups; it has 29 edges a row, where real papers have some 22.
Nothing is read or written. Needs the package `relata` in its release profile (`pip install ./python`) and NumPy.

    benches/topics/graph.py 100000 1000000 3000000
"""

import resource
import subprocess
import sys
import time

import numpy as np

NEAREST = 15
TOGETHER = 100_000


def drawn(random, first, count, rows):
    """The nearest of some rows: none twice, and none its own."""
    own = np.arange(first, first + count)[:, None]
    hundred, thousands = own // 100 * 100, own // 5000 * 5000

    def within(start, width, many):
        # Steps of one size through a prime number of places never meet.
        at = random.integers(1, width, (count, 1)) + np.arange(many) * random.integers(1, max(width // (2 * many), 2), (count, 1))
        return start + (own - start + at) % width

    near = np.concatenate([within(hundred, 100, 11), within(thousands, 5000, 3), random.integers(0, rows, (count, 1))], axis=1) % rows
    # What is there twice, or the row itself, is replaced by a neighbour in the order of rows.
    for _ in range(8):
        ordered = np.sort(near, axis=1)
        wrong = (near == own).any(axis=1) | (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
        if not wrong.any():
            break
        near[wrong] = (own[wrong] + random.permutation(np.arange(1, 100))[:NEAREST]) % rows
    return near.astype(np.uint32)


def measured(rows):
    from relata import _relata

    random = np.random.default_rng(1)
    lists = _relata.NearestLists(rows, NEAREST)
    cosines = np.linspace(0.9, 0.6, NEAREST, dtype=np.float32)
    for first in range(0, rows, TOGETHER):
        count = min(TOGETHER, rows - first)
        wrong = lists.put(np.arange(first, first + count, dtype=np.uint32), drawn(random, first, count, rows), np.tile(cosines, (count, 1)))
        assert wrong is None, first + wrong
    began = time.monotonic()
    groups = lists.grouped(rows, False)
    took = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{rows:>11,} rows: {took:8.1f} s, {most / 1e9:6.2f} GB at most, {most / rows:5.0f} bytes a row, topics {groups.counts()}", flush=True)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        measured(int(sys.argv[2]))
        return
    for rows in sys.argv[1:] or ["100000", "1000000"]:
        # The most memory is that of a process.
        subprocess.run([sys.executable, __file__, "--one", rows], check=True)


if __name__ == "__main__":
    main()
