"""The map of topics in a notebook and as a file."""

import base64
import gzip
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from conftest import ROOT, TINY
from test_topics import made

import relata
from relata import _topic_map
from relata._topic_data import NONE, Found
from relata._topic_map import Shown, titled

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)> \u202e"


def framed(shown: str) -> str:
    """The page within the frame of a cell."""
    frames = re.findall(r'<iframe [^>]*srcdoc="([^"]*)"></iframe>', shown)
    assert len(frames) == 1
    return html.unescape(frames[0])


def data(page: str) -> Any:
    """What the page draws."""
    (packed,) = re.findall(r'id="data">([^<]*)</script>', page)
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_topics_show_a_map_and_a_table() -> None:
    vectors, texts = made(60)
    model = relata.topics(vectors, texts, dates=["2026-01-05"] * 60)
    shown = model._repr_html_()
    assert shown is not None and shown == model.visualize()._repr_html_()
    assert 'sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads"' in shown and "allow-same-origin" not in shown
    page = framed(shown)
    drawn = data(page)
    assert drawn["unlinked"] and drawn["papers"]["id"] == [str(row) for row in range(60)]
    assert drawn["papers"]["title"][7] == texts[7].partition("\n")[0] and drawn["papers"]["abstract"][7] == "Measured in place 7."
    assert [len(drawn["levels"]), drawn["levels"][0]["topics"][0]["size"], drawn["papers"]["date"][0]] == [1, 24, "2026-01-05"]
    assert "60 papers of 2026-01-05 in 4 topics" in page and "arxiv.org" not in page.partition('<script type="module">')[0]
    table = shown.rpartition("</iframe>")[2]
    assert table.count("<tr>") == 5 and "vector machines, kernels" in table
    # What a notebook leaves of it that is not trusted: neither frames nor styles.
    left = re.sub(r"<(style|iframe)[ >].*?</\1>", "", shown, flags=re.DOTALL)
    assert left.startswith('<p class="relata-untrusted"><small>The map is left out, since this notebook is not trusted here.')
    assert ".relata-untrusted{display:none}" in shown and left.count('<td style="text-align:left">') == 16
    assert relata.Topics()._repr_html_() is None


def test_ids_of_arxiv_are_links() -> None:
    vectors, texts = made(10)
    page = framed(relata.topics(vectors, texts, [f"2601.{at:05}" for at in range(10)])._repr_html_() or "")
    assert "unlinked" not in data(page) and 'href="https://arxiv.org/abs/2601.00003"' in page


def test_nothing_of_a_text_is_markup() -> None:
    vectors, _ = made(30)
    texts = [f"{HOSTILE} sails {at % 3}\n{HOSTILE}" for at in range(30)]
    shown = relata.topics(vectors, texts, [f'"><b>{at}' for at in range(30)]).visualize(title=HOSTILE)._repr_html_()
    outside = re.sub(r'srcdoc="[^"]*"', "", shown)
    assert "<img" not in outside and "<script" not in outside and "<b>" not in outside
    page, plain = framed(shown), framed(relata.topics(vectors, ["sails"] * 30)._repr_html_() or "")
    assert page.count("<script") == plain.count("<script") and "<img" not in page and "\u202e" not in page
    assert "default-src 'none'" in page


def test_of_many_points_a_notebook_has_a_sample() -> None:
    count = 25_000
    random = np.random.default_rng(2)
    vectors = np.eye(3, 8, dtype=np.float32)[np.arange(count) % 3] + 0.05 * random.standard_normal((count, 8)).astype(np.float32)
    # Groups alone, since a search among so many takes its time.
    groups = (np.arange(count) % 3).astype(np.uint32)[None]
    levels = [("topic", [(1 + own, f"topic {own}", [("term", 1.0)], count // 3, None, [own, own + 3, own + 6]) for own in range(3)])]
    related = np.full((count, 6), NONE, dtype=np.uint32)
    related[:, 0] = 24_999
    related[:, 1] = 0
    found = Found(levels, groups, vectors[:, :2].copy(), np.ones(count), np.full(count, NONE), np.zeros(count, bool), related, None)
    titles = [f"Title {at}" for at in range(count)]
    shown = _topic_map.framed(Shown("Many", found, titles, titles, [None] * count, texts=titles))
    assert len(shown) < 2_000_000
    page = framed(shown)
    drawn = data(page)
    papers = drawn["papers"]
    assert 19_900 <= len(papers["id"]) <= 20_000 and "abstract" not in papers
    assert papers["title"][0] == "Title 0" and papers["title"][-1] == "Title 24999"
    assert [topic["size"] for topic in drawn["levels"][0]["topics"]] == [8333] * 3
    central = drawn["levels"][0]["topics"][1]["central"]
    assert [papers["title"][at] for at in central][:2] == ["Title 1", "Title 4"]
    assert papers["related"][5] == [len(papers["id"]) - 1, 0]
    assert f"The map shows {len(papers['id']):,} of 25,000" in shown
    assert f"25000 papers in 3 topics; {len(papers['id'])} of them are on the map" in page


def test_a_map_is_saved_whole(tmp_path: Path) -> None:
    vectors, texts = made(60)
    shown = relata.topics(vectors, texts).visualize(title="Ours")
    shown.save(tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "<title>Ours</title>" in page and data(page)["papers"]["abstract"][3] == "Measured in place 3."
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]


def test_topics_of_a_library_show_a_map_with_titles(tmp_path: Path) -> None:
    library = relata.Library(tmp_path / "library.db", model=TINY)
    library.add(ROOT / "seeds")
    answer = library.topics()
    drawn = data(framed(answer._repr_html_()))
    titles = {own: library.paper(own).title for own in drawn["papers"]["id"]}
    assert len(titles) == 7 and drawn["papers"]["title"] == list(titles.values())
    assert "unlinked" not in drawn and all(drawn["papers"]["authors"]) and all(drawn["papers"]["date"])
    assert "related" not in drawn["papers"]


def test_titles_are_first_lines() -> None:
    assert titled("A title\nand more") == ("A title", "and more")
    long = "word " * 60
    title, rest = titled(long)
    assert len(title) <= 162 and title.endswith("word …") and rest == long.strip()
