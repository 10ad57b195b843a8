"""Relata: a semantic recommender and topic finder for arXiv papers.

    >>> import relata
    >>> vectors = relata.Encoder().encode(["Ice moves.", "Glaciers flow."])
    >>> vectors.shape
    (2, 384)

`Encoder` makes vectors of texts. Errors are `relata.Error` with a stable `code`.
"""

from relata import errors
from relata._relata import __version__
from relata.encoder import Embeddings, Encoder
from relata.errors import Error

__all__ = ["Embeddings", "Encoder", "Error", "__version__", "errors"]
