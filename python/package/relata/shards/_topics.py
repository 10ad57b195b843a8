"""Topics of the papers of all shards, from the nearest of each: what `relata.topics` finds of vectors that fit in memory.

In: files with the nearest of each paper, which `relata.shards.neighbours` writes, and the shards of vectors. Out: `ShardTopics`. The graph of all
papers is on one machine, as far as its memory goes (docs/design/clusters.md); vectors are read shard by shard, three times: for the order in which
papers are taken, for the centres of groups, and for the papers nearest to these, whose texts give the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata._topic_data import NONE, Found, Places
from relata.errors import BulkError, RequestError
from relata.shards._files import AnyPath, Folder, bad
from relata.shards._inputs import sources, whole
from relata.shards._neighbours import Neighbours, files_of
from relata.shards._pool import Here, Pool
from relata.shards._rows import counted, each
from relata.shards._shards import Shards, Vectors, doubled, texts_in, titles_of
from relata.shards._show import Show, Stage, Tell
from relata.shards._topic_result import ShardTopics

# Neighbours of a paper that count.
NEAREST = 15
# With more papers than these there is no map unless it is asked for: it needs all vectors in memory.
MAPPED = 1_000_000
# Rows of a file of neighbours, and of texts, that are read at a time.
TOGETHER = 65_536
# Parts of 1 in which sums are counted.
PARTS = 2.0**30


@dataclass(frozen=True)
class Asked:
    """What is searched, and how."""

    neighbours: Folder
    shards: Shards
    texts: Any
    has_map: bool | None


@dataclass(frozen=True, eq=False)
class Papers:
    """All papers in the order in which they are taken."""

    ids: Any
    """A `pyarrow` array of large strings."""
    place: Places
    """The place in that order of each row of the shards, one shard behind the other in the order of their names."""
    starts: npt.NDArray[np.int64]
    """The first row of each shard, and the end."""
    names: list[str]

    def of(self, shard: int) -> Places:
        """The places of a shard's rows."""
        return self.place[self.starts[shard] : self.starts[shard + 1]]


def topics(
    neighbours: AnyPath | Neighbours, shards: AnyPath | Shards, texts: Any = None, *, map: bool | None = None, progress: bool = True
) -> ShardTopics:
    """Finds the topics of all papers of a folder of shards, on this machine.

    `neighbours`: what `relata.shards.neighbours` gave for these shards, or its folder: Parquet with `id`, `neighbours` and `cosine`, 15 each.
    `shards`: the folder of vectors.
    `texts`: where titles and abstracts are, from which topics have their names: whatever `relata.shards.embed` takes, or a mapping from ids to
    texts. Without it, names come from the titles in the shards.
    `map`: whether each paper gets a place on a map, which needs all vectors in memory: by default up to a million papers.

    The result depends on the papers alone, not on how they lie in shards. Raises `relata.errors.BulkError` where the files do not fit each other, or
    where an id stands twice.
    """
    with Show(progress) as show:
        return find(asked(neighbours, shards, texts, map), Here(), show)


def asked(neighbours: AnyPath | Neighbours, shards: AnyPath | Shards, texts: Any, has_map: bool | None) -> Asked:
    """A request, checked."""
    if texts is not None and callable(texts):
        raise RequestError("texts is a function; it can be paths, tables or a mapping from ids to texts")
    inputs = texts if texts is None or isinstance(texts, Mapping) else whole(texts)
    lists = neighbours.folder if isinstance(neighbours, Neighbours) else Folder(neighbours)
    vectors = shards if isinstance(shards, Shards) else Shards(shards)
    for folder in (lists, vectors.folder):
        if not folder.exists():
            raise bad(f"there is no folder {folder.address}")
    return Asked(lists, vectors, inputs, has_map)


