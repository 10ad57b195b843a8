"""Answers as a notebook shows them: tables, in which every text is escaped, since titles are other people's."""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import Any

# A notebook has a light or a dark ground: colours are the text's own, more or less.
_STYLE = (
    "<style>.relata{border-collapse:collapse}.relata td,.relata th{vertical-align:top;"
    "padding:.3em .8em .3em 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}"
    ".relata small{opacity:.75}.relata .n{display:block;text-align:right;font-variant-numeric:tabular-nums}"
    ".relata meter{width:5em;vertical-align:middle}</style>"
)
# A notebook typesets what stands between two dollar signs as a formula, and a formula can redefine the signs of later ones. MathJax 3 and 2 leave
# elements of these classes alone.
_CLASSES = "relata mathjax_ignore tex2jax_ignore"
# Notebooks align cells to the right. One that is not trusted drops the styles above, and leaves an element its own.
_LEFT = ' style="text-align:left"'
_ONE_LINE = ' style="white-space:nowrap"'
# The most rows that are shown.
_MOST = 100
# The most topics: below a map, which has all of them.
_MOST_TOPICS = 25
# The most signs of a text in a cell.
_LONGEST = 300


def answer(answer: Any) -> str:
    """An answer as HTML: its list as a table, or its fields."""
    if hasattr(answer, "levels") and hasattr(answer, "papers"):
        if not answer.papers:
            return _facts(repr(answer).splitlines()[0], answer)
        from relata._topic_map import of_answer

        return of_answer(answer) + topics(answer.levels)
    try:
        rows = list(answer)
    except TypeError:
        return _facts(type(answer).__name__, answer)
    if not rows:
        return _facts(repr(answer).splitlines()[0], answer)
    if hasattr(rows[0], "title") and hasattr(rows[0], "url"):
        return _papers(rows)
    names = [field.name for field in fields(answer._row_type())]
    body = [[_text(_plain(getattr(row, name))) for name in names] for row in rows[:_MOST]]
    return _table(names, body) + _left_out(rows)


def _facts(heading: str, answer: Any) -> str:
    """What an answer says, field by field."""
    said = [(key, value) for key, value in answer.to_dict().items() if value not in (None, [], {}, "")]
    return _table(["", heading], [[_text(key), _text(value)] for key, value in said])


def topics(levels: Any) -> str:
    """Topics, the coarsest first."""
    listed = [(level.name, topic) for level in levels for topic in level.topics]
    body = [
        [_text(level), _text(topic.id), _text(topic.name), _number(topic.size), _text([term.term for term in topic.terms[:8]])]
        for level, topic in listed[:_MOST_TOPICS]
    ]
    return _table(["level", "number", "name", "papers", "terms"], body) + _left_out(listed, _MOST_TOPICS)


def topic_table(name: str, topics: list[tuple[int, str, int, list[str]]]) -> str:
    """Topics of a level: number, name, size, terms."""
    body = [[_text(number), _text(title), _number(size), _text(terms)] for number, title, size, terms in topics[:_MOST_TOPICS]]
    return _table([name, "name", "texts", "terms"], body) + _left_out(topics, _MOST_TOPICS)


def _number(count: int) -> str:
    return f'<span class="n">{count:,}</span>'


def _papers(rows: list[Any]) -> str:
    """Papers: rank, match, title with its authors, and why."""
    return _table(["", "match", "paper", "date", "category"], [_paper(row) for row in rows[:_MOST]]) + _left_out(rows)


def _paper(row: Any) -> list[str]:
    match = row.match
    meter = "" if match is None else f'<span{_ONE_LINE}><meter min="0" max="100" value="{float(match)}"></meter> {float(match):.0f}</span>'
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
    once = [f'<span{_ONE_LINE}>{_text(value)}</span>' for value in (row.date, row.primary_category)]
    return [str(int(row.rank)), meter, "<br>".join(lines), *once]


def _plain(value: Any) -> Any:
    """What lies within a field, as JSON has it."""
    if isinstance(value, tuple):
        return [_plain(own) for own in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def _text(value: Any) -> str:
    """A value as text that means nothing to a browser; signs that turn the direction of what follows are left out."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        value = _words(value)
    text = "".join(sign for sign in str(value) if sign.isprintable() or sign == " ")
    return escape(text if len(text) <= _LONGEST else text[:_LONGEST] + " ...", quote=True)


def _words(value: Any) -> str:
    """A value within a list, or a part of an answer, in words: a paper by its title, something that is counted with its number."""
    if isinstance(value, list):
        return ", ".join(_words(own) for own in value[:10]) + (" ..." if len(value) > 10 else "")
    if not isinstance(value, dict):
        return str(value)
    if value.get("title"):
        return str(value["title"])
    if value.keys() == {"name", "papers"}:
        return f"{value['name']} ({value['papers']})"
    return "; ".join(f"{key} {_words(own)}" for key, own in value.items() if own not in (None, [], {}, ""))


def _table(names: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th{_LEFT}>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td{_LEFT}>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'{_STYLE}<table class="{_CLASSES}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _left_out(rows: list[Any], most: int = _MOST) -> str:
    return f"<small>and {len(rows) - most:,} more</small>" if len(rows) > most else ""
