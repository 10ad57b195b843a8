"""How far a job is, as one line on a terminal or below the cell of a notebook."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from relata._progress import Line, in_notebook

if TYPE_CHECKING:
    from relata.shards._embed import Status

# Seconds between two states of the line.
EVERY = 0.5


class Show:
    """Shows what a job tells, where it is wanted and a line can be written over: on a terminal or below a notebook's cell."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and (sys.stderr.isatty() or in_notebook())
        self._line = Line(EVERY)

    def __call__(self, status: Status) -> None:
        if self._wanted:
            self._line.show(words(status))

    def __enter__(self) -> Show:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._line.end()


def words(status: Status) -> str:
    """`embedding: 2048 of 20000 rows, 1024 of them before, 103 rows/s, 3 min left, on 2 machines`."""
    done = status.rows + status.found
    speed = status.rows / status.seconds if status.seconds > 0 else 0.0
    parts = [f"embedding: {done} rows" if status.expected is None else f"embedding: {done} of {status.expected} rows"]
    if status.found:
        parts.append(f"{status.found} of them before")
    if status.rows:
        parts.append(f"{speed:.{1 if speed < 100 else 0}f} rows/s")
        if status.expected is not None:
            parts.append(f"{_duration(max(0, status.expected - done) / speed)} left")
    if status.nodes:
        parts.append(f"on {status.nodes} machine{'s' if status.nodes > 1 else ''}")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