def find(asked: Asked, pool: Pool, tell: Tell) -> ShardTopics:
    """Finds topics, with the work on vectors done by a pool."""
    papers = ordered(asked.shards, pool, tell)
    count = len(papers.ids)
    has_map = count <= MAPPED if asked.has_map is None else asked.has_map
    if not count:
        return ShardTopics((), papers.ids, np.empty((0, 0), np.uint32), np.empty(0, np.float32), np.empty(0, bool), None, None)
    groups = grouped(asked.neighbours, asked.shards.folder, papers, has_map, tell)
    levels = groups.levels()
    best = central(asked.shards, papers, groups, levels, pool, tell)
    read = sorted({row for group in best[-1] for row in group[: groups.wanted()[1]]})
    Stage(tell, f"reading the texts of {len(read)} papers")
    texts = texts_of(asked, papers, read, pool)
    Stage(tell, "naming")
    named = groups.named(best, read, texts)
    if has_map:
        Stage(tell, f"drawing a map of {count} papers")
    positions = groups.layout(_all_vectors(asked.shards, papers)) if has_map else None
    strengths, seconds, weak = groups.memberships()
    # By id, as answers are.
    order = np.asarray(_compute().sort_indices(papers.ids))
    back = np.empty(count, np.int64)
    back[order] = np.arange(count)
    numbered = [(name, [(*topic[:5], back[topic[5]].tolist()) for topic in topics]) for name, topics in named]
    found = Found(numbered, levels, np.empty((count, 2), np.float32), strengths.astype(np.float64), seconds, weak, np.empty((0, 6), np.uint32), None)
    made = tuple(found.level(level) for level in range(len(levels)))
    numbers = np.stack([found.numbers(level)[levels[level]] for level in range(len(levels))])
    placed = None if positions is None else positions[order]
    return ShardTopics(
        made, papers.ids.take(order), numbers[:, order], strengths[order], weak[order], placed, found_by_id(found, order, placed), asked.shards
    )


def found_by_id(found: Found, order: npt.NDArray[np.int64], positions: Any) -> Found | None:
    """What a map shows, of papers by id."""
    if positions is None:
        return None
    related = np.full((len(order), 6), NONE, np.uint32)
    own = (positions, found.strengths[order].astype(np.float64), found.seconds[order], found.weak[order])
    return Found(found.levels, found.groups[:, order], *own, related, None)


# The order of papers.


def ordered(shards: Shards, pool: Pool, tell: Tell) -> Papers:
    """All papers in an order that their vectors decide, equal vectors by id."""
    import pyarrow as pa

    names = shards.names()
    # Shards of several kinds are refused.
    shards.fingerprint  # noqa: B018
    rows = dict(zip(names, counted(shards, names), strict=True))
    stage, read = Stage(tell, "reading papers", sum(rows.values())), {}
    for name, own_ids, own_keys in each(pool, partial(_Keys, shards.folder), names, stage, rows.__getitem__):
        read[name] = (own_ids, own_keys)
    ids = pa.concat_arrays([read[name][0] for name in names]) if names else pa.array([], pa.large_string())
    keys = np.concatenate([read[name][1] for name in names]) if names else np.empty(0, np.uint64)
    order = np.argsort(keys, kind="stable")
    for first, end in _runs(keys[order]):
        order[first:end] = sorted(order[first:end].tolist(), key=lambda row: ids[row].as_py())
    place = np.empty(len(order), np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)
    starts = np.cumsum([0, *(len(read[name][0]) for name in names)])
    return Papers(ids.take(pa.array(order)), place, starts, names)


class _Keys:
    """Reads the ids of a shard, and by what its rows are ordered."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def __call__(self, name: str) -> tuple[str, Any, npt.NDArray[np.uint64]]:
        import pyarrow as pa

        ids = self._folder.read_table(name, ["id"]).column("id").cast(pa.large_string()).combine_chunks()
        return name, ids, _relata.order_keys(_read(self._folder, name, len(ids)))


def _runs(keys: npt.NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Where equal keys begin and end, of those that are there more than once."""
    bounds = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1], [True]])) if len(keys) else np.empty(0, np.int64)
    lengths = np.diff(bounds)
    for at in np.flatnonzero(lengths > 1):
        yield int(bounds[at]), int(bounds[at + 1])


# The graph.


def grouped(folder: Folder, shards: Folder, papers: Papers, keep: bool, tell: Tell) -> _relata.Groups:
    """Groups of papers, from files of neighbours."""
    count = len(papers.ids)
    k = max(min(NEAREST, count - 1), 0)
    ids = _ids(papers.ids)
    if ids.repeated is not None:
        raise _twice(shards, papers, papers.ids[ids.repeated].as_py())
    lists, stage = _relata.NearestLists(count, k), Stage(tell, "reading neighbours", count)
    for name in files_of(folder) if k else []:
        for batch in _batches(folder, name):
            rows = _known(ids, batch.column(0), f"{folder.address}/{name}")
            others, cosines = _lists(batch, k, f"{folder.address}/{name}")
            near = _known(ids, others, f"{folder.address}/{name}").reshape(-1, k)
            wrong = lists.put(rows, near, cosines)
            if wrong is not None:
                raise bad(f"{folder.address}/{name}: the paper {batch.column(0)[wrong].as_py()!r} has neighbours already, or is its own")
            stage.done(len(rows))
    missing = lists.missing() if k else None
    if missing is not None:
        raise bad(f"the paper {papers.ids[missing].as_py()!r} has no neighbours in {folder.address}")
    del ids
    Stage(tell, f"grouping {count} papers")
    return lists.grouped(count, keep)


