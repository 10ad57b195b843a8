"""`relata.Library`: tasks as methods, answers as dataclasses, tables, errors and processes."""

import datetime
import json
import pickle
import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from conftest import TINY, Run, papers

import relata
from relata import types
from relata._table import Table

PAPERS = [
    ("2601.00001", "Ice sheets under warm water", "Warm water melts ice sheets from below.", "cs.LG"),
    ("2601.00002", "Glaciers that calve", "Ice breaks off glaciers where they meet the sea.", "cs.LG"),
    ("2601.00003", "Sea level by satellites", "Satellites measure the height of the sea.", "stat.ML"),
    ("2601.00004", "Proteins as sentences", "A transformer reads proteins.", "cs.CL"),
    ("2601.00005", "Locks & keys", "How locks are opened.", "cs.CR"),
]


def write_papers(path: Path) -> Path:
    lines = [
        {"id": id, "title": title, "abstract": abstract, "categories": category, "authors": "Ada Lovelace, Carl Gauss", "update_date": "2026-01-05"}
        for id, title, abstract, category in PAPERS
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def library(tmp_path: Path) -> relata.Library:
    """Five papers, embedded by the model with random weights."""
    library = relata.Library(tmp_path / "library.db", model=TINY, offline=True)
    added = library.add(write_papers(tmp_path / "papers.jsonl"))
    assert (added.added, added.embedded) == (5, 5)
    return library


def test_answers_are_those_of_the_program(library: relata.Library, program: Run) -> None:
    answer = library.recommend("2601.00001", k=3)
    assert [row.rank for row in answer] == [1, 2, 3] and len(answer) == 3
    assert isinstance(answer, types.Recommendation) and isinstance(answer[0].reason, types.Related)
    told = program("recommend", "2601.00001", "-k", "3", "--json", "--library", str(library.path), "--model", TINY)
    assert answer.to_dict() == json.loads(told.stdout), told.stderr


def test_arguments_of_every_kind(library: relata.Library) -> None:
    one = library.search("ice", filter=relata.Filter(category=["cs.LG"]), k=np.int64(5))  # type: ignore[arg-type]
    same = library.search("ice", filter={"category": ["cs.LG"]}, k=5)
    assert one == same and {row.id for row in one} == {"2601.00001", "2601.00002"}
    late = library.search(filter={"since": datetime.date(2027, 1, 1)})
    assert len(late) == 0 and late.to_arrow().column_names == one.to_arrow().column_names


def test_a_profile_and_its_day(library: relata.Library) -> None:
    opined = library.like(["2601.00001", "2601.00002"])
    assert opined.changed == 2 and opined.profile.like == ("2601.00001", "2601.00002")
    assert library.unlike("2601.00004", profile="other").profile.unlike == ("2601.00004",)
    assert {row.profile for row in library.profiles().profiles} == {"default", "other"}
    assert library.forget("2601.00002").profile.like == ("2601.00001",)
    assert library.profile().profile == "default"
    assert library.recommend(profile="default", k=1).query.like == ("2601.00001",)


def test_a_profile_of_the_handle(library: relata.Library) -> None:
    own = relata.Library(library.path, model=TINY, profile="mine", offline=True)
    assert own.like(["2601.00001", "2601.00004"]).profile.profile == "mine"
    assert own.profile().like == ("2601.00001", "2601.00004")
    assert own.liked_papers().total == 2 and library.liked_papers().total == 0
    assert own.interests().profile == own.weigh_interest("2601.00001", 0.5).profile == "mine"
    assert own.opine("2601.00002", "disliked").profile.profile == "mine"
    assert own.follow(follow={"author": ["Ada Lovelace"]}).profile == own.follows().profile == "mine"
    assert library.remove_profile("mine").changed
    assert not library.profiles().profiles


def test_interests_are_parted_and_joined(library: relata.Library) -> None:
    library.like(["2601.00001", "2601.00002", "2601.00004"])
    joined = library.join_interests([row.interest for row in library.interests().interests])
    assert [len(row.papers) for row in joined.interests] == [3]
    parted = library.split_interest(1)
    assert sorted(len(row.papers) for row in parted.interests) == [1, 2]
    assert library.interests().interests == parted.interests
    assert len(library.regroup_interests().interests) in (1, 2, 3)
    with pytest.raises(relata.errors.ProfileError, match="interest"):
        library.split_interest(9)


def test_topics_and_what_there_is(library: relata.Library) -> None:
    found = library.topics(fresh=True)
    assert sum(topic.size for topic in found.levels[0].topics) == 5
    assert library.kept_topics() is None
    info = library.info()
    assert info.papers == 5 and library.paper("2601.00003").title == "Sea level by satellites"
    assert library.tag("2601.00003", "sea").papers[0].tags == ("sea",)
    assert [row.id for row in library.search(filter={"tag": ["sea"]})] == ["2601.00003"]


def test_tables_for_other_packages(library: relata.Library) -> None:
    answer = library.recommend("2601.00001", k=4)
    frame, other = answer.to_pandas(), answer.to_polars()
    assert isinstance(frame, pandas.DataFrame) and isinstance(other, polars.DataFrame)
    assert list(frame["id"]) == other["id"].to_list() == [row.id for row in answer]
    assert other["reason_cosine"].dtype == polars.Float64 and other["rank"].dtype == polars.Int64
    assert other["authors"].to_list()[0] == ["Ada Lovelace", "Carl Gauss"]
    assert other["reason_cosine"].to_list() == [row.reason.cosine for row in answer]
    assert other["tldr"].null_count() == 4
    # A stream is given anew each time, and what nobody takes is released.
    assert polars.DataFrame(answer).equals(other)
    answer.__arrow_c_stream__()
    with pytest.raises(TypeError, match="lists nothing"):
        len(library.paper("2601.00001"))


def test_columns_of_every_kind() -> None:
    from relata._table import Table

    columns: list[tuple[str, str, list[Any]]] = [
        ("text", "str", ["a", None, "ü𝔘", ""]),
        ("whole", "int", [1, None, -(2**62), 0]),
        ("real", "float", [0.5, None, -0.0, 1e300]),
        ("truth", "bool", [True, None, False, True]),
        ("texts", "list", [["a", "bc"], None, [], ["ü"]]),
    ]
    frame = polars.DataFrame(Table(columns))
    assert frame.to_dict(as_series=False) == {name: values for name, _, values in columns}
    assert polars.DataFrame(Table([(name, kind, []) for name, kind, _ in columns])).height == 0


def test_vectors_are_one_array_that_nobody_writes(library: relata.Library) -> None:
    found = library.vectors()
    encoder = relata.Encoder(TINY, offline=True)
    assert found.ids == [id for id, *_ in PAPERS] and found.fingerprint == encoder.fingerprint
    assert found.vectors.shape == (5, encoder.dimension) and found.vectors.dtype == np.float32
    passages = [f"{title}\n{abstract}" for _, title, abstract, _ in PAPERS]
    assert np.array_equal(found.vectors, encoder.encode(passages))
    with pytest.raises(ValueError, match="read-only"):
        found.vectors[0, 0] = 1
    with pytest.raises(ValueError):
        found.vectors.setflags(write=True)


def test_vectors_pass_to_arrow_without_a_copy(library: relata.Library) -> None:
    found = library.vectors()
    table = pyarrow.table(found)
    assert table.column_names == ["id", "vector"] and table.column("id").to_pylist() == found.ids
    column = table.column("vector").chunk(0)
    assert str(column.type) == f"fixed_size_list<element: float not null>[{found.vectors.shape[1]}]"
    assert column.values.buffers()[1].address == found.vectors.ctypes.data
    vectors = found.vectors
    del found, table
    # The column holds on to what it shows.
    assert np.array_equal(np.asarray(column.values).reshape(vectors.shape), vectors)
    assert polars.DataFrame(library.vectors())["vector"].dtype == polars.Array(polars.Float32, vectors.shape[1])
    # What somebody may write to is copied.
    mine = vectors.copy()
    copied = pyarrow.table(Table([("vector", "vectors", mine)]))["vector"].chunk(0)
    mine[:] = 0
    assert np.array_equal(np.asarray(copied.values).reshape(vectors.shape), vectors)



def test_errors_have_codes_and_classes(library: relata.Library, tmp_path: Path) -> None:
    with pytest.raises(relata.errors.QueryError) as raised:
        library.recommend("2601.99999")
    assert raised.value.code == "not-in-library" and "2601.99999" in str(raised.value)
    with pytest.raises(relata.errors.RequestError, match="k: invalid type") as malformed:
        library.recommend("2601.00001", k="ten")  # type: ignore[arg-type]
    assert malformed.value.code == "malformed-request"
    with pytest.raises(relata.errors.RequestError, match="unknown field `sinze`"):
        library.search("ice", filter={"sinze": "2026-01-01"})
    with pytest.raises(relata.errors.ModelError):
        relata.Library(tmp_path / "other.db", model="no-such-model")
    with pytest.raises(TypeError, match="cannot stand in a request"):
        library.search("ice", k=object())  # type: ignore[arg-type]
    (tmp_path / "no-library.db").write_text("This is no library. " * 300)
    with pytest.raises(relata.errors.LibraryError):
        relata.Library(tmp_path / "no-library.db", model=TINY).recommend("2601.00001")


def test_what_is_left_out_is_said(library: relata.Library, tmp_path: Path) -> None:
    library.like("2601.00001")
    with pytest.warns(relata.SkippedWarning, match="no-file.jsonl: .*No such file"):
        assert library.add(tmp_path / "no-file.jsonl").added == 0
    (tmp_path / "half.jsonl").write_text('{"id": "2601.00009", "title": "More ice"}\n{"id": 3}\n{"title": "?"}\n')
    with pytest.warns(relata.SkippedWarning, match=r"^left out: .*half.jsonl:2: .*, and 1 more$"):
        listed = library.today(tmp_path / "half.jsonl", at_least=0)
    assert [entry.line for entry in listed.skipped] == [2, 3] and listed[0].id == "2601.00009"
    (tmp_path / "judged.jsonl").write_text("no JSON\n")
    with pytest.warns(relata.SkippedWarning, match="judged.jsonl: "):
        assert library.evaluate(tmp_path / "judged.jsonl").queries == 0


def test_an_answer_shows_itself_in_short(library: relata.Library) -> None:
    shown = repr(library.recommend("2601.00001", k=2)).splitlines()
    assert shown[0] == "Recommendation: 2 results" and len(shown) == 3
    assert shown[1].split()[0] == "1" and "2601.0000" in shown[1]
    assert repr(library.search("ice", k=1)[0]).startswith("FoundRow(rank=1, id='2601.0000")
    info = repr(library.info())
    assert info.startswith("LibraryInfo(") and "papers=5" in info and len(info) < 2000
    assert repr(library.profiles()) == "Profiles: 0 profiles"


def test_an_empty_library_says_that_the_sample_answers(tmp_path: Path) -> None:
    library = relata.Library(tmp_path / "none.db", model=TINY, offline=True)
    with pytest.warns(relata.SampleWarning):
        answer = library.recommend("2602.10611", k=1)
    assert len(answer) == 1 and "sample" in answer.remarks[0]


def test_a_notebook_gets_tables_without_what_others_wrote_in_them(library: relata.Library) -> None:
    answer = library.search("glaciers", k=2)
    assert '<a href="https://arxiv.org/abs/2601.00002"' in answer._repr_html_()
    title = '<script>alert("x")</script> & \u202etitles'
    hostile = replace(answer[0], title=title, authors=("<b>",), url="javascript:alert(1)", tldr="<img src=x onerror=alert(1)>", date='"><i>')
    html = replace(answer, results=(hostile,))._repr_html_()
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; titles" in html
    assert not any(part in html for part in ("<script", "\u202e", "javascript:", "<img", "<b>", "<i>"))
    library.like("2601.00002")
    shown = library.interests()._repr_html_()
    # What lies within a field is told in words.
    assert ">Glaciers that calve</td>" in shown and "{" not in shown.partition("</style>")[2]
    library.forget("2601.00002")
    assert "<table" in library.info()._repr_html_() and "<table" in library.profiles()._repr_html_()


def test_pickled_and_shown(library: relata.Library) -> None:
    again = pickle.loads(pickle.dumps(library))
    assert again.info() == library.info() and repr(again) == f"Library({str(library.path)!r})"
    answer = library.recommend("2601.00001", k=2)
    assert pickle.loads(pickle.dumps(answer)) == answer


def test_threads_answer_side_by_side(library: relata.Library) -> None:
    expected = library.recommend("2601.00001", k=3)
    found: list[types.Recommendation] = []
    threads = [threading.Thread(target=lambda: found.append(library.recommend("2601.00001", k=3))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 16


FORKED = """
import os
import sys
import relata

library = relata.Library(sys.argv[1], model=sys.argv[2], offline=True)
print(len(library.recommend("2601.00001", k=2)), flush=True)
if os.fork() == 0:
    try:
        library.recommend("2601.00001", k=2)
    except relata.errors.ForkedError as error:
        print(error.code, flush=True)
    del library
    os._exit(0)
os.wait()
print(library.check().problems, len(library.recommend("2601.00001", k=2)), flush=True)
"""


def test_a_forked_process_leaves_the_library_whole(library: relata.Library, tmp_path: Path) -> None:
    script = tmp_path / "forked.py"
    script.write_text(FORKED)
    done = subprocess.run([sys.executable, str(script), str(library.path), TINY], text=True, capture_output=True, timeout=120)
    assert done.stdout.split("\n") == ["2", "forked", "() 2", ""], done.stderr


def test_work_is_told_as_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = relata.Library(tmp_path / "told.db", model=TINY, offline=True, progress=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        library.add(write_papers(tmp_path / "papers.jsonl"))
    assert library.info().papers == 5
    assert "5/5" in capsys.readouterr().err


def test_topics_of_no_papers_show_themselves(library: relata.Library) -> None:
    found = library.topics(among={"filter": {"category": ["xx.YY"]}}, fresh=True)
    assert (found.papers, found.levels) == ((), ())
    assert "TopicsAnswer: 0 papers" in found._repr_html_() and "iframe" not in found._repr_html_()
    with pytest.raises(relata.errors.RequestError, match="no papers to draw a map of"):
        found.visualize()


def test_topics_of_a_library_have_a_map_that_can_be_kept(library: relata.Library, tmp_path: Path) -> None:
    found = library.topics(fresh=True)
    found.visualize("Ice & sea").save(tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text()
    assert "<title>Ice &#38; sea</title>" in page and "Glaciers that calve" in page and "Locks &#38; keys" in page
    shown = found.visualize()._repr_html_()
    assert shown.count("<iframe") == 1 and "Topics of 5 papers" in shown and shown.count('<table class="relata') == 1


def test_answers_without_rows_say_so_and_titles_are_no_formulas(library: relata.Library) -> None:
    none = library.search("ice", filter={"category": ["xx.YY"]})
    assert "Found: 0 results" in none._repr_html_() and "match" not in none._repr_html_()
    shown = library.recommend("2601.00001", k=2)._repr_html_()
    assert '<table class="relata mathjax_ignore tex2jax_ignore">' in shown
    assert repr(library.vectors()) == "PaperVectors(5 x 32)"


def test_progress_is_told_to_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = relata.Library(tmp_path / "library.db", model=TINY)
    library.add(papers(tmp_path / "papers.jsonl", 40), progress=True)
    assert "40/40" in capsys.readouterr().err
