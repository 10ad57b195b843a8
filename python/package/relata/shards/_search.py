"""The search for rows that kill their workers.

In: blocks that no worker came back with. Out: parts of them to be tried, ever smaller, until the rows that kill are alone; then these rows, and the
rest of the block, which is embedded as a whole. Parts are only tried: nothing of them is written, so that a block gives one shard, whatever happened.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from relata.errors import ClusterError
from relata.shards._blocks import Block, passage_of

# Parts into which a block is divided.
PARTS = 8
# Parts that were lost before any block was embedded: then it is not the rows.
MOST_LOST = 12


@dataclass
class Found:
    """What a search has found."""

    block: Block
    reasons: dict[int, str]
    """Why rows of the block are left out."""
    is_lost: bool = False
    """Whether the whole block is given up: it was searched before, and no single row explains it."""

    def rest(self) -> Block | None:
        """The block without these rows."""
        rows = [row for row in range(len(self.block)) if row not in self.reasons]
        return replace(self.block.only(rows), rest=True) if rows else None


@dataclass
class _Searched:
    """A block that is being searched."""

    block: Block
    under_way: int = 0
    reasons: dict[bytes, str] = field(default_factory=dict)
    """By the passages of rows."""


class Search:
    """All blocks that are being searched."""

    def __init__(self) -> None:
        self._searched: dict[str, _Searched] = {}
        self._found: deque[Found] = deque()
        self._has_worked = False
        self._lost = 0

    def worked(self) -> None:
        """A worker came back with a block."""
        self._has_worked = True

    def lost(self, block: Block, why: str) -> list[Block]:
        """Takes a block or a part that no worker came back with, and gives parts to try."""
        self._lost += 1
        if not self._has_worked and self._lost >= MOST_LOST:
            raise ClusterError(f"workers die whatever they are given, the last one so: {why}")
        if block.rest:
            self._found.append(Found(block, dict.fromkeys(range(len(block)), f"its worker died again: {why}"), is_lost=True))
            return []
        name = block.search or f"search {len(self._searched)}"
        searched = self._searched.setdefault(name, _Searched(block, under_way=1))
        if len(block) == 1:
            searched.reasons[passage_of(block.texts[0])] = f"its worker died, however often it was tried: {why}"
            self._end(name)
            return []
        # A worker that dies of a part of several rows only leads to smaller parts, so once is enough.
        parts = [replace(part, search=name, tries=1 if len(part) > 1 else None) for part in block.parts(PARTS)]
        searched.under_way += len(parts) - 1
        return parts

    def passed(self, part: Block) -> None:
        """A worker came back with a part."""
        self.worked()
        self._end(part.search)

    def found(self) -> Found | None:
        """The next search that has ended."""
        return self._found.popleft() if self._found else None

    def _end(self, name: str) -> None:
        searched = self._searched[name]
        searched.under_way -= 1
        if searched.under_way == 0:
            passages = map(passage_of, searched.block.texts)
            reasons = {row: searched.reasons[passage] for row, passage in enumerate(passages) if passage in searched.reasons}
            self._found.append(Found(searched.block, reasons))
