"""The types and methods are those that the service describes."""

import subprocess
import sys

from conftest import ROOT


def test_types_and_methods_are_those_of_the_service() -> None:
    done = subprocess.run([sys.executable, "-P", str(ROOT / "python/generate.py"), "--check"], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
