"""Relata: a semantic recommender and topic finder for arXiv papers.

    >>> import relata
    >>> vectors = relata.Encoder().encode(["Ice moves.", "Glaciers flow."])
    >>> vectors.shape
    (2, 384)

`Encoder` makes vectors of texts, `topics` finds the topics of texts and vectors, and `Library` answers from a library. Errors are `relata.Error` with a stable `code`.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from relata import errors, types
from relata._relata import __version__
from relata.encoder import Embeddings, Encoder
from relata.errors import Error
from relata.library import Library, PaperVectors, SampleWarning, SkippedWarning
from relata.neighbours import NearestNeighbors
from relata.topic_model import Topics, topics
from relata.types import Filter

if TYPE_CHECKING:
    from relata import integrations, ray, shards

__all__ = [
    "Embeddings",
    "Encoder",
    "Error",
    "Filter",
    "Library",
    "NearestNeighbors",
    "PaperVectors",
    "SampleWarning",
    "SkippedWarning",
    "Topics",
    "__version__",
    "errors",
    "topics",
    "types",
]

# Modules that need other packages, and are imported when they are asked for.
_LATER = ("integrations", "ray", "shards")


def __getattr__(name: str) -> ModuleType:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_LATER})
