"""Shards as a dataset of Lance with an index, for whoever searches with Lance and not with Relata.

In: a folder of shards. Out: one dataset with the columns of the shards, and on its vectors an IVF index whose partitions are Relata's cells: centres
by k-means over a sample that ids alone decide. Needs pylance: `pip install pylance`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from relata import _relata
from relata._arguments import whole
from relata.errors import BulkError, RequestError
from relata.shards._files import AnyPath
from relata.shards._lance_address import package, place
from relata.shards._pool import Here
from relata.shards._rows import corpus, sample
from relata.shards._shards import Shards

# Rows that centres are made from, for each of them, as for the index of a library.
SAMPLE = 40

INDEXES = ("IVF_FLAT", "IVF_SQ", "IVF_PQ", "IVF_RQ")


def to_lance(shards: AnyPath | Shards, address: AnyPath, *, partitions: int | None = None, index: str | None = "IVF_SQ") -> Any:
    """Writes the rows of shards as a dataset of Lance, with an index by cosine, and gives the `lance.LanceDataset`.

    `address` is where it will lie, `s3://...` with its settings included; nothing may be there. `partitions` is how many cells the index has, the square root of the
    number of rows unless said otherwise. `index` is how Lance keeps vectors in them: "IVF_FLAT" whole, "IVF_SQ" a byte an element, "IVF_PQ" or
    "IVF_RQ"; with `None` there is no index. Ask as Lance does:
    `dataset.to_table(nearest={"column": "vector", "q": query, "k": 10, "nprobes": 20, "refine_factor": 2})`.

    Raises `relata.errors.PackageError` where pylance is not installed, `relata.errors.BulkError` where something is at `address`, or where the folder
    has no shards. A call that is stopped may leave a dataset, which has to be deleted before the next one.
    """
    if index is not None and index not in INDEXES:
        raise RequestError(f"there is no index={index!r}; there are {', '.join(INDEXES)} and None")
    lance, at = package(), place(os.fspath(address))
    rows = corpus(shards)
    cells = max(1, round(rows.rows**0.5)) if partitions is None else whole("partitions", partitions)
    if not 1 <= cells <= rows.rows:
        raise RequestError(f"partitions is {cells}; {rows.rows} rows can have from 1 to {rows.rows}")
    import pyarrow as pa

    # Before anything is written: what fails later leaves a dataset in the way.
    centres = None if index is None else _relata.train(sample(Here(), rows, SAMPLE * cells), cells, True)
    schema = rows.shards.folder.read_table(rows.names[0]).schema.remove_metadata()
    reader = pa.RecordBatchReader.from_batches(schema, _batches(rows.shards, rows.names, schema))
    try:
        dataset = lance.write_dataset(reader, at.uri, mode="create", storage_options=at.options)
    except OSError as error:
        raise BulkError(f"{address} cannot be written: {error}") from error
    if centres is not None:
        dataset.create_index("vector", index, metric="cosine", ivf_centroids=centres)
        dataset = lance.dataset(at.uri, storage_options=at.options)
    return dataset


def _batches(shards: Shards, names: list[str], schema: Any) -> Iterator[Any]:
    for name in names:
        yield from shards.folder.read_table(name).cast(schema).to_batches()
