"""Folders of shards: files that are there whole or not at all, and what is read of them."""

import hashlib
import html
import re
from pathlib import Path

import numpy as np
import pytest

import relata.shards
from relata import _relata
from relata.shards import Shards
from relata.shards._files import Folder, name_of
from relata.shards._shards import table

Rows = list[tuple[str, list[float]]]


def _write(folder: Path, name: str, rows: Rows, fingerprint: str = "f") -> None:
    ids = [row[0] for row in rows]
    vectors = np.array([row[1] for row in rows], np.float32)
    passages = [hashlib.sha256(one.encode()).digest() for one in ids]
    Folder(folder).write_table(name, table(ids, [None, *ids[1:]], vectors, fingerprint, passages))


def test_a_shard_is_read_as_it_was_written(tmp_path: Path) -> None:
    _write(tmp_path, "b.parquet", [("2", [1.0, 0.0]), ("9", [0.0, 1.0])])
    _write(tmp_path, "a.parquet", [("3", [0.5, 0.5])])
    (tmp_path / "notes.txt").write_text("no shard")
    shards = Shards(tmp_path)
    assert shards.names() == ["a.parquet", "b.parquet"] and len(shards) == 2
    assert (shards.dimension, shards.fingerprint, shards.rows("b.parquet")) == (2, "f", 2)
    shard = shards.read("b.parquet")
    assert (shard.ids, shard.titles, shard.fingerprint) == (["2", "9"], [None, "9"], "f")
    assert shard.vectors.dtype == np.float32 and shard.vectors.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert shard.passages[1] == hashlib.sha256(b"9").digest()
    ids, vectors = relata.shards.read(tmp_path)
    assert ids == ["2", "3", "9"] and vectors.tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]


def test_vectors_of_two_kinds_are_not_mixed(tmp_path: Path) -> None:
    _write(tmp_path, "a.parquet", [("1", [1.0, 0.0])], "one")
    _write(tmp_path, "b.parquet", [("2", [1.0, 0.0])], "other")
    with pytest.raises(relata.errors.BulkError, match="a.parquet has 2 numbers a row, made by one, and b.parquet has 2, made by other") as error:
        Shards(tmp_path).fingerprint
    assert error.value.code == "shards"


def test_a_folder_without_shards(tmp_path: Path) -> None:
    shards = Shards(tmp_path / "none")
    assert (shards.names(), shards.dimension, shards.fingerprint) == ([], 0, "")
    ids, vectors = relata.shards.read(tmp_path)
    assert ids == [] and vectors.shape == (0, 0)
    with pytest.raises(relata.errors.BulkError, match="there is no folder .*/none"):
        relata.shards.read(tmp_path / "none")


def test_a_file_that_is_no_shard(tmp_path: Path) -> None:
    import pyarrow as pa

    Folder(tmp_path).write_table("a.parquet", pa.table({"id": ["1"]}))
    with pytest.raises(relata.errors.BulkError, match="no column vector"):
        Shards(tmp_path).read("a.parquet")


def test_vectors_of_other_writers_are_read_by_pyarrow(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    for kind, dictionary in ((pa.float32(), True), (pa.float64(), False)):
        lists = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1), kind), 3)
        parquet.write_table(pa.table({"id": list("abcd"), "vector": lists}), tmp_path / "own.parquet", use_dictionary=dictionary)
        assert _relata.float_lists(str(tmp_path / "own.parquet"), "vector") is None
        assert np.array_equal(Shards(tmp_path).read("own.parquet").vectors, rows)
    for lists, words in ((pa.array([[1.0], [1.0, 2.0]]), "no lists of one length"), (pa.array([[1.0], None], pa.list_(pa.float32(), 1)), "a row has no vector")):
        parquet.write_table(pa.table({"id": ["a", "b"], "vector": lists}), tmp_path / "own.parquet")
        with pytest.raises(relata.errors.BulkError, match=words):
            Shards(tmp_path).read("own.parquet")


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("a", b"whole")
    (tmp_path / ".b.half").write_bytes(b"ha")
    assert folder.names() == ["a"] and folder.read("a") == b"whole"
    with pytest.raises(TypeError):
        folder.write("c", "no bytes")  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.half", "a"]
    assert Folder("s3://bucket/out?region=x").within("part").address == "s3://bucket/out/part?region=x"


def test_a_name_is_decided_by_parts_and_their_bounds() -> None:
    assert name_of("ab", "c") != name_of("a", "bc")
    assert name_of("ab", "c") == name_of("ab", b"c") and len(name_of("a")) == 32


def test_jobs_name_a_file_that_is_damaged(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    rows = np.eye(4, dtype=np.float32)
    Folder(tmp_path).write_table("a.parquet", table(list("abcd"), [None] * 4, rows, "f", [None] * 4))
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[: len(whole) // 2])
    for job in (relata.shards.read, lambda at: relata.shards.cluster(at, tmp_path / "out", k=2), lambda at: relata.shards.neighbours(at, tmp_path / "out")):
        with pytest.raises(relata.errors.BulkError, match="b.parquet cannot be read as Parquet"):
            job(tmp_path)
    parquet.write_table(pa.table({"id": ["e"], "vector": [[1.0, 0.0]]}), tmp_path / "b.parquet")
    with pytest.raises(relata.errors.BulkError, match="b.parquet: the column vector has no lists of one length"):
        relata.shards.cluster(tmp_path, tmp_path / "out", k=2)


def test_ids_may_be_numbers_or_wide_texts(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    lists = pa.FixedSizeListArray.from_arrays(pa.array(np.eye(4, dtype=np.float32).reshape(-1)), 4)
    for name, ids in (("a", pa.array([1, 2, 3, 4])), ("b", pa.array(list("efgh"), pa.large_string())), ("c", pa.array(list("ijkl")))):
        titles = [f"Of {own}" for own in ids.to_pylist()]
        parquet.write_table(pa.table({"id": ids, "title": titles, "vector": lists}), tmp_path / f"{name}.parquet")
    found = relata.shards.neighbours(tmp_path, tmp_path / "near", k=11)
    expected = [*"1234", *"efgh", *"ijkl"]
    assert found.table().column("id").to_pylist() == expected == relata.shards.read(tmp_path)[0]
    assert sorted(relata.shards.cluster(tmp_path, tmp_path / "out", k=2).table().column("id").to_pylist()) == expected
    topics = relata.shards.topics(found, tmp_path, map=True)
    assert topics.ids.to_pylist() == expected
    assert set(re.findall(">Of (.)</span>", html.unescape(topics.visualize()._repr_html_()))) == set(expected)


def test_folders_are_the_same_by_whatever_address(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "here")
    for other in (tmp_path / "link", f"file://{tmp_path}/here", f"{tmp_path}/here/"):
        assert Folder(tmp_path / "here").is_same(Folder(other)), other
    assert not Folder(tmp_path / "here").is_same(Folder(tmp_path))
    assert Folder("s3://bucket/a?region=x").is_same(Folder("s3://bucket/a/?region=y"))
