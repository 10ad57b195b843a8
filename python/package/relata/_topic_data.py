"""What a search for topics has found, and the checks of what it is given.

In: levels and arrays of the extension module. Out: `Found`, whose topics are numbered as callers of BERTopic expect: from 0 on within each level,
the largest first, and -1 for what is in no topic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _arguments as arguments
from relata.errors import RequestError

Places = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]

# What fills a place of an array that stands for nothing.
NONE = np.uint32(0xFFFFFFFF)

_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?")
_METHODS = {"leiden": "leiden", "kmeans": "k_means", "k_means": "k_means", "dbscan": "dbscan"}


@dataclass(frozen=True)
class Topic:
    """A topic."""

    number: int
    """Its number within its level: 0 for the largest; -1 for the texts that are in no topic."""
    name: str
    """Its first terms. No other topic of the level has the same name."""
    terms: tuple[tuple[str, float], ...]
    """What its texts hold and others do not, with weights, the most telling first."""
    size: int
    """How many texts it has."""
    parent: int | None
    """The number of the topic of the level before that it lies within."""
    central: tuple[int, ...]
    """Rows of the texts nearest to its centre, the nearest first."""


@dataclass(frozen=True)
class TopicLevel:
    """Topics that are equally fine."""

    name: str
    """`field`, `topic` or `subtopic`."""
    topics: tuple[Topic, ...]
    """By number."""


@dataclass(frozen=True, eq=False)
class Found:
    """Topics, and those of each row. Topics are named by their places in the extension module's levels."""

    levels: list[Any]
    groups: Places
    """Levels x rows."""
    positions: npt.NDArray[np.float32]
    """Rows x 2: places on the map."""
    strengths: npt.NDArray[np.float64]
    seconds: Places
    weak: npt.NDArray[np.bool_]
    related: Places
    """Rows x 6; `NONE` where there are fewer."""
    unassigned: int | None
    """Place of the group of the finest level that is no topic."""

    def restored(self, order: npt.NDArray[np.int64]) -> Found:
        """The same, where row i of what was searched was row `order[i]` of what was given."""
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        moved = np.append(order, -1).astype(np.uint32)
        related = moved[np.minimum(self.related[back], np.uint32(len(order)))]
        places = order.tolist()
        levels = [(name, [(*topic[:5], [places[row] for row in topic[5]]) for topic in topics]) for name, topics in self.levels]
        own = (self.positions[back], self.strengths[back], self.seconds[back], self.weak[back])
        return Found(levels, self.groups[:, back], *own, related, self.unassigned)

    def numbers(self, level: int) -> Numbers:
        """The number of each topic of a level, by its place."""
        topics = self.levels[level][1]
        none = self.unassigned if level == len(self.levels) - 1 else None
        order = sorted((place for place in range(len(topics)) if place != none), key=lambda place: (-topics[place][3], place))
        numbers = np.full(len(topics), -1, dtype=np.int64)
        numbers[order] = np.arange(len(order))
        return numbers

    def level(self, level: int) -> TopicLevel:
        """The topics of a level, by number."""
        name, topics = self.levels[level]
        numbers, above = self.numbers(level), self.numbers(level - 1) if level else None
        made = []
        for place, (_, title, terms, size, parent, central) in enumerate(topics):
            within = None if parent is None or above is None else int(above[parent])
            made.append(Topic(int(numbers[place]), title, tuple(terms), size, within, tuple(central)))
        return TopicLevel(name, tuple(sorted(made, key=lambda topic: topic.number)))


def method_of(method: str | Mapping[str, Any], topics: int | None) -> str:
    """A method as the extension module reads it."""
    if isinstance(method, Mapping):
        if len(method) != 1 or next(iter(method)) not in ("k_means", "dbscan") or topics is not None:
            raise RequestError(f"method is {dict(method)!r}; it can be {{'k_means': {{'topics': 20}}}} or {{'dbscan': {{'papers': 5, 'cosine': 0.6}}}}")
        return json.dumps(_checked(dict(method)))
    if method not in _METHODS:
        raise RequestError(f"method is {method!r}; there are leiden, kmeans and dbscan")
    name = _METHODS[method]
    if name == "k_means" and topics is None:
        raise RequestError("method='kmeans' needs topics, how many to find")
    if name != "k_means" and topics is not None:
        raise RequestError(f"topics is {topics!r}, and method={method!r} finds how many there are; method='kmeans' finds as many as are asked for")
    if name == "leiden":
        return json.dumps(name)
    return json.dumps(_checked({name: {"topics": topics} if name == "k_means" else {"papers": 5}}))


def _checked(method: dict[str, Any]) -> dict[str, Any]:
    """A method with numbers in their ranges."""
    ((name, given),) = method.items()
    values = dict(given)
    count = "topics" if name == "k_means" else "papers"
    if not isinstance(values.get(count), (int, np.integer)) or values[count] < 1:
        raise RequestError(f"{count} is {values.get(count)!r}; it is a number from 1 on")
    cosine = values.get("cosine")
    if cosine is not None and not -1 <= cosine <= 1:
        raise RequestError(f"cosine is {cosine!r}; it is a number from -1 to 1")
    if unknown := values.keys() - {count, *(["cosine"] if name == "dbscan" else [])}:
        raise RequestError(f"the method {name} has no {', '.join(sorted(unknown))}")
    made = {count: int(values[count])}
    return {name: made if name == "k_means" else {**made, "cosine": None if cosine is None else float(cosine)}}


def texts_of(texts: Iterable[str], rows: int) -> list[str]:
    """A text for each row."""
    listed = arguments.texts(texts)
    if len(listed) != rows:
        raise RequestError(f"there are {len(listed)} texts for {rows} vectors")
    return listed


def ids_of(ids: Iterable[Any] | None, rows: int) -> list[str] | None:
    """An id for each row, no two alike."""
    if ids is None:
        return None
    listed = [str(own) for own in ids]
    if len(listed) != rows:
        raise RequestError(f"there are {len(listed)} ids for {rows} vectors")
    seen: set[str] = set()
    for own in listed:
        if own in seen:
            raise RequestError(f"the id {own!r} stands there twice")
        seen.add(own)
    return listed


def dates_of(dates: Iterable[Any] | None, rows: int) -> list[str | None] | None:
    """A day (2026-02-13) or a month (2026-02) for each row that has one."""
    if dates is None:
        return None
    listed = [_date(given, at) for at, given in enumerate(dates)]
    if len(listed) != rows:
        raise RequestError(f"there are {len(listed)} dates for {rows} vectors")
    return listed


def _date(given: Any, at: int) -> str | None:
    # What is no time (NaT, NaN) is unequal to itself.
    if given is None or given == "" or given != given:
        return None
    text = given.isoformat() if hasattr(given, "isoformat") else str(given)
    day = text[:10] if len(text) > 7 else text
    if not _DATE.fullmatch(day) or not _is_day(day):
        raise RequestError(f"date {at} is {text!r}; it can be a day (2026-02-13), a month (2026-02), a datetime or None")
    return day


def _is_day(day: str) -> bool:
    try:
        date.fromisoformat(day if len(day) > 7 else f"{day}-01")
    except ValueError:
        return False
    return True


def by_id(ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """The places of rows in the order of their ids: of equal rows the first are taken first, which must not depend on how rows came."""
    return np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
