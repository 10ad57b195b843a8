"""The programs `relata` and `recommend`: the same command line as the prebuilt ones, run by the extension module."""

import os
import sys
import sysconfig
from pathlib import Path

from relata import _relata


def main(first: list[str] | None = None) -> int:
    """Runs the command line of this process, and gives its exit status."""
    # Whatever of the program needs Python takes this one.
    os.environ.setdefault("RELATA_PYTHON", sys.executable)
    return _relata.run(_program(), ["relata", *(first or []), *sys.argv[1:]])


def recommend() -> int:
    """Short for `relata recommend`."""
    return main(["recommend"])


def _program() -> str | None:
    """The file by which people start `relata`: this interpreter says nothing of it."""
    for suffix in ("", ".exe"):
        path = Path(sysconfig.get_path("scripts")) / f"relata{suffix}"
        if path.is_file():
            return str(path)
    return None
