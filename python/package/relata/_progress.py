"""How far work is: by tqdm where it is installed, else as a line on standard error or below a notebook's cell."""

from __future__ import annotations

import importlib.util
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

    def __init__(self, wanted: bool, total: int, what: str, line: Line | None = None) -> None:
        self._wanted, self._total, self._what = wanted, total, what
        self._line, self._owns_line = line or Line(), line is None
        # A bar needs a total, and some work has none.
        self._bar: Any = _bar(total, what) if wanted and total else None
        if wanted and self._bar is None:
            self._line.show(self._said(0), at_once=True)

    @property
    def callback(self) -> Callable[[int], None] | None:
        """What is called with the number that is done; nothing where no bar is wanted."""
        return self._at if self._wanted else None

    def _at(self, done: int) -> None:
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        else:
            self._line.show(self._said(done))

    def _said(self, done: int) -> str:
        if not self._total:
            return self._what
        # Papers are compared block by block, and a block is nothing that anybody counts.
        return f"{self._what}: {100 * done // self._total} %" if self._what == "comparing" else f"{self._what}: {done}/{self._total}"

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._owns_line:
            self._line.end()


def _bar(total: int, what: str) -> Any:
    """A bar of tqdm; `None` where it is not installed, or would complain in a notebook that the package for its bars is missing."""
    if in_notebook() and importlib.util.find_spec("ipywidgets") is None:
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=total, desc=what)


class Steps:
    """Bars of work that tells its steps: one for each kind of work, while it is under way."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._work = ""
        self._bar: Progress | None = None
        # One for all, where there are no bars.
        self._line = Line()

    @property
    def callback(self) -> Callable[[str, int, int], None] | None:
        """What is called with the work, what is done of it, and what there is."""
        return self._at if self._wanted else None

    def _at(self, work: str, done: int, total: int) -> None:
        if work != self._work or self._bar is None:
            self._close()
            self._work, self._bar = work, Progress(True, total, work, self._line)
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
        self._line.end()
