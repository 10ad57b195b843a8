"""Tables of topics with the columns that callers of BERTopic know: `pandas.DataFrame` where pandas is installed, else `Table`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from relata._table import Table
from relata._topic_data import Topic, TopicLevel
from relata.errors import RequestError

# Terms of a topic in the column `Top_n_words`.
_WORDS = 10

Columns = list[tuple[str, str, list[Any]]]


def frame(columns: Columns) -> Any:
    """Columns as a table: of pandas, where it is installed."""
    try:
        import pandas
    except ImportError:
        return Table(columns)
    return pandas.DataFrame({name: values for name, _, values in columns})


def topic_info(topics: Sequence[Topic], representative: dict[int, list[str]]) -> Any:
    """A row a topic."""
    return frame(
        [
            ("Topic", "int", [topic.number for topic in topics]),
            ("Count", "int", [topic.size for topic in topics]),
            ("Name", "str", [topic.name for topic in topics]),
            ("Representation", "list", [[term for term, _ in topic.terms] for topic in topics]),
            ("Representative_Docs", "list", [representative[topic.number] for topic in topics]),
        ]
    )


def topic_freq(topics: Sequence[Topic]) -> Any:
    """How many texts each topic has."""
    return frame([("Topic", "int", [topic.number for topic in topics]), ("Count", "int", [topic.size for topic in topics])])


def document_info(
    docs: list[str], numbers: list[int], strengths: npt.NDArray[np.float64], level: TopicLevel, representative: dict[int, list[str]]
) -> Any:
    """A row a text."""
    own = {topic.number: topic for topic in level.topics}
    of = [own[number] for number in numbers]
    central = {row for topic in level.topics for row in topic.central}
    return frame(
        [
            ("Document", "str", docs),
            ("Topic", "int", numbers),
            ("Name", "str", [topic.name for topic in of]),
            ("Representation", "list", [[term for term, _ in topic.terms] for topic in of]),
            ("Representative_Docs", "list", [representative[topic.number] for topic in of]),
            ("Top_n_words", "str", [words(topic, " - ", _WORDS) for topic in of]),
            ("Probability", "float", strengths.tolist()),
            ("Representative_document", "bool", [row in central for row in range(len(docs))]),
        ]
    )


def hierarchy(levels: Sequence[TopicLevel]) -> Any:
    """A row a topic of any level, the coarsest level first."""
    rows = [(level.name, topic) for level in levels for topic in level.topics]
    return frame(
        [
            ("Level", "str", [name for name, _ in rows]),
            ("Topic", "int", [topic.number for _, topic in rows]),
            ("Name", "str", [topic.name for _, topic in rows]),
            ("Count", "int", [topic.size for _, topic in rows]),
            ("Parent", "int", [-1 if topic.parent is None else topic.parent for _, topic in rows]),
        ]
    )


def over_time(level: TopicLevel, numbers: list[int], dates: Sequence[str | None], bins: int | None) -> Any:
    """How many texts each topic has at each time."""
    when = list(dates) if bins is None else binned(dates, bins)
    counts: dict[tuple[int, str], int] = {}
    for number, time in zip(numbers, when, strict=True):
        if time is not None:
            counts[number, time] = counts.get((number, time), 0) + 1
    own = {topic.number: topic for topic in level.topics}
    rows = sorted(counts.items(), key=lambda row: (row[0][1], row[0][0]))
    return frame(
        [
            ("Topic", "int", [number for (number, _), _ in rows]),
            ("Words", "str", [words(own[number], ", ", 5) for (number, _), _ in rows]),
            ("Frequency", "int", [count for _, count in rows]),
            ("Timestamp", "str", [time for (_, time), _ in rows]),
            ("Name", "str", [own[number].name for (number, _), _ in rows]),
        ]
    )


def binned(dates: Sequence[str | None], bins: int) -> list[str | None]:
    """The first day of the bin of each date; bins are equally long. A month counts as its first day."""
    if bins < 1:
        raise RequestError(f"nr_bins is {bins}; it is a number from 1 on")
    days = [None if day is None else date.fromisoformat(day if len(day) > 7 else f"{day}-01") for day in dates]
    known = [day for day in days if day is not None]
    if not known:
        return [None] * len(days)
    first, length = min(known), ((max(known) - min(known)).days + 1) / bins

    def begin(day: date) -> str:
        return (first + timedelta(days=int(int((day - first).days / length) * length))).isoformat()

    return [None if day is None else begin(day) for day in days]


def words(topic: Topic, between: str, most: int) -> str:
    """The first terms of a topic."""
    return between.join(term for term, _ in topic.terms[:most])
