"""`relata embed --cluster`: the program starts Python, waits for a cluster that was lost, and says what is missing."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import TINY, by_program, papers

import relata.shards

# The node has room for one worker that takes two cores, and one that takes a card; the model needs neither.
HEAD = """
import sys
from conftest import start_cluster
cluster = start_cluster(1, int(sys.argv[1]), int(sys.argv[2]), num_cpus=3, num_gpus=1)
print(cluster.address, flush=True)
sys.stdin.read()
"""
# As a cell of a notebook that is run twice: a job that loses its cluster, and the same call once more.
CELL = """
import json, sys
import relata.ray, relata.ray._watch
relata.ray._watch.PATIENCE = 3.0
asked = json.loads(sys.argv[1])
try:
    relata.ray.embed(**asked)
except relata.errors.ClusterError as error:
    print(json.dumps([error.code, error.reason, str(error)]), flush=True)
sys.stdin.readline()
embedded = relata.ray.embed(**asked)
print(json.dumps([embedded.rows_found, embedded.rows_made, embedded.rows_skipped, embedded.shards_other]), flush=True)
"""

# How the reason begins for whoever is on a machine of the cluster, and for whoever is not.
LOST = {"near": "nobody has answered for 3 s", "far": "its head does not answer ("}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "relata", "embed", "--model", TINY, "--device", "cpu", "--rows-per-shard", "8", "--json", *arguments]


def _vectors(out: Path) -> dict[str, bytes]:
    ids, vectors = relata.shards.read(out)
    assert len(set(ids)) == len(ids)
    return {id: row.tobytes() for id, row in zip(ids, vectors, strict=True)}


def _shards(out: Path) -> dict[str, tuple[int, int]]:
    """Time and number of each shard: both stay where a file is left alone."""
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in out.glob("[!.]*.parquet")}


class Started:
    """A cluster in a process group of its own, which can be killed whole, and started again at the same ports."""

    def __init__(self) -> None:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            # That of the head, and that for clients.
            self.ports = [int(free.getsockname()[1]) for free in (one, other)]
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-P", "-c", HEAD, *map(str, self.ports)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        assert self.process.stdout is not None and self.process.stderr is not None
        near = self.process.stdout.readline().strip()
        assert near, self.process.stderr.read()
        # What it says from here on nobody reads, and it must not wait for that.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.addresses = {"near": near, "far": f"ray://127.0.0.1:{self.ports[1]}"}

    def kill(self) -> None:
        """Kills head and node at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def cluster(ray_folder: str) -> Iterator[Started]:
    started = Started()
    yield started
    started.kill()


