"""Topics of shards: those of the same vectors in memory, however they are divided."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_topics import Vectors, made

import relata.shards
from relata.errors import BulkError, RequestError
from relata.shards import Shards, ShardTopics, topics
from relata.shards._files import Folder
from relata.shards._pool import Done, Here
from relata.shards._shards import table
from relata.shards._topics import asked, find

pa = pytest.importorskip("pyarrow")

COUNT = 260
IDS = [f"2601.{at:05}" for at in range(COUNT)]
VECTORS, TEXTS = made(COUNT)
# Equal rows, which are told apart by their ids.
VECTORS[7:240:31] = VECTORS[7]
TITLES = [text.partition("\n")[0] for text in TEXTS]


def divided(folder: Path, parts: int, seed: int, vectors: Vectors = VECTORS) -> Folder:
    """Shards of all rows in some order."""
    to, order = Folder(folder), np.random.default_rng(seed).permutation(COUNT)
    for number, rows in enumerate(np.array_split(order, parts)):
        passages = [bytes(32)] * len(rows)
        to.write_table(f"{number}.parquet", table([IDS[row] for row in rows], [TITLES[row] for row in rows], vectors[rows], "kind", passages))
    return to


def near(folder: Path, parts: int, seed: int, k: int = 15) -> Folder:
    """Files with the nearest of all rows."""
    to, order = Folder(folder), np.random.default_rng(seed).permutation(COUNT)
    cosines, found = (lists for lists in relata.NearestNeighbors(n_neighbors=k).fit(VECTORS).kneighbors())
    for number, rows in enumerate(np.array_split(order, parts)):
        columns = {"id": [IDS[row] for row in rows], "neighbours": [[IDS[other] for other in found[row]] for row in rows]}
        to.write_table(f"{number}.parquet", pa.table(columns | {"cosine": [(1 - cosines[row]).tolist() for row in rows]}))
    return to


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, Folder]:
    base = tmp_path_factory.mktemp("shards")
    return near(base / "near", 3, 1), divided(base / "vectors", 4, 2)


def same(one: ShardTopics, other: ShardTopics) -> None:
    assert one.levels == other.levels and one.ids.equals(other.ids)
    assert (one.numbers == other.numbers).all() and (one.strengths == other.strengths).all() and (one.weak == other.weak).all()
    assert one.positions is not None and other.positions is not None and (one.positions == other.positions).all()


def test_topics_of_shards_are_those_of_the_same_vectors_in_memory(folders: tuple[Folder, Folder]) -> None:
    found = topics(folders[0].address, folders[1].address)
    expected = relata.topics(VECTORS, TITLES, IDS)
    assert found.ids.to_pylist() == IDS and len(found) == COUNT
    assert found.levels == expected.levels and len(found.levels) == 2
    assert found.numbers[-1].tolist() == expected.topics_
    assert np.abs(found.strengths - expected.probabilities_).max() < 1e-6
    # Cosines differ in their last bits, which move papers on the map and leave it what it is.
    assert found.positions is not None and found.positions.shape == (COUNT, 2)
    between = [np.linalg.norm(places[:, None] - places[None], axis=2).ravel() for places in (found.positions, expected.positions_)]
    assert np.corrcoef(*between)[0, 1] > 0.8


def test_neighbours_that_shards_have_found_give_the_very_same(folders: tuple[Folder, Folder], tmp_path: Path) -> None:
    lists = relata.shards.neighbours(folders[1].address, tmp_path / "near")
    found = topics(lists, folders[1].address)
    expected = relata.topics(VECTORS, TITLES, IDS)
    assert found.levels == expected.levels and found.numbers[-1].tolist() == expected.topics_


class Backwards(Here):
    """A pool that does everything in another order, and merges in another tree."""

    def map(self, make: Callable[[], Callable[[Any], Any]], items: Iterable[Any]) -> Iterator[Done[Any, Any]]:
        yield from reversed(list(super().map(make, items)))

    def reduce(
        self, step: Callable[[Any], Any], merge: Callable[[Any, Any], Any], items: Iterable[Any], done: Callable[[Any], None] = lambda _: None
    ) -> Any:
        given = [step(item) for item in items]
        while len(given) > 1:
            given = [merge(*reversed(given[:2])), *given[2:]] if len(given) % 2 else [*given[2:], merge(*given[:2])]
        return given[0] if given else None


def test_however_papers_lie_in_shards_topics_are_the_same(folders: tuple[Folder, Folder], tmp_path: Path) -> None:
    first = topics(folders[0].address, folders[1].address)
    near_again, vectors = near(tmp_path / "near", 7, 5, k=16), divided(tmp_path / "vectors", 9, 6)
    same(first, topics(near_again.address, Shards(vectors)))
    same(first, find(asked(near_again.address, vectors.address, None, True), Backwards(), lambda _: None))


def test_names_come_from_texts(folders: tuple[Folder, Folder], tmp_path: Path) -> None:
    lines = [{"id": own, "title": f"Study {at}", "abstract": f"Penguins and {TITLES[at]}."} for at, own in enumerate(IDS)]
    (tmp_path / "papers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    of = {line["id"]: f"{line['title']}.\n{line['abstract']}" for line in lines}
    found = [topics(folders[0].address, folders[1].address, texts, map=False) for texts in (tmp_path / "papers.jsonl", of)]
    names = [[topic.name for topic in level.topics] for level in found[0].levels]
    assert names == [[topic.name for topic in level.topics] for level in found[1].levels]
    expected = relata.topics(VECTORS, list(of.values()), IDS)
    assert names == [[topic.name for topic in level.topics] for level in expected.levels]
    assert found[0].positions is None
    with pytest.raises(RequestError, match="without a map"):
        found[0].visualize()


def test_what_was_found_is_kept_and_shown(folders: tuple[Folder, Folder], tmp_path: Path) -> None:
    found = topics(folders[0].address, folders[1].address)
    found.save(tmp_path / "out")
    rows = Folder(tmp_path / "out").read_table("papers.parquet")
    assert rows.column_names == ["id", "field", "topic", "strength", "weak", "x", "y"] and rows.column("id").to_pylist() == IDS
    assert rows.column("topic").to_pylist() == found.numbers[-1].tolist()
    kept = json.loads((tmp_path / "out/topics.json").read_bytes())
    assert kept["papers"] == COUNT and [level["name"] for level in kept["levels"]] == ["field", "topic"]
    assert kept["levels"][0]["topics"][0]["central"] == [IDS[place] for place in found.levels[0].topics[0].central]
    shown = found._repr_html_()
    assert shown.count("<iframe") == 1 and shown == found.visualize()._repr_html_() and TITLES[3] not in shown.rpartition("</iframe>")[2]
    found.visualize().save(tmp_path / "map.html")
    assert "arxiv.org/abs/2601.00" in (tmp_path / "map.html").read_text()


def test_a_file_of_neighbours_that_is_gone_is_named(folders: tuple[Folder, Folder], tmp_path: Path) -> None:
    near = relata.shards.neighbours(folders[1].address, tmp_path / "near")
    (tmp_path / "near" / near.files[0]).unlink()
    with pytest.raises(BulkError, match=f"lacks {near.files[0]}, which neighbours.json names"):
        topics(near, folders[1].address)


def test_topics_are_not_kept_where_shards_or_neighbours_are(folders: tuple[Folder, Folder], tmp_path: Path) -> None:
    found = topics(folders[0].address, folders[1].address, map=False)
    for folder in folders:
        before = folder.names()
        with pytest.raises(relata.errors.RequestError, match="holds other files of Parquet"):
            found.save(folder.address)
        assert folder.names() == before
    for _ in range(2):
        found.save(tmp_path / "kept")
    assert Folder(tmp_path / "kept").names() == ["papers.parquet", "topics.json"]


def test_files_that_do_not_fit(folders: tuple[Folder, Folder], tmp_path: Path) -> None:
    lists, shards = folders
    cut = Folder(tmp_path / "cut")
    for name in lists.names()[1:]:
        cut.write_table(name, lists.read_table(name))
    with pytest.raises(BulkError, match=r"the paper '2601\.\d+' has no neighbours in"):
        topics(cut.address, shards.address)
    one = lists.read_table("0.parquet")
    cut.write_table("0.parquet", pa.concat_tables([one, one.slice(0, 1)]))
    with pytest.raises(BulkError, match="has neighbours already"):
        topics(cut.address, shards.address)
    cut.write_table("0.parquet", one.set_column(0, "id", pa.array(["nobody", *one.column("id").to_pylist()[1:]])))
    with pytest.raises(BulkError, match=r"0.parquet names 'nobody', which is in no shard"):
        topics(cut.address, shards.address)
    few = [own[:4] for own in one.column("neighbours").to_pylist()]
    cut.write_table("0.parquet", one.set_column(1, "neighbours", pa.array(few)))
    with pytest.raises(BulkError, match="has 4 neighbours, and 15 are needed"):
        topics(cut.address, shards.address)
    cut.write_table("0.parquet", one.drop(["cosine"]))
    with pytest.raises(BulkError, match="it has no column cosine"):
        topics(cut.address, shards.address)
    twice = divided(tmp_path / "twice", 2, 1)
    twice.write_table("again.parquet", shards.read_table("0.parquet"))
    with pytest.raises(BulkError, match=r"^2601\.\d+ stands twice in .*twice, in \d\.parquet and in again\.parquet"):
        topics(lists.address, twice.address)
    with pytest.raises(BulkError, match="there is no folder .*/nothing"):
        topics(tmp_path / "nothing", shards.address)
    (tmp_path / "nothing").mkdir()
    assert topics(tmp_path / "nothing", tmp_path / "nothing").levels == ()
