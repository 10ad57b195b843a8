"""Inputs of bulk work: which files, tables and fragments they are, and the texts in them.

In: paths, folders, globs and addresses, and tables in memory. Out: sources, each read by one reader from its beginning to its end, which gives blocks
of rows. Where a block ends depends on its source alone. Big files are one source each; small ones share one.
"""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from relata import _arguments as arguments
from relata import _relata
from relata.errors import ArgumentError, BulkError
from relata.shards._blocks import About, Block, Skipped
from relata.shards._lance_address import ENDING, is_dataset, package, place, without_settings

Read = Iterator[tuple[About, Block | None]]

# Bytes of small files that one reader takes.
GROUP = 64 << 20
# Rows of a table that one reader takes, at least.
TABLE_ROWS = 16_384

TITLE, ABSTRACT, TEXT, ID = "title", "abstract", "text", "id"
# White space as the program strips it.
SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


class Source(Protocol):
    """What one reader reads."""

    @property
    def bytes(self) -> int:
        """Its size, as far as it is known; else 0."""
        ...

    def read(self, rows: int) -> Read:
        """Reads it in blocks of at most so many rows."""
        ...


@dataclass(frozen=True)
class Files:
    """Files in any form that `relata embed` reads."""

    paths: tuple[str, ...]
    bytes: int
    lines: bool = False

    def read(self, rows: int) -> Read:
        with tempfile.TemporaryDirectory(prefix="relata-") as folder:
            local = {_fetched(path, folder, at): path for at, path in enumerate(self.paths)}
            reading, seen = _relata.Reading(list(local), self.lines, rows), 0
            while (piece := reading.next()) is not None:
                if "ids" in piece:
                    files = [local.get(file, file) for file in piece["files"]]
                    read, seen = piece["bytes"] - seen, piece["bytes"]
                    yield About(bytes=read), Block(piece["ids"], piece["titles"], piece["texts"], files, piece["lines"])
                elif "note" in piece:
                    yield About(notes=[_renamed(piece["note"], local)]), None
                else:
                    file = _renamed(piece["file"], local)
                    yield About(skipped=[Skipped(file, piece["line"], piece["reason"])]), None


@dataclass(frozen=True)
class Parquet:
    """Row groups of a file of Parquet."""

    path: str
    groups: tuple[int, ...]
    first: int
    """Rows of the file before these groups."""
    bytes: int

    def read(self, rows: int) -> Read:
        from pyarrow import parquet

        with _opened(self.path) as file:
            table = parquet.ParquetFile(file)
            columns = _columns(table.schema_arrow.names, self.path)
            batches = table.iter_batches(batch_size=rows, row_groups=list(self.groups), columns=columns)
            yield from _of_batches(batches, self.path, self.first, self.bytes)


@dataclass(frozen=True)
class Broken:
    """A file that cannot be read, which is told where the others are."""

    path: str
    bytes: int
    reason: str

    def read(self, rows: int) -> Read:
        yield About(bytes=self.bytes, skipped=[Skipped(self.path, 0, self.reason)]), None


@dataclass(frozen=True)
class Lance:
    """A fragment of a dataset of Lance."""

    path: str
    fragment: int
    first: int
    bytes: int = 0

    def read(self, rows: int) -> Read:
        dataset = _dataset(self.path)
        batches = dataset.get_fragment(self.fragment).to_batches(batch_size=rows, columns=_columns(dataset.schema.names, self.path))
        yield from _of_batches(batches, self.path, self.first, self.bytes)


@dataclass(frozen=True)
class Batches:
    """Batches of Arrow in memory, behind something that gives them where they are read."""

    given: Callable[[], Any]
    name: str
    first: int = 0
    bytes: int = 0

    def read(self, rows: int) -> Read:
        import pyarrow as pa

        given = self.given()
        table = given if isinstance(given, pa.Table) else pa.Table.from_batches([given])
        chosen = table.select(_columns(table.column_names, self.name))
        yield from _of_batches(chosen.combine_chunks().to_batches(max_chunksize=rows), self.name, self.first, table.nbytes)


def sources(inputs: Any, share: Callable[[Any], Callable[[], Any]], lines: bool) -> Iterator[Source]:
    """The sources of inputs, in an order that depends on their names alone.

    `inputs` is a list of paths and addresses (`whole`), a table with `__arrow_c_stream__`, or a Ray Dataset. `share` takes a table to where it is read.
    """
    if hasattr(inputs, "__arrow_c_stream__"):
        yield from _streamed(inputs, share)
    elif hasattr(inputs, "to_arrow_refs"):
        yield from _of_dataset(inputs)
    else:
        yield from _of_paths(inputs, lines)


