"""What requests and answers have in common: JSON in and out, rows, tables, and how a notebook shows them."""

from __future__ import annotations

import functools
import json
import math
import os
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, overload

from relata import _html, _lines
from relata._arguments import half_character
from relata._packages import package
from relata._table import Table
from relata.errors import ArgumentError, RequestError

if TYPE_CHECKING:
    from relata._topic_map import TopicMap

Path = str | os.PathLike[str]
Paths = Path | Sequence[Path]

A = TypeVar("A")

# The list of an answer that is its table; other answers have none.
_TABLES = {
    "Annotated": "papers",
    "Evaluated": "methods",
    "Fetched": "categories",
    "Found": "results",
    "Interests": "interests",
    "Models": "models",
    "ProfileTexts": "texts",
    "Profiles": "profiles",
    "Recommendation": "results",
    "Sources": "categories",
    "Tags": "tags",
    "TodayList": "results",
    "TopicHistory": "runs",
    "TopicTree": "topics",
    "TopicsAnswer": "papers",
}


class Request:
    """A part of a request. Keys that are not said are what the service takes where nothing is said."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {_key(field.name): _sent(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]

    @staticmethod
    def of(given: Mapping[str, Any], required: Sequence[str], lists: Sequence[str]) -> dict[str, Any]:
        """A request as JSON has it: what is `None` is left out, and one text stands for a list of one."""
        request = {}
        for key, value in given.items():
            if value is None and key not in required:
                continue
            alone = key in lists and isinstance(value, (str, os.PathLike))
            if key in lists and hasattr(value, "columns"):
                raise ArgumentError(f"{key} is a {type(value).__name__}; a list is needed, such as one column of it")
            try:
                request[key] = _sent([value] if alone else value)
            except (TypeError, ValueError) as error:
                kind = ArgumentError if isinstance(error, TypeError) else RequestError
                raise kind(f"{key}: {error}") from None
        return request


def _sent(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Request):
        return {key: own for key, own in value.to_dict().items() if own is not None}
    if isinstance(value, Mapping):
        return {str(key): _sent(own) for key, own in value.items()}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number that can be asked for")
    if isinstance(value, str) and half_character(value) is not None:
        raise ValueError(f"{value!r} is no text: it holds half of a character")
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return _sent(value.item())
    if isinstance(value, Answer):
        raise TypeError(f"a {type(value).__name__} cannot stand in a request; name papers by their ids")
    if hasattr(value, "__iter__") and not isinstance(value, bytes):
        return [_sent(own) for own in value]
    raise TypeError(f"{value!r} cannot stand in a request")


@dataclass(frozen=True, kw_only=True, repr=False)
class Answer:
    """An answer, or a part of one. An answer that lists something is iterated by its rows."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: keys that are not there are left out."""
        return {_key(field.name): _plain(value) for field in fields(self) if (value := getattr(self, field.name)) is not None or field.default is MISSING}

    @property
    def remarks(self) -> tuple[Any, ...]:
        """What somebody should know although the answer stands, as the service notes it."""
        return getattr(self, "_remarks", ())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._listed_rows())

    def __len__(self) -> int:
        return len(self._listed_rows())

    @overload
    def __getitem__(self, at: int) -> Any: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Any, ...]: ...

    def __getitem__(self, at: int | slice) -> Any:
        return self._listed_rows()[at]

    def __bool__(self) -> bool:
        return True

    def _listed_rows(self) -> tuple[Any, ...]:
        kind: Any = type(self)
        rows: tuple[Any, ...] = getattr(self, _list_of(kind))
        return rows

    def _row_type(self) -> Any:
        own: Any = type(self)
        return typing.get_args(_hints(own)[_list_of(own)])[0]

    def to_arrow(self) -> Table:
        """The rows as a table for whatever takes Arrow's PyCapsule interface: pyarrow, polars, pandas, DuckDB."""
        return Table(_columns(self._row_type(), self._listed_rows()))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """The rows as a `pandas.DataFrame`."""
        return package("pandas", "to_pandas").DataFrame(self.to_arrow().to_pydict())

    def to_polars(self) -> Any:
        """The rows as a `polars.DataFrame`."""
        return package("polars", "to_polars").DataFrame(self.to_arrow())

    def __repr__(self) -> str:
        kind: Any = type(self)
        return _lines.answer(self, _TABLES.get(kind.__name__))

    def _repr_html_(self) -> str:
        return _html.answer(self)


