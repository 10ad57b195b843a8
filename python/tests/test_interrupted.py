"""Ctrl-C ends the work itself, not only the call: no thread goes on with what nobody waits for."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np
import pytest

import relata
from relata import _relata
from relata.shards._shards import Vectors

RANDOM = np.random.default_rng(2)

Work = Callable[[], Any]


def _rows(count: int, dimension: int = 64) -> Vectors:
    rows = RANDOM.normal(size=(count, dimension)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


@pytest.fixture(autouse=True)
def interrupt() -> Iterator[None]:
    """SIGALRM interrupts as Ctrl-C does."""
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("nobody says which threads there are")

    def raised(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, raised)
    # The threads that all work shares stay.
    relata.NearestNeighbors(1).fit(_rows(300)).kneighbors()
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def _train() -> Work:
    rows = _rows(40_000)
    return lambda: _relata.train(rows, 4000, True)


def _sums() -> Work:
    centres, rows = _relata.Centres(_rows(20_000)), _relata.UnitRows(_rows(200_000))
    return lambda: centres.sums(rows)


def _nearest_in_cells() -> Work:
    rows, cells = _relata.CellRows(60_000, 64), np.repeat(np.arange(60, dtype=np.uint32), 1000)
    rows.put(np.arange(60_000, dtype=np.uint32), _rows(60_000))
    around = [np.roll(np.arange(60, dtype=np.uint32), -cell) for cell in range(60)]
    return lambda: rows.nearest(cells, around, 15)


def _brute_force() -> Work:
    return relata.NearestNeighbors(algorithm="brute").fit(_rows(60_000)).kneighbors


def _within() -> Work:
    neighbours = relata.NearestNeighbors(algorithm="brute").fit(_rows(60_000))
    return lambda: neighbours.radius_neighbors(radius=0.01)


def _groups() -> Work:
    count, k = 100_000, 15
    lists = _relata.NearestLists(count, k)
    rows = np.arange(count, dtype=np.uint32)
    near = (rows[:, None] + RANDOM.integers(1, count, size=(count, k)).astype(np.uint32)) % np.uint32(count)
    assert lists.put(rows, near, np.full((count, k), 0.5, np.float32)) is None
    return lambda: lists.grouped(count, False)


def _topics() -> Work:
    rows = _rows(60_000)
    return lambda: relata.topics(rows, ["A text"] * len(rows))


@pytest.mark.parametrize("made", [_train, _sums, _nearest_in_cells, _brute_force, _within, _groups, _topics])
def test_what_was_interrupted_has_ended(made: Callable[[], Work]) -> None:
    work, threads = made(), _threads()
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        work()
    # Each of these takes seconds in an optimised build, and minutes in another. The piece that is under way is ended first.
    for _ in range(600):
        if _threads() <= threads:
            break
        time.sleep(0.1)
    assert _threads() <= threads
