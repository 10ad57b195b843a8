"""What people pass by mistake: it is refused in words that name it, and nothing is written or embedded."""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow
import pytest
from conftest import TINY, Run
from pyarrow import parquet
from shard_files import divide

import relata
from relata import shards
from relata.errors import ArgumentError, FileError, QueryError, RequestError
from relata.neighbours import NearestNeighbors

ROWS = np.eye(4, dtype=np.float32)


def refused(kind: type[Exception], words: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind) as raised:
        call()
    assert words in str(raised.value), str(raised.value)
    assert isinstance(raised.value, relata.Error)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (None, "a list of texts is needed, and this is None"),
        (b"ice", "this is b'ice'"),
        (5, "this is 5"),
        ({"a": "ice"}, "this is a dict: pass its values"),
        (pandas.DataFrame({"title": ["ice"]}), "this is a DataFrame: pass its values, or one column of it"),
        (np.array([["ice"]]), "text 0 is ndarray, not str"),
    ],
)
def test_what_is_no_list_of_texts(tiny: relata.Encoder, texts: Any, words: str) -> None:
    refused(ArgumentError, words, lambda: tiny.encode(texts))
    refused(ArgumentError, words, lambda: tiny.count_tokens(texts))
    refused(ArgumentError, words, lambda: relata.topics(ROWS, texts))


def test_columns_of_arrow_are_lists_of_texts(tiny: relata.Encoder) -> None:
    texts = ["ice", "bridges"]
    for column in (pyarrow.array(texts), pyarrow.chunked_array([["ice"], ["bridges"]]), pandas.Series(texts)):
        assert tiny.encode(column).tobytes() == tiny.encode(texts).tobytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": None}, "model is None; a path is needed"),
        ({"model": ""}, "model is ''; a path is needed"),
        ({"device": 3}, "device is 3; a text is needed"),
        ({"precision": None}, "precision is None; a text is needed"),
        ({"offline": "no"}, "offline is 'no'; True or False is needed"),
        ({"batch_tokens": 1.5}, "batch_tokens is 1.5; a whole number is needed"),
    ],
)
def test_what_is_no_parameter_of_an_encoder(arguments: dict[str, Any], words: str) -> None:
    refused(ArgumentError, words, lambda: relata.Encoder(**{"model": TINY} | arguments))


def test_what_is_no_library() -> None:
    refused(ArgumentError, "path is b'x'; a path is needed", lambda: relata.Library(b"x"))  # type: ignore[arg-type]
    refused(ArgumentError, "profile is 5; a text is needed", lambda: relata.Library("x", profile=5))  # type: ignore[arg-type]


