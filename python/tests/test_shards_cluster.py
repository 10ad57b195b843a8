"""`relata.shards.cluster`: k-means whose result does not depend on how rows are divided."""

import json
from pathlib import Path

import numpy as np
import pytest
from shard_files import blobs, divide
from sklearn.cluster import KMeans

import relata
import relata.shards
from relata.shards import Clusters, Shards, _cluster
from relata.shards._files import Folder
from relata.shards._shards import Vectors

IDS, VECTORS = blobs(2000)


def _by_id(clusters: Clusters) -> dict[str, tuple[int, float]]:
    table = clusters.table()
    return dict(zip(table.column("id").to_pylist(), zip(table.column("cluster").to_pylist(), table.column("cosine").to_pylist(), strict=True), strict=True))


def test_centres_are_the_same_bits_however_rows_are_divided(tmp_path: Path) -> None:
    found = []
    for shards in (1, 3, 16):
        folder = divide(tmp_path / f"in{shards}", IDS, VECTORS, shards, seed=shards)
        found.append(relata.shards.cluster(folder, tmp_path / f"out{shards}", k=9))
    for other in found[1:]:
        assert other.centres.tobytes() == found[0].centres.tobytes()
        assert other.sizes.tolist() == found[0].sizes.tolist()
        assert (other.inertia, other.moved) == (found[0].inertia, found[0].moved)
        assert _by_id(other) == _by_id(found[0])
    assert [len(one.files) for one in found] == [1, 3, 16]


