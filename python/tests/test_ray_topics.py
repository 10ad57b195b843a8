"""Topics of shards, with the work on vectors done by the machines of a cluster."""

from pathlib import Path

import pytest
from test_shard_topics import divided, near, same

import relata.shards

ray = pytest.importorskip("ray")


@pytest.mark.usefixtures("ray_cluster")
def test_a_cluster_finds_the_same_topics(tmp_path: Path) -> None:
    from relata.ray import topics

    lists, vectors = near(tmp_path / "near", 3, 1), divided(tmp_path / "vectors", 6, 2)
    same(topics(lists.address, vectors.address), relata.shards.topics(lists.address, vectors.address))
