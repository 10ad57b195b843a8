"""Whether the cluster of a job is still there.

A head that was killed and started again within a minute answers as if nothing had happened, and Ray waits for ever for workers that it does not
know. In: a connection to a cluster. Out: a call as soon as the machine that this process is connected to is no longer one of the cluster, or
nobody says so for half a minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Seconds between two looks, and how long nobody need answer.
LOOK = 2.0
PATIENCE = 30.0


class Watch:
    """Looks until it is ended. `lost` is called once, with the reason, from another thread."""

    def __init__(self, lost: Callable[[str], None]) -> None:
        import ray

        self._lost, self._ended = lost, threading.Event()
        self._own = ray.get_runtime_context().get_node_id()
        self._seen = time.monotonic()
        # Of whoever asks a head that does not answer, nothing is to be waited for.
        threading.Thread(target=self._ask, daemon=True).start()
        threading.Thread(target=self._look, daemon=True).start()

    def end(self) -> None:
        """Nobody is called from here on."""
        self._ended.set()

    def _ask(self) -> None:
        import ray

        missed = 0
        while not self._ended.wait(LOOK):
            try:
                alive = {node["NodeID"] for node in ray.nodes() if node["Alive"]}
            except Exception:  # noqa: BLE001 - whatever it is, nobody has answered.
                continue
            self._seen = time.monotonic()
            # A cluster that is just starting may not know all of its machines.
            missed = 0 if self._own in alive else missed + 1
            if missed == 2:
                self._tell("it was started again, and does not know of this job")
                return

    def _look(self) -> None:
        while not self._ended.wait(LOOK):
            if time.monotonic() - self._seen > PATIENCE:
                self._tell(f"nobody has answered for {PATIENCE:.0f} s")
                return

    def _tell(self, reason: str) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._lost(reason)
