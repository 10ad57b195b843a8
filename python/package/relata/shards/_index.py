"""An index of a library from shards: coded shard by shard, and put together on the machine of the library.

In: a folder of shards, a library with the same vectors, and a folder for what is coded. Out: the library's index, byte for byte the one that the
program makes by itself. The plan (centres of cells, queries to measure with) comes of a sample of the library; a step codes a shard, which takes nearly
all of the time, into a file that is named by the shard and the plan, so that what is there is not coded again; the merge reads a few cells of all files
at a time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from relata import _relata
from relata.errors import ArgumentError, BulkError, ClusterError, LibraryError
from relata.library import Library
from relata.shards._files import AnyPath, Folder, name_of
from relata.shards._pool import Here, Pool
from relata.shards._rows import counted
from relata.shards._shards import Shards
from relata.shards._show import Show, Stage, Tell

ENDING = ".codes"


@dataclass
class Indexed:
    """What became of an index."""

    papers: int
    """Papers of the index: all of the library that have a vector."""
    cells: int
    other_rows: int
    """Rows of shards that are no part of it: of papers that the library lacks, of other texts, or twice."""
    used: bool
    """Whether it is the library's index now. A library of less than 20,000 papers needs none."""
    shards_made: int = 0
    shards_found: int = 0
    """Shards that had been coded before."""
    nodes: dict[str, int] = field(default_factory=dict)
    """Shards that each machine coded, by its id; `here` without a cluster."""


@dataclass(frozen=True)
class Planned:
    """What is to be coded. It can be passed to the head of a cluster."""

    shards: Shards
    folder: Folder
    plan: bytes
    files: dict[str, str]
    """What each shard is coded into."""
    missing: list[str]
    """Shards that are not coded yet."""
    rows: dict[str, int]
    """How many rows each shard has."""
    papers: int
    """Papers of the library that have a vector."""


def planned(shards: AnyPath | Shards, library: Library, out: AnyPath) -> Planned:
    """Makes a plan of a library's index, and looks what is there."""
    if not isinstance(library, Library):
        raise ArgumentError(f"library is {library!r}; a relata.Library is needed")
    given = shards if isinstance(shards, Shards) else Shards(shards)
    folder = Folder(out)
    info = library.info()
    if info.papers and not info.embedded:
        raise LibraryError(f"no paper of the library {library.path} has a vector yet: relata.shards.import_vectors takes those of shards over")
    plan, fingerprint, papers = _relata.plan_index(library._made)
    if given.fingerprint != fingerprint:
        raise BulkError(f"{given.folder.address} has vectors of {given.fingerprint or 'no fingerprint'}, and the library those of {fingerprint}")
    content = plan.to_bytes()
    digest = hashlib.sha256(content).hexdigest()
    files = {name: coded_name(given, name, digest) for name in given.names()}
    there = set(folder.names(ENDING))
    rows = dict(zip(files, counted(given, list(files)), strict=True))
    return Planned(given, folder, content, files, [name for name, file in files.items() if file not in there], rows, papers)


def code(asked: Planned, pool: Pool, tell: Tell) -> dict[str, int]:
    """Codes what is missing. Gives how many shards each machine has coded."""
    nodes: dict[str, int] = {}
    make = partial(_Coding, asked.shards, asked.folder, pool.share(asked.plan))
    all_rows, missing = sum(asked.rows.values()), sum(asked.rows[name] for name in asked.missing)
    stage = Stage(tell, "coding", all_rows, found=all_rows - missing)
    steps: Any = pool.map(make, [(name, asked.files[name]) for name in asked.missing])
    # Whatever ends this ends the workers too.
    with closing(steps):
        for done in steps:
            if done.result is None:
                raise ClusterError(f"no worker came back with the codes of {done.item[0]}: {done.lost}")
            nodes[done.node] = nodes.get(done.node, 0) + 1
            stage.done(asked.rows[done.item[0]], done.node)
    return nodes


def merge(asked: Planned, library: Library, memory: int | None, nodes: dict[str, int], tell: Tell) -> Indexed:
    """Puts together what was coded, on this machine."""
    plan = _relata.IndexPlan(asked.plan)
    with _on_disk(asked.folder, sorted(set(asked.files.values()))) as files:
        stage = Stage(tell, "putting together", asked.papers)
        papers, others, used = _relata.merge_index(library._made, plan, files, memory, stage.at)
    return Indexed(papers, plan.shape[0], others, used, len(asked.missing), len(asked.files) - len(asked.missing), nodes)


def coded_name(shards: Shards, name: str, plan: str) -> str:
    """The name of what a shard is coded into. A shard that was written anew has another length or time."""
    return name_of(name, *shards.folder.about(name), plan) + ENDING


class _Coding:
    """The step of a worker, which keeps the plan."""

    def __init__(self, shards: Shards, folder: Folder, plan: Callable[[], bytes]) -> None:
        self._shards, self._folder = shards, folder
        self._plan = _relata.IndexPlan(plan())

    def __call__(self, item: tuple[str, str]) -> bool:
        name, file = item
        shard = self._shards.read(name)
        self._folder.write(file, self._plan.code("".join(f"{id}\n" for id in shard.ids), shard.vectors))
        return True


@contextmanager
def _on_disk(folder: Folder, names: list[str]) -> Iterator[list[str]]:
    """Files on this machine's disk: where they lie, or copies of those of an object store."""
    local = folder.local_path()
    if local is not None:
        yield [os.path.join(local, name) for name in names]
        return
    with tempfile.TemporaryDirectory(prefix="relata-index-") as copies:
        for name in names:
            with folder.open(name) as source, open(os.path.join(copies, name), "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        yield [os.path.join(copies, name) for name in names]


def index(shards: AnyPath | Shards, library: Library, out: AnyPath, *, memory: int | None = None, progress: bool = True) -> Indexed:
    """Makes the index of a library from shards of its vectors, on this machine: the file that the program would make, and the same answers.

    Every paper of the library that has a vector must be in `shards`, with that vector (`relata.shards.import_vectors` takes them over); further rows are
    left out. `out` is a folder or an address for what is coded, which may be deleted afterwards; what is there is not coded again. `memory` is how many
    bytes of coded rows are put together at once (a gigabyte unless said otherwise); beside them 24 bytes a paper are held.

    Raises `relata.errors.LibraryError` with the code `shards-differ` where a paper's vector is in no shard, and `relata.errors.BulkError` where the
    shards are of another model.
    """
    asked = planned(shards, library, out)
    with Show(progress) as show:
        return merge(asked, library, memory, code(asked, Here(), show), show)
