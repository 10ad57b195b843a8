"""How far work is: by tqdm where it is installed, else as a line on standard error or below a notebook's cell."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any


# Seconds between two states of a line.
EVERY = 0.1


def in_notebook() -> bool:
    """Whether what is shown stands below a cell of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class Line:
    """A line that is written over: on standard error, or as an output of a notebook's cell, where standard error is a warning's colour."""

    def __init__(self, every: float = EVERY) -> None:
        self._every, self._shown, self._wanted, self._when = every, "", "", float("-inf")
        self._output: Any = None

    def show(self, text: str, at_once: bool = False) -> None:
        """Shows a text in place of the one before, unless that is the same or, but for `at_once`, has just been shown."""
        self._wanted = text
        if at_once or time.monotonic() - self._when >= self._every:
            self._write()

    def end(self) -> None:
        """Leaves the last text where it is."""
        self._write()
        if self._shown and self._output is None:
            print(file=sys.stderr)

    def _write(self) -> None:
        text, before = self._wanted, self._shown
        if text == before:
            return
        self._shown, self._when = text, time.monotonic()
        if self._output is not None:
            self._output.update({"text/plain": text}, raw=True)
        elif in_notebook():
            from IPython.display import display

            self._output = display({"text/plain": text}, raw=True, display_id=True)
        else:
            print(f"\r{text:<{len(before)}}", end="", file=sys.stderr, flush=True)


class Progress:
    """A bar that is told how many of a total are done; it shows nothing unless it is wanted."""

    def __init__(self, wanted: bool, total: int, what: str) -> None:
        self._wanted, self._total, self._what = wanted, total, what
        self._bar: Any = None
        self._line = Line()
        if wanted:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=total, desc=what)

    @property
    def callback(self) -> Callable[[int], None] | None:
        """What is called with the number that is done; nothing where no bar is wanted."""
        return self._at if self._wanted else None

    def _at(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        else:
            self._line.show(f"{self._what}: {done}/{self._total}")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()
        else:
            self._line.end()


class Steps:
    """Bars of work that tells its steps: one for each kind of work, while it is under way."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._work = ""
        self._bar: Progress | None = None

    @property
    def callback(self) -> Callable[[str, int, int], None] | None:
        """What is called with the work, what is done of it, and what there is."""
        return self._at if self._wanted else None

    def _at(self, work: str, done: int, total: int) -> None:
        if work != self._work or self._bar is None:
            self._close()
            self._work, self._bar = work, Progress(True, total, work)
        self._bar._at(done)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None

    def __enter__(self) -> Steps:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # What has ended was done, though the last look at it may have been before.
        if kind is None and self._bar is not None:
            self._bar._at(self._bar._total)
        self._close()