def test_centres_are_the_same_bits_however_many_rows_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, found = divide(tmp_path / "in", IDS, VECTORS, 5), []
    read: list[str] = []
    shards_vectors = Shards.vectors

    def vectors(self: Shards, name: str, rows: int) -> Vectors:
        read.append(name)
        return shards_vectors(self, name, rows)

    monkeypatch.setattr(Shards, "vectors", vectors)
    for room in (0, VECTORS.nbytes // 2, VECTORS.nbytes):
        monkeypatch.setattr(_cluster, "HELD", room)
        clusters = relata.shards.cluster(folder, tmp_path / f"out{room}", k=60, rounds=4, tolerance=0.0)
        assert len(clusters.moved) == 4
        found.append((clusters.centres.tobytes(), len(read)))
        read.clear()
    assert len({centres for centres, _ in found}) == 1
    # For the sample, the clusters, and as many passes as are not served from memory.
    assert found[0][1] == 5 * (2 + 4) > found[1][1] > found[2][1] == 5 * (2 + 1)


def test_centres_are_the_means_of_their_rows(tmp_path: Path) -> None:
    clusters = relata.shards.cluster(divide(tmp_path / "in", IDS, VECTORS, 4), tmp_path / "out", k=12, rounds=50, tolerance=0.0)
    assigned = _by_id(clusters)
    nearest = np.array([assigned[name][0] for name in IDS])
    # By hand: the nearest centre of each row, and the mean of the rows of each centre.
    distances = ((VECTORS[:, None, :] - clusters.centres[None]) ** 2).sum(2)
    assert nearest.tolist() == distances.argmin(1).tolist()
    means = np.stack([VECTORS[nearest == cluster].mean(0) for cluster in range(12)])
    assert np.abs(means - clusters.centres).max() < 1e-5
    assert clusters.sizes.tolist() == np.bincount(nearest, minlength=12).tolist()
    cosines = (VECTORS * clusters.centres[nearest]).sum(1) / np.linalg.norm(clusters.centres[nearest], axis=1)
    assert np.abs(cosines - [assigned[name][1] for name in IDS]).max() < 1e-6
    assert clusters.moved[-1] == 0.0
    assert abs(clusters.inertia[-1] - distances.min(1).sum()) < 1e-3
    assert clusters.inertia == sorted(clusters.inertia, reverse=True)
    # As good as another program's, of the same beginning.
    peer = KMeans(12, n_init=1, init="k-means++", random_state=0).fit(VECTORS)
    assert clusters.inertia[-1] < 1.1 * peer.inertia_


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    folder = divide(tmp_path / "in", IDS, VECTORS, 3)
    first = relata.shards.cluster(folder, tmp_path / "out", k=5, rounds=2, tolerance=0.0)
    # The job was stopped: a file is missing, one says what nobody computed, the centres of two passes are there.
    (tmp_path / "out" / first.files[1]).unlink()
    (tmp_path / "out" / "centres.npy").unlink()
    marked = Folder(tmp_path / "out").read_table(first.files[0])
    Folder(tmp_path / "out").write_table(first.files[0], marked.set_column(0, "id", [["mark"] * marked.num_rows]))
    again = relata.shards.cluster(folder, tmp_path / "out", k=5, rounds=2, tolerance=0.0)
    assert again.centres.tobytes() == first.centres.tobytes() == np.load(tmp_path / "out" / "centres.npy").tobytes()
    assert again.files == first.files and again.sizes.tolist() == first.sizes.tolist()
    assert set(Folder(tmp_path / "out").read_table(first.files[0], ["id"]).column("id").to_pylist()) == {"mark"}
    summary = json.loads((tmp_path / "out" / "clusters.json").read_text())
    assert summary["files"] == first.files and summary["sizes"] == first.sizes.tolist() and summary["rows"] == 2000


def test_passes_go_on_from_the_last_one_and_depend_on_nothing_else(tmp_path: Path) -> None:
    folder = divide(tmp_path / "in", IDS, VECTORS, 3)
    relata.shards.cluster(folder, tmp_path / "out", k=150, rounds=2, tolerance=0.0)
    kept = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out" / "passes").iterdir()}
    more = relata.shards.cluster(folder, tmp_path / "out", k=150, rounds=4, tolerance=0.0)
    later = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out" / "passes").iterdir()}
    assert len(kept) == 3 and len(later) == 5 and kept.items() <= later.items()
    at_once = relata.shards.cluster(folder, tmp_path / "other", k=150, rounds=4, tolerance=0.0)
    assert (more.centres.tobytes(), more.moved) == (at_once.centres.tobytes(), at_once.moved)
    # A coarser job ends where it would have ended by itself.
    coarse = relata.shards.cluster(folder, tmp_path / "out", k=150, rounds=4, tolerance=more.moved[0])
    assert len(coarse.moved) == 1 and coarse.moved == more.moved[:1]
    assert relata.shards.cluster(folder, tmp_path / "out", k=150, rounds=1).moved == more.moved[:1]


def test_vectors_of_any_length_are_compared_with_unit_length(tmp_path: Path) -> None:
    unit = relata.shards.cluster(divide(tmp_path / "a", IDS, VECTORS, 2), tmp_path / "out-a", k=6)
    longer = relata.shards.cluster(divide(tmp_path / "b", IDS, 4 * VECTORS, 2), tmp_path / "out-b", k=6)
    assert np.abs(longer.centres - unit.centres).max() < 1e-5


def test_what_cannot_be_clustered_is_said(tmp_path: Path) -> None:
    folder = divide(tmp_path / "in", IDS[:20], VECTORS[:20], 2)
    for k in (0, 21):
        with pytest.raises(relata.errors.RequestError, match=str(k)):
            relata.shards.cluster(folder, tmp_path / "out", k=k)
    with pytest.raises(relata.errors.BulkError, match="no shards with rows"):
        relata.shards.cluster(tmp_path / "none", tmp_path / "out", k=2)
    for number, bad in enumerate((np.zeros(24), np.full(24, np.nan))):
        vectors = VECTORS[:20].copy()
        vectors[7] = bad
        with pytest.raises(relata.errors.BulkError, match="2401.00007 has no direction"):
            relata.shards.cluster(divide(tmp_path / f"bad{number}", IDS[:20], vectors, 1), tmp_path / "out", k=2)
    assert relata.shards.cluster(folder, tmp_path / "all", k=20).sizes.sum() == 20
