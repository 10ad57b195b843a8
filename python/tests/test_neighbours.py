"""`relata.NearestNeighbors` beside scikit-learn's own."""

import pickle

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
