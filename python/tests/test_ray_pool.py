"""Steps on the two nodes of a real cluster."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relata.ray._cluster import run
from relata.ray._pool import RayPool
from relata.shards._pool import Here, Pool

pytestmark = pytest.mark.usefixtures("ray_cluster")


def _nodes(cluster: Any) -> set[str]:
    return {node.node_id for node in cluster.worker_nodes}


def _both(folder: Path) -> Callable[[], Callable[[int], int]]:
    """A step that ends once two workers have begun, so that both take part however fast one is."""

    def make() -> Callable[[int], int]:
        import time

        (folder / str(os.getpid())).touch()

        def step(item: int) -> int:
            while len(list(folder.iterdir())) < 2:
                time.sleep(0.01)
            time.sleep(0.02)
            return item * item

        return step

    return make


def test_both_nodes_take_part(ray_cluster: Any, tmp_path: Path) -> None:
    done = list(RayPool().map(_both(tmp_path), range(40)))
    assert sorted((one.item, one.result) for one in done) == [(item, item * item) for item in range(40)]
    assert {one.node for one in done} == _nodes(ray_cluster)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_worker_has_the_threads_of_its_cores() -> None:
    def make() -> Callable[[int], str | None]:
        return lambda _: os.environ.get("RAYON_NUM_THREADS")

    assert {one.result for one in RayPool().map(make, range(2))} == {"1"}


def test_an_item_that_kills_its_worker_is_given_up(tmp_path: Path) -> None:
    def make() -> Callable[[int], int]:
        def step(item: int) -> int:
            if item == 3:
                (tmp_path / str(os.getpid())).touch()
                os._exit(1)
            return item

        return step

    done = {one.item: one for one in RayPool().map(make, range(6))}
    assert [done[item].result for item in range(6)] == [0, 1, 2, None, 4, 5]
    assert [item for item in range(6) if done[item].lost] == [3]
    assert len(list(tmp_path.iterdir())) == 3


def test_what_a_step_raises_ends_the_job() -> None:
    def make() -> Callable[[int], int]:
        def step(item: int) -> int:
            raise ValueError(f"item {item} is bad")

        return step

    with pytest.raises(ValueError, match="item 7 is bad"):
        list(RayPool().map(make, [7]))


def test_reduce_merges_every_item_once() -> None:
    total = RayPool().reduce(lambda item: [item], lambda one, other: sorted(one + other), range(30))
    assert total == list(range(30))
    assert RayPool().reduce(lambda item: item, lambda one, other: one + other, []) is None


def test_a_shared_value_is_there_in_steps() -> None:
    pool = RayPool()
    words = pool.share(["a", "b", "c"])

    def make() -> Callable[[int], str]:
        return lambda item: words()[item]

    assert sorted(str(one.result) for one in pool.map(make, range(3))) == ["a", "b", "c"]


def _pieces(item: int) -> Iterator[tuple[int, list[int] | None]]:
    for at in range(item):
        yield 10 * item + at, [at] * 3 if at % 2 else None


@pytest.mark.parametrize("make_pool", [RayPool, Here])
def test_pieces_are_read_and_handed_on(make_pool: Callable[[], Pool]) -> None:
    pool = make_pool()
    read = list(pool.read(_pieces, [2, 5, 3]))
    assert sorted(about for about, _ in read) == [20, 21, 30, 31, 32, 50, 51, 52, 53, 54]
    assert {about: pool.value(piece) for about, piece in read if about in (51, 52)} == {51: [1, 1, 1], 52: None}

    def make() -> Callable[[list[int]], int]:
        return sum

    pieces = [piece for _, piece in read if piece is not None]
    assert sorted(one.result or 0 for one in pool.map(make, pieces)) == [3, 3, 3, 9]


def test_a_job_runs_on_the_connected_cluster() -> None:
    told: list[int] = []

    def job(pool: Pool, tell: Callable[[Any], None]) -> int | None:
        tell(1)
        return pool.reduce(lambda item: item, lambda one, other: one + other, range(5))

    assert run(job, None, None, None, told.append) == 10
    assert told == [1]