def test_numbers_that_are_none_and_half_characters(tmp_path: Path) -> None:
    library = relata.Library(tmp_path / "library.db", model=TINY, offline=True)
    refused(RequestError, "diversity: nan is no number", lambda: library.recommend("2602.10611", diversity=math.nan))
    refused(RequestError, "weight: inf is no number", lambda: library.weigh_interest(1, math.inf))
    refused(RequestError, "text: '\\ud800' is no text", lambda: library.search("\ud800"))
    refused(RequestError, "filter: nan is no number", lambda: library.search("ice", filter={"since": math.nan}))
    refused(ArgumentError, "paths is a DataFrame; a list is needed", lambda: library.add(pandas.DataFrame({"id": ["a"]})))
    refused(ArgumentError, "papers: a Found cannot stand in a request", lambda: library.like(library.search("ice", k=1)))  # type: ignore[arg-type]
    assert not library.path.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"diversity": 2.0}, "diversity is 2; it can be a number from 0 to 1"),
        ({"diversity": -0.5}, "diversity is -0.5; it can be a number from 0 to 1"),
        ({"at_least": 200.0}, "at_least is 200; it can be a number from 0 to 100"),
        ({"half_life": 0.0}, "half_life is 0; it can be a number of days above 0"),
        ({"factors": {"authors": -1.0}}, "authors is -1; it can be a number from 0 on"),
    ],
)
def test_numbers_out_of_range(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    library = relata.Library(tmp_path / "library.db", model=TINY, offline=True)
    with pytest.raises(QueryError) as raised:
        library.recommend("2602.10611", **given)
    assert str(raised.value) == words and raised.value.code == "out-of-range"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"into": ["ice"], "threshold": 2.0}, "threshold is 2; it can be a number from -1 to 1"),
        ({"method": {"k_means": {"topics": 0}}}, "topics is 0; it can be a number from 1 on"),
        ({"method": {"dbscan": {"papers": 1}}}, "papers is 1; it can be a number from 2 on"),
        ({"method": {"dbscan": {"papers": 5, "cosine": -1.5}}}, "cosine is -1.5; it can be a number from -1 to 1"),
    ],
)
def test_numbers_of_topics_out_of_range(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    library = relata.Library(tmp_path / "library.db", model=TINY, offline=True)
    with pytest.raises(QueryError) as raised:
        library.topics(**given)
    assert str(raised.value) == words and raised.value.code == "out-of-range"


def test_nothing_is_written_over_the_library(tmp_path: Path) -> None:
    library = relata.Library(tmp_path / "library.db", model=TINY, offline=True)
    library.like("2602.10611")
    refused(relata.errors.BulkError, "library.db is a file of the library", lambda: library.export(csv=library.path))
    refused(relata.errors.BulkError, "is named for two files", lambda: library.export(csv=tmp_path / "t", jsonl=tmp_path / "t"))
    refused(RequestError, "it names no file", library.export)
    refused(RequestError, "this is no request to evaluate", lambda: library.evaluate(None))  # type: ignore[arg-type]
    assert relata.Library(library.path, model=TINY).profile().like == ("2602.10611",)


def test_a_library_stays_the_same_wherever_the_process_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    os.symlink(TINY, tmp_path / "models/tiny")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    library, encoder = relata.Library("library.db", model="models/tiny", offline=True), relata.Encoder("models/tiny")
    library.like("2602.10611")
    monkeypatch.chdir("elsewhere")
    assert library.profile().like == ("2602.10611",) and library.path == tmp_path / "library.db"
    assert encoder.encode("ice").shape == (32,)
    assert not any(Path().iterdir())


def test_what_neighbours_refuse(tmp_path: Path) -> None:
    fitted = NearestNeighbors(2).fit(ROWS)
    refused(ArgumentError, "n_neighbors is '3'; a whole number is needed", lambda: fitted.kneighbors(ROWS, "3"))  # type: ignore[arg-type]
    refused(ArgumentError, "radius is 'x'; a number is needed", lambda: fitted.radius_neighbors(ROWS, "x"))  # type: ignore[arg-type]
    refused(RequestError, "metric='l2'", NearestNeighbors(2).fit(ROWS).set_params(metric="l2").kneighbors)
    bad = ROWS.copy()
    bad[2, 1] = np.nan
    refused(RequestError, "row 2 has an element that is no number", lambda: fitted.kneighbors(bad))
    refused(RequestError, "row 1 has an element", lambda: fitted.kneighbors(np.array([[1.0] * 4, [1e300] * 4])))
    refused(ArgumentError, "a matrix of numbers is needed", lambda: fitted.fit([["a"]]))
    whole = tmp_path / "whole"
    fitted.save(whole)
    for name, content in [("foreign", b"text"), ("empty", b""), ("cut", whole.read_bytes()[:200]), ("none", None)]:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        refused(FileError, f"{tmp_path / name} ", lambda: NearestNeighbors.load(tmp_path / name))
    np.save(tmp_path / "array.npy", ROWS)
    refused(FileError, "holds no neighbours", lambda: NearestNeighbors.load(tmp_path / "array.npy"))
    assert NearestNeighbors.load(whole).kneighbors(ROWS[:1], 1, return_distance=False).tolist() == [[0]]


def test_what_topics_refuse() -> None:
    texts = ["Sea ice", "Sea ice", "Bridges", "Bridges"]
    refused(RequestError, "topics is 3, and method='leiden' finds how many there are", lambda: relata.Topics(topics=3))
    refused(ArgumentError, "encoder is 3;", lambda: relata.Topics(3).fit(texts))
    model = relata.topics(ROWS, texts)
    refused(relata.errors.TopicsError, "there is no topic 999", lambda: model.get_topic(999))
    refused(ArgumentError, "nr_topics is 'auto'; a whole number is needed", lambda: model.reduce_topics(nr_topics="auto"))  # type: ignore[arg-type]
    refused(FileError, "/no/such/folder/map.html cannot be written: No such file", lambda: model.visualize().save("/no/such/folder/map.html"))


def test_what_shards_refuse(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    divide(folder, ["a", "b", "c", "d"], ROWS, 2)
    for call in (lambda out: shards.cluster(folder, out, k=2, progress=False), lambda out: shards.neighbours(folder, out, k=2, progress=False)):
        refused(RequestError, "out is the folder of the shards", lambda: call(folder))
        refused(RequestError, "out is the folder of the shards", lambda: call(f"{folder}/../vectors/"))
    assert shards.read(folder)[0] == ["a", "b", "c", "d"]
    refused(relata.errors.BulkError, f"there is no folder {tmp_path}/nope", lambda: shards.read(tmp_path / "nope"))
    refused(relata.errors.BulkError, f"there is no folder {tmp_path}/nope", lambda: shards.topics(tmp_path / "nope", folder))
    refused(ArgumentError, "k is '2'; a whole number is needed", lambda: shards.cluster(folder, tmp_path / "out", k="2"))  # type: ignore[arg-type]
    refused(RequestError, "k is 0, around 80 and cells None; each is 1 or more", lambda: shards.neighbours(folder, tmp_path / "out", k=0))
    refused(ArgumentError, "inputs is None; a path", lambda: shards.embed(None, tmp_path / "out", model=TINY))
    refused(ArgumentError, "library is 'library.db'; a relata.Library is needed", lambda: shards.import_vectors(folder, "library.db"))  # type: ignore[arg-type]
    (tmp_path / "file").write_text("")
    refused(FileError, f"{tmp_path}/file is a file, and a folder is needed", lambda: shards.Shards(tmp_path / "file").names())
    (folder / "half.parquet").write_bytes((folder / shards.Shards(folder).names()[0]).read_bytes()[:-9])
    refused(relata.errors.BulkError, "half.parquet cannot be read as Parquet: ", lambda: shards.Shards(folder).read("half.parquet"))
    (folder / "half.parquet").unlink()
    parquet.write_table(pyarrow.table({"x": [1]}), folder / "foreign.parquet")
    refused(relata.errors.BulkError, "foreign.parquet is no shard: it has no column vector. Move it out", lambda: shards.read(folder))


def test_what_embedding_to_shards_refuses(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    lines = [{"id": f"2601.0000{n}", "title": f"Ice {n}", "abstract": "Ice moves."} for n in range(3)]
    (papers / "some.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for out in (papers, papers / "vectors", tmp_path / "x/../papers"):
        refused(RequestError, "which is an input: its shards would be read as texts", lambda: shards.embed(papers, out, model=TINY))
    refused(ArgumentError, "rows_per_shard is 1.5; a whole number is needed", lambda: shards.embed(papers, tmp_path / "out", model=TINY, rows_per_shard=1.5))  # type: ignore[arg-type]
    (papers / "bad.parquet").write_bytes(b"PAR1 no parquet")
    embedded = shards.embed(papers, tmp_path / "out", model=TINY, progress=False)
    assert embedded.rows == 3 and [(skipped.file, skipped.line) for skipped in embedded.skipped] == [(str(papers / "bad.parquet"), 0)]
    assert "cannot be read as Parquet" in embedded.skipped[0].reason
    (tmp_path / "empty").mkdir()
    nothing = shards.embed(tmp_path / "empty", tmp_path / "none", model=TINY, progress=False)
    assert nothing.rows == 0 and nothing.notes == ["the inputs hold no files and no rows"]
    refused(FileError, "ftp://b/x is no address that can be read", lambda: shards.read("ftp://b/x"))
    library = relata.Library(tmp_path / "library.db", model=TINY, offline=True)
    library.add(papers / "some.jsonl", embed=False)
    refused(relata.errors.LibraryError, "no paper of the library", lambda: shards.index(tmp_path / "out", library, tmp_path / "codes"))
    refused(ArgumentError, "library is 'x'; a relata.Library is needed", lambda: shards.index(tmp_path / "out", "x", tmp_path / "codes"))  # type: ignore[arg-type]


def test_a_dataset_of_lance_is_no_folder_of_shards(tmp_path: Path) -> None:
    table = pyarrow.table({"id": ["a", "b"], "text": ["Ice moves.", "Glaciers flow."]})
    shards.embed(table, tmp_path / "lance", model=TINY, format="lance", progress=False)
    for folder in (tmp_path / "lance", tmp_path / "lance/vectors.lance"):
        refused(relata.errors.BulkError, "holds a dataset of Lance", lambda: shards.read(folder))
        refused(relata.errors.BulkError, "holds a dataset of Lance", lambda: shards.cluster(folder, tmp_path / "out", k=1))


def test_what_a_worker_cannot_take(python: Run) -> None:
    import relata.ray

    table = pyarrow.table({"id": ["a"], "text": ["Ice moves."]})
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"num_cpus": -1}, RequestError, "num_cpus is -1; a worker takes at least one core"),
        ({"num_cpus": "a"}, ArgumentError, "num_cpus is 'a'; a whole number is needed"),
        ({"num_gpus": -1}, RequestError, "num_gpus is -1.0; it is 0 or more"),
    ]
    for given, kind, words in wrong:
        refused(kind, words, lambda: relata.ray.embed(table, "/nowhere", model=TINY, address="local", **given))
    # A process of its own: Ray keeps what it was started with, and clusters of other tests are started in another way.
    done = python(
        "import pyarrow, relata.ray\n"
        "table = pyarrow.table({'id': ['a'], 'text': ['Ice moves.']})\n"
        "try:\n"
        f"    relata.ray.embed(table, '/nowhere', model={TINY!r}, address='local', num_cpus=9999)\n"
        "except relata.errors.RequestError as error:\n"
        "    print(error)\n"
    )
    words = "this machine has no room for a worker: a worker takes num_cpus=9999, and no machine has more than "
    assert done.stdout.startswith(words), done.stderr


def test_a_package_that_is_missing_is_named(python: Run) -> None:
    done = python(
        "import importlib.util as util, relata\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name in ('pyarrow', 'torch', 'bertopic', 'scipy') else find(name, *more)\n"
        f"encoder = relata.Encoder({TINY!r})\n"
        "neighbours = relata.NearestNeighbors(1).fit([[1.0, 0.0], [0.0, 1.0]])\n"
        "for ask in (lambda: relata.shards, lambda: encoder.encode('ice', convert_to_tensor=True),\n"
        "            lambda: relata.integrations.bertopic(encoder), neighbours.kneighbors_graph):\n"
        "    try:\n"
        "        ask()\n"
        "    except ImportError as error:\n"
        "        print(error.code, error)\n"
    )
    assert done.stdout.splitlines() == [
        'package-missing relata.shards needs the package pyarrow, which is not installed: pip install "relata[shards]"',
        'package-missing convert_to_tensor needs the package torch, which is not installed: pip install "torch"',
        'package-missing relata.integrations.bertopic needs the package bertopic, which is not installed: pip install "bertopic"',
        'package-missing a graph needs the package scipy, which is not installed: pip install "scipy"',
    ], done.stderr


def test_modules_are_there_when_they_are_asked_for(python: Run) -> None:
    done = python("import relata, sys\nprint('relata.shards' in sys.modules, relata.shards.__name__, relata.integrations.__name__, hasattr(relata, 'nothing'))")
    assert done.stdout.split() == ["False", "relata.shards", "relata.integrations", "False"], done.stderr
    assert "Encoder" in dir(relata) and "encoder" not in dir(relata)
