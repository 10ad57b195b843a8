"""Rows of shards as jobs over many shards take them: ids and unit vectors, and a sample that does not show how rows are divided.

In: the names of shards. Out: ids and vectors of unit length of one shard; how shards go together into items of work; the rows of the smallest
hashes of ids, which are the same rows in whatever shards they lie.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata.errors import BulkError, RequestError
from relata.shards._files import AnyPath, Folder, bad, no_shard
from relata.shards._pool import Done, Pool
from relata.shards._shards import Shards, Vectors, doubled, texts_in
from relata.shards._show import Stage

T = TypeVar("T")
R = TypeVar("R")

HASHES = 2**64

# Rows that are passed to the extension module together: it takes a copy.
PIECE = 65_536

# Files that are looked at together: an object store answers one after some hundredths of a second, and many as soon.
AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one shard."""

    ids: Any
    """A `pyarrow.Array` of strings."""
    vectors: Vectors
    """Rows x dimension, each of unit length."""


@dataclass(frozen=True)
class Corpus:
    """All shards of a folder, with what is known of them without reading vectors."""

    shards: Shards
    names: list[str]
    counts: list[int]
    """Rows of each shard."""
    keys: list[str]
    """What tells each shard, as it is now, from any other."""
    dimension: int
    fingerprint: str

    @property
    def rows(self) -> int:
        return sum(self.counts)

    def count_of(self) -> dict[str, int]:
        """Rows of each shard, by its name."""
        return dict(zip(self.names, self.counts, strict=True))

    def bundles(self, least: int) -> list[list[str]]:
        """Names of shards in groups of at least so many rows, where there are so many: what is given out together."""
        groups: list[list[str]] = []
        held = least
        for name, count in zip(self.names, self.counts, strict=True):
            if held >= least:
                groups.append([])
                held = 0
            groups[-1].append(name)
            held += count
        return groups


def corpus(folder: AnyPath | Folder | Shards) -> Corpus:
    """Looks at all shards of a folder.

    Raises `relata.errors.BulkError` for a folder without shards, or with vectors of several kinds.
    """
    shards = folder if isinstance(folder, Shards) else Shards(folder)
    names = shards.names()
    counts = counted(shards, names)
    if not sum(counts):
        raise bad(f"{shards.folder.address} has no shards with rows")
    return Corpus(shards, names, counts, _looked_at(shards.key, names), shards.dimension, shards.fingerprint)


def apart(shards: Shards, out: AnyPath, own: str) -> Folder:
    """The folder of a job's files, and `own` the one in it that it makes: the shards are in neither, where what is no shard would be taken for one."""
    folder = Folder(out)
    if folder.is_same(shards.folder):
        raise RequestError(f"out is the folder of the shards, {folder.address}; name another one, such as {folder.within('out').address}")
    if folder.within(own).is_same(shards.folder):
        raise RequestError(f"the shards lie in {folder.within(own).address}, to which this job writes; name another out than {folder.address}")
    return folder


def counted(shards: Shards, names: list[str]) -> list[int]:
    """How many rows each of some shards has."""
    return _looked_at(shards.rows, names)


def _looked_at(look: Callable[[str], R], names: list[str]) -> list[R]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(look, names))


def read(shards: Shards, name: str) -> Rows:
    """Reads ids and vectors of a shard, and scales vectors to unit length where they have another one.

    Raises `relata.errors.BulkError` for a vector without direction, and names its paper.
    """
    ids = _ids(shards, name)
    return Rows(ids, unit(f"{shards.folder.address}/{name}", lambda: ids, shards.vectors(name, len(ids))))


def vectors_of(shards: Shards, name: str, rows: int) -> Vectors:
    """As `read`, of a shard of so many rows, without its ids."""
    return unit(f"{shards.folder.address}/{name}", lambda: _ids(shards, name), shards.vectors(name, rows))


def pieces(vectors: Vectors) -> Iterator[Vectors]:
    """Rows in pieces, none where there is no row."""
    return (vectors[first : first + PIECE] for first in range(0, len(vectors), PIECE))


def unit(file: str, ids: Callable[[], Any], vectors: Vectors) -> Vectors:
    """The same vectors with unit length, in place where they may be written to. Ids are asked for where one is named."""
    scaled = np.require(vectors, np.float32, ["C", "W"])
    wrong = _relata.to_unit_length(scaled)
    if wrong is not None:
        raise bad(f"{file}: the vector of {ids()[wrong].as_py()} has no direction or an element that is not finite")
    return scaled


