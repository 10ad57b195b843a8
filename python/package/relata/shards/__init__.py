"""Work on folders of shards, one shard after the other on this machine; `relata.ray` does the same on many.

A shard is a file of Parquet with the columns `id`, `title`, `vector` (a list of `float32` of one length), `fingerprint` (what decides vectors) and
`passage` (the SHA-256 of the text that was embedded); `relata embed -o FILE.parquet` writes such files, too. Needs pyarrow:
`pip install "relata[shards]"`.
"""

from relata._packages import needed

needed("pyarrow", "relata.shards", "relata[shards]")

from relata.shards._blocks import Skipped
from relata.shards._cluster import Clusters, cluster
from relata.shards._embed import Embedded, embed
from relata.shards._import import Imported, import_vectors
from relata.shards._index import Indexed, index
from relata.shards._lance import to_lance
from relata.shards._neighbours import Neighbours, neighbours
from relata.shards._shards import Shard, Shards, read
from relata.shards._topic_result import ShardTopics
from relata.shards._topics import topics

__all__ = [
    "Clusters",
    "Embedded",
    "Imported",
    "Indexed",
    "Neighbours",
    "Shard",
    "ShardTopics",
    "Shards",
    "Skipped",
    "cluster",
    "embed",
    "import_vectors",
    "index",
    "neighbours",
    "read",
    "to_lance",
    "topics",
]
