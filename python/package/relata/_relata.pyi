"""What the extension module has. People use what is made of it: see `relata`."""

from collections.abc import Callable
from typing import Any, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "Centres",
    "Encoder",
    "Library",
    "Reading",
    "Rows",
    "RowsIndex",
    "__version__",
    "arrow_stream",
    "default_library",
    "described_tasks",
    "find_topics",
    "moved",
    "run",
    "to_unit_length",
    "topics_page",
    "train",
]
__version__: str

# Number, name, terms with weights, size, place of the parent in the level before, places of the central rows.
_Topic = tuple[int, str, list[tuple[str, float]], int, int | None, list[int]]
_Level = tuple[str, list[_Topic]]

def arrow_stream(columns: list[tuple[str, str, Any]]) -> object: ...
def default_library() -> str: ...
def described_tasks() -> str: ...
def find_topics(
    vectors: npt.NDArray[np.float32], texts: list[str], method: str, progress: Callable[[str, int, int], None] | None
) -> tuple[
    list[_Level],
    npt.NDArray[np.uint32],
    npt.NDArray[np.float32],
    npt.NDArray[np.float64],
    npt.NDArray[np.uint32],
    npt.NDArray[np.bool_],
    npt.NDArray[np.uint32],
    int | None,
]: ...
def run(program: str | None, arguments: list[str]) -> int: ...
def topics_page(shown: dict[str, Any]) -> str: ...

@final
class Encoder:
    def __new__(cls, options: dict[str, Any]) -> Encoder: ...
    def encode(
        self,
        texts: list[str],
        as_query: bool,
        token_budget: int | None,
        progress: Callable[[int], None] | None,
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]: ...
    def count_tokens(self, texts: list[str], as_query: bool) -> npt.NDArray[np.uint32]: ...
    @property
    def dimension(self) -> int: ...
    @property
    def token_limit(self) -> int: ...
    @property
    def normalises(self) -> bool: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def name(self) -> str: ...

@final
class Library:
    def __new__(cls, options: dict[str, Any]) -> Library: ...
    def call(self, name: str, request: str, progress: Callable[[str, int, int], None] | None) -> tuple[str, str]: ...
    def papers(self, ids: list[str]) -> tuple[list[str], list[str], list[str]]: ...
    def vectors(self) -> tuple[list[str], npt.NDArray[np.float32], str]: ...

@final
class Reading:
    def __new__(cls, inputs: list[str], lines: bool, rows: int) -> Reading: ...
    def next(self) -> dict[str, Any] | None: ...

@final
class Rows:
    def __new__(cls, vectors: npt.NDArray[np.float32]) -> Rows: ...
    def nearest(self, queries: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]: ...
    def within(
        self, queries: npt.NDArray[np.float32], radius: float
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]: ...
    def index(self) -> RowsIndex: ...
    def index_of(self, kept: bytes) -> RowsIndex | None: ...

@final
class RowsIndex:
    def nearest(self, queries: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]: ...
    def to_bytes(self) -> bytes: ...

@final
class Centres:
    def __new__(cls, centres: npt.NDArray[np.float32]) -> Centres: ...
    def sums(self, rows: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]: ...
    def nearest(self, rows: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]: ...

def moved(
    before: npt.NDArray[np.float32], sums: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float32], float]: ...
def train(rows: npt.NDArray[np.float32], k: int, spread: bool) -> npt.NDArray[np.float32]: ...
def to_unit_length(rows: npt.NDArray[np.float32]) -> int | None: ...
