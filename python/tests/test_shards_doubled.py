"""Ids that stand twice in shards: who says so, and how earlier texts of the same inputs are left out."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import TINY, papers
from shard_files import blobs, divide

import relata.shards
from relata.errors import BulkError
from relata.shards import Shards, embed
from relata.shards._files import Folder
from relata.shards._pool import Here
from relata.shards._rows import corpus, refuse_doubled, sample

SMALL: dict[str, Any] = {"model": TINY, "device": "cpu", "rows_per_shard": 16, "progress": False}
IDS, VECTORS = blobs(300)


def _twice(tmp_path: Path) -> tuple[Path, str]:
    """Shards of which one stands there twice, and the pattern of what is said of it."""
    folder = divide(tmp_path / "in", IDS, VECTORS, 3)
    Folder(folder).write_table("again.parquet", Folder(folder).read_table("001.parquet"))
    for written, name in enumerate(("000", "001", "002", "again")):
        os.utime(folder / f"{name}.parquet", (1000 + written, 1000 + written))
    rows = Shards(folder).rows("001.parquet")
    return folder, rf"stands twice in {folder}, in 001.parquet and in again.parquet, which was written later; so do {rows - 1} more ids. Ids have to"


def test_jobs_name_an_id_that_stands_twice_and_both_shards(tmp_path: Path) -> None:
    folder, said = _twice(tmp_path)
    first = Folder(folder).read_table("001.parquet", ["id"]).column("id")[0].as_py()
    for job in (
        lambda: relata.shards.cluster(folder, tmp_path / "clusters", k=4),
        lambda: relata.shards.neighbours(folder, tmp_path / "near", k=3, cells=9, around=2),
    ):
        with pytest.raises(BulkError, match=f"^{first} {said}") as error:
            job()
        assert error.value.code == "shards"
    whole = divide(tmp_path / "whole", IDS, VECTORS, 2)
    near = relata.shards.neighbours(whole, tmp_path / "near-of-whole")
    with pytest.raises(BulkError, match=r"^2401\.\d+ stands twice in .*/in, in 001\.parquet and in again\.parquet, which"):
        relata.shards.topics(near, folder)
    # Within one shard.
    other = divide(tmp_path / "other", [*IDS[:-1], IDS[5]], VECTORS, 1)
    with pytest.raises(BulkError, match=rf"^{IDS[5]} stands twice in {other}, in 000\.parquet\. Ids have to be distinct\. Leave one"):
        relata.shards.cluster(other, tmp_path / "clusters", k=4)


def test_equal_hashes_of_other_ids_are_no_doubled_id(tmp_path: Path) -> None:
    shards = Shards(divide(tmp_path / "in", IDS, VECTORS, 3))
    same = {name: np.zeros(shards.rows(name), np.uint64) for name in shards.names()}
    refuse_doubled(shards, same)
    # What is drawn for an index of Lance may stand twice.
    folder, _ = _twice(tmp_path / "twice")
    assert len(sample(Here(), corpus(folder), 1000)) == sum(map(Shards(folder).rows, Shards(folder).names()))


def test_earlier_texts_of_the_same_files_are_left_out(tmp_path: Path) -> None:
    file, out = papers(tmp_path / "papers.jsonl", 40), tmp_path / "out"
    more = papers(tmp_path / "more.jsonl", 5, word="more")
    more.write_text(more.read_text().replace('"2601.', '"2602.'))
    first = embed(file, out, **SMALL)
    embed(more, out, **SMALL)
    before = Shards(out).names()
    assert len(before) == 4
    # A paper in the middle gets another text.
    lines = file.read_text().splitlines()
    changed = json.loads(lines[20]) | {"abstract": "Something else."}
    file.write_text("\n".join([*lines[:20], json.dumps(changed), *lines[21:]]))
    again = embed(file, out, **SMALL)
    assert (again.shards_made, again.shards_found, again.shards_other, first.shards_made) == (1, 2, 2, 3)
    there = Shards(out)
    assert len(there.names()) == 4 and len(set(before) & set(there.names())) == 3
    assert len(there.folder.names(".parquet")) == 5, "nothing is deleted"
    ids, vectors = relata.shards.read(out)
    assert len(ids) == len(set(ids)) == 45
    expected = relata.Encoder(TINY, "cpu").encode([f"{changed['title']}\nSomething else."])
    assert vectors[ids.index(changed["id"])].tobytes() == expected.tobytes()
    assert relata.shards.cluster(out, tmp_path / "clusters", k=3).sizes.sum() == 45
    # What is as it was before has its shards again.
    file.write_text("\n".join(lines))
    assert embed(file, out, **SMALL).shards_made == 0
    assert Shards(out).names() == before


def test_what_nobody_can_tell_apart_stays_and_is_said(tmp_path: Path) -> None:
    out = tmp_path / "out"
    one = pa.table({"id": ["a", "b"], "text": ["Ice moves.", "Rivers flow."]})
    other = pa.table({"id": ["b", "c"], "text": ["Rivers flow slowly.", "Sand drifts."]})
    for table in (one, other):
        embed(table, out, **SMALL)
    assert not (out / "inputs").exists() and len(Shards(out)) == 2
    with pytest.raises(BulkError, match="^b stands twice in"):
        relata.shards.cluster(out, tmp_path / "clusters", k=2)
    # Two files with the same paper: both are named.
    files = [papers(tmp_path / "one.jsonl", 3), papers(tmp_path / "other.jsonl", 3, word="other")]
    for file in files:
        embed(file, tmp_path / "both", **SMALL)
    with pytest.raises(BulkError, match=rf"parquet \(of {files[0]}\) and in .*parquet \(of {files[1]}\), which was written later; so do 2 more ids"):
        relata.shards.neighbours(tmp_path / "both", tmp_path / "near")