def whole(inputs: Any) -> Any:
    """Inputs whose paths mean the same wherever they are read. Tables stay what they are."""
    if hasattr(inputs, "__arrow_c_stream__") or hasattr(inputs, "to_arrow_refs"):
        return inputs
    if inputs is None or isinstance(inputs, (bytes, Mapping)) or not isinstance(inputs, str | os.PathLike | Iterable):
        raise ArgumentError(f"inputs is {inputs!r}; a path, a list of paths or a table is needed")
    given = [inputs] if isinstance(inputs, str | os.PathLike) else list(inputs)
    paths = [arguments.path("an input", one) for one in given]
    return [one if "://" in one or one == "-" else os.path.abspath(one) for one in paths]


def _streamed(table: Any, share: Callable[[Any], Callable[[], Any]]) -> Iterator[Source]:
    import pyarrow as pa

    first = 0
    gathered: list[Any] = []
    for batch in pa.RecordBatchReader.from_stream(table):
        gathered.append(batch)
        if (rows := sum(one.num_rows for one in gathered)) >= TABLE_ROWS:
            yield Batches(share(pa.Table.from_batches(gathered)), "table", first)
            first, gathered = first + rows, []
    if gathered:
        yield Batches(share(pa.Table.from_batches(gathered)), "table", first)


def _of_dataset(dataset: Any) -> Iterator[Source]:
    """The blocks of a Ray Dataset, which is computed first: workers that hold every core would leave none to its own tasks."""
    import ray

    for at, ref in enumerate(dataset.materialize().to_arrow_refs()):
        yield Batches(_Referred(ref, ray.get), f"dataset, block {at}")


@dataclass(frozen=True)
class _Referred:
    ref: Any
    get: Callable[[Any], Any]

    def __call__(self) -> Any:
        return self.get(self.ref)


def _of_paths(paths: list[str], lines: bool) -> Iterator[Source]:
    group: list[str] = []
    size = 0
    for path, bytes in _found(paths):
        if is_dataset(path):
            yield from _of_lance(path)
        elif without_settings(path).lower().endswith((".parquet", ".pq")) and not lines:
            yield from _of_parquet(path, bytes)
        else:
            # Lines are counted on from file to file, so one reader takes all of them.
            if group and size + bytes > GROUP and not lines:
                yield Files(tuple(group), size, lines)
                group, size = [], 0
            group.append(path)
            size += bytes
    if group:
        yield Files(tuple(group), size, lines)


