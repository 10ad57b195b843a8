"""A folder of shards, read: one shard after the other, or all of it in the order of ids.

In: a folder that `relata.shards.embed` or `relata.ray.embed` wrote, or one with files that `relata embed -o FILE.parquet` wrote, which are shards as
well. Out: `Shard`s, each read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from relata.errors import BulkError
from relata.shards._files import ENDING, AnyPath, Folder, bad, no_shard
from relata.shards._present import inputs_of, replaced

Vectors = npt.NDArray[np.float32]
Passages = Sequence[bytes | None]

# Names that content decides, as `embed` gives them.
NAMED = re.compile(r"[0-9a-f]{32}\.parquet")


@dataclass(frozen=True, eq=False)
class Shard:
    """Some papers and their vectors, in the order of the input that they came from."""

    name: str
    """The name of its file."""
    ids: list[str]
    titles: list[str | None]
    vectors: Vectors
    """Rows x dimension, rows of unit length."""
    fingerprint: str
    """What decides the vectors, as a digest."""
    passages: list[bytes | None]
    """The SHA-256 of each text that was embedded; `None` of one that was embedded as a query."""


class Shards:
    """The shards of a folder. It can be passed to other machines, which see the same folder.

    >>> from relata.shards import Shards
    >>> Shards("no such folder").names()
    []
    """

    def __init__(self, folder: AnyPath | Folder) -> None:
        self.folder = folder if isinstance(folder, Folder) else Folder(folder)
        self._about: tuple[str, int] | None = None

    def __repr__(self) -> str:
        return f"Shards({self.folder.address!r})"

    def names(self) -> list[str]:
        """The names of all shards, in order, but for those that hold earlier texts of inputs that were embedded again since."""
        left_out = replaced(self.folder)
        names = [name for name in self.folder.names(ENDING) if name not in left_out]
        if not names and self.folder.holds_lance():
            raise bad(f"{self.folder.address} holds a dataset of Lance, and jobs read shards of Parquet: embed with format='parquet' into another folder")
        return names

    def __len__(self) -> int:
        return len(self.names())

    def __iter__(self) -> Iterator[Shard]:
        """Reads one shard after the other, in the order of their names."""
        return (self.read(name) for name in self.names())

    def rows(self, name: str) -> int:
        """How many rows a shard has; its vectors are not read."""
        with self.folder.open_parquet(name) as file:
            return int(file.metadata.num_rows)

    def key(self, name: str) -> str:
        """What tells a shard, as it is now, from any other: its name where its content decides that, else its length and time as well."""
        return name if NAMED.fullmatch(name) else "\n".join([name, *self.folder.about(name)])

    def read(self, name: str) -> Shard:
        """Reads a shard.

        Raises `relata.errors.BulkError` for a file that is no shard, or one with vectors of several kinds.
        """
        table = self.folder.read_table(name, ["id", "title", "fingerprint", "passage"])
        if "id" not in table.column_names:
            raise no_shard(self.folder, name, "id")
        rows = table.num_rows
        passages = table.column("passage").to_pylist() if "passage" in table.column_names else [None] * rows
        ids = texts_in(table.column("id")).to_pylist()
        return Shard(name, ids, titles_of(table), self.vectors(name, rows), self._one_fingerprint(name, table), passages)

    def vectors(self, name: str, rows: int) -> Vectors:
        """The vectors of a shard of so many rows, alone. Raises as `read` does, and where it has another number of rows."""
        vectors = self.folder.read_vectors(name)
        if len(vectors) != rows:
            raise bad(f"{self.folder.address}/{name} has changed: it has {len(vectors)} rows and had {rows}")
        return vectors

    @property
    def fingerprint(self) -> str:
        """What decides the vectors of all shards, as a digest; empty without shards.

        Raises `relata.errors.BulkError` where two shards have different ones, and names both.
        """
        return self._look()[0]

    @property
    def dimension(self) -> int:
        """Length of the vectors of all shards; 0 without shards. Raises as `fingerprint` does."""
        return self._look()[1]

    def _look(self) -> tuple[str, int]:
        if self._about is None:
            self._about = self._compare()
        return self._about

    def _compare(self) -> tuple[str, int]:
        first: tuple[str, str, int] | None = None
        for name in self.names():
            fingerprint, dimension = self._kind(name)
            if first is None:
                first = (name, fingerprint, dimension)
            elif first[1:] != (fingerprint, dimension):
                raise bad(
                    f"the vectors of {self.folder.address} are of several kinds and cannot be compared: "
                    f"{first[0]} has {first[2]} numbers a row, made by {first[1] or '(not said)'}, "
                    f"and {name} has {dimension}, made by {fingerprint or '(not said)'}"
                )
        return (first[1], first[2]) if first else ("", 0)

    def _kind(self, name: str) -> tuple[str, int]:
        """Fingerprint and dimension, without the vectors."""
        import pyarrow as pa

        with self.folder.open_parquet(name) as shard:
            schema = shard.schema_arrow
            if "vector" not in schema.names:
                raise no_shard(self.folder, name, "vector")
            if not pa.types.is_fixed_size_list(schema.field("vector").type):
                raise bad(f"{self.folder.address}/{name}: the column vector has no lists of one length")
            columns = ["fingerprint"] if "fingerprint" in schema.names else []
            fingerprint = self._one_fingerprint(name, shard.read(columns=columns))
            return fingerprint, int(schema.field("vector").type.list_size)

    def _one_fingerprint(self, name: str, table: Any) -> str:
        if "fingerprint" not in table.column_names:
            return ""
        found = sorted(str(one) for one in table.column("fingerprint").unique().to_pylist())
        if len(found) > 1:
            raise bad(f"the vectors of {self.folder.address}/{name} are of several kinds: {', '.join(found)}")
        return found[0] if found else ""


def read(folder: AnyPath | Folder) -> tuple[list[str], Vectors]:
    """All ids of a folder of shards, in order, and their vectors: rows x dimension, in memory at once.

    Shards with earlier texts of inputs that were embedded again since, or with vectors of another model of theirs, are left out, as jobs leave them out
    (`relata.shards.embed` counts them: `shards_other`). An id that stands in two shards is there twice. For more than fits in memory, go through
    `Shards(folder)`.

    Raises `relata.errors.BulkError` where there is no such folder, and for a file that is no shard.
    """
    shards = Shards(folder)
    if not shards.folder.exists():
        raise bad(f"there is no folder {shards.folder.address}")
    names, dimension = shards.names(), shards.dimension
    counts = [shards.rows(name) for name in names]
    vectors = np.empty((sum(counts), dimension), np.float32)
    ids: list[str] = []
    for name in names:
        shard = shards.read(name)
        vectors[len(ids) : len(ids) + len(shard.ids)] = shard.vectors
        ids += shard.ids
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return [ids[at] for at in order], vectors[order]


def texts_in(column: Any) -> Any:
    """A column of Arrow as one of texts: ids may be numbers, or texts of another width."""
    import pyarrow as pa

    return column if column.type == pa.string() else column.cast(pa.string())


def titles_of(table: Any) -> list[str | None]:
    """The titles of a shard's rows; it need not have any."""
    titles: list[str | None] = texts_in(table.column("title")).to_pylist() if "title" in table.column_names else [None] * table.num_rows
    return titles


