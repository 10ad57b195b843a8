"""Jobs over the rows of shards on the machines of a Ray cluster: the same as those of `relata.shards`, with the same results.

In: what `relata.shards` takes, and the address of a cluster. Out: what `relata.shards` gives.
"""

from __future__ import annotations

from relata.ray._cluster import run
from relata.shards._cluster import Clusters, clusters
from relata.shards._files import AnyPath
from relata.shards._neighbours import Neighbours, all_neighbours
from relata.shards._pool import Pool
from relata.shards._shards import Shards
from relata.shards._show import Show, Tell


def cluster(
    shards: AnyPath | Shards,
    out: AnyPath,
    *,
    k: int,
    rounds: int = 20,
    tolerance: float = 1e-3,
    progress: bool = True,
    address: str | None = None,
    num_cpus: int | None = None,
) -> Clusters:
    """Clusters the rows of all shards by k-means, as `relata.shards.cluster` does and with the same centres, on the machines of a Ray cluster.

    `shards` and `out` are folders that all machines see. `address` is that of the cluster: `None` for the one that is connected or found, `local` for
    this machine alone. A worker takes `num_cpus` cores, or all of a machine. What a machine that was lost has done is done again.

    Raises what `relata.shards.cluster` raises, and `relata.errors.ClusterError` where there is no cluster or it was lost; the same call goes on then.
    """

    def job(pool: Pool, tell: Tell) -> Clusters:
        return clusters(pool, tell, shards, out, k, rounds, tolerance)

    with Show(progress) as show:
        return run(job, address, num_cpus, None, show)


def neighbours(
    shards: AnyPath | Shards,
    out: AnyPath,
    *,
    k: int = 15,
    cells: int | None = None,
    around: int = 80,
    memory: int = 4 << 30,
    progress: bool = True,
    address: str | None = None,
    num_cpus: int | None = None,
) -> Neighbours:
    """Finds for each row of all shards the `k` others with the highest cosine, as `relata.shards.neighbours` does and with the same answer, on the
    machines of a Ray cluster.

    `shards` and `out` are folders that all machines see. `address` is that of the cluster: `None` for the one that is connected or found, `local` for
    this machine alone. A worker takes `num_cpus` cores, or all of a machine, and about `memory` bytes.

    Raises what `relata.shards.neighbours` raises, and `relata.errors.ClusterError` where there is no cluster or it was lost; the same call goes on
    then.
    """

    def job(pool: Pool, tell: Tell) -> Neighbours:
        return all_neighbours(pool, tell, shards, out, k, cells, around, memory)

    with Show(progress) as show:
        return run(job, address, num_cpus, None, show)
