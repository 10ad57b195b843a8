"""Which shards of a folder are of its inputs as they are now.

In: what `embed` was asked to read, and the shards that it made or found for that. Out: the shards that these inputs had before and have no more,
which jobs leave out: they hold texts that have changed since, under the same ids. A folder takes shards of any number of inputs, each noted in a file
of its own (`inputs/NAME.json`); shards that no note names are read like all others. No file of Parquet is deleted, so inputs that are as they were
before have their shards again; a dataset of Lance loses these rows (`_writers.py`).
"""

from __future__ import annotations

import json
from typing import Any

from relata.shards._files import ENDING, Folder, name_of

INPUTS = "inputs"


def note(folder: Folder, inputs: Any, names: set[str], ending: str) -> None:
    """Notes the shards that paths have now, whose names end so. Of tables in memory nobody can say whether they are the same inputs: nothing is noted of them."""
    if not isinstance(inputs, list):
        return
    form = [] if ending == ENDING else [ending]
    notes, name = folder.within(INPUTS), f"{name_of('inputs 1', *form, *inputs)}.json"
    known = json.loads(notes.read(name)) if notes.has(name) else {"shards": [], "replaced": []}
    told = {
        "inputs": [path.partition("?")[0] for path in inputs],
        "shards": sorted(names),
        "replaced": sorted({*known["shards"], *known["replaced"]} - names),
    }
    if told != known:
        notes.write(name, json.dumps(told, ensure_ascii=False, indent=1).encode())


def replaced(folder: Folder) -> set[str]:
    """The files of shards that inputs had before, and that none has now."""
    notes = _notes(folder)
    return {name for told in notes for name in told["replaced"]} - {name for told in notes for name in told["shards"]}


def inputs_of(folder: Folder, name: str) -> list[str]:
    """The inputs of a shard; none where nobody has noted them."""
    return sorted({path for told in _notes(folder) if name in told["shards"] for path in told["inputs"]})


def _notes(folder: Folder) -> list[dict[str, list[str]]]:
    notes = folder.within(INPUTS)
    return [json.loads(notes.read(name)) for name in notes.names(".json")]
