"""Embedding into shards on this machine: the same bits as `relata embed`, whatever the inputs."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from conftest import TINY, by_program, papers

import relata
import relata.shards
from relata.shards import Shards, Skipped, embed

SMALL: dict[str, Any] = {"model": TINY, "device": "cpu", "rows_per_shard": 16, "progress": False}


def _vectors(out: Path) -> dict[str, bytes]:
    ids, vectors = relata.shards.read(out)
    assert len(set(ids)) == len(ids)
    return {id: row.tobytes() for id, row in zip(ids, vectors, strict=True)}


def _state(out: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in out.iterdir() if path.is_file()}


def test_the_same_bits_as_the_program_and_what_is_there_stays(tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 100)
    out = tmp_path / "out"
    embedded = embed(file, out, **SMALL)
    assert (embedded.rows_made, embedded.shards_made, embedded.rows_skipped, embedded.nodes) == (100, 7, 0, {"here": 100})
    assert _vectors(out) == by_program([file], tmp_path)
    assert Shards(out).fingerprint == embedded.fingerprint == relata.Encoder(TINY, "cpu").fingerprint
    before = _state(out)
    os.unlink(out / Shards(out).names()[3])
    again = embed(file, out, **SMALL)
    assert (again.shards_found, again.shards_made, again.rows_found + again.rows_made, again.shards_other) == (6, 1, 100, 0)
    after = _state(out)
    assert after.keys() == before.keys() and sum(after[name] == before[name] for name in before) == 6


def test_what_decides_vectors_decides_names(tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 10)
    embed(file, tmp_path / "out", **SMALL)
    assert embed(file, tmp_path / "out", **SMALL, as_query=True).shards_made == 1
    assert embed(file, tmp_path / "out", **SMALL | {"rows_per_shard": 5}).shards_made == 2
    other = papers(tmp_path / "papers.jsonl", 10, word="other")
    assert embed(other, tmp_path / "out", **SMALL).shards_other == 4


def test_rows_without_a_text_are_told_each_time(tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 3)
    with file.open("a") as more:
        more.write('{"id": "2601.00009", "abstract": "No title."}\n')
    for _ in range(2):
        embedded = embed(file, tmp_path / "out", **SMALL)
        assert embedded.rows == 3 and embedded.rows_skipped == 1
        assert embedded.skipped == [Skipped(str(file), 4, "2601.00009 has no title, and so no text to embed")]


def test_a_text_that_the_tokeniser_refuses_is_left_out_alone(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for part in Path(TINY).rglob("*"):
        if part.is_file():
            target = model / part.relative_to(TINY)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(part.read_bytes())
    tokenizer = json.loads((model / "tokenizer.json").read_text())
    tokenizer["model"]["unk_token"] = "[NONE]"
    (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    table = pa.table({"id": ["a", "b", "c"], "text": ["paper", "\U0001f98b", "paper"]})
    asked = SMALL | {"model": str(model)}
    for made in (1, 0):
        embedded = embed(table, tmp_path / "out", **asked)
        assert (embedded.rows, embedded.shards_made, embedded.rows_skipped) == (2, made, 1)
        assert embedded.skipped[0].line == 2 and "could not be tokenised: WordPiece error: Missing [UNK]" in embedded.skipped[0].reason
    assert sorted(_vectors(tmp_path / "out")) == ["a", "c"]
    refused = json.loads((tmp_path / "out/refused.jsonl").read_text())
    assert (refused["id"], refused["line"]) == ("b", 2)


def test_tables_give_the_same_as_files(tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 40)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    table = pa.table({name: [row[name] for row in rows] for name in ("id", "title", "abstract")})
    expected = by_program([file], tmp_path)
    from pyarrow import parquet

    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=9)
    assert embed(tmp_path / "t.parquet", tmp_path / "of-parquet", **SMALL).rows == 40
    assert _vectors(tmp_path / "of-parquet") == expected
    assert embed(table, tmp_path / "of-memory", **SMALL).rows == 40
    assert _vectors(tmp_path / "of-memory") == expected
    empty = pa.table({"id": ["1", None, "3"], "title": [None, "b", "c"]}, schema=pa.schema([("id", pa.string()), ("title", pa.string())]))
    embedded = embed(empty, tmp_path / "few", **SMALL)
    assert [(one.line, one.reason) for one in embedded.skipped] == [(1, "1 has no text"), (2, "the row has no id")]
    with pytest.raises(relata.errors.BulkError, match="has the columns name; a table of texts has id and text"):
        embed(pa.table({"name": ["x"]}), tmp_path / "none", **SMALL)


def test_lance_comes_in_and_goes_out(tmp_path: Path) -> None:
    lance = pytest.importorskip("lance")
    file = papers(tmp_path / "papers.jsonl", 40)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    table = pa.table({name: [row[name] for row in rows] for name in ("id", "title", "abstract")})
    lance.write_dataset(table, tmp_path / "in.lance", max_rows_per_file=15)
    expected = by_program([file], tmp_path)
    out = tmp_path / "out"
    embedded = embed(tmp_path / "in.lance", out, **SMALL, format="lance")
    assert (embedded.rows, embedded.format) == (40, "lance")
    dataset = lance.dataset(out / "vectors.lance")
    read = dataset.to_table()
    found = {id: np.array(row, np.float32).tobytes() for id, row in zip(read.column("id").to_pylist(), read.column("vector").to_pylist(), strict=True)}
    assert found == expected and read.num_rows == 40 and dataset.version == 1
    again = embed(tmp_path / "in.lance", out, **SMALL, format="lance")
    assert again.shards_made == 0 and lance.dataset(out / "vectors.lance").version == 1
    more = papers(tmp_path / "more.jsonl", 5, word="more")
    assert embed(more, out, **SMALL, format="lance").shards_made == 1
    assert lance.dataset(out / "vectors.lance").count_rows() == 45


def test_works_of_openalex(tmp_path: Path) -> None:
    """A snapshot: folders of packed part files, with abstracts as words and their places."""
    for part, ids in (("updated_date=2026-01-01/part_000.gz", [1, 2]), ("updated_date=2026-01-02/part_000.gz", [3])):
        works = [
            {
                "id": f"https://openalex.org/W{id}",
                "doi": "https://doi.org/10.48550/arxiv.2601.00002" if id == 2 else None,
                "display_name": f"Work {id}",
                "title": f"Work {id}",
                "abstract_inverted_index": {"moves": [1], "Ice": [0]},
                "concepts": [{"id": "https://openalex.org/C1", "display_name": "Ice"}],
            }
            for id in ids
        ]
        file = tmp_path / "works" / part
        file.parent.mkdir(parents=True)
        file.write_bytes(gzip.compress("\n".join(map(json.dumps, works)).encode()))
    embedded = embed(tmp_path / "works", tmp_path / "out", **SMALL)
    assert (embedded.rows, embedded.rows_skipped) == (3, 0)
    by_text = relata.Encoder(TINY, "cpu").encode([f"Work {id}\nIce moves" for id in (2, 1, 3)])
    found, vectors = relata.shards.read(tmp_path / "out")
    assert found == ["2601.00002", "W1", "W3"] and vectors.tobytes() == by_text.tobytes()


def test_lines_and_patterns(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"{name} one\n{name} two\n")
    embedded = embed(str(tmp_path / "*.txt"), tmp_path / "out", **SMALL, lines=True)
    assert embedded.rows == 4
    assert _vectors(tmp_path / "out") == by_program([tmp_path / "a.txt", tmp_path / "b.txt"], tmp_path, "--lines")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(relata.errors.BulkError, match="no-such-file: there is no such file or folder"):
        embed(tmp_path / "no-such-file", tmp_path / "out", **SMALL)
    with pytest.raises(relata.errors.BulkError, match="there is no form csv; known are parquet, lance"):
        embed(tmp_path, tmp_path / "out", **SMALL, format="csv")
    with pytest.raises(relata.errors.RequestError, match="rows_per_shard=0"):
        embed(tmp_path, tmp_path / "out", **SMALL | {"rows_per_shard": 0})


def test_how_far_it_is_in_words() -> None:
    from relata.shards._show import Status, words

    assert words(Status(1024, 1024, 20_480, 10.24, 2)) == "embedding: 2048 of 20480 rows, 1024 of them before, 100 rows/s, 3 min left, on 2 machines"
    assert words(Status(0, 0, None, 0.0, 0)) == "embedding: 0 rows"


def test_the_same_texts_twice_are_one_shard(tmp_path: Path) -> None:
    table = pa.table({"id": ["1", "2", "3"], "title": [7, 8, None], "text": ["ice", "snow", "sleet"]})
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        pa.parquet.write_table(table, tmp_path / "in" / f"{name}.parquet")
    for inputs in (str(tmp_path / "in"), f"{tmp_path}/in/**", [str(tmp_path / "in"), str(tmp_path / "in/a.parquet")]):
        embedded = embed(inputs, tmp_path / "out", **SMALL)
        assert (embedded.rows, embedded.shards_made + embedded.shards_found, embedded.rows_skipped) == (3, 1, 0)
    assert next(iter(Shards(tmp_path / "out"))).titles == ["7", "8", None]


def test_lance_has_texts_as_they_are_now_also_when_it_was_put_together(tmp_path: Path) -> None:
    lance = pytest.importorskip("lance")
    file, other, out = papers(tmp_path / "papers.jsonl", 40), papers(tmp_path / "other.jsonl", 40, word="snow"), tmp_path / "out"
    other.write_text(other.read_text().replace('"26', '"25'))

    def found() -> dict[str, bytes]:
        read = lance.dataset(out / "vectors.lance").to_table()
        assert len(set(read.column("id").to_pylist())) == read.num_rows
        return {id: np.array(row, np.float32).tobytes() for id, row in zip(read.column("id").to_pylist(), read.column("vector").to_pylist(), strict=True)}

    for inputs in (file, other):
        embed(inputs, out, **SMALL, format="lance")
    lines = file.read_text().splitlines()
    changed = [line.replace("Of ice", "About ice") if at >= 32 else line for at, line in enumerate(lines)]
    file.write_text("\n".join(changed) + "\n")
    embedded = embed(file, out, **SMALL, format="lance")
    assert (embedded.shards_made, embedded.shards_found, embedded.notes) == (1, 2, [])
    expected = by_program([file, other], tmp_path)
    assert found() == expected
    lance.dataset(out / "vectors.lance").optimize.compact_files()
    again = embed(file, out, **SMALL, format="lance")
    assert (again.shards_made, again.notes) == (0, []) and found() == expected
    # What was put together with others cannot be taken out, which is said each time; texts as they were are there then.
    file.write_text("\n".join(lines) + "\n")
    for made in (1, 0):
        back = embed(file, out, **SMALL, format="lance")
        assert back.shards_made == made
        assert back.notes == [f"{out}/vectors.lance keeps rows of 1 shards with earlier texts: Lance has put their fragments together with others"]
    file.write_text("\n".join(changed) + "\n")
    again = embed(file, out, **SMALL, format="lance")
    assert (again.shards_made, again.shards_found, again.notes) == (0, 3, []) and found() == expected


def test_lance_keeps_what_cannot_be_read_today(tmp_path: Path) -> None:
    lance = pytest.importorskip("lance")
    (tmp_path / "in").mkdir()
    for at in range(2):
        pa.parquet.write_table(pa.table({"id": [f"{at}"], "text": [f"ice {at}"]}), tmp_path / "in" / f"{at}.parquet")
    embed(tmp_path / "in", tmp_path / "out", **SMALL, format="lance")
    whole = (tmp_path / "in/1.parquet").read_bytes()
    (tmp_path / "in/1.parquet").write_bytes(whole[:-20])
    assert embed(tmp_path / "in", tmp_path / "out", **SMALL, format="lance").rows_skipped == 1
    assert lance.dataset(tmp_path / "out/vectors.lance").count_rows() == 2
    (tmp_path / "in/1.parquet").write_bytes(whole)
    again = embed(tmp_path / "in", tmp_path / "out", **SMALL, format="lance")
    assert (again.shards_made, again.shards_found) == (0, 2)
    (tmp_path / "in/1.parquet").unlink()
    embed(tmp_path / "in", tmp_path / "out", **SMALL, format="lance")
    assert lance.dataset(tmp_path / "out/vectors.lance").to_table().column("id").to_pylist() == ["0"]


def test_shards_among_inputs_are_refused(tmp_path: Path) -> None:
    papers(tmp_path / "papers.jsonl", 3)
    refused = {"*": "vectors", "*.parquet": "", "**": "a/b/c", "v*": "vectors/of/papers", "": "vectors", "**/*.parquet": "a"}
    for pattern, out in refused.items():
        with pytest.raises(relata.errors.RequestError, match="which is an input: its shards would be read as texts by the next call"):
            embed(f"{tmp_path}/{pattern}", tmp_path / out, **SMALL)
    with pytest.raises(relata.errors.RequestError, match="lies in s3://bucket/in.region=x, which is an input"):
        embed("s3://bucket/in?region=x", "s3://bucket/in/vectors?region=x", **SMALL)
    with pytest.raises(relata.errors.RequestError, match="which is an input"):
        embed(f"{tmp_path}/*.lance", tmp_path, **SMALL, format="lance")
    pa.parquet.write_table(pa.table({"id": ["1"], "text": ["ice"]}), tmp_path / "texts.parquet")
    for out in ("vectors", "vectors", "more/vectors"):
        assert embed([f"{tmp_path}/*.jsonl", f"{tmp_path}/*.parquet"], tmp_path / out, **SMALL).rows == 4


def test_refused_rows_are_read_again_whatever_their_ids_hold(tmp_path: Path) -> None:
    from relata.shards._blocks import Block, passage_of, refuse, refused_rows
    from relata.shards._files import Folder

    ids = ["a\u2028b", "c\u0085d", "e\nf"]
    refuse(Folder(tmp_path), Block(ids, [None] * 3, ids, ids, [1, 2, 3]), {0: "one", 1: "two", 2: "three"})
    refuse(Folder(tmp_path), Block(["g"], [None], ["g"], ["g"], [1]), {0: "four"})
    assert refused_rows(Folder(tmp_path)) == dict(zip(map(passage_of, [*ids, "g"]), ["one", "two", "three", "four"], strict=True))