def _twice(shards: Folder, papers: Papers, id: str) -> BulkError:
    """The error of an id that stands twice, with the shards where it stands."""
    import pyarrow as pa

    # The row of the shards that each place is of.
    rows = np.argsort(papers.place, kind="stable")
    found = np.flatnonzero(_compute().equal(papers.ids, pa.scalar(id, papers.ids.type)).to_numpy(zero_copy_only=False))
    first, second = sorted(int(np.searchsorted(papers.starts, rows[place], side="right")) - 1 for place in found[:2])
    return doubled(shards, id, (papers.names[first], papers.names[second]))


def _batches(folder: Folder, name: str) -> Iterator[Any]:
    """Parts of a file: ids, neighbours and cosines."""
    with folder.open_parquet(name) as whole:
        columns = ["id", "neighbours", "cosine"]
        if missing := [column for column in columns if column not in whole.schema_arrow.names]:
            raise bad(f"{folder.address}/{name} has no neighbours: it has no column {missing[0]}")
        for batch in whole.iter_batches(TOGETHER, columns=columns):
            yield batch.select(columns)


def _lists(batch: Any, k: int, where: str) -> tuple[Any, npt.NDArray[np.float32]]:
    """The first k neighbours of each paper, one paper behind the other, and their cosines: papers x k."""
    columns = [batch.column(1), batch.column(2)]
    for column in columns:
        lengths = _compute().list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
        if (short := np.flatnonzero(lengths < k)).size:
            raise bad(f"{where}: the paper {batch.column(0)[int(short[0])].as_py()!r} has {int(lengths[short[0]])} neighbours, and {k} are needed")
    first = _compute().list_slice(columns[0], 0, k).flatten()
    cosines = _compute().list_slice(columns[1], 0, k).flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    if not np.isfinite(cosines).all():
        raise bad(f"{where} has a cosine that is no number")
    return first, cosines.reshape(-1, k)


def _ids(ids: Any) -> _relata.Ids:
    return _relata.Ids(*_buffers(ids))


def _known(ids: _relata.Ids, column: Any, where: str) -> Places:
    """The places of papers."""
    found = ids.find(*_buffers(column))
    unknown = np.flatnonzero(found == NONE)
    if unknown.size:
        raise bad(f"{where} names {column[int(unknown[0])].as_py()!r}, which is in no shard")
    return found


