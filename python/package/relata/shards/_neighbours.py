"""The nearest of all rows of all shards among each other: sought in the cells around each.

In: a folder of shards, a pool. Out: files that name for each row the others with the highest cosine.

Cells are made from a sample that ids alone decide. One pass writes the rows by cells (`_routed.py`), in an order in which near cells stand
together; then cells that stand together are looked at at a time, with the rows of those around them. What a row's nearest are depends on its
cell and the cells around that, never on how rows are divided, or on which cells are looked at together.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata._arguments import whole
from relata.errors import RequestError
from relata.shards._files import ENDING, AnyPath, Folder, bad, name_of
from relata.shards._pool import Here, Pool
from relata.shards._routed import ROUTED, Gathered, Route, routed
from relata.shards._rows import Corpus, apart, corpus, each, sample
from relata.shards._shards import Shards, Vectors
from relata.shards._show import Show, Stage, Tell

# Rows of a cell on average, as topics have them (src/topics/knn_cells.rs).
IN_CELL = 512

# Rows that cells are made from, for each of them.
SAMPLE = 32

# Cells for which those around them are sought at a time.
CELLS = 2048

# Files that rows are routed to at most, unless memory asks for more, and rows of one at least.
MOST_FILES = 256
ROWS_OF_FILE = 50_000

# Parts that the work is divided into at least, where rows are more than so many for each.
PARTS = 64
ROWS_OF_PART = 10_000

# Which neighbours these are: another way to seek them has another number.
VERSION = "neighbours 1"

SUMMARY = "neighbours.json"
FILES = "neighbours-"
ROWS = "rows"
CENTRES = ".npy"


@dataclass(frozen=True, eq=False)
class Neighbours:
    """What `neighbours` found."""

    folder: Folder
    """Where its files are."""
    rows: int
    """How many rows have neighbours."""
    k: int
    """How many neighbours each row has: as many as were asked for, or all others where there are fewer."""
    cells: int
    """How many cells there are."""
    compared: int
    """How many rows were read for it, one as often as it was: what stands around several parts is read for each."""
    files: list[str]
    """Parquet files with columns `id`, `neighbours` (a list of ids, the nearest first) and `cosine` (a list)."""

    def table(self) -> Any:
        """All rows as a `pyarrow.Table` in the order of ids: `id`, `neighbours`, `cosine`."""
        import pyarrow as pa

        return pa.concat_tables([self.folder.read_table(name) for name in self.files]).sort_by("id")

    def __repr__(self) -> str:
        return f"Neighbours({self.k} of each of {self.rows} rows in {self.folder.address!r})"


@dataclass(frozen=True)
class _Asked:
    """What is asked for, with all that decides the answer in `key`."""

    k: int
    cells: int
    around: int
    memory: int
    key: str


@dataclass(frozen=True, eq=False)
class _Part:
    """Cells that are looked at together, and those around each of them."""

    cells: range
    around: list[npt.NDArray[np.uint32]]


def neighbours(
    shards: AnyPath | Shards,
    out: AnyPath,
    *,
    k: int = 15,
    cells: int | None = None,
    around: int = 80,
    memory: int = 4 << 30,
    progress: bool = True,
) -> Neighbours:
    """Finds for each row of all shards the `k` others with the highest cosine, on this machine; `relata.ray.neighbours` does it on many.

    `shards` is a folder of shards, whose ids are distinct. Rows are compared with unit length. They fall into `cells` cells (512 rows each, or more
    beyond twelve million rows), and each row is compared with those of the `around` cells nearest to its own; so nearly all of the nearest are found, and with
    all cells around, all of them. Equal cosines are ordered by id. Neighbours are the same however rows are divided into shards, and whatever
    machines do it.

    `out` is a folder, to which `neighbours.json` goes, and Parquet files with the columns `id`, `neighbours` (a list of ids, the nearest first) and
    `cosine` (a list of float32). Its folder `rows` has all rows once more until the job ends. What is there is not made again: the same call
    goes on where it was stopped. Files of another call give way at the end. `memory` is about how many bytes a step may take: at least what the
    rows of one cell and of those around it need.

    Raises `relata.errors.BulkError` for shards that cannot be read or compared, or where an id stands twice, `relata.errors.RequestError` for too
    little memory.
    """
    with Show(progress) as show:
        return all_neighbours(Here(), show, shards, out, k, cells, around, memory)


def all_neighbours(
    pool: Pool, tell: Tell, shards: AnyPath | Shards, out: AnyPath, k: int, cells: int | None, around: int, memory: int
) -> Neighbours:
    """The job of `neighbours`."""
    k, around, memory = whole("k", k), whole("around", around), whole("memory", memory)
    cells = None if cells is None else whole("cells", cells)
    if k < 1 or around < 1 or (cells is not None and cells < 1):
        raise RequestError(f"k is {k}, around {around} and cells {cells}; each is 1 or more")
    rows = corpus(shards)
    folder = apart(rows.shards, out, ROWS)
    cells = min(cells or _usual(rows.rows, around), rows.rows)
    key = name_of(VERSION, rows.fingerprint, str(k), str(cells), str(around), *rows.keys)
    asked = _Asked(min(k, rows.rows - 1), cells, around, memory, key)
    found = _done(folder, key) or _find(pool, tell, rows, folder, asked)
    # Also after a job that was stopped before it came to this.
    folder.keep_made(FILES, ENDING, found.files)
    folder.within(ROWS).keep_made(ROUTED, ENDING, [])
    folder.within(ROWS).keep_made("", CENTRES, [])
    return found


def _usual(rows: int, around: int) -> int:
    """How many cells: as topics have them, and beyond that so many that it takes as long to find a row's cell as its neighbours."""
    return min(-(-rows // IN_CELL), int((around * rows) ** 0.5) + 1)


def _find(pool: Pool, tell: Tell, rows: Corpus, folder: Folder, asked: _Asked) -> Neighbours:
    within, counts_of = folder.within(ROWS), rows.count_of()
    centres = _centres(pool, tell, rows, within, asked)
    held = pool.share(centres)
    bundles = rows.bundles(_rows_of_file(rows, asked.memory))
    route = Route(rows.shards, within, asked.key, held)
    sizes = np.zeros(len(centres), np.int64)
    stage = Stage(tell, "writing rows by cells", rows.rows)
    for counts in each(pool, lambda: route, bundles, stage, lambda names: sum(counts_of[name] for name in names)):
        sizes += counts
    Stage(tell, f"looking for the cells around each of {len(centres)}")
    parts = _parts(_around(pool, held, sizes, asked), sizes, rows, asked)
    files = [routed(asked.key, names) for names in bundles]
    step = _Nearest(within, folder, files, rows.dimension, len(centres), asked)
    stage = Stage(tell, "comparing", rows.rows)
    made = dict(each(pool, lambda: step, parts, stage, lambda part: int(sizes[part.cells.start : part.cells.stop].sum())))
    names = [made[part.cells.start] for part in parts]
    read = sum(int(sizes[_union(part.around)].sum()) for part in parts)
    about = {"key": asked.key, "rows": rows.rows, "k": asked.k, "cells": len(centres), "compared": read, "files": names}
    folder.write(SUMMARY, json.dumps(about).encode())
    return Neighbours(folder, rows.rows, asked.k, len(centres), read, names)


def files_of(folder: Folder) -> list[str]:
    """The files of neighbours in a folder: those of the job that came to its end there, or all that somebody else has written."""
    there = folder.names(ENDING)
    if not folder.has(SUMMARY):
        return there
    files = [str(file) for file in json.loads(folder.read(SUMMARY))["files"]]
    if missing := set(files) - set(there):
        raise bad(f"{folder.address} lacks {min(missing)}, which {SUMMARY} names: look for the neighbours again")
    return files


def _done(folder: Folder, key: str) -> Neighbours | None:
    """What was found before, where that is what is asked for."""
    if not folder.has(SUMMARY):
        return None
    about = json.loads(folder.read(SUMMARY))
    if about["key"] != key or not set(about["files"]) <= set(folder.names(ENDING)):
        return None
    return Neighbours(folder, about["rows"], about["k"], about["cells"], about["compared"], about["files"])


def _centres(pool: Pool, tell: Tell, rows: Corpus, within: Folder, asked: _Asked) -> Vectors:
    """Centres of cells, near ones together."""
    name = f"{asked.key}{CENTRES}"
    if within.has(name):
        return np.load(io.BytesIO(within.read(name)))  # type: ignore[no-any-return]
    needed = SAMPLE * asked.cells * rows.dimension * 8
    if needed > 4 * asked.memory:
        raise RequestError(f"{asked.cells} cells are made from a sample that takes {needed >> 20} MB, and memory is {asked.memory >> 20} MB")
    first = sample(pool, rows, SAMPLE * asked.cells, Stage(tell, "drawing a sample", rows.rows), distinct=True)
    Stage(tell, f"making {asked.cells} cells of {len(first)} rows")
    centres = _relata.train(first, asked.cells, False)
    centres = centres[_relata.order_of_cells(centres)]
    content = io.BytesIO()
    np.save(content, centres)
    within.write(name, content.getvalue())
    return centres


def _rows_of_file(rows: Corpus, memory: int) -> int:
    """Rows that are routed at a time: they are held as they are read, in their order, and as a file."""
    fits = memory // (3 * 4 * rows.dimension + 200)
    return max(1, min(fits, max(ROWS_OF_FILE, rows.rows // MOST_FILES)))


def _around(pool: Pool, centres: Any, sizes: npt.NDArray[np.int64], asked: _Asked) -> list[npt.NDArray[np.uint32]]:
    """The cells that are looked at for the rows of each cell."""
    step = _Around(centres, pool.share(sizes), asked)
    ranges = [range(first, min(first + CELLS, len(sizes))) for first in range(0, len(sizes), CELLS)]
    found = dict(each(pool, lambda: step, ranges))
    return [cells for part in ranges for cells in found[part.start]]


class _Around:
    """The step of `_around`."""

    def __init__(self, centres: Any, sizes: Any, asked: _Asked) -> None:
        self.centres, self.sizes, self.asked = centres, sizes, asked

    def __call__(self, cells: range) -> tuple[int, list[npt.NDArray[np.uint32]]]:
        ends = (cells.start, cells.stop)
        return cells.start, _relata.cells_around(self.centres(), self.sizes(), ends, self.asked.around, self.asked.k)


def _parts(around: list[npt.NDArray[np.uint32]], sizes: npt.NDArray[np.int64], rows: Corpus, asked: _Asked) -> list[_Part]:
    """Cells that are looked at together: as many as fit with those around them, and no more than make enough parts for many workers."""
    # A row in floats and in bytes, its id and its neighbours.
    most = asked.memory // (5 * rows.dimension + 150 + 8 * asked.k)
    most_own = max(ROWS_OF_PART, -(-rows.rows // PARTS))
    parts: list[_Part] = []
    first, held, own = 0, 0, 0
    taken = np.zeros(len(sizes), bool)
    for cell, cells in enumerate(around):
        more = int(sizes[cells[~taken[cells]]].sum())
        if own and (held + more > most or own + int(sizes[cell]) > most_own):
            parts.append(_Part(range(first, cell), around[first:cell]))
            first, held, own = cell, 0, 0
            taken[:] = False
            more = int(sizes[cells].sum())
        if more > most:
            raise RequestError(f"a cell and those around it hold {more} rows, and memory is enough for {most}")
        taken[cells] = True
        held += more
        own += int(sizes[cell])
    parts.append(_Part(range(first, len(around)), around[first:]))
    return [part for part in parts if any(len(cells) for cells in part.around)]


def _union(around: list[npt.NDArray[np.uint32]]) -> npt.NDArray[np.uint32]:
    return np.unique(np.concatenate(around))


class _Nearest:
    """The last step: writes the nearest of the rows of some cells, as far as that is not written."""

    def __init__(self, rows: Folder, folder: Folder, files: list[str], dimension: int, cells: int, asked: _Asked) -> None:
        self.rows, self.folder, self.files, self.dimension, self.cells, self.asked = rows, folder, files, dimension, cells, asked

    def __call__(self, part: _Part) -> tuple[int, str]:
        import pyarrow as pa

        name = f"{FILES}{name_of(self.asked.key, repr(part.cells))}{ENDING}"
        if self.folder.has(name):
            return part.cells.start, name
        needed = np.zeros(self.cells, bool)
        needed[_union(part.around)] = True
        gathered = Gathered(self.rows, self.files, needed, self.dimension)
        numbers, nearest, cosines = gathered.rows.nearest(gathered.cells, part.around, self.asked.k)
        order = np.argsort(numbers)
        ends = pa.array(np.arange(len(order) + 1, dtype=np.int32) * self.asked.k)
        lists = [gathered.ids.take(pa.array(nearest[order].reshape(-1))), pa.array(cosines[order].reshape(-1))]
        columns = [gathered.ids.take(pa.array(numbers[order])), *[pa.ListArray.from_arrays(ends, values) for values in lists]]
        self.folder.write_table(name, pa.table(columns, names=["id", "neighbours", "cosine"]))
        return part.cells.start, name
