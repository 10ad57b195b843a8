"""What tests share: a home of their own, and a model with random weights that is quick.

Tests that are about numbers take the default model, which is found where the program finds it.
"""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

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
