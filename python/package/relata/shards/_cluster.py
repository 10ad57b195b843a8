"""Clusters of the rows of all shards: k-means whose result does not depend on how rows are divided.

In: a folder of shards, how many clusters, a pool. Out: centres, and for each shard a file that says to which cluster each row belongs.

A sample that ids alone decide is clustered on one machine (`_relata.train`, which makes the cells of the index too). Then passes go over all
rows: of each group of shards the sums of the rows nearest to each centre, as whole numbers, which add up to the same in any order; the next
centres follow from these. Centres are kept after each pass, so that a job that was stopped goes on there.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata._arguments import number, whole
from relata.errors import RequestError
from relata.shards._files import ENDING, AnyPath, Folder, name_of
from relata.shards._pool import Here, Pool
from relata.shards._rows import Corpus, apart, corpus, each, pieces, read, sample, vectors_of
from relata.shards._shards import Shards, Vectors
from relata.shards._show import Show, Stage, Tell

# Rows that centres begin with, for each of them, and at least.
SAMPLE = 40
LEAST = 20_000

# Rows of a group of shards, for each centre: sums are an eighth of what is read for them at most.
ROWS_PER_CENTRE = 16

# Sums of elements hold so many rows (src/neighbours/kmeans.rs).
MOST_ROWS = 2**31 - 1

# Bytes of rows that a process keeps from pass to pass, beside those that it is working on.
HELD = 1 << 30

# Which clusters these are: another way to make them has another number.
VERSION = "clusters 1"

SUMMARY = "clusters.json"
PASSES = "passes"
FILES = "clusters-"
CENTRES = "centres.npy"


@dataclass(frozen=True, eq=False)
class Clusters:
    """What `cluster` found."""

    folder: Folder
    """Where its files are."""
    centres: Vectors
    """Clusters x dimension: the mean of the rows of each."""
    sizes: npt.NDArray[np.int64]
    """How many rows each cluster has."""
    inertia: list[float]
    """The sum of squared distances of rows from the nearest centre, at each pass over all rows."""
    moved: list[float]
    """How far centres moved at each pass: the root of the mean, over rows, of the squared way of their centre."""
    files: list[str]
    """For each shard, in the order of their names, a Parquet file with columns `id`, `cluster` and `cosine` (to the centre)."""

    def table(self) -> Any:
        """All rows as a `pyarrow.Table`: `id`, `cluster`, `cosine`."""
        import pyarrow as pa

        return pa.concat_tables([self.folder.read_table(name) for name in self.files])

    def __repr__(self) -> str:
        return f"Clusters({len(self.centres)} of {int(self.sizes.sum())} rows in {self.folder.address!r})"


@dataclass(frozen=True, eq=False)
class _Sums:
    """What some rows add to the centres nearest to them; see `Sums` of src/neighbours/kmeans.rs."""

    sums: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    inertia: int

    def merge(self, other: _Sums) -> _Sums:
        return _Sums(self.sums + other.sums, self.counts + other.counts, self.inertia + other.inertia)


@dataclass(frozen=True, eq=False)
class _State:
    """Centres after some passes."""

    centres: Vectors
    inertia: list[float]
    moved: list[float]


def cluster(
    shards: AnyPath | Shards, out: AnyPath, *, k: int, rounds: int = 20, tolerance: float = 1e-3, progress: bool = True
) -> Clusters:
    """Clusters the rows of all shards by k-means, on this machine; `relata.ray.cluster` does it on many.

    `shards` is a folder of shards, of at least `k` rows and fewer than 2**31; ids are distinct. Rows are compared with unit length. Centres begin
    with those of about 40 rows for each (at least 20,000), chosen by the hashes of ids; then come at most `rounds` passes over all rows, until centres move by no more
    than `tolerance` (the root of the mean, over rows, of the squared way of their centre). A centre that is nearest to no row stays where it is.
    Centres, sizes and clusters are the same to the last bit however rows are divided into shards, and whatever machines do it. Up to a gigabyte of rows
    is kept in memory from pass to pass; the others are read again.

    `out` is a folder, to which `centres.npy` goes (k x dimension, float32), `clusters.json`, and a Parquet file for each shard with the columns `id`,
    `cluster` (int32) and `cosine` (float32, of the row and its centre). What is there is not made again: the same call goes on where it was stopped.
    Files of another call give way at the end; centres after each pass stay in the folder `passes`.

    Raises `relata.errors.BulkError` for shards that cannot be read or compared, or where an id stands twice, `relata.errors.RequestError` for more
    clusters than rows.
    """
    with Show(progress) as show:
        return clusters(Here(), show, shards, out, k, rounds, tolerance)


def clusters(pool: Pool, tell: Tell, shards: AnyPath | Shards, out: AnyPath, k: int, rounds: int, tolerance: float) -> Clusters:
    """The job of `cluster`."""
    k, rounds, tolerance = whole("k", k), whole("rounds", rounds), number("tolerance", tolerance)
    if k < 1 or rounds < 0:
        raise RequestError(f"k is {k} and rounds {rounds}; there is at least 1 cluster, and no fewer than 0 rounds")
    rows = corpus(shards)
    folder = apart(rows.shards, out, PASSES)
    if not k <= rows.rows <= MOST_ROWS:
        raise RequestError(f"{rows.rows} rows cannot make {k} clusters: there are 1 to {MOST_ROWS} rows, and no more clusters than rows")
    state = _passes(pool, tell, rows, folder, k, rounds, tolerance)
    return _assign(pool, tell, rows, folder, state)


def _passes(pool: Pool, tell: Tell, rows: Corpus, folder: Folder, k: int, rounds: int, tolerance: float) -> _State:
    """Goes over all rows until centres hardly move, from the last centres that are kept."""
    kept = _Kept(folder.within(PASSES), name_of(VERSION, rows.fingerprint, str(k), *rows.keys))
    state = kept.last(rounds, tolerance)
    if state is None:
        first = sample(pool, rows, max(SAMPLE * k, LEAST), Stage(tell, "drawing a sample", rows.rows), distinct=True)
        Stage(tell, f"making {k} centres of {len(first)} rows")
        state = _State(_relata.train(first, k, True), [], [])
        if len(state.centres) < k:
            raise RequestError(f"a sample of {len(first)} rows cannot make {k} clusters")
        kept.keep(state)
    bundles, held = rows.bundles(ROWS_PER_CENTRE * k), _Held(HELD)
    while len(state.moved) < rounds and not (state.moved and state.moved[-1] <= tolerance):
        state = _pass(pool, tell, rows, bundles, held, state)
        kept.keep(state)
    return state


def _pass(pool: Pool, tell: Tell, rows: Corpus, bundles: list[list[str]], held: _Held, state: _State) -> _State:
    counts = rows.count_of()
    step, items = _Pass(rows.shards, held, pool.share(state.centres)), [[(name, counts[name]) for name in names] for names in bundles]
    stage = Stage(tell, f"pass {len(state.moved) + 1}", rows.rows)
    all_sums = pool.reduce(step, _Sums.merge, items, lambda item: stage.done(sum(count for _, count in item)))
    assert all_sums is not None, "there are bundles"
    centres, moved = _relata.moved(state.centres, all_sums.sums, all_sums.counts)
    return _State(centres, [*state.inertia, all_sums.inertia / 2**32], [*state.moved, moved])


class _Held:
    """Rows of shards that a pass has read, for those that follow, as far as there is room: where steps run in the process of the job. Where they are
    sent to others, each of these reads for itself."""

    def __init__(self, room: int) -> None:
        self._room, self._rows = room, dict[str, list[_relata.UnitRows]]()

    def __getstate__(self) -> dict[str, Any]:
        return {"_room": 0, "_rows": {}}

    def of(self, name: str, read: Callable[[], Vectors]) -> Iterator[_relata.UnitRows]:
        """The rows of a shard, in pieces."""
        held = self._rows.get(name)
        if held is None:
            vectors = read()
            made = (_relata.UnitRows(some) for some in pieces(vectors))
            if vectors.nbytes > self._room:
                yield from made
                return
            self._room -= vectors.nbytes
            held = self._rows[name] = list(made)
        yield from held


class _Pass:
    """The step of a pass: the sums of the rows of some shards, of which each has so many."""

    def __init__(self, shards: Shards, held: _Held, centres: Any) -> None:
        self.shards, self.held, self.centres = shards, held, centres

    def __call__(self, names: list[tuple[str, int]]) -> _Sums:
        centres = self.centres()
        compared = _relata.Centres(centres)
        sums, counts, inertia = np.zeros(centres.shape, np.int64), np.zeros(len(centres), np.int64), 0
        for name, rows in names:
            for some in self.held.of(name, partial(vectors_of, self.shards, name, rows)):
                part = compared.sums(some)
                sums += part[0]
                counts += part[1]
                inertia += part[2]
        return _Sums(sums, counts, inertia)


class _Kept:
    """The centres after each pass, in files, from which a job goes on."""

    def __init__(self, folder: Folder, key: str) -> None:
        self.folder, self.key = folder, key

    def last(self, rounds: int, tolerance: float) -> _State | None:
        """Centres after the last pass that is kept and that such a job comes to."""
        names = [name for name in self.folder.names(".npz") if name.startswith(self.key)]
        numbers = sorted(int(name.removesuffix(".npz").rpartition("-")[2]) for name in names)
        found = [number for number in numbers if number <= rounds]
        if not found:
            return None
        state = self._read(found[-1])
        ends = [number for number, moved in enumerate(state.moved, 1) if moved <= tolerance]
        return self._read(ends[0]) if ends and ends[0] < found[-1] and ends[0] in numbers else state

    def keep(self, state: _State) -> None:
        content = io.BytesIO()
        np.savez(content, centres=state.centres, inertia=np.array(state.inertia), moved=np.array(state.moved))
        self.folder.write(self._name(len(state.moved)), content.getvalue())

    def _read(self, number: int) -> _State:
        with np.load(io.BytesIO(self.folder.read(self._name(number)))) as file:
            return _State(file["centres"], file["inertia"].tolist(), file["moved"].tolist())

    def _name(self, number: int) -> str:
        return f"{self.key}-{number:04}.npz"


def _assign(pool: Pool, tell: Tell, rows: Corpus, folder: Folder, state: _State) -> Clusters:
    """Writes to which cluster each row belongs, as far as that is not written."""
    digest = name_of(VERSION, rows.fingerprint, state.centres.tobytes())
    files = {name: f"{FILES}{name_of(digest, key)}{ENDING}" for name, key in zip(rows.names, rows.keys, strict=True)}
    step = _Assigned(rows.shards, folder, files, pool.share(state.centres))
    sizes = np.zeros(len(state.centres), np.int64)
    for counts in each(pool, lambda: step, rows.names, Stage(tell, "writing clusters", rows.rows), rows.count_of().__getitem__):
        sizes += counts
    written = list(files.values())
    content = io.BytesIO()
    np.save(content, state.centres)
    folder.write(CENTRES, content.getvalue())
    about = {"clusters": len(sizes), "rows": rows.rows, "fingerprint": rows.fingerprint, "inertia": state.inertia, "moved": state.moved}
    folder.write(SUMMARY, json.dumps(about | {"sizes": sizes.tolist(), "files": written}).encode())
    folder.keep_made(FILES, ENDING, written)
    return Clusters(folder, state.centres, sizes, state.inertia, state.moved, written)


class _Assigned:
    """The step of `_assign`: writes the clusters of a shard's rows, and counts them."""

    def __init__(self, shards: Shards, folder: Folder, files: dict[str, str], centres: Any) -> None:
        self.shards, self.folder, self.files, self.centres = shards, folder, files, centres

    def __call__(self, name: str) -> npt.NDArray[np.int64]:
        import pyarrow as pa

        file, centres = self.files[name], self.centres()
        if self.folder.has(file):
            found = self.folder.read_table(file, ["cluster"]).column("cluster").to_numpy()
            return np.bincount(found, minlength=len(centres))
        rows = read(self.shards, name)
        nearest, cosines = _relata.Centres(centres).nearest(rows.vectors)
        clusters = nearest.astype(np.int32)
        self.folder.write_table(file, pa.table({"id": rows.ids, "cluster": clusters, "cosine": cosines}))
        return np.bincount(clusters, minlength=len(centres))
