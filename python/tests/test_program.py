"""The programs that the package brings."""

import os
import signal
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path

from conftest import Run

import relata


def test_version_and_exit_codes(program: Run) -> None:
    done = program("--version")
    assert (done.returncode, done.stdout) == (0, f"relata {relata.__version__}\n")
    assert program("no-such-command").returncode == 2
    nothing = program("show", "2601.99999")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    done = program("2602.10611", "-k", "1", "--json", name="recommend")
    assert done.returncode == 0 and '"rank": 1' in done.stdout.replace('"rank":1', '"rank": 1')


def test_what_prebuilt_programs_have(program: Run) -> None:
    """`serve` and `mcp` are behind a feature."""
    assert "--port" in program("serve", "--help").stdout
    done = program("schedule", "--help")
    assert done.returncode == 0


def test_a_schedule_names_the_script(program: Run) -> None:
    scripts = Path(sysconfig.get_path("scripts"))
    assert f"{scripts / 'relata'} " in program("schedule", "cron").stdout


def test_arguments_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"library-\xff.db")
    command = [sys.executable, "-m", "relata", "info", "--library", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 1 and b"library-" in done.stdout


def test_ctrl_c_ends_a_server(tmp_path: Path) -> None:
    own = {"RELATA_LIBRARY": str(tmp_path / "library.db"), "RELATA_CONFIG": str(tmp_path / "config.toml")}
    command = [str(Path(sysconfig.get_path("scripts")) / "relata"), "serve", "--port", "0"]
    running = subprocess.Popen(command, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert running.stdout is not None
    url = running.stdout.readline().strip()
    with urllib.request.urlopen(f"{url.rstrip('/')}/health") as answer:
        assert answer.status == 200
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == 0
