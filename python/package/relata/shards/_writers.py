"""Where vectors go: shards of Parquet in a folder, or one dataset of Lance.

In: a block's ids and titles with their vectors, and the name that its content decides. Out: what is there whole or not at all, and is found by
its name.
"""

from __future__ import annotations

import json
import os
from typing import Any, Protocol

from relata.errors import BulkError
from relata.shards._blocks import Block
from relata.shards._files import ENDING, AnyPath, Folder
from relata.shards._lance_address import ENDING as DATASET
from relata.shards._lance_address import Place, package, place
from relata.shards._shards import Passages, Vectors, table

FORMATS = ("parquet", "lance")
VECTORS, COMMITTED = "vectors.lance", "committed.txt"


class Writer(Protocol):
    """Writes shards. It can be passed to other machines."""

    folder: Folder
    ending: str
    """How shards are called, beside their names, where it is noted which inputs have them."""
    example: str
    """A name in the folder of what readers of it find."""

    def names(self) -> set[str]:
        """The names of what is there, without an ending."""
        ...

    def has(self, name: str) -> bool: ...

    def write(self, name: str, block: Block, vectors: Vectors, fingerprint: str, passages: Passages) -> None:
        """Writes a shard: rows x dimension of `float32`, and the SHA-256 of each text."""
        ...

    def finish(self, names: set[str], earlier: set[str]) -> list[str]:
        """Makes these shards what readers see, and those with earlier texts of their inputs what nobody sees. Called once, at the end; gives what is
        remarkable."""
        ...


def writer(out: AnyPath, format: str) -> Writer:
    """Writes to a folder in a form by name."""
    if format not in FORMATS:
        raise BulkError(f"there is no form {format}; known are {', '.join(FORMATS)}")
    return ParquetShards(Folder(out)) if format == "parquet" else LanceShards(Folder(out))


class ParquetShards:
    """A file of Parquet for each block. Those with earlier texts stay, and readers leave them out (`_present.py`)."""

    ending = ENDING
    example = f"{'0' * 32}{ENDING}"

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def names(self) -> set[str]:
        return {name.removesuffix(ENDING) for name in self.folder.names(ENDING)}

    def has(self, name: str) -> bool:
        return self.folder.has(name + ENDING)

    def write(self, name: str, block: Block, vectors: Vectors, fingerprint: str, passages: Passages) -> None:
        self.folder.write_table(name + ENDING, table(block.ids, block.titles, vectors, fingerprint, passages))

    def finish(self, names: set[str], earlier: set[str]) -> list[str]:
        return []


class LanceShards:
    """Fragments of the dataset `vectors.lance`: written as blocks are done, and made a version of the dataset by one commit at the end.

    What is written is noted in `fragments/NAME.json`, so that it is found again, and what was committed in `fragments/committed.txt`: fragments that
    Lance has put together since (`compact_files`) have other names. Fragments with earlier texts leave the dataset by the same commit.
    """

    ending = DATASET
    example = VECTORS

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._notes = folder.within("fragments")
        self._data = folder.within(VECTORS)
        # Here, where a setting that Lance does not know is the caller's.
        self._place = place(self._data.address)

    def names(self) -> set[str]:
        return {name.removesuffix(".json") for name in self._notes.names(".json")}

    def has(self, name: str) -> bool:
        return self._notes.has(name + ".json")

    def write(self, name: str, block: Block, vectors: Vectors, fingerprint: str, passages: Passages) -> None:
        made = table(block.ids, block.titles, vectors, fingerprint, passages)
        plain = made.set_column(made.schema.get_field_index("fingerprint"), "fingerprint", made.column("fingerprint").cast("string"))
        if (path := self._data.local_path()) is not None:
            os.makedirs(path, exist_ok=True)
        write = package().fragment.write_fragments
        fragments = write(plain, self._place.uri, schema=plain.schema, storage_options=self._place.options)
        self._notes.write(name + ".json", json.dumps([fragment.to_json() for fragment in fragments]).encode())

    def finish(self, names: set[str], earlier: set[str]) -> list[str]:
        lance = package()
        dataset = self._dataset(lance)
        there = {} if dataset is None else {_file(fragment.metadata): fragment.fragment_id for fragment in dataset.get_fragments()}
        committed = set() if dataset is None else self._committed()
        old = earlier & self.names()
        found = {name: [there[file] for file in map(_file, self._noted(lance, name)) if file in there] for name in sorted(old)}
        # What Lance has put together with other rows stays, and is known as what is there.
        stays = {name for name in old & committed if not found[name]}
        leaves = old - stays
        gone = [fragment for name in sorted(leaves) for fragment in found[name]]
        new = [one for name in sorted(names - committed) for one in self._noted(lance, name) if _file(one) not in there]
        # Before and after the commit, so that a job that is stopped in between takes nothing for there that is not.
        self._note_committed(committed, committed - leaves)
        if new or gone:
            self._commit(lance, dataset, gone, new)
        self._note_committed(committed - leaves, (committed - leaves) | names)
        # Whoever has these texts again embeds them again: Lance may have deleted their files by then.
        for name in leaves:
            self._notes.remove(name + ".json")
        if not stays:
            return []
        return [f"{self._data.address} keeps rows of {len(stays)} shards with earlier texts: Lance has put their fragments together with others"]

    def _commit(self, lance: Any, dataset: Any, gone: list[int], new: list[Any]) -> None:
        """Makes a version of the dataset without some fragments, by their numbers, and with others."""
        if dataset is None:
            operation, version = lance.LanceOperation.Overwrite(_schema(self._place, new), new), None
        elif gone:
            operation, version = lance.LanceOperation.Update(removed_fragment_ids=gone, new_fragments=new), dataset.version
        else:
            operation, version = lance.LanceOperation.Append(new), dataset.version
        lance.LanceDataset.commit(self._place.uri, operation, read_version=version, storage_options=self._place.options)

    def _noted(self, lance: Any, name: str) -> list[Any]:
        """The fragments of a shard."""
        return [_fragment(lance, one) for one in json.loads(self._notes.read(name + ".json"))]

    def _committed(self) -> set[str]:
        """The names of shards that the dataset has, in whatever fragments."""
        return set(self._notes.read(COMMITTED).decode().split()) if self._notes.has(COMMITTED) else set()

    def _note_committed(self, before: set[str], now: set[str]) -> None:
        if before != now:
            self._notes.write(COMMITTED, "".join(f"{name}\n" for name in sorted(now)).encode())

    def _dataset(self, lance: Any) -> Any:
        """The dataset, or `None` where no version of it was committed. Whatever else keeps it from being read is an error: a dataset that is there
        must not be taken for none and written over."""
        if not self._data.within("_versions").names():
            return None
        return lance.dataset(self._place.uri, storage_options=self._place.options)


def _fragment(lance: Any, told: Any) -> Any:
    return lance.fragment.FragmentMetadata.from_json(told if isinstance(told, str) else json.dumps(told))


def _file(fragment: Any) -> str:
    """The file of a fragment, which no other has."""
    return str(fragment.files[0].path)


def _schema(at: Place, fragments: list[Any]) -> Any:
    """The schema of fragments that no dataset has yet."""
    from lance.file import LanceFileReader

    return LanceFileReader(f"{at.uri}/data/{_file(fragments[0])}", storage_options=at.options).metadata().schema
