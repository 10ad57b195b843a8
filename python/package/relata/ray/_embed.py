"""Embedding on the machines of a Ray cluster: `relata.shards._embed` in a pool of Ray."""

from __future__ import annotations

from functools import partial
from typing import Any

from relata.encoder import DEFAULT_MODEL
from relata.ray._cluster import run
from relata.shards._embed import Embedded, Model, asked, job
from relata.shards._files import AnyPath
from relata.shards._show import Show


def embed(
    inputs: Any,
    out: AnyPath,
    *,
    model: str = DEFAULT_MODEL,
    precision: str = "f32",
    device: str = "auto",
    long: str = "truncate",
    as_query: bool = False,
    lines: bool = False,
    format: str = "parquet",
    rows_per_shard: int | None = None,
    progress: bool = True,
    address: str | None = None,
    num_cpus: int | None = None,
    num_gpus: float | None = None,
) -> Embedded:
    """Embeds texts on the machines of a Ray cluster, into a folder of shards: what `relata.shards.embed` does, and the same bits.

    `inputs` may also be a Ray Dataset. All machines must see inputs and `out` by the same names. `address` is that of the cluster, as Ray takes it:
    `ray://HOST:10001` from elsewhere, `auto` on one of its machines, `local` for this machine alone, and `None` for the one that is connected or
    found. Where this process is connected already, that cluster is taken, whatever `address` says. `num_cpus` and `num_gpus` are what a worker takes: all
    cores of a machine where neither is given, a card each with `num_gpus=1`.

    A worker that dies is replaced and a machine that leaves is done without; rows that kill their workers are reported and left out. Where the head
    of the cluster was lost, the same call goes on from what is in the folder.

    Raises what `relata.shards.embed` raises, and `relata.errors.ClusterError`.
    """
    wanted = asked(inputs, out, Model(str(model), precision, device, long, as_query), lines, format, rows_per_shard, bool(num_gpus))
    with Show(progress) as show:
        return run(partial(job, wanted), address, num_cpus, num_gpus, show)
