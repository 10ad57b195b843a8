"""Answers as a notebook shows them: tables, in which every text is escaped, since titles are other people's."""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import Any

# A notebook has a light or a dark ground: colours are the text's own, more or less.
_STYLE = (
    "<style>.relata{border-collapse:collapse;text-align:left}.relata td,.relata th{text-align:left!important;vertical-align:top;"
    "padding:.3em .8em .3em 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}"
    ".relata small{opacity:.75}.relata .n{text-align:right!important;font-variant-numeric:tabular-nums}"
    ".relata meter{width:5em;vertical-align:middle}</style>"
)
# The most rows that are shown.
_MOST = 100
# The most signs of a text in a cell.
_LONGEST = 300


def answer(answer: Any) -> str:
    """An answer as HTML: its list as a table, or its fields."""
    if hasattr(answer, "levels") and hasattr(answer, "papers"):
        return _topics(answer.levels)
    try:
        rows = list(answer)
    except TypeError:
        return _table(["", type(answer).__name__], [[_text(key), _text(value)] for key, value in _fields(answer)])
    if rows and hasattr(rows[0], "title") and hasattr(rows[0], "url"):
        return _papers(rows)
    names = [field.name for field in fields(answer._row_type())]
    body = [[_text(_plain(getattr(row, name))) for name in names] for row in rows[:_MOST]]
    return _table(names, body) + _left_out(rows)


def _topics(levels: Any) -> str:
    """Topics, the coarsest first."""
    topics = [(level.name, topic) for level in levels for topic in level.topics]
    body = [
        [_text(level), _text(topic.id), _text(topic.name), _text(topic.size), _text([term.term for term in topic.terms[:8]])]
        for level, topic in topics[:_MOST]
    ]
    return _table(["level", "number", "name", "papers", "terms"], body) + _left_out(topics)


def _papers(rows: list[Any]) -> str:
    """Papers: rank, match, title with its authors, and why."""
    return _table(["", "match", "paper", "date", "category"], [_paper(row) for row in rows[:_MOST]]) + _left_out(rows)


def _paper(row: Any) -> list[str]:
    match = row.match
    meter = "" if match is None else f'<meter min="0" max="100" value="{float(match)}"></meter> {float(match):.0f}'
    title = _text(row.title) or _text(row.id)
    # An address is the service's own, and nevertheless held to what an address of a paper is.
    url = row.url if str(row.url).startswith("https://arxiv.org/") else ""
    link = f'<a href="{escape(url, quote=True)}" target="_blank" rel="noopener">{title}</a>' if url else title
    authors = _text(", ".join(row.authors[:3]) + (" et al." if len(row.authors) > 3 else ""))
    lines = [link, f"<small>{_text(row.id)} · {authors}</small>"]
    terms = getattr(getattr(row, "reason", None), "terms", None)
    if terms:
        lines.append(f"<small>shares {_text(', '.join(terms[:5]))}</small>")
    if row.tldr:
        lines.append(_text(row.tldr))
    return [str(int(row.rank)), meter, "<br>".join(lines), _text(row.date), _text(row.primary_category)]


def _fields(answer: Any) -> list[tuple[str, Any]]:
    return list(answer.to_dict().items())


def _plain(value: Any) -> Any:
    """What lies within a field, as JSON has it."""
    if isinstance(value, tuple):
        return [_plain(own) for own in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def _text(value: Any) -> str:
    """A value as text that means nothing to a browser; signs that turn the direction of what follows are left out."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = ", ".join(str(own) for own in value[:10]) + (" ..." if len(value) > 10 else "")
    text = "".join(sign for sign in str(value) if sign.isprintable() or sign == " ")
    return escape(text if len(text) <= _LONGEST else text[:_LONGEST] + " ...", quote=True)


def _table(names: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'{_STYLE}<table class="relata"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _left_out(rows: list[Any]) -> str:
    return f"<small>and {len(rows) - _MOST} more</small>" if len(rows) > _MOST else ""
