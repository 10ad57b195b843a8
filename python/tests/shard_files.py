"""Shards of made-up rows for tests, in any division."""

import hashlib
from pathlib import Path

import numpy as np

from relata.shards._files import Folder
from relata.shards._shards import Vectors, table


def blobs(count: int, dimension: int = 24, centres: int = 12, seed: int = 3) -> tuple[list[str], Vectors]:
    """Ids and unit rows around some points."""
    random = np.random.default_rng(seed)
    points = random.normal(size=(centres, dimension))
    rows = points[random.integers(centres, size=count)] + 0.5 * random.normal(size=(count, dimension))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [f"2401.{number:05}" for number in range(count)], rows.astype(np.float32)


def divide(folder: Path, ids: list[str], vectors: Vectors, shards: int, seed: int = 0) -> Path:
    """Writes rows into a folder of so many shards of unequal sizes, in an order that `seed` decides."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(ids))
    cuts = np.sort(random.choice(np.arange(1, len(ids)), shards - 1, replace=False))
    for number, places in enumerate(np.split(order, cuts)):
        own = [ids[place] for place in places]
        passages = [hashlib.sha256(name.encode()).digest() for name in own]
        Folder(folder).write_table(f"{number:03}.parquet", table(own, [None] * len(own), vectors[places], "made up", passages))
    return folder
