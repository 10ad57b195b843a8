"""The work of `relata.shards` on the machines of a Ray cluster. Needs `pip install "relata[ray]"`."""

from relata.ray._embed import embed
from relata.ray._index import index
from relata.ray._rows import cluster, neighbours
from relata.ray._topics import topics

__all__ = ["cluster", "embed", "index", "neighbours", "topics"]
