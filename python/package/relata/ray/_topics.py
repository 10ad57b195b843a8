"""Topics of shards, with the work on vectors done by the machines of a Ray cluster: `relata.shards._topics` in a pool of Ray."""

from __future__ import annotations

from functools import partial
from typing import Any

from relata.ray._cluster import run
from relata.shards._files import AnyPath
from relata.shards._neighbours import Neighbours
from relata.shards._shards import Shards
from relata.shards._show import Show
from relata.shards._topic_result import ShardTopics
from relata.shards._topics import asked, find


def topics(
    neighbours: AnyPath | Neighbours,
    shards: AnyPath | Shards,
    texts: Any = None,
    *,
    map: bool | None = None,
    progress: bool = True,
    address: str | None = None,
    num_cpus: int | None = None,
    num_gpus: float | None = None,
) -> ShardTopics:
    """Finds the topics of all papers of a folder of shards: what `relata.shards.topics` does, and the same answer.

    Shards and texts are read by the machines of the cluster; the graph of all papers is on one, and as large as its memory. `address`, `num_cpus` and
    `num_gpus` are as in `relata.ray.embed`.
    """
    job = partial(find, asked(neighbours, shards, texts, map))
    with Show(progress) as show:
        return run(job, address, num_cpus, num_gpus, show)
