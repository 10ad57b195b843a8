"""The work of `relata.shards` on the machines of a Ray cluster. Needs `pip install "relata[ray]"`."""

from relata.ray._embed import embed

__all__ = ["embed"]
