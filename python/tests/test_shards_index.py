"""Vectors of shards in a library, and its index from shards: the file that the program makes, and the same answers."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TINY, papers
from object_store import ObjectStore

import relata
import relata.shards
from relata.shards import Shards
from relata.shards._files import Folder
from relata.shards._index import code, merge, planned
from relata.shards._pool import Here
from relata.shards._shards import table
from relata.shards._show import Status

# A library of fewer papers has no index.
PAPERS = 20_100
ASKED = ["2601.00001", "2602.07777"]


def _passages(path: Path) -> tuple[list[str], list[bytes]]:
    read = [json.loads(line) for line in path.read_text().splitlines()]
    texts = [f"{paper['title'].strip()}\n{paper['abstract'].strip()}" for paper in read]
    return [paper["id"] for paper in read], [hashlib.sha256(text.encode()).digest() for text in texts]


def _vectors(count: int, dimension: int) -> Any:
    random = np.random.default_rng(3)
    rows = random.normal(size=(150, dimension))[random.integers(150, size=count)] + 0.5 * random.normal(size=(count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, tiny: relata.Encoder) -> "World":
    return World(tmp_path_factory.mktemp("index"), tiny)


class World:
    """A library whose vectors came from shards, and the index that it makes by itself."""

    def __init__(self, folder: Path, tiny: relata.Encoder) -> None:
        self.folder, self.fingerprint = folder, tiny.fingerprint
        file = papers(folder / "papers.jsonl", PAPERS)
        self.ids, self.passages = _passages(file)
        self.vectors = _vectors(PAPERS, tiny.dimension)
        self.path = folder / "library.db"
        self.library = relata.Library(self.path, model=TINY)
        assert self.library.add([file], embed=False).added == PAPERS
        self.imported = relata.shards.import_vectors(self.shards(3), self.library)
        self.library.prepare()
        self.file = folder / "library.db.index-1"
        self.own = self.file.read_bytes()
        self.answer = self.library.recommend(ASKED, k=20).to_dict()

    def shards(self, count: int, without: frozenset[int] = frozenset(), **other: Any) -> Shards:
        """The vectors in so many shards, in no order."""
        folder = Folder(self.folder / f"shards-{count}-{len(without)}{''.join(other)}")
        vectors = other.get("vectors", self.vectors)
        order = [at for at in np.random.default_rng(count).permutation(PAPERS) if at not in without]
        for number, part in enumerate(np.array_split(np.array(order), count)):
            ids, passages = [self.ids[at] for at in part], [self.passages[at] for at in part]
            fingerprint = other.get("fingerprint", self.fingerprint)
            folder.write_table(f"{number}.parquet", table(ids, [None] * len(ids), vectors[part], fingerprint, passages))
        return Shards(folder)

    def is_as_before(self) -> None:
        assert self.file.read_bytes() == self.own
        again = relata.Library(self.path, model=TINY)
        assert again.check().problems == ()
        assert again.recommend(ASKED, k=20).to_dict() == self.answer


def test_vectors_are_taken_over(world: World) -> None:
    assert world.imported == relata.shards.Imported(taken=PAPERS)
    found = world.library.vectors()
    place = {id: at for at, id in enumerate(world.ids)}
    assert np.array_equal(found.vectors, world.vectors[[place[id] for id in found.ids]])
    assert world.library.info().embedded == PAPERS
    assert relata.shards.import_vectors(world.shards(3), world.library) == relata.shards.Imported(there=PAPERS)


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_shards_gives_the_programs_index(world: World, count: int) -> None:
    world.file.unlink()
    codes = world.folder / f"codes-{count}"
    indexed = relata.shards.index(world.shards(count), world.library, codes, memory=1 << 20)
    assert (indexed.papers, indexed.other_rows, indexed.used) == (PAPERS, 0, True)
    assert (indexed.shards_made, indexed.shards_found, indexed.nodes) == (count, 0, {"here": count})
    world.is_as_before()
    # What is there is not coded again.
    (codes / "notes.txt").write_text("something else")
    told: list[Status] = []
    planned_again = planned(Shards(world.folder / f"shards-{count}-0"), world.library, codes)
    again = merge(planned_again, world.library, None, code(planned_again, Here(), told.append), told.append)
    assert (again.shards_made, again.shards_found, again.used) == (0, count, True)
    assert [(one.work, one.rows, one.found, one.expected) for one in (told[0], told[-1])] == [
        ("coding", 0, PAPERS, PAPERS),
        ("putting together", PAPERS, 0, PAPERS),
    ]
    world.is_as_before()


def test_shards_that_lack_a_vector_are_refused_by_name(world: World) -> None:
    with pytest.raises(relata.errors.LibraryError, match=f"the papers {world.ids[7]}, {world.ids[9]} \\(2 in none of them, 0 with") as error:
        relata.shards.index(world.shards(2, frozenset({7, 9})), world.library, world.folder / "lacking")
    assert error.value.code == "shards-differ"
    other = world.vectors.copy()
    other[11] = -other[11]
    with pytest.raises(relata.errors.LibraryError, match=f"the papers {world.ids[11]} \\(0 in none of them, 1 with"):
        relata.shards.index(world.shards(2, vectors=other), world.library, world.folder / "differing")
    with pytest.raises(relata.errors.BulkError, match="has vectors of another, and the library those of"):
        relata.shards.index(world.shards(1, fingerprint="another"), world.library, world.folder / "foreign")
    world.is_as_before()


def test_vectors_of_other_texts_are_not_taken(tmp_path: Path, tiny: relata.Encoder) -> None:
    file = papers(tmp_path / "papers.jsonl", 4)
    ids, passages = _passages(file)
    library = relata.Library(tmp_path / "library.db", model=TINY)
    library.add([file], embed=False)
    vectors = _vectors(6, tiny.dimension)
    folder = Folder(tmp_path / "shards")
    folder.write_table("a.parquet", table([*ids[:3], "2612.99999"], [None] * 4, vectors[:4], tiny.fingerprint, [*passages[:2], b"x" * 32, b"y" * 32]))
    folder.write_table("b.parquet", table(ids[3:], [None], vectors[4:5], "another", passages[3:]))
    imported = relata.shards.import_vectors(folder.address, library)
    assert imported == relata.shards.Imported(taken=2, unknown=1, other_text=1, other_fingerprint=1)
    assert library.vectors().ids == ids[:2]
    # What is left is embedded by the next answer.
    assert library.info().embedded == 2
    folder.write_table("c.parquet", table(ids[2:3], [None], 2 * vectors[5:6], tiny.fingerprint, passages[2:3]))
    with pytest.raises(relata.errors.LibraryError, match="its length is 2.0") as error:
        relata.shards.import_vectors(folder.address, library)
    assert error.value.code == "vector-refused"


def test_a_cluster_makes_the_same_index(world: World, ray_cluster: Any, gate: Path) -> None:
    import relata.ray

    world.file.unlink()
    # No machine is through before the other has begun.
    (gate / "wait").write_text("2")
    indexed = relata.ray.index(world.shards(6), world.library, world.folder / "codes-ray")
    assert indexed.used and indexed.shards_made == sum(indexed.nodes.values()) == 6
    assert len(indexed.nodes) == 2, "both machines took part"
    world.is_as_before()


def test_codes_and_shards_may_lie_in_an_object_store(world: World, object_store: ObjectStore) -> None:
    """Files of a place that is no disk are copied to one while they are put together."""
    world.file.unlink()
    here, there = world.shards(4).folder, Folder(object_store.address("index-shards"))
    for name in here.names():
        there.write(name, here.read(name))
    codes = object_store.address("codes")
    indexed = relata.shards.index(there.address, world.library, codes)
    assert indexed.used and (indexed.shards_made, indexed.shards_found) == (4, 0)
    world.is_as_before()
    again = relata.shards.index(there.address, world.library, codes)
    assert (again.shards_made, again.shards_found) == (0, 4)
    world.is_as_before()
