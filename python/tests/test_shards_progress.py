"""How far jobs of shards say they are: stage after stage, in rows."""

import io
from itertools import groupby
from pathlib import Path

import pytest
from shard_files import blobs, divide

import relata.shards
from relata.shards._cluster import clusters
from relata.shards._neighbours import all_neighbours
from relata.shards._pool import Here
from relata.shards._show import Show, Stage, Status, words
from relata.shards._topics import asked, find

IDS, VECTORS = blobs(600)


def _stages(told: list[Status]) -> dict[str, tuple[int, int | None]]:
    """The last that was told of each stage: rows, and how many there are."""
    for before, after in zip(told, told[1:], strict=False):
        assert before.work != after.work or before.rows <= after.rows
    return {status.work: (status.rows, status.expected) for status in told}


def test_clusters_neighbours_and_topics_tell_their_stages(tmp_path: Path) -> None:
    folder = divide(tmp_path / "in", IDS, VECTORS, 3)
    told: list[Status] = []
    clusters(Here(), told.append, folder, tmp_path / "clusters", 5, 1, 0.0)
    assert _stages(told) == {
        "drawing a sample": (600, 600),
        "making 5 centres of 600 rows": (0, None),
        "pass 1": (600, 600),
        "writing clusters": (600, 600),
    }
    assert [status.nodes for status in told if status.work == "writing clusters"] == [0, 1, 1, 1]
    told = []
    near = all_neighbours(Here(), told.append, folder, tmp_path / "near", 15, 10, 3, 4 << 30)
    stages = _stages(told)
    # How many rows are drawn is a matter of hashes.
    [cells] = [work for work in stages if work.startswith("making 10 cells of ")]
    assert stages == {
        "drawing a sample": (600, 600),
        cells: (0, None),
        "writing rows by cells": (600, 600),
        "looking for the cells around each of 10": (0, None),
        "comparing": (600, 600),
    }
    told = []
    found = find(asked(near, folder, None, True), Here(), told.append)
    stages = _stages(told)
    assert [stages[work] for work in ("reading papers", "reading neighbours", "adding up vectors of topics", "looking for central papers")] == [(600, 600)] * 4
    assert list(stages)[2] == "grouping 600 papers" and list(stages)[-2:] == ["naming", "drawing a map of 600 papers"]
    assert len(found) == 600


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_shown_on_a_terminal_only_and_only_where_they_are_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = divide(tmp_path / "in", IDS, VECTORS, 3)
    shown = []
    for number, (stream, wanted) in enumerate(((Terminal(), True), (Terminal(), False), (io.StringIO(), True))):
        monkeypatch.setattr("sys.stderr", stream)
        relata.shards.cluster(folder, tmp_path / str(number), k=3, rounds=1, progress=wanted)
        shown.append(stream.getvalue())
    assert shown[1:] == ["", ""]
    lines = [line.strip() for line in shown[0].split("\r")[1:]]
    stages = [stage for stage, _ in groupby(line.partition(":")[0] for line in lines)]
    assert stages == ["drawing a sample", "making 3 centres of 600 rows", "pass 1", "writing clusters"]
    assert lines[0] == "drawing a sample: 0 of 600 rows"
    assert lines[-1].startswith("writing clusters: 600 of 600 rows, ") and shown[0].endswith("\n")


def test_words_of_a_stage() -> None:
    assert words(Status(500, 0, 2000, 10.0, 2, "coding")) == "coding: 500 of 2000 rows, 50.0 rows/s, 30 s left, on 2 machines"
    assert words(Status(0, 0, None, 3.0, 0, "naming")) == "naming"
    # An estimate is said to be one, and is never less than what is done.
    assert words(Status(500, 0, 400, 10.0, 0, is_estimate=True)) == "embedding: 500 of about 500 rows, 50.0 rows/s, 0 s left"
    told: list[Status] = []
    stage = Stage(told.append, "putting together", 100)
    for rows in (40, 40, 100):
        stage.at(rows)
    assert [status.rows for status in told] == [0, 40, 40, 100]
    Show(True)(told[-1])
