"""Folders in an object store: what is there is whole, and every job that writes to a folder writes there too."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TINY, by_program, papers
from object_store import ObjectStore
from shard_files import blobs, divide

import relata
import relata.shards
from relata.shards import embed
from relata.shards._files import Folder

SMALL: dict[str, Any] = {"model": TINY, "device": "cpu", "rows_per_shard": 16, "progress": False}
# More than pyarrow sends as one part.
TWO_PARTS = 11 << 20


def _bytes(ids: list[str], vectors: Any) -> dict[str, bytes]:
    assert len(set(ids)) == len(ids)
    return {id: np.array(row, np.float32).tobytes() for id, row in zip(ids, vectors, strict=True)}


def _part(number: int) -> Any:
    return lambda method, path, asked: asked.get("partNumber") == [str(number)]


def test_shards_and_inputs(object_store: ObjectStore, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 40)
    out = object_store.address("embedded")
    assert embed(file, out, **SMALL).shards_made == 3
    assert _bytes(*relata.shards.read(out)) == by_program([file], tmp_path)
    Folder(object_store.address("in")).write("papers.jsonl", file.read_bytes())
    again = embed(object_store.address("in"), out, **SMALL)
    assert (again.shards_made, again.shards_found, again.rows) == (0, 3, 40)
    with file.open("a") as more:
        more.write('{"id": "2601.00099", "abstract": "No title."}\n')
    Folder(object_store.address("in")).write("papers.jsonl", file.read_bytes())
    [skipped] = embed(object_store.address("in/papers.jsonl"), out, **SMALL).skipped
    assert (skipped.file, skipped.line) == (object_store.address("in/papers.jsonl"), 41)


def test_a_file_is_there_whole_or_not_at_all(object_store: ObjectStore) -> None:
    folder = Folder(object_store.address("whole"))
    content = bytes(range(256)) * (TWO_PARTS // 256)
    for refused in (_part(2), lambda method, path, asked: method == "POST" and "uploadId" in asked):
        object_store.refused = refused
        with pytest.raises(relata.errors.FileError, match="/x cannot be written: .* ACCESS_DENIED") as error:
            folder.write("x", content)
        assert error.value.code == "io"
        object_store.refused = None
        assert folder.names() == [] and not folder.has("x")
    folder.write("x", content)
    assert folder.read("x") == content
    object_store.refused = _part(2)
    with pytest.raises(relata.errors.FileError):
        folder.write("x", content[::-1])
    object_store.refused = None
    assert folder.names() == ["x"] and folder.read("x") == content
    with pytest.raises(TypeError):
        folder.write("y", "no bytes")  # type: ignore[arg-type]
    assert folder.names() == ["x"]


def test_a_job_goes_on_where_a_shard_could_not_be_written(object_store: ObjectStore, tmp_path: Path) -> None:
    file, out = papers(tmp_path / "papers.jsonl", 60), object_store.address("refused")
    begun: set[str] = set()

    def third(method: str, path: str, asked: dict[str, list[str]]) -> bool:
        if path.endswith(".parquet") and "partNumber" in asked:
            begun.add(path)
        return len(begun) > 2 and "partNumber" in asked

    object_store.refused = third
    with pytest.raises(relata.errors.FileError, match="cannot be written: "):
        embed(file, out, **SMALL)
    object_store.refused = None
    embedded = embed(file, out, **SMALL)
    assert (embedded.shards_found, embedded.shards_made, embedded.rows) == (2, 2, 60)
    assert _bytes(*relata.shards.read(out)) == by_program([file], tmp_path)


def test_lance(object_store: ObjectStore, tmp_path: Path) -> None:
    lance = pytest.importorskip("lance")
    file, out = papers(tmp_path / "papers.jsonl", 40), object_store.address("lance")
    embedded = embed(file, out, **SMALL, format="lance")
    assert (embedded.rows, embedded.shards_made) == (40, 3)

    def table() -> Any:
        return lance.dataset("s3://papers/lance/vectors.lance", storage_options=object_store.options()).to_table()

    expected = by_program([file], tmp_path)
    assert _bytes(table().column("id").to_pylist(), table().column("vector").to_pylist()) == expected
    again = embed(file, out, **SMALL, format="lance")
    assert (again.shards_made, again.shards_found) == (0, 3)
    # Who cannot read whether there is a dataset must not write another one over it.
    (tmp_path / "more").mkdir()
    more = papers(tmp_path / "more/papers.jsonl", 5, word="more")
    more.write_text(more.read_text().replace('"26', '"25'))
    object_store.refused = lambda method, path, asked: "_versions" in str(asked.get("prefix"))
    with pytest.raises((OSError, relata.errors.FileError), match="Nobody may"):
        embed(more, out, **SMALL, format="lance")
    with pytest.raises((OSError, relata.errors.FileError), match="Nobody may"):
        embed(file, out, **SMALL, format="lance")
    object_store.refused = None
    assert embed(more, out, **SMALL, format="lance").shards_made == 1
    assert _bytes(table().column("id").to_pylist(), table().column("vector").to_pylist()) == expected | by_program([more], more.parent)
    # A dataset of texts is read there, alone and in a folder.
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    import pyarrow as pa

    texts = pa.table({name: [row[name] for row in rows] for name in ("id", "title", "abstract")})
    lance.write_dataset(texts, "s3://papers/texts/of/papers.lance", storage_options=object_store.options(), max_rows_per_file=25)
    for at in ("texts/of/papers.lance", "texts"):
        read = embed(object_store.address(at), tmp_path / "read", **SMALL)
        assert (read.rows, read.rows_skipped) == (40, 0)
    assert _bytes(*relata.shards.read(tmp_path / "read")) == expected


def test_an_index_of_lance(object_store: ObjectStore, tmp_path: Path) -> None:
    pytest.importorskip("lance")
    ids, vectors = blobs(600)
    shards = divide(tmp_path / "shards", ids, vectors, 3)
    dataset = relata.shards.to_lance(shards, object_store.address("index/papers.lance"), index="IVF_FLAT", partitions=9)
    nearest = {"column": "vector", "q": vectors[5], "k": 3, "nprobes": 9}
    expected = [ids[at] for at in np.argsort(-(vectors @ vectors[5]), kind="stable")[:3]]
    assert dataset.to_table(columns=["id"], nearest=nearest).column("id").to_pylist() == expected
    with pytest.raises(relata.errors.BulkError, match="papers.lance.* cannot be written: Dataset already exists"):
        relata.shards.to_lance(shards, object_store.address("index/papers.lance"))
    with pytest.raises(relata.errors.BulkError, match="Lance does not know the setting allow_bucket_creation"):
        relata.shards.to_lance(shards, object_store.address("other.lance", "&allow_bucket_creation=true"))


def test_settings_of_an_address_are_those_of_lance() -> None:
    from relata.shards._lance_address import Place, place

    said = "s3://key:se%2Fcret@bucket/a/papers.lance?endpoint_override=https%3A%2F%2Fminio%3A9000&region=eu-west-1&tls_verify_certificates=false"
    options = {"aws_endpoint": "https://minio:9000", "aws_region": "eu-west-1", "allow_invalid_certificates": "true"}
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "se/cret"}
    assert place(said) == Place("s3://bucket/a/papers.lance", options | keys)
    assert place("s3://bucket/papers.lance") == Place("s3://bucket/papers.lance", {})
    assert place("/disk/what?.lance") == Place("/disk/what?.lance", {})
    with pytest.raises(relata.errors.BulkError, match="does not know the setting foo; it takes endpoint_override, region, scheme"):
        place("s3://bucket/papers.lance?foo=1")
    with pytest.raises(relata.errors.BulkError, match="does not know the setting scheme"):
        place("gs://bucket/papers.lance?scheme=http")


def test_clusters_neighbours_and_topics(object_store: ObjectStore, tmp_path: Path) -> None:
    ids, vectors = blobs(400)
    local = divide(tmp_path / "shards", ids, vectors, 3)
    there = Folder(object_store.address("vectors"))
    for name in Folder(local).names():
        there.write(name, Folder(local).read(name))

    def found(folder: str, base: Any) -> list[Any]:
        clusters = relata.shards.cluster(folder, base("clusters"), k=5)
        near = relata.shards.neighbours(folder, base("near"), k=15, cells=20, around=6, memory=100_000)
        assert len(near.files) > 1
        topics = relata.shards.topics(near, folder)
        topics.save(base("topics"))
        saved = Folder(base("topics"))
        return [clusters.centres.tobytes(), clusters.table().sort_by("id"), near.table(), saved.read_table("papers.parquet"), saved.read("topics.json")]

    for _ in range(2):
        assert found(there.address, object_store.address) == found(str(local), lambda name: str(tmp_path / name))
