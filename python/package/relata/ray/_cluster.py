"""The connection to a cluster, and where a job runs: here, or on the cluster itself.

In: a job and the address of a cluster. Out: what the job gives. By `ray://HOST:PORT` this process is only a client, which has not all of Ray: the job
then runs on the head of the cluster, and this process waits for it and says how far it is.
"""

from __future__ import annotations

import _thread
import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from relata._arguments import number, whole
from relata.errors import ClusterError, PackageError, RequestError
from relata.ray._crew import Size, first_line, raised, sizes
from relata.ray._pool import RayPool
from relata.ray._watch import Machines, Watch
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
# Seconds for which Ray may try to reach a head: a day. The job ends long before (`_watch.PATIENCE`).
FOR_EVER = 86_400
# How often a head that answers is asked for a connection.
TRIES = 3


def run(
    job: Job[R], address: str | None, num_cpus: int | None, num_gpus: float | None, tell: Tell | None = None, lost: Callable[[str], None] | None = None
) -> R:
    """Runs a job on a cluster. `address` is that of Ray: `None` for the cluster that is connected or found, `local` for this machine alone.
    Where this process is connected to a cluster already, that one is taken.
    `lost` is called, from another thread, where Ray would wait for ever for a cluster that is another one; without it, the job is interrupted. A job
    of another thread than the main one, which nothing can interrupt, looks by itself whether it is to end.

    Raises what a step raises, and `relata.errors.ClusterError` where there is no cluster or it was lost; the same call goes on then.
    """
    size = _size(num_cpus, num_gpus)
    with connected(address) as is_client:
        import ray

        reasons: list[str] = []

        is_main = threading.current_thread() is threading.main_thread()

        def interrupt(reason: str) -> None:
            reasons.append(reason)
            if is_main:
                _thread.interrupt_main()
            elif watch is not None:
                watch.lost_because = reason

        if address == "local" and not sizes(Machines(), size):
            # Nothing will come to this machine, where a cluster may grow.
            raise RequestError(f"this machine has no room for a worker: {size.beside(Machines())}")
        watch = None if is_client else Watch(lost or interrupt)
        pool = RayPool(size, watch)
        try:
            return _coordinated(job, pool, tell or _silent) if is_client else job(pool, tell or _silent)
        except KeyboardInterrupt:
            if reasons:
                raise _lost(reasons[0]) from None
            raise
        except ray.exceptions.RayTaskError:
            raise
        except (ray.exceptions.RayError, ConnectionError, *_of_clients()) as error:
            raise _lost(reasons[0] if reasons else _reason(error)) from error
        finally:
            if watch is not None:
                watch.end()


def _size(num_cpus: int | None, num_gpus: float | None) -> Size:
    """What a worker takes, checked."""
    cpus = None if num_cpus is None else whole("num_cpus", num_cpus)
    gpus = None if num_gpus is None else number("num_gpus", num_gpus)
    if cpus is not None and cpus < 1:
        raise RequestError(f"num_cpus is {cpus}; a worker takes at least one core")
    if gpus is not None and not 0 <= gpus < float("inf"):
        raise RequestError(f"num_gpus is {gpus}; it is 0 or more")
    return Size(cpus, gpus or None)


@contextmanager
def connected(address: str | None) -> Iterator[bool]:
    """A connection that ends with the block, unless it was there before. Gives whether this process is only a client."""
    if address not in (None, "local"):
        # Ray ends this process, a notebook's kernel perhaps, when nobody has answered it for a minute. It reads this when it is imported, as
        # does a cluster that is started from here, whose processes shall end.
        os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", str(FOR_EVER))
    try:
        import ray
        from ray.util.client import ray as client
    except ImportError as error:
        raise PackageError(f'Ray is not installed here ({error}): pip install "relata[ray]"') from error
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


def _of_clients() -> tuple[type[Exception], ...]:
    """What a client of Ray raises, beside what Ray does, where a head that was started again does not know it."""
    try:
        import grpc
    except ImportError:
        return ()
    return (grpc.RpcError,)


def _lost(reason: str) -> ClusterError:
    error = ClusterError(f"the cluster was lost: {reason}. What is done is kept: the same call goes on from there")
    error.reason = reason
    return error


def _reason(error: BaseException) -> str:
    """What is said of a lost cluster, in one line."""
    told = getattr(error, "details", None)
    if callable(told):
        return f"its head does not know this client any more ({told()})"
    if isinstance(error, ConnectionError):
        return f"its head does not answer ({_last_line(error).rstrip('.')})"
    return first_line(error).rstrip(".")


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
            _still_connected()
            for told in ray.get(coordinator.told.remote()):
                tell(told)
            if ready:
                return ray.get(answer)  # type: ignore[no-any-return]
    except ray.exceptions.RayTaskError as error:
        raise raised(error) from error
    finally:
        try:
            _still_connected()
            # What it has started ends with it.
            ray.kill(coordinator)
        except Exception:  # noqa: BLE001 - the connection may be lost.
            pass


def _still_connected() -> None:
    """Raises where the connection was given up. Ray would look for another cluster then, or start one, whatever it is asked."""
    from ray.util.client import ray as client

    if not client.is_connected():
        raise ConnectionError("the connection was given up")


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
