"""Shards as a dataset of Lance with an index that Lance searches."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import relata
import relata.shards
from relata import _relata
from relata.shards._files import Folder
from relata.shards._pool import Here
from relata.shards._rows import corpus, sample
from relata.shards._shards import table

lance = pytest.importorskip("lance")

ROWS, DIMENSION = 3000, 32


@pytest.fixture(scope="module")
def vectors() -> Any:
    random = np.random.default_rng(9)
    rows = random.normal(size=(60, DIMENSION))[random.integers(60, size=ROWS)] + 1.5 * random.normal(size=(ROWS, DIMENSION))
    return unit(rows).astype(np.float32)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory, vectors: Any) -> str:
    folder = Folder(tmp_path_factory.mktemp("shards"))
    for number, part in enumerate(np.array_split(np.arange(ROWS), 4)):
        ids = [f"p{at}" for at in part]
        folder.write_table(f"{number}.parquet", table(ids, [None, *ids[1:]], vectors[part], "f", [bytes(32)] * len(ids)))
    return folder.address


def unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _recall(dataset: Any, vectors: Any, **asked: int) -> float:
    """How many of the ten nearest are found, of every hundredth row and something beside it."""
    queries = vectors[::100] + np.float32(0.03)
    found = 0
    for query in queries:
        nearest = {"column": "vector", "q": query, "k": 10, **asked}
        ids = dataset.to_table(columns=["id", "_distance"], nearest=nearest).column("id").to_pylist()
        exact = np.argsort(-(vectors @ query), kind="stable")[:10]
        found += len(set(ids) & {f"p{at}" for at in exact})
    return found / (10 * len(queries))


def test_lance_finds_the_nearest_by_cells_of_relata(shards: str, vectors: Any, tmp_path: Path) -> None:
    dataset = relata.shards.to_lance(shards, str(tmp_path / "whole.lance"), index="IVF_FLAT")
    assert dataset.count_rows() == ROWS
    assert dataset.schema.names == ["id", "title", "vector", "fingerprint", "passage"]
    told = dataset.stats.index_stats(dataset.describe_indices()[0].name)["indices"][0]
    assert (told["index_type"], told["metric_type"], told["num_partitions"]) == ("IVF_FLAT", "cosine", 55)
    centres = np.array(told["centroids"])
    assert centres.shape == (55, DIMENSION)
    assert _recall(dataset, vectors, nprobes=55) == 1.0
    assert _recall(dataset, vectors, nprobes=30) >= 0.95
    assert 0.2 < _recall(dataset, vectors, nprobes=1) < _recall(dataset, vectors, nprobes=5) < 1.0
    # Cells are Relata's, and the same however rows are divided.
    expected = _relata.train(sample(Here(), corpus(shards), 40 * 55), 55, True)
    assert np.allclose(unit(centres), unit(expected), atol=1e-5)


def test_vectors_may_be_bytes_in_the_index(shards: str, vectors: Any, tmp_path: Path) -> None:
    dataset = relata.shards.to_lance(shards, str(tmp_path / "bytes.lance"), partitions=30)
    assert _recall(dataset, vectors, nprobes=30, refine_factor=3) >= 0.99


def test_what_cannot_be_is_refused(shards: str, tmp_path: Path) -> None:
    plain = relata.shards.to_lance(shards, str(tmp_path / "plain.lance"), index=None)
    assert plain.count_rows() == ROWS and not plain.describe_indices()
    with pytest.raises(relata.errors.BulkError, match="plain.lance cannot be written"):
        relata.shards.to_lance(shards, str(tmp_path / "plain.lance"))
    with pytest.raises(relata.errors.RequestError, match="there is no index='HNSW'"):
        relata.shards.to_lance(shards, str(tmp_path / "other.lance"), index="HNSW")
    with pytest.raises(relata.errors.RequestError, match="partitions is 5000"):
        relata.shards.to_lance(shards, str(tmp_path / "other.lance"), partitions=5000)
    with pytest.raises(relata.errors.BulkError, match="has no shards"):
        relata.shards.to_lance(tmp_path / "none", str(tmp_path / "other.lance"))
