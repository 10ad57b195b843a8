"""`relata.NearestNeighbors` beside scikit-learn's own."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neighbors import NearestNeighbors as Peer

import relata

ROWS = np.random.default_rng(7).normal(size=(700, 24)).astype(np.float32)


def test_neighbours_are_those_of_scikit_learn() -> None:
    queries = ROWS[:40] + 0.1
    peer = Peer(n_neighbors=6, metric="cosine", algorithm="brute").fit(ROWS)
    own = relata.NearestNeighbors(6).fit(ROWS)
    for asked in (queries, None):
        distances, rows = own.kneighbors(asked)
        expected_distances, expected_rows = peer.kneighbors(asked)
        assert np.array_equal(rows, expected_rows)
        assert np.allclose(distances, expected_distances, atol=1e-5)
    assert np.array_equal(own.kneighbors(queries, 3, return_distance=False), peer.kneighbors(queries, 3, return_distance=False))


def test_equal_rows_stand_in_their_order() -> None:
    rows = np.tile(np.eye(4, dtype=np.float32), (3, 1))
    own = relata.NearestNeighbors(3).fit(rows)
    assert own.kneighbors(rows[:1], return_distance=False).tolist() == [[0, 4, 8]]
    assert own.kneighbors(n_neighbors=2, return_distance=False)[8].tolist() == [0, 4]


def test_what_cannot_be_is_refused() -> None:
    own = relata.NearestNeighbors(3).fit(ROWS)
    for ask in (
        lambda: own.kneighbors(ROWS, 701),
        lambda: own.kneighbors(ROWS[:, :5]),
        lambda: relata.NearestNeighbors(metric="euclidean").fit(ROWS),
        lambda: relata.NearestNeighbors().kneighbors(ROWS),
        lambda: relata.NearestNeighbors().fit(ROWS[0]),
        lambda: relata.NearestNeighbors().fit(np.full((2, 2), np.nan)),
    ):
        with pytest.raises(relata.errors.RequestError):
            ask()


def test_cloned_and_pickled() -> None:
    own = relata.NearestNeighbors(4).fit(ROWS)
    assert clone(own).get_params() == {"n_neighbors": 4, "radius": 1.0, "metric": "cosine", "algorithm": "auto"}
    again = pickle.loads(pickle.dumps(own))
    assert np.array_equal(again.kneighbors(ROWS[:3])[1], own.kneighbors(ROWS[:3])[1])


def test_rows_of_any_length_have_their_direction() -> None:
    rows = np.array([[3, 4, 0], [0, 0, 2], [4, 3, 0]], np.float32)
    expected = relata.NearestNeighbors(2).fit(rows).kneighbors()
    for factor in (1e25, 1e-25, 1e37, 1e-38):
        found = relata.NearestNeighbors(2).fit(rows * np.float32(factor)).kneighbors()
        assert np.allclose(found[0], expected[0], atol=1e-6) and found[1].tolist() == expected[1].tolist()
    # A row of zeros has none, and is as far from all.
    assert relata.NearestNeighbors(2).fit(rows * 0).kneighbors()[0].tolist() == [[1, 1]] * 3


def test_what_becomes_of_an_array_later_changes_nothing() -> None:
    rows = np.eye(5, dtype=np.float32)[[0, 0, 1, 2, 3]]
    fitted, model = relata.NearestNeighbors(1).fit(rows), relata.Topics().fit(["ice"] * 5, rows)
    before, kept = fitted.kneighbors()[1].tolist(), model.transform(["ice"], rows[:1].copy())
    rows[:] = rows[::-1].copy()
    assert fitted.kneighbors()[1].tolist() == before
    assert pickle.loads(pickle.dumps(fitted)).kneighbors()[1].tolist() == before
    assert model.transform(["ice"], np.eye(5, dtype=np.float32)[:1])[0] == kept[0]
    # What nobody can write to, such as the vectors of a library, is not copied.
    rows.flags.writeable = False
    assert relata.NearestNeighbors(1).fit(rows)._own is rows


def test_a_file_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    rows = np.eye(4, dtype=np.float32)
    relata.NearestNeighbors(np.int64(2), radius=np.float32(0.5)).fit(rows).save(tmp_path / "own.npz")  # type: ignore[arg-type]
    loaded = relata.NearestNeighbors.load(tmp_path / "own.npz")
    assert (loaded.n_neighbors, loaded.radius, loaded.kneighbors(rows, 1, return_distance=False).tolist()) == (2, 0.5, [[0], [1], [2], [3]])
    wrong = relata.NearestNeighbors(2).fit(rows).set_params(n_neighbors="two")
    with pytest.raises(relata.errors.ArgumentError, match="n_neighbors is 'two'"):
        wrong.save(tmp_path / "own.npz")
    assert relata.NearestNeighbors.load(tmp_path / "own.npz").n_neighbors == 2
    with pytest.raises(relata.errors.FileError, match="own.npz cannot be written: No such file or directory"):
        loaded.save(tmp_path / "nowhere" / "own.npz")
    (tmp_path / "link.npz").symlink_to("own.npz")
    loaded.set_params(n_neighbors=1).save(tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink() and relata.NearestNeighbors.load(tmp_path / "own.npz").n_neighbors == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.npz", "own.npz"]
