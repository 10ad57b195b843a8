"""Vectors of shards, taken over into a library."""

from __future__ import annotations

from dataclasses import dataclass

from relata import _relata
from relata.errors import ArgumentError, BulkError
from relata.library import Library
from relata.shards._files import AnyPath
from relata.shards._shards import Shards


@dataclass
class Imported:
    """What became of vectors, in papers."""

    taken: int = 0
    """Have their vector now."""
    there: int = 0
    """Had it before."""
    unknown: int = 0
    """Are not in the library."""
    other_text: int = 0
    """Have another text than the one that was embedded, or none."""
    other_fingerprint: int = 0
    """Were embedded by another model, or in another way, than the library's papers are."""


def import_vectors(shards: AnyPath | Shards, library: Library) -> Imported:
    """Takes vectors of shards over into a library, for papers that were added without being embedded (`library.add(paths, embed=False)`).

    The shards may lie in an object store. `library.import_vectors(paths)` does the same for files of this machine, without pyarrow. A vector is taken
    where its fingerprint is that of the library's model and the SHA-256 of its text is that of the paper's; a transaction a shard. The same call again
    takes what was left. Answers then need no model but for questions in words.

    Raises `relata.errors.LibraryError` for a library without papers, or vectors that are not of unit length, and `relata.errors.BulkError` for files that
    are no shards.
    """
    if not isinstance(library, Library):
        raise ArgumentError(f"library is {library!r}; a relata.Library is needed")
    given = shards if isinstance(shards, Shards) else Shards(shards)
    imported = Imported()
    for shard in given:
        passages = [passage for passage in shard.passages if passage is not None and len(passage) == 32]
        if len(passages) != len(shard.ids):
            raise BulkError(f"{given.folder.address}/{shard.name} does not say which texts were embedded as passages: rows have none in the column passage")
        counts = _relata.import_vectors(library._made, shard.fingerprint, shard.ids, b"".join(passages), shard.vectors)
        for name, count in zip(("taken", "there", "unknown", "other_text", "other_fingerprint"), counts, strict=True):
            setattr(imported, name, getattr(imported, name) + count)
    return imported
