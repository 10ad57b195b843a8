"""What tests share: a home of their own, and a model with random weights that is quick.

Tests that are about numbers take the default model, which is found where the program finds it.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from object_store import ObjectStore

import relata

ROOT = Path(__file__).resolve().parents[2]
TINY = str(ROOT / "tests/models/tiny-bert")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def encoder() -> relata.Encoder:
    """The default model."""
    return relata.Encoder()


@pytest.fixture(scope="session")
def tiny() -> relata.Encoder:
    """The model with random weights."""
    return relata.Encoder(TINY)


@pytest.fixture
def program(tmp_path: Path) -> Run:
    """Runs `relata`, or another program of the package, with a home of its own."""
    scripts = Path(sysconfig.get_path("scripts"))
    own = {"RELATA_LIBRARY": str(tmp_path / "library.db"), "RELATA_CONFIG": str(tmp_path / "config.toml"), "HOME": os.environ["HOME"]}

    def run(*arguments: str, name: str = "relata", **more: object) -> "subprocess.CompletedProcess[str]":
        command = [str(scripts / name), *arguments]
        return subprocess.run(command, env=os.environ | own, text=True, capture_output=True, timeout=120, **more)  # type: ignore[call-overload, no-any-return]

    return run


@pytest.fixture
def python(tmp_path: Path) -> Run:
    """Runs a script by the interpreter of the tests."""

    def run(script: str, **more: object) -> "subprocess.CompletedProcess[str]":
        path = tmp_path / "script.py"
        path.write_text(script)
        command = [sys.executable, str(path)]
        return subprocess.run(command, text=True, capture_output=True, timeout=120, **more)  # type: ignore[call-overload, no-any-return]

    return run


@pytest.fixture(scope="session")
def _object_store() -> Iterator[ObjectStore]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        store = ObjectStore()
        yield store
        store.end()


@pytest.fixture
def object_store(_object_store: ObjectStore) -> Iterator[ObjectStore]:
    """A bucket on a server of this machine that speaks as S3 does. Tests share it, and each has folders of its own."""
    yield _object_store
    _object_store.refused = None


@pytest.fixture(scope="session")
def ray_folder() -> Iterator[str]:
    """Where Ray keeps what it needs. Its sockets lie there, whose names may not be long."""
    folder = tempfile.mkdtemp(prefix="relata-ray-")
    # Before Ray is imported. Workers import what tests define.
    tests = Path(__file__).parent
    paths = [str(tests), str(tests / "on_workers"), *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0", "RELATA_TEST_GATE": f"{folder}/gate", "PYTHONPATH": os.pathsep.join(paths)}
    os.environ |= own
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ray_cluster(ray_folder: str) -> "Iterator[Any]":
    """A cluster on this machine: a head that works nothing and two nodes of one core. This process is connected to it.

    A test that takes a node away starts a cluster of its own (`start_cluster`).
    """
    import ray

    cluster = start_cluster()
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def gate(ray_folder: str) -> Iterator[Path]:
    """Disturbs workers of clusters: tests/on_workers says how."""
    folder = Path(ray_folder) / "gate"
    (folder / "pids").mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def start_cluster(nodes: int = 2, port: int | None = None, client_port: int | None = None, **node: Any) -> Any:
    """A cluster of a head without cores and so many nodes of one core, or of what `node` says. Needs `ray_folder`."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "no_monitor": True, "gcs_server_port": port, "ray_client_server_port": client_port}
    cluster = Cluster(initialize_head=True, head_node_args=LEAN | head)
    add_nodes(cluster, nodes, **node)
    return cluster


# What every machine of a cluster does without. Each process that it starts takes a second of two cores.
LEAN: dict[str, Any] = {"include_log_monitor": False, "object_store_memory": 100 << 20}


def add_nodes(cluster: Any, nodes: int, **node: Any) -> None:
    """Adds nodes of one core to a cluster, or of what `node` says."""
    for _ in range(nodes):
        cluster.add_node(wait=False, **LEAN, **{"num_cpus": 1, **node})
    cluster.wait_for_nodes()


def papers(path: Path, count: int, word: str = "ice") -> Path:
    """A file of so many papers, as JSON lines; their texts differ in length, so that they are sorted within a batch."""
    with path.open("w") as file:
        for at in range(count):
            row = {"id": f"26{1 + at // 10_000:02}.{at % 10_000 + 1:05}", "title": f"Of {word} {at}", "abstract": f"{word} moves {at} " * (1 + at * 7 % 23)}
            file.write(json.dumps(row) + "\n")
    return path


def by_program(inputs: list[Path], folder: Path, *more: str, may_skip: bool = False) -> dict[str, bytes]:
    """The vectors that `relata embed` writes of some files, by id."""
    output = folder / "program.npy"
    command = [sys.executable, "-P", "-m", "relata", "embed", "--model", TINY, "--device", "cpu", *more, *map(str, inputs), "-o", str(output)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=120)
    assert done.returncode in ((0, 2) if may_skip else (0,)), done.stderr
    ids = Path(f"{output}.ids").read_text().split()
    return {id: row.tobytes() for id, row in zip(ids, np.load(output), strict=True)}
