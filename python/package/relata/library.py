"""A library: papers, vectors, profiles and topics in one file, asked by methods.

Every method is a task of the service: its arguments are the keys of the request, and the answer is a dataclass of `relata.types`.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _arguments as arguments
from relata import _relata, types
from relata._answer import Answer, read
from relata._answer import Path as AnyPath
from relata._progress import Steps
from relata._table import Table
from relata._tasks import Tasks


class SampleWarning(UserWarning):
    """The library has no papers, so the sample digest has answered."""


class SkippedWarning(UserWarning):
    """Entries or files could not be used; the answer is that of the others."""


@dataclass(frozen=True, eq=False, repr=False)
class PaperVectors:
    """The vectors of a library's papers."""

    ids: list[str]
    """The papers, one a row."""
    vectors: npt.NDArray[np.float32]
    """Papers x dimension, rows of unit length. Nobody may write to it."""
    fingerprint: str
    """What decides the vectors, as `Encoder.fingerprint`."""

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"PaperVectors({len(self.ids)} x {self.vectors.shape[1]})"

    def to_arrow(self) -> Table:
        """The columns `id` and `vector`, a list of `float32` of one length, which is not copied."""
        return Table([("id", "str", self.ids), ("vector", "vectors", self.vectors)])

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)


class Library(Tasks):
    """A library, made by the first task that writes. Threads may share it.

    `path` is the file; without one it is where the program `relata` has its own. `model`, `precision` and `long` are as the library was
    embedded, where nothing is said. `profile` is the profile where a method may name one and does not. With `progress=True` long work
    shows how far it is. The configuration file of the program is not read.

    >>> import tempfile
    >>> library = Library(tempfile.mkdtemp() + "/library.db")
    >>> library.info().papers
    0
    """

    def __init__(
        self,
        path: AnyPath | None = None,
        *,
        model: str | None = None,
        device: str = "auto",
        precision: str | None = None,
        long: str | None = None,
        profile: str | None = None,
        offline: bool = False,
        progress: bool = False,
    ) -> None:
        self._options = {
            # By its whole path: the library stays the same one wherever the process goes.
            "path": os.path.abspath(arguments.path("path", path) if path is not None else default_library()),
            "model": None if model is None else arguments.path("model", arguments.place_of_model(model)),
            "device": arguments.text("device", device),
            "precision": None if precision is None else arguments.text("precision", precision),
            "long": None if long is None else arguments.text("long", long),
            "profile": None if profile is None else arguments.text("profile", profile),
            "offline": arguments.flag("offline", offline),
        }
        self.progress = progress
        self._made = _relata.Library(self._options)

    @property
    def path(self) -> Path:
        """The file."""
        return Path(str(self._options["path"]))

    def _ask(self, task: str, request: dict[str, Any], kind: Any, progress: bool) -> Any:
        with Steps(progress or self.progress) as steps:
            text, notes = self._made.call(task, json.dumps(request), steps.callback)
        answer = read(kind, json.loads(text))
        remarks = tuple(json.loads(notes))
        if isinstance(answer, Answer):
            object.__setattr__(answer, "_remarks", remarks)
        if isinstance(answer, types.TopicsAnswer):
            # A map of them shows what the library knows of the papers.
            object.__setattr__(answer, "_library", self)
        if any(isinstance(remark, dict) and "sample" in remark for remark in remarks):
            warnings.warn("the library has no papers, so the sample digest answers", SampleWarning, stacklevel=3)
        if skipped := _skipped(answer, remarks):
            more = f", and {len(skipped) - 1:,} more" if len(skipped) > 1 else ""
            warnings.warn(f"left out: {skipped[0]}{more}", SkippedWarning, stacklevel=3)
        return answer

    def like(self, papers: str | Sequence[str], profile: str | None = None) -> types.Opined:
        """Likes papers, for a profile."""
        return self._opine(papers, profile, "liked")

    def unlike(self, papers: str | Sequence[str], profile: str | None = None) -> types.Opined:
        """Dislikes papers, for a profile."""
        return self._opine(papers, profile, "disliked")

    def forget(self, papers: str | Sequence[str], profile: str | None = None) -> types.Opined:
        """Takes back what a profile thinks of papers."""
        return self._opine(papers, profile, None)

    def _opine(self, papers: str | Sequence[str], profile: str | None, opinion: Any) -> types.Opined:
        return self.opine(papers, opinion=opinion, profile=profile)

    def vectors(self) -> PaperVectors:
        """The vectors of all papers that have one, as one array; `prepare` embeds the others."""
        return PaperVectors(*self._made.vectors())

    def _papers(self, ids: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Titles, authors and dates of papers, empty where there is none."""
        return self._made.papers(ids)

    def __reduce__(self) -> Any:
        return _again, (self._options, self.progress)

    def __repr__(self) -> str:
        return f"Library({str(self.path)!r})"


def _skipped(answer: Any, remarks: tuple[Any, ...]) -> list[str]:
    """What could not be used, each with its place and the reason."""
    own = getattr(answer, "skipped", ())
    entries = [(entry.file, entry.line, entry.reason) for entry in (own if isinstance(own, tuple) else ())]
    for remark in remarks:
        if isinstance(remark, dict) and "judgement_unread" in remark:
            entry = remark["judgement_unread"]
            entries.append((entry["file"], 0, entry["reason"]))
    return [f"{file}:{line}: {reason}" if line else f"{file}: {reason}" for file, line, reason in entries]


def _again(options: dict[str, Any], progress: bool) -> Library:
    """A library in another process."""
    return Library(**options, progress=progress)


def default_library() -> str:
    """Where the program `relata` has its library."""
    if named := os.environ.get("RELATA_LIBRARY"):
        return named
    return _relata.default_library()
