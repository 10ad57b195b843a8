"""Packages that are used where they are, and that nothing else needs."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from relata.errors import PackageError


def package(module: str, what: str, install: str | None = None) -> Any:
    """A module of another package. `what` needs it, and `install` is what pip gets it by, where that is no name of a module.

    Raises `relata.errors.PackageError`, which is an `ImportError` too, where it is not installed.
    """
    needed(module, what, install)
    return importlib.import_module(module)


def needed(module: str, what: str, install: str | None = None) -> None:
    """As `package`, of what is imported later."""
    name = module.partition(".")[0]
    if importlib.util.find_spec(name) is None:
        raise PackageError(f'{what} needs the package {name}, which is not installed: pip install "{install or name}"')
