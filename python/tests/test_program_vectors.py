"""Files of vectors pass between the program and shards: both write and read the same."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import TINY, papers
from pyarrow import parquet

import relata
import relata.shards
from relata.shards import Shards
from relata.shards._shards import table

COUNT = 240
SMALL: dict[str, Any] = {"model": TINY, "device": "cpu", "rows_per_shard": 50, "progress": False}


class World:
    """The same papers, embedded by the program to one file, and to shards."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, papers(folder / "papers.jsonl", COUNT)
        self.program, self.shards = folder / "program", folder / "shards"
        self.program.mkdir()
        command = [sys.executable, "-P", "-m", "relata", "embed", "--model", TINY, "--device", "cpu", str(self.file), "-o", str(self.program / "all.parquet")]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        relata.shards.embed(self.file, self.shards, **SMALL)

    def library(self, name: str) -> relata.Library:
        """A library of the papers without vectors."""
        library = relata.Library(self.folder / f"{name}.db", model=TINY)
        assert library.add([self.file], embed=False).added == COUNT
        return library


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("vectors"))


def test_the_programs_file_is_a_shard(world: World) -> None:
    (shard,) = Shards(world.program)
    assert Shards(world.program).dimension == Shards(world.shards).dimension == 32
    assert shard.fingerprint == Shards(world.shards).fingerprint == relata.Encoder(TINY, "cpu").fingerprint
    ours = {row[0]: row[1:] for one in Shards(world.shards) for row in zip(one.ids, one.titles, one.passages, map(bytes, one.vectors), strict=True)}
    theirs = {row[0]: row[1:] for row in zip(shard.ids, shard.titles, shard.passages, map(bytes, shard.vectors), strict=True)}
    assert len(theirs) == COUNT and theirs == ours
    # The same columns of the same types, for other programs as well.
    kinds = [[(field.name, field.type) for field in parquet.read_schema(path)] for path in (world.program / "all.parquet", next(world.shards.glob("*.parquet")))]
    assert [name for name, _ in kinds[0]] == ["id", "title", "vector", "fingerprint", "passage"]
    assert [str(kind) for _, kind in kinds[0] if not pa.types.is_fixed_size_list(kind)] == [
        str(kind) for _, kind in kinds[1] if not pa.types.is_fixed_size_list(kind)
    ]
    assert [(kind.list_size, kind.value_type) for _, kind in (kinds[0][2], kinds[1][2])] == [(32, pa.float32())] * 2


def test_every_job_takes_the_programs_file(world: World, tmp_path: Path) -> None:
    of_program, of_shards = ((folder, tmp_path / folder.name) for folder in (world.program, world.shards))
    clusters = [relata.shards.cluster(folder, out / "clusters", k=5) for folder, out in (of_program, of_shards)]
    assert clusters[0].centres.tobytes() == clusters[1].centres.tobytes()
    assert clusters[0].sizes.sum() == COUNT
    near = [relata.shards.neighbours(folder, out / "near", k=15) for folder, out in (of_program, of_shards)]
    tables = [one.table().sort_by("id").to_pylist() for one in near]
    assert tables[0] == tables[1] and len(tables[0]) == COUNT
    topics = [relata.shards.topics(one, folder, map=False) for one, (folder, _) in zip(near, (of_program, of_shards), strict=True)]
    assert topics[0].levels == topics[1].levels and (topics[0].numbers == topics[1].numbers).all()
    library = world.library("index")
    assert library.import_vectors(world.program).taken == COUNT
    for folder, out in (of_program, of_shards):
        indexed = relata.shards.index(folder, library, out / "codes")
        # So few papers need no index.
        assert (indexed.papers, indexed.other_rows, indexed.used) == (COUNT, 0, False)


def test_files_and_shards_come_into_a_library_by_one_step(world: World) -> None:
    by_files, by_arrays = world.library("files"), world.library("arrays")
    taken = by_files.import_vectors([world.shards, world.program / "all.parquet"])
    assert (taken.files, taken.taken, taken.there, taken.skipped, taken.notes) == (6, COUNT, COUNT, (), ())
    assert relata.shards.import_vectors(world.program, by_arrays) == relata.shards.Imported(taken=COUNT)
    assert relata.shards.import_vectors(world.shards, by_arrays) == relata.shards.Imported(there=COUNT)
    found, other = by_files.vectors(), by_arrays.vectors()
    assert (found.ids, found.fingerprint) == (other.ids, other.fingerprint) and found.vectors.tobytes() == other.vectors.tobytes()
    (shard,) = Shards(world.program)
    place = {id: at for at, id in enumerate(shard.ids)}
    assert np.array_equal(found.vectors, shard.vectors[[place[id] for id in found.ids]])
    assert by_files.check().problems == ()


