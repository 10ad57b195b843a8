"""How far work is, on standard error: by tqdm where it is installed, else as a line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any


class Progress:
    """A bar that is told how many of a total are done; it shows nothing unless it is wanted."""

    def __init__(self, wanted: bool, total: int, what: str) -> None:
        self._wanted, self._total, self._what = wanted, total, what
        self._bar: Any = None
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
            print(f"\r{self._what}: {done}/{self._total}", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._wanted:
            print(file=sys.stderr)


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
        self._close()