class MappedAnswer(Answer):
    """An answer of topics, of which there is a map."""

    def visualize(self, title: str | None = None) -> TopicMap:
        """The map of the papers with their topics, which shows itself in a notebook; `save` writes it as a page.

        Raises `RequestError` where there are no papers.
        """
        from relata._topic_map import map_of_answer

        answer: Any = self
        if not answer.papers:
            raise RequestError("there are no papers to draw a map of")
        return map_of_answer(self, title, lambda: _html.topics(answer.levels))


def _list_of(kind: Any) -> str:
    """The name of the list that is an answer's table."""
    if kind.__name__ not in _TABLES:
        raise TypeError(f"{kind.__name__} lists nothing")
    return _TABLES[kind.__name__]


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _key(name: str) -> str:
    """The key of a field: a name that Python keeps for itself ends in a line."""
    return name.rstrip("_")


def _plain(value: Any) -> Any:
    if isinstance(value, Answer):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(own) for own in value]
    if isinstance(value, dict):
        return {key: _plain(own) for key, own in value.items()}
    return value


# From JSON.


def read(kind: Any, value: Any) -> Any:
    """A value of JSON as a type of relata.types."""
    return _reader(kind)(value)


@functools.cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _of_union(inner)
    if origin is tuple:
        items = inner[0]
        return lambda value: tuple(map(_reader(items), value))
    if origin is dict:
        values = inner[1]
        return lambda value: {key: _reader(values)(own) for key, own in value.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        return _of_dataclass(kind)
    return lambda value: value


def _of_dataclass(kind: type) -> Callable[[Any], Any]:
    hints = _hints(kind)
    names = {_key(field.name): field.name for field in fields(kind)}

    def made(value: dict[str, Any]) -> Any:
        return kind(**{name: _reader(hints[name])(value[key]) for key, name in names.items() if key in value})

    return made


def _of_union(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    classes = [kind for kind in kinds if isinstance(kind, type) and is_dataclass(kind)]
    others = [kind for kind in kinds if kind not in classes and typing.get_origin(kind) in (tuple, dict)]

    def made(value: Any) -> Any:
        if isinstance(value, dict):
            for kind in classes:
                needed = {_key(field.name) for field in fields(kind) if field.default is MISSING}
                if needed <= value.keys():
                    return _reader(kind)(value)
        for kind in others:
            if isinstance(value, list if typing.get_origin(kind) is tuple else dict):
                return _reader(kind)(value)
        return value

    return made


# To columns.

_SCALARS: dict[Any, str] = {str: "str", int: "int", float: "float", bool: "bool"}


def _columns(kind: type, rows: Sequence[Any], prefix: str = "") -> list[tuple[str, str, list[Any]]]:
    """The fields of rows as columns: name, type, values. What lies within a field is `field_name`; what is no column is JSON."""
    columns: list[tuple[str, str, list[Any]]] = []
    for field in fields(kind):
        hint = _without_none(_hints(kind)[field.name])
        values = [None if row is None else getattr(row, field.name) for row in rows]
        name = prefix + _key(field.name)
        if typing.get_origin(hint) is Literal:
            hint = str
        if hint in _SCALARS:
            columns.append((name, _SCALARS[hint], values))
        elif hint == tuple[str, ...]:
            columns.append((name, "list", [None if value is None else list(value) for value in values]))
        elif isinstance(hint, type) and is_dataclass(hint):
            columns += _columns(hint, values, f"{name}_")
        else:
            columns.append((name, "str", [None if value is None else json.dumps(_plain(value), ensure_ascii=False) for value in values]))
    return columns


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) not in (Union, types.UnionType):
        return hint
    others = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    return others[0] if len(others) == 1 else hint