def _of_parquet(path: str, bytes: int) -> Iterator[Source]:
    from pyarrow import ArrowInvalid, parquet

    with _opened(path) as file:
        try:
            about = parquet.read_metadata(file)
        except ArrowInvalid as error:
            yield Broken(path, bytes, f"it cannot be read as Parquet: {error}")
            return
    _columns(about.schema.to_arrow_schema().names, path)
    first = rows = 0
    groups: list[int] = []
    for group in range(about.num_row_groups):
        groups.append(group)
        rows += about.row_group(group).num_rows
        if rows >= TABLE_ROWS or group + 1 == about.num_row_groups:
            yield Parquet(path, tuple(groups), first, bytes * rows // max(1, about.num_rows))
            first, rows, groups = first + rows, 0, []


def _of_lance(path: str) -> Iterator[Source]:
    first = 0
    for fragment in _dataset(path).get_fragments():
        yield Lance(path, fragment.fragment_id, first)
        first += fragment.count_rows()


def _dataset(path: str) -> Any:
    at = place(path)
    return package().dataset(at.uri, storage_options=at.options)


def _found(paths: list[str]) -> Iterator[tuple[str, int]]:
    """Files and their sizes, each once: folders sorted by name, hidden ones left out, patterns replaced by what matches."""
    seen: set[str] = set()
    for path, bytes in _listed(paths):
        if path not in seen:
            seen.add(path)
            yield path, bytes


def _listed(paths: list[str]) -> Iterator[tuple[str, int]]:
    from pyarrow import fs

    for path in paths:
        if path == "-":
            raise BulkError("standard input cannot be read from several machines; name files")
        if "://" not in path:
            matching = sorted(glob.glob(path, recursive=True)) if not os.path.exists(path) else [path]
            if not matching:
                raise _absent(path)
            for one in matching:
                yield from _walked(one)
            continue
        system, inner = fs.FileSystem.from_uri(path)
        about = system.get_file_info(inner)
        if about.is_file or is_dataset(path):
            yield path, about.size or 0
            continue
        below = system.get_file_info(fs.FileSelector(inner, recursive=True, allow_not_found=True))
        files = _named({one.path.removeprefix(inner.rstrip("/") + "/"): one.size for one in below if one.is_file})
        if not files:
            raise _absent(path)
        base, mark, settings = path.partition("?")
        for name, size in sorted(files.items()):
            yield f"{base.rstrip('/')}/{name}{mark}{settings}", size


def _absent(path: str) -> BulkError:
    error = BulkError(f"{path}: there is no such file or folder")
    error.code = "io"
    return error


def _named(files: dict[str, int]) -> dict[str, int]:
    """Files below a folder of an object store with their sizes, as `_walked` has those of a disk: without hidden ones, and a dataset of Lance as one."""
    named: dict[str, int] = {}
    for name, size in files.items():
        parts = name.split("/")
        if any(part.startswith(".") for part in parts):
            continue
        ends = next((at for at, part in enumerate(parts[:-1]) if part.endswith(ENDING)), len(parts) - 1)
        whole = "/".join(parts[: ends + 1])
        named[whole] = named.get(whole, 0) + size
    return named


def _walked(path: str) -> Iterator[tuple[str, int]]:
    if path.endswith(".lance") or not os.path.isdir(path):
        yield path, os.path.getsize(path)
        return
    found: list[str] = []
    for folder, folders, files in os.walk(path):
        lances = [name for name in folders if name.endswith(".lance")]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in lances]
        found += [os.path.join(folder, name) for name in [*files, *lances] if not name.startswith(".")]
    for file in sorted(found):
        yield file, os.path.getsize(file)


def _fetched(path: str, folder: str, at: int) -> str:
    """A file on this machine's disk, fetched where it is elsewhere. Its name stays, which may tell a day."""
    if "://" not in path:
        return path
    target = os.path.join(folder, str(at), os.path.basename(path.split("?")[0]))
    os.makedirs(os.path.dirname(target))
    with _opened(path) as source, open(target, "wb") as copy:
        while piece := source.read(1 << 20):
            copy.write(piece)
    return target


def _opened(path: str) -> Any:
    from pyarrow import fs

    if "://" not in path:
        return fs.LocalFileSystem().open_input_file(path)
    system, inner = fs.FileSystem.from_uri(path)
    return system.open_input_file(inner)


def _renamed(text: str, local: dict[str, str]) -> str:
    for fetched, path in local.items():
        if fetched != path:
            text = text.replace(fetched, path)
    return text


def _columns(names: list[str], where: str) -> list[str]:
    """The columns that are read of a table."""
    if ID in names and TEXT in names:
        return [name for name in (ID, TITLE, TEXT) if name in names]
    if ID in names and TITLE in names:
        return [name for name in (ID, TITLE, ABSTRACT) if name in names]
    raise BulkError(f"{where} has the columns {', '.join(names)}; a table of texts has id and text, or id, title and abstract")


def _of_batches(batches: Any, where: str, first: int, size: int) -> Read:
    """Rows of batches; one without an id or a text is skipped. The first piece tells all bytes."""
    for batch in batches:
        columns = {name: batch.column(at).to_pylist() for at, name in enumerate(batch.schema.names)}
        nothing: list[str | None] = [None] * batch.num_rows
        block, about = Block(), About(bytes=size)
        size = 0
        for at in range(batch.num_rows):
            id, title, text = columns[ID][at], columns.get(TITLE, nothing)[at], _text(columns, at)
            first += 1
            if id is None or not text:
                about.skipped.append(Skipped(where, first, "the row has no id" if id is None else f"{id} has no text"))
                continue
            block.ids.append(str(id))
            block.titles.append(None if title is None else str(title))
            block.texts.append(text)
            block.files.append(where)
            block.lines.append(first)
        yield about, block if len(block) else None


def _text(columns: dict[str, list[Any]], at: int) -> str:
    """What is embedded: the text, or title and abstract as the program joins them."""
    if TEXT in columns:
        return str(columns[TEXT][at] or "").strip(SPACE)
    title, abstract = (str(columns[name][at] or "").strip(SPACE) if name in columns else "" for name in (TITLE, ABSTRACT))
    return f"{title}\n{abstract}" if title and abstract else title
