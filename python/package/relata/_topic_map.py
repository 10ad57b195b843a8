"""The map of topics: a page that draws it, alone in a file or within a notebook.

The page is that of `relata topics --html`: it needs no network and makes text of texts and nothing else. A notebook shows it in a frame that may
run the page's own script and nothing else: it can neither reach the notebook nor anything beyond it. A notebook that is not trusted leaves out frames
and styles. The table of topics stays, and a note that a style hides elsewhere says where the map is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata._topic_data import NONE, Found
from relata._written import written

# The most points of a map in a notebook, which is saved with all of them.
MOST = 20_000
# Texts are in the page of a notebook where there are no more rows than this, and then so many signs of each; and in a file.
_WITH_TEXTS, _LONGEST = 2_000, 600
_WITH_TEXTS_IN_FILE = 10_000
# Signs of a title.
_TITLE = 160

# Notebooks say in their own ways whether they are dark; the page follows the scheme of its frame.
_STYLE = (
    "<style>.relata-map{display:block;width:100%;height:640px;margin-bottom:.6em;border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:8px;"
    'color-scheme:light dark}[data-jp-theme-light="true"] .relata-map,.vscode-light .relata-map,[data-theme="light"] .relata-map{color-scheme:light}'
    '[data-jp-theme-light="false"] .relata-map,.vscode-dark .relata-map,[data-theme="dark"] .relata-map,html[theme="dark"] .relata-map'
    "{color-scheme:dark}.relata-untrusted{display:none}</style>"
)
_UNTRUSTED = (
    '<p class="relata-untrusted"><small>The map is left out, since this notebook is not trusted here. Run the cell, or trust the notebook '
    "(in JupyterLab: Trust Notebook, in the command palette).</small></p>"
)


@dataclass(frozen=True, eq=False)
class Shown:
    """What a map shows: topics, and what is known of each row."""

    title: str
    found: Found
    ids: Sequence[str]
    titles: Sequence[str]
    dates: Sequence[str | None]
    authors: Sequence[str] | None = None
    texts: Sequence[str] | None = None
    """What a text says beyond its title."""
    all: int = 0
    """How many rows the topics have in all, where these are a sample."""


class TopicMap:
    """A map of texts with their topics, on which one can move, search and open texts.

    It shows itself in a notebook. `save` writes it as one file, which any browser opens without a network.
    """

    def __init__(self, shown: Callable[[], Shown], table: Callable[[], str], learn: Callable[[Shown], Shown] | None = None) -> None:
        # `learn` adds what is known of the rows that are shown, which may be few of all.
        self._shown, self._table, self._learn = shown, table, learn

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page with all points: whole or not at all. Up to 10,000 texts stand in it whole, of more their titles."""
        shown = self._shown() if self._learn is None else self._learn(self._shown())
        page = _page(shown if len(shown.ids) <= _WITH_TEXTS_IN_FILE else replace(shown, texts=None))
        with written(path) as file:
            file.write(page.encode())

    write_html = save

    def show(self) -> None:
        """Shows the map in a notebook, within a cell."""
        from IPython.display import display

        display(self)

    def _repr_html_(self) -> str:
        return framed(self._shown(), self._learn) + self._table()

    def __repr__(self) -> str:
        return f"TopicMap({len(self._shown().ids)} texts)"


def framed(shown: Shown, learn: Callable[[Shown], Shown] | None = None) -> str:
    """A map within a notebook's cell: a sample of many points. `learn` adds what is known of the rows that are shown."""
    if not len(shown.ids):
        return ""
    count = len(shown.ids)
    part = sampled(shown, MOST) if count > MOST else shown
    part = part if learn is None else learn(part)
    if part.texts is not None:
        part = replace(part, texts=[_cut(text, _LONGEST) for text in part.texts] if len(part.ids) <= _WITH_TEXTS else None)
    frame = (
        '<iframe class="relata-map" title="Map of topics" loading="lazy" sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads" '
        f'referrerpolicy="no-referrer" srcdoc="{escape(_page(part), quote=True)}"></iframe>'
    )
    note = f"<small>The map shows {len(part.ids):,} of {count:,}, taken evenly; counts are of all.</small>" if count > MOST else ""
    return f"{_STYLE}{frame}{_UNTRUSTED}{note}"


def of_answer(answer: Any) -> str:
    """What `Library.topics` has answered within a notebook's cell, with titles where its library is at hand."""
    return framed(*_of_answer(answer, None))


