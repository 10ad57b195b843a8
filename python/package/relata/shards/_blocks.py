"""Blocks of texts: what one shard is made of.

In: rows with id, title, text and the place where they stood. Out: a name for the shard of a block that its content decides, and what is known of a
block without looking into it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

from relata.shards._files import Folder, name_of

REFUSED = "refused.jsonl"
"""Rows of a folder of shards that could not be embedded; they are tried again once this file is gone."""


@dataclass(frozen=True)
class Skipped:
    """A row, or a file, that gave no vector."""

    file: str
    line: int
    """From 1; 0 where the whole file is meant. For tables: the row."""
    reason: str


@dataclass
class Block:
    """Texts that make one shard."""

    ids: list[str] = field(default_factory=list)
    titles: list[str | None] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    tries: int | None = None
    """How often a pool tries it; its own number where this is `None`."""
    search: str = ""
    """The search for rows that kill a worker that it belongs to; nothing is written then."""
    rest: bool = False
    """Whether it is what a search has left of a block."""

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, rows: list[int]) -> Block:
        """Some of its rows."""
        columns: dict[str, Any] = {name: [getattr(self, name)[row] for row in rows] for name in ("ids", "titles", "texts", "files", "lines")}
        return replace(self, **columns)

    def parts(self, number: int) -> list[Block]:
        """So many parts of about one size, none of them empty."""
        bounds = [len(self) * at // number for at in range(number + 1)]
        return [self.only(list(range(start, end))) for start, end in zip(bounds, bounds[1:], strict=False) if end > start]

    def skipped(self, row: int, reason: str) -> Skipped:
        """A row as one that gave no vector."""
        return Skipped(self.files[row], self.lines[row], reason)

    def without(self, refused: dict[bytes, str]) -> tuple[Block, list[Skipped]]:
        """The block without rows that were refused before, and these."""
        reasons = {row: refused[passage] for row, passage in enumerate(map(passage_of, self.texts)) if passage in refused} if refused else {}
        if not reasons:
            return self, []
        skipped = [self.skipped(row, reason) for row, reason in reasons.items()]
        return self.only([row for row in range(len(self)) if row not in reasons]), skipped

    def name(self, *decided: str) -> str:
        """The name of its shard: what decides the vectors, and all ids, titles and texts decide it."""
        parts = [part.encode() for row in zip(self.ids, self.titles, self.texts, strict=True) for part in (row[0], row[1] or "", row[2])]
        lengths = b"".join(len(part).to_bytes(4, "little") for part in parts)
        return name_of(*decided, lengths, b"".join(parts))


@dataclass
class About:
    """What is known of a piece that was read."""

    name: str = ""
    """The name of its shard; empty without one."""
    rows: int = 0
    is_found: bool = False
    """Whether this shard is there already."""
    bytes: int = 0
    """Bytes of the inputs that were read for it, as they lie there."""
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def passage_of(text: str) -> bytes:
    """The SHA-256 of a text, by which the library knows it too."""
    return hashlib.sha256(text.encode()).digest()


def refused_rows(folder: Folder) -> dict[bytes, str]:
    """Why rows were refused, by their passages."""
    if not folder.has(REFUSED):
        return {}
    rows = (json.loads(line) for line in folder.read(REFUSED).split(b"\n") if line)
    return {bytes.fromhex(row["passage"]): row["reason"] for row in rows}


def refuse(folder: Folder, block: Block, reasons: dict[int, str]) -> None:
    """Adds rows to the list of what is not tried again."""
    known = folder.read(REFUSED) if folder.has(REFUSED) else b""
    for row, reason in reasons.items():
        told = {
            "id": block.ids[row],
            "file": block.files[row],
            "line": block.lines[row],
            "passage": passage_of(block.texts[row]).hex(),
            "reason": reason,
        }
        known += json.dumps(told, ensure_ascii=False).encode() + b"\n"
    folder.write(REFUSED, known)
