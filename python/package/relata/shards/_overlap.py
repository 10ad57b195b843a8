"""Whether what a job writes would be read by the next call: shards in a folder that is an input are no texts.

In: inputs as `_inputs.py` takes them, and where something is written. Out: the input that would hold it.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import pathlib

from relata.shards._files import Folder


def would_read(inputs: list[str], folder: Folder, name: str) -> str | None:
    """The first input that will hold a file or dataset of that name in a folder; `None` where no later call with these inputs reads it."""
    return next((path for path in inputs if _would_read(path, folder, name)), None)


def _would_read(path: str, folder: Folder, name: str) -> bool:
    if "://" in path:
        one, other = (f"{address.partition('?')[0].rstrip('/')}/" for address in (path, folder.address))
        return other.startswith(one)
    local = folder.local_path()
    if local is None:
        return False
    if os.path.isdir(path):
        return os.path.commonpath([os.path.realpath(path), os.path.realpath(local)]) == os.path.realpath(path)
    # A pattern may match what will be written, the folder, or one that it lies in.
    written, pattern = pathlib.PurePath(local, name), pathlib.PurePath(path).parts
    return glob.has_magic(path) and any(_matches(one.parts, pattern) for one in (written, *written.parents))


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether a path, part by part, is one that `glob` finds."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[at:], pattern[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
