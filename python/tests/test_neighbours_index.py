"""`relata.NearestNeighbors` with an index, and as a part of scikit-learn's pipelines."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.neighbors import KNeighborsTransformer
from sklearn.neighbors import NearestNeighbors as Peer
from sklearn.pipeline import make_pipeline

import relata

RANDOM = np.random.default_rng(11)
CENTRES = RANDOM.normal(size=(60, 16))
ROWS = (CENTRES[RANDOM.integers(60, size=3000)] + 0.4 * RANDOM.normal(size=(3000, 16))).astype(np.float32)
ROWS[2000] = ROWS[5]
QUERIES = ROWS[::30] + 0.05


@pytest.fixture(scope="module")
def indexed() -> relata.NearestNeighbors:
    return relata.NearestNeighbors(10, algorithm="index").fit(ROWS)


def test_an_index_finds_what_every_row_compared_gives(indexed: relata.NearestNeighbors) -> None:
    brute = relata.NearestNeighbors(10, algorithm="brute").fit(ROWS)
    for asked in (QUERIES, None):
        distances, rows = indexed.kneighbors(asked)
        expected_distances, expected = brute.kneighbors(asked)
        same = [len(set(a) & set(b)) for a, b in zip(rows.tolist(), expected.tolist(), strict=True)]
        assert sum(same) >= 0.995 * 10 * len(rows)
        whole = np.array(same) == 10
        assert np.array_equal(rows[whole], expected[whole])
        assert np.array_equal(distances[whole], expected_distances[whole])
    assert indexed.kneighbors(ROWS[2000:2001], 2, return_distance=False).tolist() == [[5, 2000]]


def test_the_same_rows_have_the_same_index(indexed: relata.NearestNeighbors) -> None:
    again = relata.NearestNeighbors(10, algorithm="index").fit(ROWS)
    for ours, theirs in zip(indexed.kneighbors(QUERIES, 50), again.kneighbors(QUERIES, 50), strict=True):
        assert np.array_equal(ours, theirs)


def test_an_index_is_made_for_many_rows() -> None:
    few, many = ROWS[:500, :4], np.resize(ROWS, (20_000, 4))
    assert relata.NearestNeighbors().fit(few)._index is None
    assert relata.NearestNeighbors(algorithm="brute").fit(many)._index is None
    assert relata.NearestNeighbors().fit(many)._index is not None
    with pytest.raises(relata.errors.RequestError, match="algorithm='ball_tree'"):
        relata.NearestNeighbors(algorithm="ball_tree").fit(few)  # type: ignore[arg-type]


def test_rows_within_a_distance_are_those_of_scikit_learn(indexed: relata.NearestNeighbors) -> None:
    peer = Peer(metric="cosine", algorithm="brute").fit(ROWS)
    for asked in (QUERIES, None):
        distances, rows = indexed.radius_neighbors(asked, 0.1)
        _, expected = peer.radius_neighbors(asked, 0.1)
        assert len(rows) == len(expected) == (100 if asked is not None else 3000)
        for ours, nearness, theirs in zip(rows, distances, expected, strict=True):
            assert set(ours) == set(theirs)
            assert np.all(nearness <= 0.1) and np.all(np.diff(nearness) >= 0)
    assert indexed.radius_neighbors(ROWS[:1], 0.0, return_distance=False)[0].dtype == np.int64
    with pytest.raises(relata.errors.RequestError):
        indexed.radius_neighbors(QUERIES, -1)


def test_graphs_are_those_of_scikit_learn(indexed: relata.NearestNeighbors) -> None:
    # Of equal rows scikit-learn takes any.
    distinct = np.delete(ROWS, 2000, axis=0)
    brute = relata.NearestNeighbors(4, radius=0.08, algorithm="brute").fit(distinct)
    peer = Peer(n_neighbors=4, radius=0.08, metric="cosine", algorithm="brute").fit(distinct)
    for mode in ("connectivity", "distance"):
        for ours, theirs in (
            (brute.kneighbors_graph(QUERIES, mode=mode), peer.kneighbors_graph(QUERIES, mode=mode)),
            (brute.radius_neighbors_graph(QUERIES, mode=mode), peer.radius_neighbors_graph(QUERIES, mode=mode)),
            (brute.kneighbors_graph(mode=mode), peer.kneighbors_graph(mode=mode)),
        ):
            assert ours.shape == theirs.shape
            assert abs(ours - theirs).max() < 1e-5
    with pytest.raises(relata.errors.RequestError, match="mode='weights'"):
        brute.kneighbors_graph(QUERIES, mode="weights")


def test_a_pipeline_takes_the_graph() -> None:
    ours = make_pipeline(
        relata.NearestNeighbors(15, algorithm="index"), DBSCAN(eps=0.05, min_samples=5, metric="precomputed")
    ).fit_predict(ROWS)
    theirs = make_pipeline(
        KNeighborsTransformer(n_neighbors=15, metric="cosine", algorithm="brute"), DBSCAN(eps=0.05, min_samples=5, metric="precomputed")
    ).fit_predict(ROWS)
    assert len(set(ours)) > 20
    assert np.mean(ours == theirs) > 0.99


def test_an_index_is_kept(indexed: relata.NearestNeighbors, tmp_path: Path) -> None:
    expected = indexed.kneighbors(QUERIES)
    indexed.save(tmp_path / "rows.npz")
    for again in (pickle.loads(pickle.dumps(indexed)), relata.NearestNeighbors.load(tmp_path / "rows.npz")):
        assert again.get_params() == indexed.get_params()
        assert again._index is not None
        for ours, theirs in zip(again.kneighbors(QUERIES), expected, strict=True):
            assert np.array_equal(ours, theirs)
    # An index that cannot be read is made anew.
    state = indexed.__getstate__()
    state["_kept"] = state["_kept"][:4000]
    mended = relata.NearestNeighbors()
    mended.__setstate__(state)
    assert np.array_equal(mended.kneighbors(QUERIES)[1], expected[1])
    np.savez(tmp_path / "other.npz", rows=ROWS)
    with pytest.raises(relata.errors.FileError, match="holds no neighbours"):
        relata.NearestNeighbors.load(tmp_path / "other.npz")
