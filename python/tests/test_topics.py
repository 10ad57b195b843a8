"""Topics of texts without a library: those that a library has, and the calls that people know from BERTopic."""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from conftest import TINY, Run

import relata
from relata._table import Table
from relata.errors import RequestError, TopicsError

SUBJECTS = ["sea ice drifts in polar oceans", "suspension bridges of steel", "proofs of prime numbers", "kernels of support vector machines"]

Vectors = npt.NDArray[np.float32]


def made(count: int, seed: int = 5) -> tuple[Vectors, list[str]]:
    """Rows around four centres, the last with two in five of them, and texts that say so."""
    random = np.random.default_rng(seed)
    of = np.minimum(np.arange(count) % 5, 3)
    rows = np.eye(4, 16, dtype=np.float32)[of] + 0.1 * random.standard_normal((count, 16)).astype(np.float32)
    texts = [f"On {SUBJECTS[own]} {at}\nMeasured in place {at}." for at, own in enumerate(of)]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), texts


def test_topics_are_those_of_a_library(tmp_path: Path) -> None:
    digest = tmp_path / "papers.jsonl"
    with digest.open("w") as file:
        for at in range(230):
            subject = SUBJECTS[at % 4]
            entry = {"id": f"2601.{at:05}", "title": f"Study {at % 11} of {subject}", "abstract": f"We look at {subject}, case {at * 7 % 230}."}
            file.write(json.dumps(entry) + "\n")
    library = relata.Library(tmp_path / "library.db", model=TINY)
    assert library.add(digest).added == 230
    answer = library.topics(fresh=True)
    found = library.vectors()
    papers = [library.paper(own) for own in found.ids]
    texts = [f"{paper.title}.\n{paper.abstract}" for paper in papers]
    # In another order than the library's.
    order = np.random.default_rng(1).permutation(len(texts))
    own = relata.topics(found.vectors[order], [texts[row] for row in order], [found.ids[row] for row in order])
    assert len(own.levels) == len(answer.levels) == 2
    row_of = {found.ids[row]: at for at, row in enumerate(order)}
    for level, theirs in zip(own.levels, answer.levels, strict=True):
        assert sorted(topic.name for topic in level.topics) == sorted(topic.name for topic in theirs.topics)
        of = {topic.name: topic for topic in level.topics}
        for topic in theirs.topics:
            assert (of[topic.name].size, of[topic.name].central) == (topic.size, tuple(row_of[paper] for paper in topic.central))
            assert [term for term, _ in of[topic.name].terms] == [term.term for term in topic.terms]
    names = {topic.id: topic.name for topic in answer.levels[-1].topics}
    for paper in answer.papers:
        at = row_of[paper.id]
        assert own.topic_labels_[own.topics_[at]] == names[paper.topics[-1]]
        assert np.abs(own.positions_[at] - [paper.x, paper.y]).max() <= 0.0006
        assert abs(own.probabilities_[at] - paper.strength) < 1e-6


def test_numbers_begin_with_the_largest_and_every_text_is_in_a_topic() -> None:
    vectors, texts = made(60)
    numbers, strengths = relata.Topics().fit_transform(texts, vectors)
    model = relata.topics(vectors, texts)
    assert numbers == model.topics_ and (strengths == model.probabilities_).all()
    assert len(set(numbers)) == 4 and set(numbers) == {0, 1, 2, 3}
    assert [numbers.count(number) for number in range(4)] == [topic.size for topic in model.level.topics] == [24, 12, 12, 12]
    assert model.topic_labels_[0] == "vector machines, kernels"
    assert model.topic_sizes_ == {0: 24, 1: 12, 2: 12, 3: 12}
    assert ((0 <= strengths) & (strengths <= 1)).all()


def test_what_callers_of_bertopic_ask() -> None:
    vectors, texts = made(60)
    model = relata.topics(vectors, texts)
    info = model.get_topic_info()
    assert list(info.columns) == ["Topic", "Count", "Name", "Representation", "Representative_Docs"]
    assert info["Topic"].tolist() == [0, 1, 2, 3] and info["Count"].sum() == 60
    assert len(info["Representative_Docs"][0]) == 5 and info["Representation"][0][0] == model.get_topic(0)[0][0]
    assert model.get_topic_info(2)["Topic"].tolist() == [2]
    assert model.get_topics()[1] == model.get_topic(1)
    with pytest.raises(TopicsError, match="there is no topic 9"):
        model.get_topic(9)
    documents = model.get_document_info(texts)
    assert documents["Topic"].tolist() == model.topics_ and documents["Document"].tolist() == texts
    assert documents["Representative_document"].sum() == 20
    with pytest.raises(RequestError, match="transform"):
        model.get_document_info(texts[1:])
    assert model.get_topic_freq(0) == 24 and model.get_topic_freq()["Count"].tolist() == [24, 12, 12, 12]
    assert model.get_representative_docs(3) == model.get_representative_docs()[3]
    assert [texts.index(text) for text in model.get_representative_docs(3)] == list(model.level.topics[3].central)