def hashes(ids: Any) -> npt.NDArray[np.uint64]:
    """A number of each id that is the same everywhere, from 0 to 2⁶⁴ - 1."""
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in ids.to_pylist())
    return np.frombuffer(digests, "<u8")


def sample(pool: Pool, rows: Corpus, wanted: int, stage: Stage | None = None, distinct: bool = False) -> Vectors:
    """About `wanted` rows (all, where there are fewer) in an order that ids alone decide: by their hashes.

    With `distinct`, raises `relata.errors.BulkError` for an id that stands in the shards twice: all ids are read for the sample anyway.
    """
    below = min(HASHES, HASHES * wanted // rows.rows)
    step = _Drawn(rows.shards, below)
    parts: dict[str, _Part] = {}
    for name, part in each(pool, lambda: step, rows.names, stage, rows.count_of().__getitem__):
        parts[name] = part
    if distinct:
        refuse_doubled(rows.shards, {name: part.all_keys for name, part in parts.items()})
    drawn = [part for part in parts.values() if len(part.keys)]
    if not drawn:
        return np.empty((0, rows.dimension), np.float32)
    keys = [(int(key), name) for part in drawn for key, name in zip(part.keys, part.ids, strict=True)]
    vectors = np.concatenate([part.vectors for part in drawn])
    twice = {key for key, count in Counter(keys).items() if count > 1}
    # Of an id that stands in the shards twice, vectors decide.
    order = sorted(range(len(keys)), key=lambda at: (keys[at], vectors[at].tobytes() if keys[at] in twice else b""))
    return vectors[order]


def refuse_doubled(shards: Shards, keys: dict[str, npt.NDArray[np.uint64]]) -> None:
    """Raises `relata.errors.BulkError` where an id stands in shards twice. `keys` has the hashes of the ids of each."""
    in_order = np.concatenate([np.empty(0, np.uint64), *keys.values()])
    in_order.sort()
    again = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    del in_order
    if not len(again):
        return
    # Two ids may have one hash, so the ids themselves are compared.
    seen: dict[str, str] = {}
    for name in sorted(keys):
        places = np.flatnonzero(np.isin(keys[name], again))
        for id in _ids(shards, name).take(places).to_pylist() if len(places) else []:
            if id in seen:
                raise doubled(shards.folder, id, (seen[id], name), len(again) - 1)
            seen[id] = name


@dataclass(frozen=True, eq=False)
class _Part:
    """What a sample takes of a shard."""

    all_keys: npt.NDArray[np.uint64]
    """The hashes of all ids."""
    keys: npt.NDArray[np.uint64]
    """Those of the rows that were drawn, and their ids and vectors."""
    ids: list[str]
    vectors: Vectors


class _Drawn:
    """The step of `sample`: the rows of a shard whose hash is below a number."""

    def __init__(self, shards: Shards, below: int) -> None:
        self.shards, self.below = shards, below

    def __call__(self, name: str) -> tuple[str, _Part]:
        ids = _ids(self.shards, name)
        keys = hashes(ids)
        places = np.arange(len(keys)) if self.below >= HASHES else np.flatnonzero(keys < np.uint64(self.below))
        if not len(places):
            return name, _Part(keys, keys[:0], [], np.empty((0, 0), np.float32))
        return name, _Part(keys, keys[places], ids.take(places).to_pylist(), read(self.shards, name).vectors[places])


def _ids(shards: Shards, name: str) -> Any:
    table = shards.folder.read_table(name, ["id"])
    if "id" not in table.column_names:
        raise no_shard(shards.folder, name, "id")
    return texts_in(table.column("id")).combine_chunks()


def each(
    pool: Pool, make: Callable[[], Callable[[T], R]], items: Iterable[T], stage: Stage | None = None, rows: Callable[[T], int] = lambda _: 0
) -> Iterator[R]:
    """What a step gives for each item, in any order. `stage` is told the `rows` of each item that was done.

    Raises `relata.errors.BulkError` for an item that no worker came back from.
    """
    steps: Any = pool.map(make, items)
    # Whatever ends this ends the workers too.
    with closing(steps):
        for done in steps:
            result = _given(done)
            if stage is not None:
                stage.done(rows(done.item), done.node)
            yield result


def _given(done: Done[Any, R]) -> R:
    if done.lost is not None:
        raise bad(f"{done.item} was not done: {done.lost}")
    return done.result  # type: ignore[return-value]
