"""What the extension module has. People use what is made of it: see `relata`."""

from collections.abc import Callable
from typing import Any, final

import numpy as np
import numpy.typing as npt

__all__ = ["Encoder", "__version__", "run"]
__version__: str

def run(program: str | None, arguments: list[str]) -> int: ...

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
