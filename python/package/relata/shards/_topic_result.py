"""Topics of the papers of shards, as `relata.shards.topics` and `relata.ray.topics` give them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _html
from relata._topic_data import Found, TopicLevel
from relata._topic_map import Shown, TopicMap, framed
from relata.errors import RequestError
from relata.shards._files import AnyPath, Folder
from relata.shards._shards import Shards, texts_in, titles_of

TOPICS, PAPERS = "topics.json", "papers.parquet"


@dataclass(frozen=True, eq=False)
class ShardTopics:
    """The topics of all papers of a folder of shards."""

    levels: tuple[TopicLevel, ...]
    """All levels, the coarsest first; topics are numbered within theirs, the largest is 0. `central` are places in `ids`."""
    ids: Any
    """The papers, in order: a `pyarrow` array."""
    numbers: npt.NDArray[np.int64]
    """The number of each paper's topic: levels x papers."""
    strengths: npt.NDArray[np.float32]
    """The share of each paper's neighbourhood that is in its own topic of the finest level, from 0 to 1."""
    weak: npt.NDArray[np.bool_]
    """Whether a paper fits its topic badly."""
    positions: npt.NDArray[np.float32] | None
    """Where each paper lies on the map, papers x 2, where there is one."""
    _found: Found | None = None
    _shards: Shards | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(level.topics)} {level.name}{'s' * (len(level.topics) != 1)}" for level in self.levels)
        return f"ShardTopics({len(self.ids)} papers: {sizes})"

    def table(self) -> Any:
        """All papers as a `pyarrow.Table`: `id`, the number of the topic of each level by its name, `strength`, `weak`, and `x` and `y`."""
        import pyarrow as pa

        columns = {"id": self.ids}
        columns |= {level.name: pa.array(numbers.astype(np.int32)) for level, numbers in zip(self.levels, self.numbers, strict=False)}
        columns |= {"strength": pa.array(self.strengths), "weak": pa.array(self.weak)}
        if self.positions is not None:
            columns |= {"x": pa.array(self.positions[:, 0]), "y": pa.array(self.positions[:, 1])}
        return pa.table(columns)

    def save(self, folder: AnyPath) -> None:
        """Writes `papers.parquet`, which is `table()`, and then `topics.json` with the levels.

        Raises `RequestError` for a folder with other files of Parquet: where shards are, or neighbours, this one would be taken for one of them.
        """
        to = Folder(folder)
        if others := [name for name in to.names(".parquet") if name != PAPERS]:
            raise RequestError(f"{to.address} holds other files of Parquet, such as {others[0]}; name another folder, such as {to.within('topics').address}")
        to.write_table(PAPERS, self.table())
        levels = [asdict(level) for level in self.levels]
        for level in levels:
            for topic in level["topics"]:
                topic["central"] = [self.ids[place].as_py() for place in topic["central"]]
        to.write(TOPICS, json.dumps({"papers": len(self.ids), "levels": levels}, ensure_ascii=False, indent=1).encode())

    def visualize(self, title: str | None = None) -> TopicMap:
        """The map of the papers, which shows itself in a notebook. Raises `RequestError` where none was made (`map=True` makes one)."""
        if self._found is None or self._shards is None:
            raise RequestError("topics were found without a map; map=True makes one, as far as memory goes")
        ids = self.ids.to_pylist()
        shown = Shown(title or f"Topics of {len(ids):,} papers", self._found, ids, ids, [None] * len(ids))
        return TopicMap(lambda: shown, self._table, self._titled)

    def _titled(self, shown: Shown) -> Shown:
        """With the titles that are in the shards."""
        from dataclasses import replace

        titles: dict[str, str | None] = {}
        wanted = set(shown.ids)
        for name in self._shards.names() if self._shards is not None else []:
            table = self._shards.folder.read_table(name, ["id", "title"])  # type: ignore[union-attr]
            rows = zip(texts_in(table.column("id")).to_pylist(), titles_of(table), strict=True)
            titles |= {own: title for own, title in rows if own in wanted}
        return replace(shown, titles=[titles.get(own) or own for own in shown.ids])

    def _table(self) -> str:
        if not self.levels:
            return ""
        rows = [(topic.number, topic.name, topic.size, [term for term, _ in topic.terms[:8]]) for topic in self.levels[-1].topics]
        return _html.topic_table(self.levels[-1].name, rows)

    def _repr_html_(self) -> str:
        if self._found is None:
            return self._table()
        ids = self.ids.to_pylist()
        shown = Shown(f"Topics of {len(ids):,} papers", self._found, ids, ids, [None] * len(ids))
        return framed(shown, self._titled) + self._table()
