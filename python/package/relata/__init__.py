"""Relata: a semantic recommender and topic finder for arXiv papers.

    >>> import relata
    >>> vectors = relata.Encoder().encode(["Ice moves.", "Glaciers flow."])
    >>> vectors.shape
    (2, 384)

`Encoder` makes vectors of texts, `topics` finds the topics of texts and vectors, and `Library` answers from a library. Errors are `relata.Error` with a stable `code`.
"""

from relata import errors, types
from relata._relata import __version__
from relata.encoder import Embeddings, Encoder
from relata.errors import Error
from relata.library import Library, PaperVectors, SampleWarning
from relata.neighbours import NearestNeighbors
from relata.topic_model import Topics, topics
from relata.types import Filter

__all__ = [
    "Embeddings",
    "Encoder",
    "Error",
    "Filter",
    "Library",
    "NearestNeighbors",
    "PaperVectors",
    "SampleWarning",
    "Topics",
    "__version__",
    "errors",
    "topics",
    "types",
]
