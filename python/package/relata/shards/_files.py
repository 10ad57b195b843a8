"""Folders of shards, on a disk or in an object store.

In: a folder as a path or an address (`s3://bucket/folder`). Out: files that are there whole or not at all. What is done is told by what lies in
a folder: a shard is named by what decides its content, so whoever finds its name need not make it again.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _arguments as arguments
from relata import _relata
from relata.errors import BulkError, FileError

AnyPath = str | os.PathLike[str]

# How names of files of Parquet end.
ENDING = ".parquet"


class Folder:
    """A folder, made by the first file that is written to it. It can be passed to other machines."""

    def __init__(self, address: AnyPath) -> None:
        self.address = arguments.path("a folder", address)
        if "://" not in self.address:
            self.address = os.path.abspath(self.address)

    def __repr__(self) -> str:
        return f"Folder({self.address!r})"

    def names(self, ending: str = "") -> list[str]:
        """The names of its files that end so, in order. Empty where there is no folder."""
        from pyarrow import fs

        system, path = self._system()
        try:
            found = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
        except NotADirectoryError as error:
            raise FileError(f"{self.address} is a file, and a folder is needed") from error
        except OSError as error:
            raise FileError(f"{self.address} cannot be read: {error}") from error
        return sorted(file.base_name for file in found if file.is_file and file.base_name.endswith(ending) and not file.base_name.startswith("."))

    def exists(self) -> bool:
        """Whether it is there. In an object store, which has no folders, whether it holds a file."""
        from pyarrow import fs

        system, path = self._system()
        return bool(system.get_file_info(path).type == fs.FileType.Directory or (not self._is_local() and self.names()))

    def holds_lance(self) -> bool:
        """Whether it is, or holds, the dataset of Lance that shards are written to; nobody looks for one in an object store."""
        path = self.local_path()
        return path is not None and (path.endswith(".lance") or os.path.isdir(os.path.join(path, "vectors.lance"))) and os.path.isdir(path)

    def has(self, name: str) -> bool:
        """Whether a file is there, which is then whole."""
        system, path = self._system()
        return bool(system.get_file_info(f"{path}/{name}").is_file)

    def about(self, name: str) -> tuple[str, str]:
        """The length of a file and when it was written, by which one that was written anew is told from the one before."""
        system, path = self._system()
        info = system.get_file_info(f"{path}/{name}")
        return str(info.size), str(info.mtime_ns)

    def written(self, name: str) -> int:
        """When a file was written, in nanoseconds; 0 where nobody knows."""
        system, path = self._system()
        return int(system.get_file_info(f"{path}/{name}").mtime_ns or 0)

    def local_path(self) -> str | None:
        """Where it lies on a disk of this machine; `None` for an object store."""
        return self._system()[1] if self._is_local() else None

    def read(self, name: str) -> bytes:
        """A whole file."""
        with self.open(name) as file:
            return bytes(file.read())

    def open(self, name: str) -> Any:
        """A file to be read at any place, as pyarrow reads it."""
        system, path = self._system()
        return system.open_input_file(f"{path}/{name}")

    def write(self, name: str, content: bytes | memoryview) -> None:
        """Writes a file: it has its name once all of it is there.

        Raises `relata.errors.FileError` with the code `io` where it cannot be written; nothing of that name is there then, or what was there before.
        """
        # What is no bytes must be found out before there is a stream: closing one makes an object of whatever was written, be it nothing.
        whole = memoryview(content)
        try:
            self._write(name, whole)
        except OSError as error:
            raise _unwritten(f"{self.address}/{name} cannot be written: {error}") from error

    def _write(self, name: str, content: memoryview) -> None:
        system, path = self._system()
        if not self._is_local():
            # All of it by one call: an object appears when the server has every part of it, and not where one was refused.
            with system.open_output_stream(f"{path}/{name}") as file:
                file.write(content)
            return
        os.makedirs(path, exist_ok=True)
        beside = f"{path}/.{name}.{uuid.uuid4().hex}"
        try:
            with open(beside, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, f"{path}/{name}")
        except BaseException:
            if os.path.exists(beside):
                os.unlink(beside)
            raise

    def remove(self, name: str) -> None:
        """Removes a file."""
        system, path = self._system()
        system.delete_file(f"{path}/{name}")

    def keep_made(self, beginning: str, ending: str, names: list[str]) -> None:
        """Removes the files that jobs have named so, with `name_of` in the middle, but for some. Files of others stay."""
        made = re.compile(f"{re.escape(beginning)}[0-9a-f]{{32}}{re.escape(ending)}")
        for name in set(self.names(ending)) - set(names):
            if made.fullmatch(name):
                self.remove(name)

    def write_table(self, name: str, table: Any) -> None:
        """Writes a `pyarrow.Table` as Parquet."""
        from pyarrow import parquet

        buffer = io.BytesIO()
        # Vectors are noise to a compressor.
        parquet.write_table(table, buffer, compression="none", use_dictionary=["fingerprint"] if "fingerprint" in table.column_names else False)
        self.write(name, buffer.getbuffer())

    def read_table(self, name: str, columns: list[str] | None = None) -> Any:
        """Reads Parquet as a `pyarrow.Table`: all columns, or those of some that are there."""
        with self.open_parquet(name) as found:
            there = found.schema_arrow.names
            return found.read(columns=None if columns is None else [column for column in columns if column in there])

    @contextmanager
    def open_parquet(self, name: str) -> Iterator[Any]:
        """A file as a `pyarrow.parquet.ParquetFile`. Raises `relata.errors.BulkError` where it is none, or is damaged."""
        from pyarrow import ArrowInvalid, parquet

        with self.open(name) as file:
            try:
                yield parquet.ParquetFile(file)
            except (ArrowInvalid, OSError) as error:
                raise bad(f"{self.address}/{name} cannot be read as Parquet: {error}") from error

    def is_same(self, other: Folder) -> bool:
        """Whether both are one folder, as far as their addresses say."""
        return self._place() == other._place()

    def _place(self) -> str:
        """Where it lies behind links, or its address without settings."""
        local = self.local_path()
        return os.path.realpath(local) if local is not None else self.address.partition("?")[0].rstrip("/")

    def read_vectors(self, name: str) -> npt.NDArray[np.float32]:
        """The column `vector` of a file of Parquet: rows x dimension.

        Plain columns, such as shards have, are copied as they lie in the file; pyarrow puts lists together element by element, which takes many times as
        long. Raises `relata.errors.BulkError` where there is no such column of lists of one length.
        """
        source = f"{self.local_path()}/{name}" if self._is_local() else self.read(name)
        found = _relata.float_lists(source, "vector")
        if found is not None:
            return found
        table = self.read_table(name, ["vector"])
        if "vector" not in table.column_names:
            raise no_shard(self, name, "vector")
        return _put_together(f"{self.address}/{name}", table.column("vector"))

    def within(self, name: str) -> Folder:
        """A folder in it."""
        address, mark, settings = self.address.partition("?") if "://" in self.address else (self.address, "", "")
        return Folder(f"{address.rstrip('/')}/{name}{mark}{settings}")

    def _is_local(self) -> bool:
        return "://" not in self.address or self.address.startswith("file://")

    def _system(self) -> tuple[Any, str]:
        from pyarrow import ArrowInvalid, fs

        if "://" not in self.address:
            return fs.LocalFileSystem(), self.address
        try:
            system, path = fs.FileSystem.from_uri(self.address)
        except ArrowInvalid as error:
            raise FileError(f"{self.address} is no address that can be read: {error}") from error
        return system, path.rstrip("/")


def _put_together(file: str, column: Any) -> npt.NDArray[np.float32]:
    """A column of lists of one length as an array, without a copy where it is one chunk."""
    import pyarrow as pa

    if not pa.types.is_fixed_size_list(column.type):
        raise bad(f"{file}: the column vector has no lists of one length")
    if column.null_count:
        raise bad(f"{file}: a row has no vector")
    chunks = [chunk.flatten().to_numpy(zero_copy_only=False).reshape(len(chunk), column.type.list_size) for chunk in column.chunks]
    whole = np.concatenate(chunks) if len(chunks) != 1 else chunks[0]
    return np.asarray(whole, np.float32)


def no_shard(folder: Folder, name: str, column: str) -> BulkError:
    """The error of a file that lacks a column."""
    return bad(f"{folder.address}/{name} is no shard: it has no column {column}. Move it out of the folder, in which every file of Parquet is one")


def bad(text: str) -> BulkError:
    """The error of a file that is no shard, or does not fit the others."""
    error = BulkError(text)
    error.code = "shards"
    return error


def _unwritten(text: str) -> FileError:
    error = FileError(text)
    error.code = "io"
    return error


def name_of(*parts: str | bytes) -> str:
    """A name that parts decide: 32 hexadecimal digits of the SHA-256 of all of them."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()[:32]
