"""The connection to a cluster, and where a job runs: here, or on the cluster itself.

In: a job and the address of a cluster. Out: what the job gives. By `ray://HOST:PORT` this process is only a client, which has not all of Ray: the job
then runs on the head of the cluster, and this process waits for it and says how far it is.
"""

from __future__ import annotations

import _thread
import logging
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from relata.errors import ClusterError
from relata.ray._crew import raised
from relata.ray._pool import RayPool
from relata.ray._watch import Watch
from relata.shards._pool import Pool

R = TypeVar("R")
Tell = Callable[[Any], None]
"""Takes what a job says of its progress."""
Job = Callable[[Pool, Tell], R]
"""A job that was written once. It can be passed to another process, as can all that it says."""

# Seconds between two questions how far a job is.
LOOK = 0.5
# Seconds in which a head must take a connection.
PATIENCE = 10.0
# How often a head that answers is asked for a connection.
TRIES = 3


def run(
    job: Job[R], address: str | None, num_cpus: int | None, num_gpus: float | None, tell: Tell | None = None, lost: Callable[[str], None] | None = None
) -> R:
    """Runs a job on a cluster. `address` is that of Ray: `None` for the cluster that is connected or found, `local` for this machine alone.
    `lost` is called, from another thread, where Ray would wait for ever for a cluster that is another one; without it, the job is interrupted.

    Raises what a step raises, and `relata.errors.ClusterError` where there is no cluster or it was lost; the same call goes on then.
    """
    pool = RayPool(num_cpus, num_gpus)
    with connected(address) as is_client:
        import ray

        reasons: list[str] = []

        def interrupt(reason: str) -> None:
            reasons.append(reason)
            _thread.interrupt_main()

        watch = None if is_client else Watch(lost or interrupt)
        try:
            return _coordinated(job, pool, tell or _silent) if is_client else job(pool, tell or _silent)
        except KeyboardInterrupt:
            if reasons:
                raise ClusterError(f"the cluster was lost: {reasons[0]}") from None
            raise
        except ray.exceptions.RayTaskError:
            raise
        except (ray.exceptions.RayError, ConnectionError) as error:
            raise ClusterError(f"the cluster was lost: {error}") from error
        finally:
            if watch is not None:
                watch.end()


@contextmanager
def connected(address: str | None) -> Iterator[bool]:
    """A connection that ends with the block, unless it was there before. Gives whether this process is only a client."""
    try:
        import ray
        from ray.util.client import ray as client
    except ImportError as error:
        raise ClusterError(f'Ray is not installed here ({error}): pip install "relata[ray]"') from error
    own = not ray.is_initialized() and not client.is_connected()
    if own:
        _connect(ray, address)
    try:
        yield bool(client.is_connected())
    finally:
        if own:
            ray.shutdown()


def _connect(ray: Any, address: str | None) -> None:
    more: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    _knock(address or "")
    for tried in range(1, TRIES + 1):
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **more)
            return
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            # A busy head takes longer to start what serves a client than it waits for it.
            if isinstance(error, ConnectionAbortedError) and tried < TRIES:
                continue
            named = f" at {address}" if address else ""
            raise ClusterError(f"there is no cluster of Ray{named}: {_last_line(error)}") from error


def _knock(address: str) -> None:
    """Finds out at once that nobody listens, where Ray would try for half a minute."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except OSError as error:
        raise ClusterError(f"nobody answers at {address}: {error}") from error


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _silent(_: Any) -> None:
    pass


def _coordinated(job: Job[R], pool: RayPool, tell: Tell) -> R:
    """Runs a job on the head of the cluster, which no worker leaves."""
    import ray

    coordinator = ray.remote(_Coordinator).options(num_cpus=0, max_concurrency=2, resources={"node:__internal_head__": 0.001}).remote()
    try:
        answer = coordinator.run.remote(job, pool)
        while True:
            ready, _ = ray.wait([answer], timeout=LOOK)
            for told in ray.get(coordinator.told.remote()):
                tell(told)
            if ready:
                return ray.get(answer)  # type: ignore[no-any-return]
    except ray.exceptions.RayTaskError as error:
        raise raised(error) from error
    finally:
        try:
            # What it has started ends with it.
            ray.kill(coordinator)
        except Exception:  # noqa: BLE001 - the connection may be gone.
            pass


class _Coordinator:
    """Runs a job on the cluster, and remembers what it said last."""

    def __init__(self) -> None:
        self._told: deque[Any] = deque(maxlen=1000)

    def run(self, job: Job[R], pool: RayPool) -> R:
        return job(pool, self._told.append)

    def told(self) -> list[Any]:
        told = []
        while self._told:
            told.append(self._told.popleft())
        return told
