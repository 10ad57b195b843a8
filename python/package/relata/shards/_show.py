"""How far a job is: what a job tells, and one line of it on a terminal or below the cell of a notebook.

In: rows as they are done, stage after stage. Out: a `Status` now and then, which passes between machines, and its words.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from relata._progress import Line, in_notebook

# Seconds between two states of the line.
EVERY = 0.5


Tell = Callable[[Any], None]
"""Takes what a job says of its progress."""


@dataclass(frozen=True)
class Status:
    """How far a job is."""

    rows: int
    """Rows done by this run."""
    found: int
    """Rows that had been done before."""
    expected: int | None
    """Rows there will be, as far as that is known."""
    seconds: float
    nodes: int
    """Machines that have done something; 0 where nobody counts them."""
    work: str = "embedding"
    """The stage that is under way."""
    is_estimate: bool = False
    """Whether `expected` is told from the bytes that were read so far."""


class Stage:
    """A stage of a job, which counts rows as they are done.

    >>> told = []
    >>> stage = Stage(told.append, "coding", 30, found=10)
    >>> stage.done(5, "here")
    >>> [(status.work, status.rows, status.found, status.expected, status.nodes) for status in told]
    [('coding', 0, 10, 30, 0), ('coding', 5, 10, 30, 1)]
    """

    def __init__(self, tell: Tell, work: str, expected: int | None = None, found: int = 0) -> None:
        self._tell, self._work, self._expected, self._found = tell, work, expected, found
        self._began, self._rows = time.monotonic(), 0
        self._nodes: set[str] = set()
        self._say()

    def done(self, rows: int, node: str | None = None) -> None:
        """So many more rows are done, by a machine."""
        self._rows += rows
        if node is not None:
            self._nodes.add(node)
        self._say()

    def at(self, rows: int) -> None:
        """So many rows are done by now."""
        self.done(rows - self._rows)

    def _say(self) -> None:
        seconds = time.monotonic() - self._began
        self._tell(Status(self._rows, self._found, self._expected, seconds, len(self._nodes), self._work))


class Show:
    """Shows what a job tells, where it is wanted and a line can be written over: on a terminal or below a notebook's cell."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and (sys.stderr.isatty() or in_notebook())
        self._line, self._work = Line(EVERY), ""

    def __call__(self, status: Status) -> None:
        if self._wanted:
            # Another stage is told at once: it may take long until it says more.
            self._line.show(words(status), at_once=status.work != self._work)
            self._work = status.work

    def __enter__(self) -> Show:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._line.end()


def words(status: Status) -> str:
    """`embedding: 2048 of 20000 rows, 1024 of them before, 103 rows/s, 3 min left, on 2 machines`."""
    done = status.rows + status.found
    speed = status.rows / status.seconds if status.seconds > 0 else 0.0
    if not done and status.expected is None and status.work != "embedding":
        return status.work
    # While inputs are read, how many rows there will be is an estimate by their bytes.
    about = "about " if status.is_estimate else ""
    parts = [f"{status.work}: {done} rows" if status.expected is None else f"{status.work}: {done} of {about}{max(done, status.expected)} rows"]
    if status.found:
        parts.append(f"{status.found} of them before")
    if status.rows and speed:
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