def map_of_answer(answer: Any, title: str | None, table: Callable[[], str]) -> TopicMap:
    """The map of what `Library.topics` has answered."""
    shown, learn = _of_answer(answer, title)
    return TopicMap(lambda: shown, table, learn)


def _of_answer(answer: Any, title: str | None) -> tuple[Shown, Callable[[Shown], Shown] | None]:
    """All papers of an answer, and what adds their titles."""
    papers = answer.papers
    ids = [paper.id for paper in papers]
    rows = {own: row for row, own in enumerate(ids)}
    places = [{topic.id: place for place, topic in enumerate(level.topics)} for level in answer.levels]
    levels = []
    for number, level in enumerate(answer.levels):
        above = places[number - 1] if number else {}
        topics = [
            (
                int(topic.id),
                topic.name,
                [(term.term, term.weight) for term in topic.terms],
                topic.size,
                above.get(topic.parent),
                [rows[own] for own in topic.central],
            )
            for topic in level.topics
        ]
        levels.append((level.name, topics))
    found = Found(
        levels,
        np.array([[of[paper.topics[number]] for paper in papers] for number, of in enumerate(places)], dtype=np.uint32).reshape(-1, len(papers)),
        np.array([(paper.x, paper.y) for paper in papers], dtype=np.float32).reshape(-1, 2),
        np.array([paper.strength for paper in papers]),
        np.array([NONE if paper.second is None else places[-1][paper.second] for paper in papers], dtype=np.uint32),
        np.array([paper.weak for paper in papers], dtype=bool),
        np.full((len(papers), 6), NONE, dtype=np.uint32),
        None,
    )

    library: Any = getattr(answer, "_library", None)

    def learn(part: Shown) -> Shown:
        titles, authors, dates = library._papers(list(part.ids))
        titles = [title or own for title, own in zip(titles, part.ids, strict=True)]
        return replace(part, titles=titles, authors=authors, dates=[day or None for day in dates])

    shown = Shown(title or f"Topics of {len(papers):,} papers", found, ids, ids, [None] * len(papers))
    return shown, learn if library is not None else None


def sampled(shown: Shown, most: int) -> Shown:
    """A part of the rows, taken evenly, with the two most central ones of each finest topic."""
    found, count = shown.found, len(shown.ids)
    central = [row for topic in found.levels[-1][1] for row in topic[5][:2]][:most]
    even = np.linspace(0, count - 1, max(most - len(central), 1)).astype(np.int64)
    rows = np.unique(np.concatenate([even, np.array(central, dtype=np.int64)]))
    place = np.full(count + 1, NONE, dtype=np.uint32)
    place[rows] = np.arange(len(rows))
    levels = [
        (name, [(*topic[:5], [int(place[row]) for row in topic[5] if place[row] != NONE]) for topic in topics]) for name, topics in found.levels
    ]
    own = (found.positions[rows], found.strengths[rows], found.seconds[rows], found.weak[rows])
    part = Found(levels, found.groups[:, rows], *own, _related(found.related[rows], place, count), found.unassigned)

    def of(column: Sequence[Any]) -> list[Any]:
        return [column[row] for row in rows]

    return Shown(
        shown.title,
        part,
        of(shown.ids),
        of(shown.titles),
        of(shown.dates),
        None if shown.authors is None else of(shown.authors),
        None if shown.texts is None else of(shown.texts),
        count,
    )


def _related(related: npt.NDArray[np.uint32], place: npt.NDArray[np.uint32], count: int) -> npt.NDArray[np.uint32]:
    """Related rows that are in the sample, the nearest first."""
    moved = place[np.minimum(related, np.uint32(count))]
    order = np.argsort(moved == NONE, axis=1, kind="stable")
    return np.take_along_axis(moved, order, axis=1)


def titled(text: str) -> tuple[str, str]:
    """The title of a text, which is its first line or what of it there is room for, and what it says beyond that."""
    first, _, rest = text.strip().partition("\n")
    return (first, rest) if len(first) <= _TITLE else (_cut(first, _TITLE), text.strip())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def _page(shown: Shown) -> str:
    found = shown.found
    texts = None if shown.texts is None else list(shown.texts)
    return _relata.topics_page(
        {
            "title": shown.title,
            "levels": found.levels,
            "all": max(shown.all, len(shown.ids)),
            "ids": list(shown.ids),
            "titles": list(shown.titles),
            "authors": None if shown.authors is None else list(shown.authors),
            "texts": texts,
            "dates": list(shown.dates),
            "groups": found.groups,
            "positions": found.positions,
            "strengths": found.strengths,
            "seconds": found.seconds,
            "weak": found.weak,
            "related": found.related,
        }
    )
