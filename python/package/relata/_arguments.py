"""Arguments that are of the type that they should be; others raise an error that names them."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from typing import Any

from relata.errors import ArgumentError


def text(name: str, value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ArgumentError(f"{name} is {value!r}; a text is needed")
    return value


def flag(name: str, value: Any) -> bool:
    """`True` or `False`."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{name} is {value!r}; True or False is needed")
    return value


def whole(name: str, value: Any) -> int:
    """A whole number, be it NumPy's."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise ArgumentError(f"{name} is {value!r}; a whole number is needed") from None


def number(name: str, value: Any) -> float:
    """A number, be it NumPy's."""
    if isinstance(value, (str, bytes, bool)):
        raise ArgumentError(f"{name} is {value!r}; a number is needed")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} is {value!r}; a number is needed") from None


def path(name: str, value: Any) -> str:
    """Where a file or folder lies."""
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str) or not os.fspath(value):
        raise ArgumentError(f"{name} is {value!r}; a path is needed")
    return os.fspath(value)


def place_of_model(model: Any) -> Any:
    """A model as it was named; a folder by its whole path, so that it is the same one wherever the process goes."""
    if isinstance(model, (str, os.PathLike)) and os.path.dirname(model) and not os.path.isabs(model) and os.path.isdir(model):
        return os.path.abspath(model)
    return model


def texts(value: Any) -> list[str]:
    """A list of texts; what is none is named by its place."""
    if isinstance(value, (str, bytes)) or value is None:
        raise ArgumentError(f"a list of texts is needed, and this is {'one text' if isinstance(value, str) else repr(value)}")
    if isinstance(value, Mapping) or hasattr(value, "columns"):
        raise ArgumentError(f"a list of texts is needed, and this is a {type(value).__name__}: pass its values, or one column of it")
    # Columns of Arrow give scalars of their own where they are iterated.
    listed = value.to_pylist() if hasattr(value, "to_pylist") else value
    if not isinstance(listed, Iterable):
        raise ArgumentError(f"a list of texts is needed, and this is {value!r}")
    found = list(listed)
    for at, one in enumerate(found):
        if not isinstance(one, str):
            raise ArgumentError(f"text {at} is {type(one).__name__}, not str")
        if (place := half_character(one)) is not None:
            raise ArgumentError(f"text {at} has half a character at place {place} (a surrogate, {one[place]!r})")
    return found


def half_character(text: str) -> int | None:
    """The place of a surrogate that stands alone, with which a text cannot be written; `None` where there is none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None
