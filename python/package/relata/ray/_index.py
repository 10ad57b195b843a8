"""An index from shards on the machines of a Ray cluster: `relata.shards._index` in a pool of Ray."""

from __future__ import annotations

from functools import partial

from relata.library import Library
from relata.ray._cluster import run
from relata.shards._files import AnyPath
from relata.shards._index import Indexed, code, merge, planned
from relata.shards._shards import Shards
from relata.shards._show import Show


def index(
    shards: AnyPath | Shards,
    library: Library,
    out: AnyPath,
    *,
    memory: int | None = None,
    progress: bool = True,
    address: str | None = None,
    num_cpus: int | None = None,
    num_gpus: float | None = None,
) -> Indexed:
    """Makes the index of a library from shards of its vectors: what `relata.shards.index` does, and the same file.

    Shards are coded on the machines of the cluster, which must see `shards` and `out` by the same names; the library stays on this machine, where the
    index is put together. `address`, `num_cpus` and `num_gpus` are as in `relata.ray.embed`; a card is of no use here. Where workers or the cluster were
    lost, the same call goes on from what is in `out`.

    Raises what `relata.shards.index` raises, and `relata.errors.ClusterError`.
    """
    asked = planned(shards, library, out)
    with Show(progress) as show:
        nodes = run(partial(code, asked), address, num_cpus, num_gpus, show) if asked.missing else {}
        return merge(asked, library, memory, nodes, show)
