"""Whether the cluster of a job is still there.

A head that was killed and started again within a minute answers as if nothing had happened, and Ray waits for ever for workers that it does not
know. In: a connection to a cluster. Out: a call as soon as the machine that this process is connected to is no longer one of the cluster, or
nobody says so for half a minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

# Seconds between two looks, in which one of them must be answered, and how long nobody need answer.
LOOK = 1.0
ANSWER = 2.0
PATIENCE = 30.0
# Looks that must miss this machine. A cluster that is just starting may not know all of its machines.
MISSES = 3
ANOTHER = "it was started again, and does not know of this job"


class Machines:
    """The machines of the cluster that this process is connected to."""

    is_lost = False
    """Whether the cluster is known to be gone. Nothing may be asked of it then."""
    lost_because: str | None = None
    """Why it is gone, for a job that nobody can interrupt: one of another thread than the main one."""

    def check(self) -> None:
        """Raises `ConnectionError` in a job that cannot be interrupted, where the cluster is gone."""
        if self.lost_because is not None:
            raise ConnectionError(self.lost_because)

    def nodes(self) -> list[dict[str, Any]]:
        """All machines that it has had, as `ray.nodes` tells them."""
        import ray

        return list(ray.nodes())


class Watch(Machines):
    """Looks until it is ended. `lost` is called once, with the reason, from another thread.

    `nodes` gives what was seen last. `ray.nodes` waits for ever for a head that is gone, where Ctrl-C does not reach it, and ends the process when
    another head answers; the client that is asked here gives up after `ANSWER` seconds.
    """

    def __init__(self, lost: Callable[[str], None]) -> None:
        import ray
        from ray._private import worker

        self._lost, self._ended = lost, threading.Event()
        self._own = ray.get_runtime_context().get_node_id()
        self._client = worker.global_worker.gcs_client
        self._nodes = super().nodes()
        threading.Thread(target=self._look, daemon=True).start()

    def nodes(self) -> list[dict[str, Any]]:
        return self._nodes

    def end(self) -> None:
        """Nobody is called from here on."""
        self._ended.set()

    def _look(self) -> None:
        import ray

        seen, missed = time.monotonic(), 0
        while not self._ended.wait(LOOK):
            try:
                told = self._client.get_all_node_info(timeout=ANSWER)
            except ray.exceptions.RayError as error:
                if "WrongClusterID" in str(error):
                    self._tell(ANOTHER)
                    return
                if time.monotonic() - seen > PATIENCE:
                    self._tell(f"nobody has answered for {PATIENCE:.0f} s")
                    return
                continue
            seen = time.monotonic()
            self._nodes = [{"NodeID": id.hex(), "Alive": node.state == 0, "Resources": dict(node.resources_total)} for id, node in told.items()]
            missed = 0 if any(node["Alive"] and node["NodeID"] == self._own for node in self._nodes) else missed + 1
            if missed == MISSES:
                self._tell(ANOTHER)
                return

    def _tell(self, reason: str) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self.is_lost = True
            self._lost(reason)
