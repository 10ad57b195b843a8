"""Rows by cells: all rows in files in which those of near cells stand together, and read back cells by cells.

In: shards, and centres of cells in an order in which near ones stand together. Out: files with a group of rows for each stretch of cells, of which
a reader takes the groups that it needs.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata.shards._files import ENDING, Folder, bad, name_of
from relata.shards._rows import pieces, read
from relata.shards._shards import Shards, Vectors

# Rows that are read together: half a megabyte at 384 dimensions, of which an object store gives many at once.
GROUP = 512

# How the names of such files begin.
ROUTED = "rows-"


class Route:
    """A step: writes the rows of some shards by cells, as far as that is not written, and counts the rows of each cell."""

    def __init__(self, shards: Shards, folder: Folder, key: str, centres: Any) -> None:
        self.shards, self.folder, self.key, self.centres = shards, folder, key, centres

    def __call__(self, names: list[str]) -> npt.NDArray[np.int64]:
        centres = self.centres()
        file = routed(self.key, names)
        if self.folder.has(file):
            cells = self.folder.read_table(file, ["cell"]).column("cell").to_numpy()
        else:
            cells = self._write(file, names, centres)
        return np.bincount(cells, minlength=len(centres))

    def _write(self, file: str, names: list[str], centres: Vectors) -> npt.NDArray[np.int32]:
        import pyarrow as pa
        from pyarrow import compute

        compared = _relata.Centres(centres)
        parts = [read(self.shards, name) for name in names]
        cells = np.concatenate([compared.nearest(some)[0] for part in parts for some in pieces(part.vectors)]).astype(np.int32)
        ids = pa.concat_arrays([part.ids for part in parts])
        vectors = np.concatenate([part.vectors for part in parts]) if len(parts) > 1 else parts[0].vectors
        del parts
        order = compute.sort_indices(pa.table({"cell": cells, "id": ids}), [("cell", "ascending"), ("id", "ascending")]).to_numpy()
        self.folder.write(file, _content(ids, cells, vectors, order, len(centres)))
        return cells


def routed(key: str, names: list[str]) -> str:
    """The name of the file of some shards' rows. What is in such a file, too, decides it."""
    return f"{ROUTED}{name_of(key, 'bytes', *names)}{ENDING}"


def _content(ids: Any, cells: npt.NDArray[np.int32], vectors: Vectors, order: npt.NDArray[np.uint64], count: int) -> memoryview:
    """The file of rows in an order of cells: a group of rows for each stretch of cells."""
    import pyarrow as pa
    from pyarrow import parquet

    # Bytes, and no lists: nobody else reads this file, and these are read in a sixth of the time.
    wide = pa.binary(vectors.shape[1] * vectors.itemsize)
    schema = pa.schema([("id", pa.string()), ("cell", pa.int32()), ("vector", wide)])
    buffer = io.BytesIO()
    sorted_cells = cells[order]
    stretch = max(1, count * GROUP // len(order))
    ends = np.unique(np.searchsorted(sorted_cells, [*range(stretch, count, stretch), count]))
    with parquet.ParquetWriter(buffer, schema, compression="none", use_dictionary=False, write_statistics=["cell"]) as writer:
        first = 0
        for end in ends:
            here = order[first:end]
            if len(here):
                rows = pa.FixedSizeBinaryArray.from_buffers(wide, len(here), [None, pa.py_buffer(np.ascontiguousarray(vectors[here]))])
                table = pa.table([ids.take(pa.array(here)), cells[here], rows], schema=schema)
                writer.write_table(table, row_group_size=len(here))
            first = end
    return buffer.getbuffer()


class Gathered:
    """The rows of some cells, from all files: ids in order, the cell of each row, and the rows themselves."""

    def __init__(self, folder: Folder, files: list[str], needed: npt.NDArray[np.bool_], dimension: int) -> None:
        import pyarrow as pa
        from pyarrow import compute

        found = [(file, *part) for file in files for part in _ids(folder, file, needed)]
        ids = pa.concat_arrays([part[2] for part in found]) if found else pa.array([], pa.string())
        cells = np.concatenate([part[3] for part in found]) if found else np.empty(0, np.uint32)
        order = compute.array_sort_indices(ids).to_numpy()
        self.ids = ids.take(pa.array(order))
        self.cells = np.ascontiguousarray(cells[order], np.uint32)
        self._refuse_twice()
        self.rows = _relata.CellRows(len(ids), dimension)
        places = np.empty(len(ids), np.uint32)
        places[order] = np.arange(len(ids), dtype=np.uint32)
        first = 0
        for file, groups, part, _ in found:
            vectors = _take(folder, file, groups, needed)
            self.rows.put(places[first : first + len(part)], vectors)
            first += len(part)

    def _refuse_twice(self) -> None:
        from pyarrow import compute

        if len(self.ids) > 1:
            twice = compute.equal(self.ids[1:], self.ids[:-1])
            if compute.any(twice).as_py():
                name = self.ids[compute.index(twice, True).as_py()].as_py()
                raise bad(f"{name} stands in the shards twice: nobody can say which of both is whose neighbour")


def _ids(folder: Folder, file: str, needed: npt.NDArray[np.bool_]) -> Iterator[tuple[list[int], Any, npt.NDArray[np.int32]]]:
    """The groups of a file that hold rows of cells that are needed, with ids and cells of these rows."""
    from pyarrow import parquet

    before = np.concatenate([[0], np.cumsum(needed)])
    with folder.open(file) as opened:
        table = parquet.ParquetFile(opened)
        groups = []
        for group in range(table.metadata.num_row_groups):
            ends = table.metadata.row_group(group).column(1).statistics
            if before[ends.max + 1] > before[ends.min]:
                groups.append(group)
        if groups:
            found = table.read_row_groups(groups, ["id", "cell"])
            cells = found.column("cell").to_numpy()
            yield groups, found.column("id").combine_chunks().filter(needed[cells]), cells[needed[cells]]


def _take(folder: Folder, file: str, groups: list[int], needed: npt.NDArray[np.bool_]) -> Vectors:
    """The vectors of rows of cells that are needed, in the order in which `_ids` has them."""
    from pyarrow import parquet

    with folder.open(file) as opened:
        found = parquet.ParquetFile(opened).read_row_groups(groups, ["cell", "vector"])
    wanted: npt.NDArray[np.bool_] = needed[found.column("cell").to_numpy()]
    column = found.column("vector").combine_chunks()
    rows: Vectors = np.frombuffer(column.buffers()[1], np.float32).reshape(-1, column.type.byte_width // 4)
    return rows[column.offset : column.offset + len(column)][wanted]
