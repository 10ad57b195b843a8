"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from relata.errors import FileError


@contextmanager
def written(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file that has its name once the block has ended well. What was there before stays until then; a link stays one.

    Raises `relata.errors.FileError` where it cannot be written.
    """
    to = Path(os.path.realpath(path))
    beside = to.with_name(f".{to.name}.{uuid.uuid4().hex}")
    try:
        with open(beside, "wb") as file:
            yield file
        beside.replace(to)
    except OSError as error:
        raise FileError(f"{os.fspath(path)} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
