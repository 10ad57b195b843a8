"""Topics of texts and their vectors, without a library; `Topics` has the methods that callers of BERTopic know.

The same rows have the same topics, on any machine and in whatever order they come. Topics are those that `relata topics --fresh` finds of a library
with these vectors and texts. Differences from BERTopic that people meet are said where they are met: every text is in a topic (`dbscan` alone leaves
some out, as topic -1), topics lie in levels within each other, and no parameter has to be tuned.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from relata import _arguments as arguments
from relata import _html, _relata
from relata._progress import Steps
from relata._topic_data import Found, Topic, TopicLevel, by_id, dates_of, ids_of, method_of, texts_of
from relata._topic_map import Shown, TopicMap, titled
from relata._topic_tables import document_info, hierarchy, over_time, topic_freq, topic_info
from relata.encoder import Encoder
from relata.errors import ArgumentError, RequestError, TopicsError
from relata.neighbours import NearestNeighbors, _unit_rows, own_copy

if TYPE_CHECKING:
    from typing_extensions import Self

Vectors = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]
Method = Literal["leiden", "kmeans", "dbscan"] | Mapping[str, Any]

# Rows that say in which topic a text belongs that comes later.
_NEIGHBOURS = 15
_PARAMETERS = ("encoder", "method", "topics", "progress")


def topics(
    vectors: npt.ArrayLike,
    texts: Iterable[str],
    ids: Iterable[Any] | None = None,
    dates: Iterable[Any] | None = None,
    *,
    method: Method = "leiden",
    topics: int | None = None,
    encoder: Any = None,
    progress: bool = False,
) -> Topics:
    """Finds the topics of texts, of which there are vectors already.

    `vectors`: texts x dimension; rows are scaled to unit length.
    `texts`: A text for each row. The first line is its title, where it has one; names of topics come from the texts.
    `ids`: An id for each row, no two alike. Ids of arXiv are links on the map.
    `dates`: A day, a month (2026-02), a `datetime` or `None` for each row.
    `method`: "leiden" finds how many topics there are, in up to three levels; "kmeans" finds so many as `topics` says; "dbscan" leaves out
    texts that are near to few others.
    `encoder`: What has made the vectors, where texts are to be looked for later (`find_topics`, `transform`): an `Encoder`, or the name of a model.
    `progress`: Show how far the search is.

    Raises `RequestError` where the lists do not fit each other.

    >>> import numpy as np
    >>> ice, bridges = np.eye(2, dtype=np.float32)
    >>> found = topics([ice] * 3 + [bridges] * 2, ["Sea ice drifts"] * 3 + ["Bridges of steel"] * 2)
    >>> [(topic.number, topic.name, topic.size) for topic in found.levels[0].topics]
    [(0, 'Sea ice drifts', 3), (1, 'Bridges, steel', 2)]
    """
    return Topics(encoder, method, topics, progress=progress).fit(texts, vectors, ids=ids, dates=dates)


class Topics:
    """The topics of texts.

    `encoder` makes vectors of texts: an `Encoder`, the name of a model, or whatever has `encode(texts)`; `None` is the default model. It is asked
    only where vectors are not given. Where `fit` was given vectors, nobody knows of which model they are: texts are looked for only by an encoder that
    was named. `method` and `topics` are as in `relata.topics`.

    After `fit`, `topics_` has the number of each text's topic: 0 is the largest. Numbers are those of one level, the finest; `reduce_topics` goes to
    a coarser one, and `levels` has all.

    >>> import numpy as np
    >>> model = Topics()
    >>> numbers, strengths = model.fit_transform(["Sea ice drifts"] * 3 + ["Bridges of steel"] * 2, np.repeat(np.eye(2), [3, 2], axis=0))
    >>> numbers
    [0, 0, 0, 1, 1]
    >>> [term for term, weight in model.get_topic(1)]
    ['Bridges', 'steel']
    """

    def __init__(
        self,
        encoder: Any = None,
        method: Method = "leiden",
        topics: int | None = None,
        *,
        embedding_model: Any = None,
        progress: bool = False,
    ) -> None:
        if encoder is not None and embedding_model is not None:
            raise RequestError("encoder and embedding_model are two names of the same")
        self.encoder = encoder if embedding_model is None else embedding_model
        self.method = method
        self.topics = topics
        self.progress = progress
        method_of(method, topics)
        self._found: Found | None = None
        self._are_given = False
        # The default model, where no encoder was named.
        self._default: Encoder | None = None

    # Finding topics.

    def fit(
        self,
        documents: Iterable[str],
        embeddings: npt.ArrayLike | None = None,
        y: Any = None,
        *,
        ids: Iterable[Any] | None = None,
        dates: Iterable[Any] | None = None,
    ) -> Self:
        """Finds the topics of texts. `embeddings` (texts x dimension) are their vectors; without them, the encoder makes them."""
        method = method_of(self.method, self.topics)
        texts = arguments.texts(documents)
        rows = self._rows(texts, embeddings)
        # A view, since the array may be an encoder's own.
        rows = rows.view() if embeddings is None else own_copy(rows, embeddings).view()
        rows.flags.writeable = False
        docs = texts_of(texts, len(rows))
        own_ids, own_dates = ids_of(ids, len(rows)), dates_of(dates, len(rows))
        order = None if own_ids is None else by_id(own_ids)
        with Steps(self.progress) as steps:
            if order is None:
                found = Found(*_relata.find_topics(rows, docs, method, steps.callback))
            else:
                found = Found(*_relata.find_topics(rows[order], [docs[row] for row in order], method, steps.callback)).restored(order)
        self._found, self._vectors, self._docs, self._ids, self._dates = found, rows, docs, own_ids, own_dates
        self._are_given = embeddings is not None
        self._neighbours: NearestNeighbors | None = None
        self._level = len(found.levels) - 1
        return self

    def fit_transform(
        self,
        documents: Iterable[str],
        embeddings: npt.ArrayLike | None = None,
        y: Any = None,
        *,
        ids: Iterable[Any] | None = None,
        dates: Iterable[Any] | None = None,
    ) -> tuple[list[int], Probabilities]:
        """Finds topics, and gives the number of each text's topic and how well the text fits it (`probabilities_`)."""
        self.fit(documents, embeddings, y, ids=ids, dates=dates)
        return self.topics_, self.probabilities_

    def transform(self, documents: str | Iterable[str], embeddings: npt.ArrayLike | None = None) -> tuple[list[int], Probabilities]:
        """The topics of further texts: that of most of the 15 texts nearest to each, by their cosines, and the share that these have of it."""
        found = self._fitted()
        texts = [documents] if isinstance(documents, str) else arguments.texts(documents)
        rows = self._asked_rows(texts, embeddings)
        texts_of(texts, len(rows))
        if not len(rows):
            return [], np.empty(0)
        if not len(self._vectors):
            raise TopicsError("there are no topics: no text was given")
        if rows.shape[1] != self._vectors.shape[1]:
            raise RequestError(f"vectors have {rows.shape[1]} elements, and those of the topics {self._vectors.shape[1]}")
        if self._neighbours is None:
            self._neighbours = NearestNeighbors(n_neighbors=min(_NEIGHBOURS, len(self._vectors))).fit(self._vectors)
        distances, near = self._neighbours.kneighbors(rows)
        weights = np.maximum(1 - distances.astype(np.float64), 1e-3)
        of = self._numbers()[near]
        numbers, shares = [], np.empty(len(rows))
        for at in range(len(rows)):
            own, places = np.unique(of[at], return_inverse=True)
            sums = np.bincount(places, weights=weights[at])
            numbers.append(int(own[sums.argmax()]))
            shares[at] = sums.max() / sums.sum()
        return numbers, shares

    def _rows(self, texts: Any, embeddings: npt.ArrayLike | None) -> Vectors:
        """Vectors of unit length."""
        if embeddings is not None:
            given = np.asarray(embeddings)
            return np.empty((0, max(given.shape[1:], default=1)), np.float32) if given.shape[:1] == (0,) else _unit_rows(given)
        if not texts:
            return np.empty((0, 1), np.float32)
        if isinstance(self.encoder, (str, os.PathLike)):
            self.encoder = Encoder(str(self.encoder))
        if self.encoder is None and self._default is None:
            self._default = Encoder()
        encoder: Any = self._default if self.encoder is None else self.encoder
        if isinstance(encoder, Encoder):
            return encoder.embed(texts_of(texts, len(texts)), progress=self.progress).vectors
        if not hasattr(encoder, "encode"):
            raise ArgumentError(f"encoder is {encoder!r}; an Encoder, the name of a model, or what has encode(texts) is needed")
        return _unit_rows(encoder.encode(texts))

    def _asked_rows(self, texts: Any, embeddings: npt.ArrayLike | None = None) -> Vectors:
        """Vectors of texts that are looked for among those of `fit`, and so of the same model."""
        if embeddings is None and self._are_given and self.encoder is None:
            raise RequestError("vectors were given, and nobody knows of which model: name it by Topics(encoder=...), or give vectors of these texts as well")
        return self._rows(texts, embeddings)

    # What was found.

    def _fitted(self) -> Found:
        if self._found is None:
            raise RequestError("Topics was not fitted")
        return self._found

    def _numbers(self) -> npt.NDArray[np.int64]:
        """The number of each row's topic in the level."""
        found = self._fitted()
        return found.numbers(self._level)[found.groups[self._level]] if found.levels else np.empty(0, np.int64)

    @property
    def levels(self) -> tuple[TopicLevel, ...]:
        """All levels, the coarsest first; each topic lies within one of the level before."""
        found = self._fitted()
        return tuple(found.level(level) for level in range(len(found.levels)))

    @property
    def level(self) -> TopicLevel:
        """The level that numbers of topics are of."""
        found = self._fitted()
        return found.level(self._level) if found.levels else TopicLevel("topic", ())

    @property
    def topics_(self) -> list[int]:
        """The number of each text's topic; -1 for none."""
        numbers: list[int] = self._numbers().tolist()
        return numbers

    @property
    def probabilities_(self) -> Probabilities:
        """The share of each text's neighbourhood that is in its own topic of the finest level, from 0 to 1: below .25 it fits badly."""
        return self._fitted().strengths

    @property
    def positions_(self) -> npt.NDArray[np.float32]:
        """Where each text lies on the map: texts x 2."""
        return self._fitted().positions

    @property
    def topic_labels_(self) -> dict[int, str]:
        """The name of each topic."""
        return {topic.number: topic.name for topic in self.level.topics}

    @property
    def topic_sizes_(self) -> dict[int, int]:
        """How many texts each topic has."""
        return {topic.number: topic.size for topic in self.level.topics}

    def get_topics(self) -> dict[int, list[tuple[str, float]]]:
        """The terms of each topic with their weights, the most telling first."""
        return {topic.number: list(topic.terms) for topic in self.level.topics}

    def get_topic(self, topic: int) -> list[tuple[str, float]]:
        """The terms of a topic with their weights. Raises `TopicsError` where there is no such topic."""
        return list(self._topic(topic).terms)

    def _topic(self, number: int) -> Topic:
        for topic in self.level.topics:
            if topic.number == number:
                return topic
        numbers = [str(topic.number) for topic in self.level.topics]
        error = TopicsError(f"there is no topic {number}; there are {', '.join(numbers[:20])}{', ...' if len(numbers) > 20 else ''}")
        error.code = "no-such-topic"
        raise error

    def get_topic_info(self, topic: int | None = None) -> Any:
        """A table of the topics: `Topic`, `Count`, `Name`, `Representation`, `Representative_Docs`. With pandas a `DataFrame`."""
        return topic_info(self.level.topics if topic is None else [self._topic(topic)], self._representative())

    def get_topic_freq(self, topic: int | None = None) -> Any:
        """A table of `Topic` and `Count`, or the size of one topic."""
        return topic_freq(self.level.topics) if topic is None else self._topic(topic).size

    def get_representative_docs(self, topic: int | None = None) -> Any:
        """The texts nearest to the centre of a topic, or those of every topic by its number."""
        return self._representative() if topic is None else [self._docs[row] for row in self._topic(topic).central]

    def _representative(self) -> dict[int, list[str]]:
        return {topic.number: [self._docs[row] for row in topic.central] for topic in self.level.topics}

    def get_document_info(self, docs: Sequence[str] | None = None) -> Any:
        """A table of the texts: `Document`, `Topic`, `Name`, `Representation`, `Representative_Docs`, `Top_n_words`, `Probability`,
        `Representative_document`. `docs` are those that topics were found of."""
        self._fitted()
        if docs is not None and list(docs) != self._docs:
            raise RequestError("these are not the texts that topics were found of; transform gives the topics of others")
        return document_info(self._docs, self.topics_, self.probabilities_, self.level, self._representative())

    def hierarchical_topics(self, docs: Any = None) -> Any:
        """A table of the topics of all levels: `Level`, `Topic`, `Name`, `Count`, and as `Parent` the number of the topic of the level before
        (-1 in the coarsest). BERTopic's has a row for each merge of two topics; here a topic has as many below it as were found."""
        return hierarchy(self.levels)

    def reduce_topics(self, docs: Any = None, nr_topics: int = 20) -> Self:
        """Goes to the finest level that has at most `nr_topics` topics. Topics of a coarser level are found as such and not merged, so there may be
        fewer than were asked for. Raises `TopicsError` where even the coarsest level has more."""
        count = arguments.whole("nr_topics", docs if isinstance(docs, (int, np.integer)) else nr_topics)
        found = self._fitted()
        sizes = [len(topics) for _, topics in found.levels]
        fits = [level for level, size in enumerate(sizes) if size <= count]
        if not fits:
            raise TopicsError(f"no level has at most {count} topics; there are {', '.join(map(str, sizes))}. method='kmeans' finds as many as are asked for")
        self._level = fits[-1]
        return self

    def find_topics(self, search_term: str, top_n: int = 5) -> tuple[list[int], list[float]]:
        """The topics nearest to words, with the cosines of their centres; the encoder embeds the words."""
        found = self._fitted()
        query = self._asked_rows([search_term])[0]
        numbers = self._numbers()
        own = np.unique(numbers[numbers >= 0]).tolist()
        if not own:
            return [], []
        if len(query) != self._vectors.shape[1]:
            raise RequestError(f"the encoder gives {len(query)} elements, and vectors have {self._vectors.shape[1]}")
        centres = np.stack([self._vectors[numbers == number].mean(axis=0, dtype=np.float64) for number in own])
        cosines = centres @ query / np.maximum(np.linalg.norm(centres, axis=1), 1e-12)
        best = np.argsort(-cosines, kind="stable")[:top_n]
        assert len(found.levels) > self._level
        return [own[at] for at in best], [float(cosines[at]) for at in best]

    def topics_over_time(self, docs: Any = None, timestamps: Iterable[Any] | None = None, nr_bins: int | None = None) -> Any:
        """A table of how many texts each topic has at each time: `Topic`, `Words`, `Frequency`, `Timestamp`, `Name`. `timestamps` are by default the
        dates that `fit` was given; `nr_bins` makes so many times of them. `Words` are those of the whole topic, not of a time."""
        self._fitted()
        dates = self._dates if timestamps is None else dates_of(timestamps, len(self._docs))
        if dates is None:
            raise RequestError("there are no dates: give them to fit, or as timestamps")
        return over_time(self.level, self.topics_, dates, nr_bins)

    # Showing it.

    def visualize(self, title: str | None = None) -> TopicMap:
        """A map of the texts with their topics, which shows itself in a notebook; `save` writes it as a page."""
        self._fitted()
        return TopicMap(lambda: self._shown(title), self._table)

    visualize_topics = visualize

    def visualize_documents(self, docs: Any = None, *, title: str | None = None) -> TopicMap:
        """As `visualize`."""
        return self.visualize(title)

    def _shown(self, title: str | None = None) -> Shown:
        parts = [titled(doc) for doc in self._docs]
        dates = self._dates or [None] * len(parts)
        ids = self._ids or [str(row) for row in range(len(parts))]
        texts = [rest for _, rest in parts]
        return Shown(
            title or f"Topics of {len(parts):,} texts",
            self._fitted(),
            ids,
            [first or own for (first, _), own in zip(parts, ids, strict=True)],
            dates,
            texts=texts if any(texts) else None,
        )

    def _table(self) -> str:
        rows = [(topic.number, topic.name, topic.size, [term for term, _ in topic.terms[:8]]) for topic in self.level.topics]
        return _html.topic_table(self.level.name, rows)

    def _repr_html_(self) -> str | None:
        return None if self._found is None or not self._docs else self.visualize()._repr_html_()

    # Objects.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters that this was made with."""
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Changes parameters."""
        for name, value in params.items():
            if name not in _PARAMETERS:
                raise RequestError(f"Topics has no parameter {name}; there are {', '.join(_PARAMETERS)}")
            setattr(self, name, value)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return self._found is not None

    def __len__(self) -> int:
        return len(self.level.topics)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        if self._found is None:
            return "Topics()"
        if not self._docs:
            return "Topics(0 texts)"
        sizes = ", ".join(f"{len(topics)} {name}{'s' * (len(topics) != 1)}" for name, topics in self._found.levels)
        return f"Topics({len(self._docs)} texts: {sizes})"
