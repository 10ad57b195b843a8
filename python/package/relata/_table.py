"""Columns as a table of Arrow, without a package that has Arrow: others take it by the PyCapsule interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relata import _relata


class Table:
    """Columns of texts, numbers, truth values, lists of texts and vectors.

    Whatever takes `__arrow_c_stream__` takes a table: `pyarrow.table(t)`, `polars.DataFrame(t)`, `duckdb.from_arrow(t)`.
    """

    def __init__(self, columns: Sequence[tuple[str, str, Any]]) -> None:
        self._columns = list(columns)

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""
        return [name for name, _, _ in self._columns]

    def __len__(self) -> int:
        return len(self._columns[0][2]) if self._columns else 0

    def __getitem__(self, name: str) -> Any:
        return self.to_pydict()[name]

    def to_pydict(self) -> dict[str, Any]:
        """The columns by their names."""
        return {name: values for name, _, values in self._columns}

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return _relata.arrow_stream(self._columns)

    def __repr__(self) -> str:
        return f"Table({len(self)} rows: {', '.join(self.column_names)})"