def _buffers(column: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where texts end, and their bytes."""
    import pyarrow as pa

    array = pa.concat_arrays([column.cast(pa.large_string())])
    _, ends, data = array.buffers()
    offsets = np.frombuffer(ends, np.int64)[array.offset : array.offset + len(array) + 1] if len(array) else np.zeros(1, np.int64)
    return offsets, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def _compute() -> Any:
    from pyarrow import compute

    return compute


# The papers in the middle of each group.


def central(shards: Shards, papers: Papers, groups: _relata.Groups, levels: Places, pool: Pool, tell: Tell) -> list[list[list[int]]]:
    """For each level and group the papers nearest to its centre, the nearest first."""
    counts, (named, read) = groups.counts(), groups.wanted()
    finest = levels[-1]
    items = [(name, finest[papers.of(at)]) for at, name in enumerate(papers.names)]
    stage = Stage(tell, "adding up vectors of topics", len(papers.ids))
    sums: Any = pool.reduce(_Sums(shards.folder, counts[-1]), _added, items, lambda item: stage.done(len(item[1])))
    centres = []
    for level, count in enumerate(counts):
        own = np.zeros((count, sums.shape[1]), np.int64)
        above = np.zeros(counts[-1], np.int64)
        above[finest] = levels[level]
        np.add.at(own, above, sums)
        centres.append((own / PARTS).astype(np.float32))
    most = [named] * (len(counts) - 1) + [max(named, read)]
    places = [(name, levels[:, papers.of(at)], papers.of(at)) for at, name in enumerate(papers.names)]
    nearest, stage = _Best(shards.folder, pool.share(centres), most), Stage(tell, "looking for central papers", len(papers.ids))
    best = pool.reduce(nearest, partial(_better, most), places, lambda item: stage.done(len(item[2]))) or []
    lists = []
    for count, (of, rows, _) in zip(counts, best, strict=True):
        bounds = np.searchsorted(of, np.arange(count + 1))
        lists.append([rows[bounds[group] : bounds[group + 1]].tolist() for group in range(count)])
    return lists


_Ranked = tuple[Places, Places, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class _Sums:
    """Adds up the vectors of each group in a shard, as whole numbers."""

    folder: Folder
    count: int

    def __call__(self, item: tuple[str, Places]) -> npt.NDArray[np.int64]:
        name, groups = item
        return _relata.group_sums(_read(self.folder, name, len(groups)), groups, self.count)


def _added(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return one + other


@dataclass(frozen=True)
class _Best:
    """Finds the papers of a shard that are nearest to the centres of their groups: for each level group, place and product."""

    folder: Folder
    centres: Callable[[], list[Vectors]]
    most: list[int]

    def __call__(self, item: tuple[str, Places, Places]) -> list[_Ranked]:
        name, levels, places = item
        vectors, best = _read(self.folder, name, len(places)), []
        for groups, centres, most in zip(levels, self.centres(), self.most, strict=True):
            rows, scores = _relata.group_best(vectors, np.ascontiguousarray(groups), places, centres, most)
            best.append((groups[rows], places[rows], scores))
        return best


def _better(most: list[int], one: list[_Ranked], other: list[_Ranked]) -> list[_Ranked]:
    """The best of both, for each level: by group, then the best first, equal ones by their places."""
    merged = []
    for limit, mine, theirs in zip(most, one, other, strict=True):
        groups, places, scores = (np.concatenate(pair) for pair in zip(mine, theirs, strict=True))
        order = np.lexsort((places, -scores, groups))
        groups, places, scores = groups[order], places[order], scores[order]
        kept = np.arange(len(groups)) - np.searchsorted(groups, groups) < limit
        merged.append((groups[kept], places[kept], scores[kept]))
    return merged


def _read(folder: Folder, name: str, rows: int) -> Vectors:
    """The vectors of a shard."""
    return Shards(folder).vectors(name, rows)


def _all_vectors(shards: Shards, papers: Papers) -> Vectors:
    """All vectors, in the order of papers."""
    vectors = np.empty((len(papers.ids), shards.dimension), np.float32)
    for at, name in enumerate(papers.names):
        places = papers.of(at)
        vectors[places] = _read(shards.folder, name, len(places))
    return vectors


# Texts.


def texts_of(asked: Asked, papers: Papers, read: list[int], pool: Pool) -> list[str]:
    """The texts of some papers, in their order."""
    ids = papers.ids.take(np.array(read, np.int64)).to_pylist()
    if isinstance(asked.texts, Mapping):
        return [str(asked.texts.get(own) or "") for own in ids]
    of: dict[str, str] = {}
    wanted = pool.share(frozenset(ids))
    if asked.texts is None:
        for titles in each(pool, partial(_Titles, asked.shards.folder, wanted), papers.names):
            of |= titles
    else:
        for texts in each(pool, partial(_Texts, wanted), sources(asked.texts, pool.share, False)):
            of |= texts
    return [of.get(own, "") for own in ids]


class _Titles:
    """Reads the titles that are wanted of a shard."""

    def __init__(self, folder: Folder, wanted: Callable[[], frozenset[str]]) -> None:
        self._folder, self._wanted = folder, wanted()

    def __call__(self, name: str) -> dict[str, str]:
        table = self._folder.read_table(name, ["id", "title"])
        rows = zip(texts_in(table.column("id")).to_pylist(), titles_of(table), strict=True)
        return {own: title or "" for own, title in rows if own in self._wanted}


class _Texts:
    """Reads the texts that are wanted of an input; a phrase ends with the title."""

    def __init__(self, wanted: Callable[[], frozenset[str]]) -> None:
        self._wanted = wanted()

    def __call__(self, source: Any) -> dict[str, str]:
        of: dict[str, str] = {}
        for _, block in source.read(TOGETHER):
            if block is not None:
                rows = zip(block.ids, block.titles, block.texts, strict=True)
                of |= {own: _phrased(title, text) for own, title, text in rows if own in self._wanted}
        return of


def _phrased(title: str | None, text: str) -> str:
    return f"{title}.\n{text[len(title) :].lstrip()}" if title and text.startswith(title) else text