def table(ids: list[str], titles: list[str | None], vectors: Vectors, fingerprint: str, passages: Passages) -> Any:
    """A shard as a `pyarrow.Table`."""
    import pyarrow as pa

    flat = pa.array(np.ascontiguousarray(vectors, np.float32).reshape(-1))
    columns = {
        "id": pa.array(ids, pa.string()),
        "title": pa.array(titles, pa.string()),
        "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        "fingerprint": pa.DictionaryArray.from_arrays(np.zeros(len(ids), np.int32), pa.array([fingerprint])),
        "passage": pa.array(passages, pa.binary(32)),
    }
    return pa.table(columns)


def doubled(folder: Folder, id: str, names: tuple[str, str], more: int = 0) -> BulkError:
    """The error of an id that stands twice, in these shards. `more`: how many other ids do."""
    others = f"; so do {more} more ids" if more else ""
    if names[0] == names[1]:
        where = f"in {names[0]}{_of_inputs(folder, names[0])}"
        advice = "Leave one of both out of the inputs, and embed into another folder"
    else:
        older, newer = sorted(names, key=lambda name: (folder.written(name), name))
        where = f"in {older}{_of_inputs(folder, older)} and in {newer}{_of_inputs(folder, newer)}, which was written later"
        advice = (
            "Where both are of the same files, whose texts have changed, embed these files again to the end: shards of earlier texts are left out then. "
            "Otherwise leave one of both out of the inputs, and embed into another folder"
        )
    return bad(f"{id} stands twice in {folder.address}, {where}{others}. Ids have to be distinct. {advice}")


def _of_inputs(folder: Folder, name: str) -> str:
    inputs = inputs_of(folder, name)
    return f" (of {', '.join(inputs[:3])}{', ...' if len(inputs) > 3 else ''})" if inputs else ""