def test_further_texts_join_the_topic_of_their_neighbours() -> None:
    vectors, texts = made(60)
    model = relata.topics(vectors, texts)
    numbers, shares = model.transform(texts, vectors)
    assert numbers == model.topics_ and (shares > 0.5).all()
    own, share = model.transform("A text", vectors[:1] * 3)
    assert own == model.topics_[:1] and share.shape == (1,)
    assert model.transform([], np.empty((0, 16)))[0] == []
    with pytest.raises(RequestError, match="vectors have 3 elements, and those of the topics 16"):
        model.transform(["A text"], np.ones((1, 3)))


def test_levels_lie_within_each_other_and_a_coarser_one_can_be_chosen() -> None:
    vectors, texts = made(300)
    model = relata.topics(vectors, texts)
    coarse, fine = model.levels
    assert (coarse.name, fine.name) == ("field", "topic") and len(fine.topics) > len(coarse.topics) == 4
    table = model.hierarchical_topics()
    assert list(table.columns) == ["Level", "Topic", "Name", "Count", "Parent"] and len(table) == len(coarse.topics) + len(fine.topics)
    for topic in coarse.topics:
        assert sum(own.size for own in fine.topics if own.parent == topic.number) == topic.size
    with pytest.raises(TopicsError, match="no level has at most 3 topics; there are 4"):
        model.reduce_topics(3)
    assert model.level == fine
    assert len(model.reduce_topics(texts, nr_topics=len(fine.topics) - 1)) == 4
    assert model.level == coarse and max(model.topics_) == 3


def test_methods() -> None:
    vectors, texts = made(60)
    assert len(relata.topics(vectors, texts, method="kmeans", topics=7)) == 7
    rows = np.vstack([vectors, np.eye(16, dtype=np.float32)[8:9]])
    model = relata.topics(rows, [*texts, "Alone"], method={"dbscan": {"papers": 4, "cosine": 0.6}})
    assert model.topics_[-1] == -1 and model.topics_.count(-1) == model.topic_sizes_[-1] and model.topic_labels_[-1] == "in no topic"
    assert max(model.topics_) >= 1 and model.probabilities_[-1] < 0.25
    for wrong, kind in [({"method": "kmeans"}, "needs topics"), ({"topics": 3}, "finds how many there are"), ({"method": "hdbscan"}, "there are leiden")]:
        with pytest.raises(RequestError, match=kind):
            relata.Topics(**wrong)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="cosine is 3"):
        relata.Topics(method={"dbscan": {"papers": 4, "cosine": 3}})
    with pytest.raises(TopicsError):
        relata.topics(vectors[:3], texts[:3], method="kmeans", topics=4)


def test_an_encoder_makes_vectors(tiny: relata.Encoder) -> None:
    texts = made(40)[1]
    expected = relata.topics(tiny.encode(texts), texts).topics_
    assert relata.Topics(tiny).fit(texts).topics_ == expected
    assert relata.Topics(TINY).fit(texts).topics_ == expected
    assert relata.Topics(embedding_model=tiny).fit_transform(texts)[0] == expected
    model = relata.Topics(tiny).fit(texts)
    numbers, cosines = model.find_topics(texts[0], top_n=2)
    assert model.topics_[0] in numbers and cosines == sorted(cosines, reverse=True)


def test_times() -> None:
    vectors, texts = made(60)
    dates = ["2026-01" if row < 30 else np.datetime64("2026-02-13") for row in range(59)] + [None]
    table = relata.topics(vectors, texts, dates=dates).topics_over_time()
    assert list(table.columns) == ["Topic", "Words", "Frequency", "Timestamp", "Name"] and table["Frequency"].sum() == 59
    assert table["Timestamp"].unique().tolist() == ["2026-01", "2026-02-13"]
    model = relata.topics(vectors, texts)
    binned = model.topics_over_time(texts, [f"2026-01-{1 + row % 20:02}" for row in range(60)], nr_bins=2)
    assert binned["Timestamp"].unique().tolist() == ["2026-01-01", "2026-01-11"] and binned["Frequency"].sum() == 60
    with pytest.raises(RequestError, match="there are no dates"):
        model.topics_over_time()
    for wrong in ("soon", "2026-02-31", "0000-01"):
        with pytest.raises(RequestError, match=f"date 0 is '{wrong}'"):
            relata.topics(vectors, texts, dates=[wrong] * 60)


