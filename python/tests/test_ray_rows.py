"""Jobs over the rows of shards on two nodes of a real cluster: the same results as on one machine."""

from pathlib import Path

import pytest
from shard_files import blobs, divide

import relata.ray
import relata.shards

pytestmark = pytest.mark.usefixtures("ray_cluster")

IDS, VECTORS = blobs(1200)


def test_clusters_of_a_cluster_are_those_of_one_machine(tmp_path: Path) -> None:
    here = relata.shards.cluster(divide(tmp_path / "one", IDS, VECTORS, 1), tmp_path / "here", k=7)
    folder = divide(tmp_path / "many", IDS, VECTORS, 9, seed=5)
    there = relata.ray.cluster(folder, tmp_path / "there", k=7, num_cpus=1)
    assert there.centres.tobytes() == here.centres.tobytes()
    assert (there.sizes.tolist(), there.inertia, there.moved) == (here.sizes.tolist(), here.inertia, here.moved)
    assert there.table().sort_by("id").equals(here.table().sort_by("id"))
    with pytest.raises(relata.errors.RequestError, match="1201"):
        relata.ray.cluster(folder, tmp_path / "there", k=1201)


def test_neighbours_of_a_cluster_are_those_of_one_machine(tmp_path: Path) -> None:
    here = relata.shards.neighbours(divide(tmp_path / "one", IDS, VECTORS, 1), tmp_path / "here", k=5, cells=40, around=8)
    folder = divide(tmp_path / "many", IDS, VECTORS, 9, seed=5)
    there = relata.ray.neighbours(folder, tmp_path / "there", k=5, cells=40, around=8, memory=150_000, num_cpus=1)
    assert there.table().equals(here.table())
    assert len(there.files) > 3
