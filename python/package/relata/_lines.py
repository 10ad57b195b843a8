"""Answers as a terminal shows them: a line for each of the first rows, or the fields in short. Texts are other people's: what is no visible sign
stands as its number."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

# The most rows that are shown, and the most signs of a text.
_MOST = 10
_LONGEST = 70


def answer(answer: Any, listed: str | None) -> str:
    """An answer in short. `listed` is the name of the list that is its table."""
    name = type(answer).__name__
    if listed is None:
        said = [f"{field.name}={_short(value)}" for field in fields(answer) if (value := getattr(answer, field.name)) not in (None, (), {})]
        return f"{name}({', '.join(said)})"
    rows = getattr(answer, listed)
    lines = [f"{name}: {len(rows)} {listed}", *(f"  {_row(row)}" for row in rows[:_MOST])]
    if len(rows) > _MOST:
        lines.append(f"  and {len(rows) - _MOST:,} more")
    return "\n".join(lines)


def _row(row: Any) -> str:
    """A paper by its rank, match, id and title; anything else by its first fields that are one value."""
    if hasattr(row, "rank") and hasattr(row, "title"):
        match = "" if row.match is None else f"{row.match:.0f}"
        return f"{row.rank:>3}  {match:>3}  {row.id:<12}  {_cut(row.title or '')}"
    alone = [getattr(row, field.name) for field in fields(row)]
    return "  ".join(_cut(str(value)) for value in alone if isinstance(value, (str, int, float)))


def _short(value: Any) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "...")
    if isinstance(value, tuple) and len(value) > 3:
        return f"({_short(value[0])}, {_short(value[1])}, ... {len(value)} in all)"
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _cut(text: str) -> str:
    visible = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    return visible if len(visible) <= _LONGEST else visible[: _LONGEST - 3] + "..."