def test_lists_that_do_not_fit() -> None:
    vectors, texts = made(10)
    for arguments, kind in [
        ((vectors, texts[1:]), "9 texts for 10 vectors"),
        ((vectors, texts, ["a"] * 10), "the id 'a' stands there twice"),
        ((vectors, texts, ["a"]), "1 ids for 10 vectors"),
        ((vectors * np.nan, texts), "no number"),
        ((vectors[0], texts), "a matrix of rows"),
    ]:
        with pytest.raises(RequestError, match=kind):
            relata.topics(*arguments)
    with pytest.raises(RequestError, match="was not fitted"):
        relata.Topics().topics_  # noqa: B018


def test_few_texts_and_none() -> None:
    nothing = relata.topics(np.empty((0, 8)), [])
    assert (nothing.topics_, nothing.levels, len(nothing.get_topic_info())) == ([], (), 0)
    assert relata.topics(np.ones((1, 8)), ["Alone"]).topics_ == [0]
    assert relata.Topics().fit([]).topics_ == []


def test_the_order_of_equal_rows_does_not_show_where_there_are_ids() -> None:
    vectors, texts = made(40)
    vectors[::2] = vectors[0]
    ids = [f"paper {at:02}" for at in range(40)]
    expected = relata.topics(vectors, texts, ids)
    order = np.random.default_rng(3).permutation(40)
    model = relata.topics(vectors[order], [texts[row] for row in order], [ids[row] for row in order])
    assert model.topics_ == [expected.topics_[row] for row in order]
    assert (model.positions_ == expected.positions_[order]).all()
    assert [[topic.name for topic in level.topics] for level in model.levels] == [[topic.name for topic in level.topics] for level in expected.levels]


def test_a_model_can_be_kept() -> None:
    vectors, texts = made(40)
    model = relata.topics(vectors, texts)
    again = pickle.loads(pickle.dumps(model))
    assert again.topics_ == model.topics_ and again.transform(texts[:2], vectors[:2])[0] == model.topics_[:2]
    assert repr(again) == repr(model) == "Topics(40 texts: 4 topics)"


def test_tables_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, texts = made(40)
    monkeypatch.setitem(sys.modules, "pandas", None)
    info = relata.topics(vectors, texts).get_topic_info()
    assert isinstance(info, Table) and info["Topic"] == [0, 1, 2, 3]


def test_ctrl_c_ends_a_search(python: Run) -> None:
    script = """
import _thread, threading
import numpy as np, relata
from relata import topic_model
rows = np.random.default_rng(1).standard_normal((60_000, 64)).astype(np.float32)
begun = threading.Event()

class Steps(topic_model.Steps):
    @property
    def callback(self):
        return lambda *step: begun.set()

topic_model.Steps = Steps

def interrupt():
    begun.wait()
    _thread.interrupt_main()

threading.Thread(target=interrupt, daemon=True).start()
try:
    relata.topics(rows, ["A text"] * len(rows))
except KeyboardInterrupt:
    print("ended")
"""
    done = python(script)
    assert done.stdout.strip() == "ended", done.stderr


def test_texts_are_looked_for_by_an_encoder_that_was_named(tiny: relata.Encoder) -> None:
    texts = ["Sea ice drifts"] * 3 + ["Bridges of steel"] * 2
    vectors = tiny.encode(texts)
    found = relata.topics(vectors, texts)
    for asked in (lambda: found.find_topics("ice"), lambda: found.transform("ice")):
        with pytest.raises(relata.errors.RequestError, match="nobody knows of which model"):
            asked()
    assert found.transform("ice", vectors[:1])[0] == [0] and bool(relata.Topics())
    with pytest.raises(RequestError):
        found.fit(texts, vectors, ids=["one"])
    with pytest.raises(RequestError, match="nobody knows of which model"):
        found.find_topics("ice")
    named = relata.topics(vectors, texts, encoder=tiny)
    assert named.find_topics("Bridges of steel", 1)[0] == [1] and named.transform("Sea ice drifts")[0] == [0]