@pytest.mark.parametrize(("by_program_at", "by_cell_at"), [("near", "far"), ("far", "near")])
def test_a_head_that_is_killed_and_started_again(cluster: Started, tmp_path: Path, gate: Path, by_program_at: str, by_cell_at: str) -> None:
    """The program waits for the cluster and goes on; a cell of a notebook ends with an error, and goes on when it is run again."""
    file = papers(tmp_path / "papers.jsonl", 120)
    # Both jobs begin at once, with a worker each.
    (gate / "wait").write_text("2")
    (gate / "slow").write_text("0.1")
    command = _command("--cluster", cluster.addresses[by_program_at], "--num-gpus", "1", "--in", str(file), "--out", "by-program")
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    asked = {"inputs": str(file), "out": str(tmp_path / "by-cell"), "address": cluster.addresses[by_cell_at], "num_cpus": 2}
    asked |= {"model": TINY, "device": "cpu", "rows_per_shard": 8}
    # A client tries for so many seconds to reach its head again.
    env = os.environ | {"RAY_CLIENT_RECONNECT_GRACE_PERIOD": "3"}
    cell = subprocess.Popen([sys.executable, "-P", "-c", CELL, json.dumps(asked)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    assert cell.stdin is not None and cell.stdout is not None
    outs = [tmp_path / "by-program", tmp_path / "by-cell"]
    began = time.monotonic()
    while any(len(_shards(out)) < 3 for out in outs):
        assert program.poll() is None and cell.poll() is None and time.monotonic() - began < 300
        time.sleep(0.05)
    cluster.kill()
    before = [_shards(out) for out in outs]
    code, reason, text = json.loads(cell.stdout.readline())
    assert code == "cluster" and reason.startswith(LOST[by_cell_at])
    assert text == f"the cluster was lost: {reason}. What is done is kept: the same call goes on from there"
    assert before[1].items() <= _shards(outs[1]).items()
    cluster.start()
    cell.stdin.write("again\n")
    told, said = program.communicate(timeout=120)
    cell_told, _ = cell.communicate(timeout=120)
    answer = json.loads(told)
    assert (program.returncode, answer["rows"], answer["skipped"], answer["shards_other"]) == (0, 120, [], 0)
    assert answer["out"] == str(outs[0])
    assert answer["rows_found"] >= 24 and answer["rows_made"] + answer["rows_found"] == 120
    assert "note: the cluster was lost (" in said and "; the job is begun again every 5 s" in said
    found, made, skipped, other = json.loads(cell_told)
    assert (cell.returncode, found + made, skipped, other) == (0, 120, 0, 0) and found >= 24
    expected = by_program([file], tmp_path)
    for out, kept in zip(outs, before, strict=True):
        assert _vectors(out) == expected
        assert kept.items() <= _shards(out).items()


def test_ctrl_c_ends_the_workers_too(ray_cluster: Any, tmp_path: Path, gate: Path) -> None:
    file, out = papers(tmp_path / "papers.jsonl", 120), tmp_path / "out"
    (gate / "wait").write_text("2")
    (gate / "slow").write_text("1")
    command = _command("--cluster", ray_cluster.address, str(file), "-o", str(out))
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    began = time.monotonic()
    while not out.exists() or not _shards(out):
        assert running.poll() is None and time.monotonic() - began < 300
        time.sleep(0.05)
    # As a terminal does: to the program and to the Python that it started.
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert f"Interrupted. The shards that are done are in {out}; the same command goes on from there." in said
    workers = [int(pid.name) for pid in (gate / "pids").iterdir()]
    while any(_is_alive(pid) for pid in workers):
        assert time.monotonic() - began < 600, "a worker goes on"
        time.sleep(0.05)
    assert len(workers) == 2 and 0 < len(_shards(out)) < 15


def _is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_this_machine_alone_and_rows_that_are_skipped(ray_folder: str, tmp_path: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 10)
    with file.open("a") as more:
        more.write('{"id": "2601.00099", "abstract": "No title."}\n')
    command = _command("--cluster", "local", str(file), "-o", "out")
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, timeout=120)
    assert done.returncode == 2, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["out"], answer["rows_made"], answer["format"]) == (str(tmp_path / "out"), 10, "parquet")
    assert answer["skipped"] == [{"file": str(file), "line": 11, "reason": "2601.00099 has no title, and so no text to embed"}]
    assert f"embedded 10 to {tmp_path}/out, skipped 1; " in done.stderr
    assert _vectors(tmp_path / "out") == by_program([file], tmp_path, may_skip=True)


@pytest.fixture
def without_packages(tmp_path: Path) -> Iterator[Path]:
    """An interpreter that has no packages."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    python.chmod(0o755)
    yield python


def test_what_is_missing_is_named(ray_folder: str, tmp_path: Path, without_packages: Path) -> None:
    file = papers(tmp_path / "papers.jsonl", 1)

    def said(cluster: str, **more: str) -> tuple[int, str]:
        command = _command("--cluster", cluster, str(file), "-o", str(tmp_path / "out"))
        done = subprocess.run(command, text=True, capture_output=True, timeout=120, env=os.environ | more)
        assert done.stdout == ""
        return done.returncode, done.stderr

    code, text = said("local", RELATA_PYTHON="/no/such/python")
    assert code == 2 and "error: /no/such/python cannot be started: No such file or directory" in text and "RELATA_PYTHON" in text
    code, text = said("local", RELATA_PYTHON=str(without_packages))
    assert code == 2 and f"{without_packages} lacks a package that a cluster needs: ModuleNotFoundError: No module named 'relata'" in text
    assert f'{without_packages} -m pip install "relata[ray]"' in text
    code, text = said("ray://127.0.0.1:9")
    assert code == 2 and "error: the cluster ray://127.0.0.1:9 is not there: nobody answers at ray://127.0.0.1:9: [Errno 111] " in text
    assert "--cluster local" in text and not (tmp_path / "out").exists()
