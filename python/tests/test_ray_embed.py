"""Embedding on the two nodes of a real cluster, and what happens where workers, nodes and rows go wrong."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from conftest import TINY, add_nodes, by_program, papers

import relata.ray
import relata.shards
from relata.shards import Embedded

SMALL: dict[str, Any] = {"model": TINY, "device": "cpu", "rows_per_shard": 8, "progress": False}


def _vectors(out: Path) -> dict[str, bytes]:
    ids, vectors = relata.shards.read(out)
    assert len(set(ids)) == len(ids)
    return {id: row.tobytes() for id, row in zip(ids, vectors, strict=True)}


def _state(out: Path) -> dict[str, tuple[int, int]]:
    """Time and number of each shard: both stay where a file is left alone."""
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in out.glob("[!.]*.parquet")}


def _disturbed(file: Path, out: Path, disturb: Callable[[], None]) -> tuple[Embedded, dict[str, tuple[int, int]]]:
    """Embeds, and disturbs it once some shards are there. Gives also the state of these."""
    answers: list[Embedded] = []
    problems: list[BaseException] = []

    def embed() -> None:
        try:
            answers.append(relata.ray.embed(file, out, **SMALL))
        except BaseException as problem:
            problems.append(problem)

    # Whoever waits for what never comes must not wait for this thread as well.
    work = threading.Thread(target=embed, daemon=True)
    work.start()
    began = time.monotonic()
    while len(before := _state(out) if out.exists() else {}) < 3:
        time.sleep(0.02)
        assert work.is_alive() and time.monotonic() - began < 300, problems
    disturb()
    work.join(300)
    if problems:
        raise problems[0]
    return answers[0], before


def test_bits_of_the_program_by_both_nodes(ray_cluster: Any, tmp_path: Path, gate: Path) -> None:
    files = [papers(tmp_path / f"{name}.jsonl", 60, name) for name in ("ice", "snow")]
    files[1].write_text(files[1].read_text().replace('"26', '"25'))
    (gate / "wait").write_text("2")
    embedded = relata.ray.embed(files, tmp_path / "out", **SMALL)
    assert (embedded.rows_made, embedded.rows_skipped) == (120, 0)
    assert embedded.nodes.keys() == {node.node_id for node in ray_cluster.worker_nodes}
    assert sum(embedded.nodes.values()) == 120
    assert _vectors(tmp_path / "out") == by_program(files, tmp_path)
    here = relata.shards.embed(files, tmp_path / "out", **SMALL)
    assert (here.shards_made, here.shards_found) == (0, embedded.shards_made)


def test_tables_of_ray_and_of_arrow(ray_cluster: Any, tmp_path: Path) -> None:
    import ray

    table = pa.table({"id": [str(at) for at in range(20)], "text": [f"ice {at}" for at in range(20)]})
    assert relata.ray.embed(table, tmp_path / "arrow", **SMALL).rows == 20
    dataset = ray.data.from_arrow([table.slice(0, 12), table.slice(12)])
    assert relata.ray.embed(dataset, tmp_path / "ray", **SMALL).rows == 20
    assert _vectors(tmp_path / "ray") == _vectors(tmp_path / "arrow")


def test_a_row_that_kills_its_worker_is_found_and_left_out(ray_cluster: Any, tmp_path: Path, gate: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 24)
    rows = file.read_text().splitlines()
    rows[10] = json.dumps({"id": "2601.00011", "title": "POISON", "abstract": "Text."})
    file.write_text("\n".join(rows) + "\n")
    # The second run would embed the row, as nothing disturbs it.
    for embed, made in ((relata.ray.embed, 3), (relata.shards.embed, 0)):
        embedded = embed(file, tmp_path / "out", **SMALL)
        assert (embedded.rows, embedded.shards_made, embedded.rows_skipped) == (23, made, 1)
        [skipped] = embedded.skipped
        assert (skipped.file, skipped.line) == (str(file), 11)
        assert skipped.reason.startswith("its worker died, however often it was tried: ")
    vectors = _vectors(tmp_path / "out")
    assert len(vectors) == 23 and "2601.00011" not in vectors


def test_a_worker_that_is_killed_is_replaced(ray_cluster: Any, tmp_path: Path, gate: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 120)
    (gate / "wait").write_text("2")
    # When so many shards are there, no worker goes on before a third has begun.
    (gate / "hold").write_text(f"3 {tmp_path / 'out'}")

    def kill() -> None:
        os.kill(int(next((gate / "pids").iterdir()).name), signal.SIGKILL)

    embedded, before = _disturbed(file, tmp_path / "out", kill)
    assert (embedded.rows, embedded.rows_skipped, embedded.shards_other) == (120, 0, 0)
    assert len(list((gate / "pids").iterdir())) == 3
    assert _vectors(tmp_path / "out") == by_program([file], tmp_path)
    assert before.items() <= _state(tmp_path / "out").items()


def test_a_node_that_leaves_is_done_without(ray_cluster: Any, tmp_path: Path, gate: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 120)
    (gate / "wait").write_text("2")
    (gate / "slow").write_text("0.1")
    leaving = sorted(ray_cluster.worker_nodes, key=lambda node: str(node.node_id))[0]
    try:
        embedded, before = _disturbed(file, tmp_path / "out", lambda: ray_cluster.remove_node(leaving, allow_graceful=False))
        [left] = ray_cluster.worker_nodes
        assert (embedded.rows, embedded.rows_skipped, embedded.shards_other) == (120, 0, 0)
        assert embedded.nodes[left.node_id] > 0
        assert _vectors(tmp_path / "out") == by_program([file], tmp_path)
        assert before.items() <= _state(tmp_path / "out").items()
    finally:
        add_nodes(ray_cluster, 1)