def test_vectors_of_queries_are_none_of_papers(world: World, tmp_path: Path) -> None:
    relata.shards.embed(world.file, tmp_path, **SMALL, as_query=True)
    assert [passage for shard in Shards(tmp_path) for passage in shard.passages] == [None] * COUNT
    library = world.library("queries")
    with pytest.raises(relata.errors.BulkError, match="rows have none in the column passage"):
        relata.shards.import_vectors(tmp_path, library)
    imported = library.import_vectors(tmp_path)
    assert (imported.taken, len(imported.skipped)) == (0, 5)
    assert {skipped.reason for skipped in imported.skipped} == {"row 1 has no passage"}


def test_parquet_of_other_writers(world: World, tmp_path: Path) -> None:
    (shard,) = Shards(world.program)
    # Numbers that 16 bits hold as well.
    vectors = np.zeros((COUNT, 32), np.float32)
    vectors[np.arange(COUNT), np.arange(COUNT) % 32] = 1.0
    plain = table(shard.ids, shard.titles, vectors, shard.fingerprint, shard.passages)

    def cast(**columns: pa.DataType) -> pa.Table:
        return plain.cast(pa.schema([(field.name, columns.get(field.name, field.type)) for field in plain.schema]))

    texts = {"id": pa.large_string(), "fingerprint": pa.string(), "passage": pa.large_binary()}
    forms: dict[str, tuple[pa.Table, dict[str, Any]]] = {
        "plain": (plain, {}),
        "lists": (cast(vector=pa.list_(pa.float32()), **texts), {"compression": "gzip"}),
        "large": (cast(vector=pa.large_list(pa.float32()), id=pa.string_view()), {"compression": "none", "data_page_version": "2.0"}),
        "half": (cast(vector=pa.list_(pa.float16(), 32)), {"write_page_checksum": True, "use_dictionary": False, "compression": "none"}),
        "double": (cast(vector=pa.list_(pa.float64())), {"use_dictionary": False, "row_group_size": 7}),
    }
    for name, (rows, how) in forms.items():
        parquet.write_table(rows, tmp_path / f"{name}.parquet", **how)
        library = world.library(name)
        imported = library.import_vectors(tmp_path / f"{name}.parquet")
        assert (imported.taken, imported.skipped) == (COUNT, ()), name
        found = library.vectors()
        assert np.array_equal(found.vectors, vectors), name

    library = world.library("refused")
    refused: dict[str, tuple[pa.Table, dict[str, Any], str]] = {
        "zstd": (plain, {"compression": "zstd"}, "its column id is compressed by zstd; what is read is snappy, gzip and no compression"),
        "numbers": (plain.set_column(0, "id", pa.array(range(COUNT))), {}, "its column id holds int64 instead of text"),
        "columns": (plain.drop_columns(["fingerprint"]), {}, "it has no column fingerprint"),
        "short": (
            plain.set_column(2, "vector", pa.FixedSizeListArray.from_arrays(vectors[:, :16].reshape(-1), 16)),
            {},
            "the vector of row 1 has 16 elements instead of 32",
        ),
        "long": (
            plain.set_column(2, "vector", pa.FixedSizeListArray.from_arrays(2 * vectors.reshape(-1), 32)),
            {},
            f"a vector is refused, that of {shard.ids[0]}: its length is 2.000000 instead of 1",
        ),
    }
    for name, (rows, how, reason) in refused.items():
        parquet.write_table(rows, tmp_path / f"{name}.parquet", **how)
        imported = library.import_vectors(tmp_path / f"{name}.parquet")
        assert (imported.taken, imported.files, [skipped.reason for skipped in imported.skipped]) == (0, 1, [reason])
    # A page that its checksum does not fit.
    damaged = bytearray((tmp_path / "half.parquet").read_bytes())
    damaged[damaged.index(vectors.astype(np.float16)[3].tobytes()) + 5] ^= 1
    (tmp_path / "half.parquet").write_bytes(damaged)
    assert "CRC" in library.import_vectors(tmp_path / "half.parquet").skipped[0].reason
    assert library.info().embedded == 0
