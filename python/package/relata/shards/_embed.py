"""Embedding: texts of any inputs to a folder of shards.

In: sources of texts, a model and a folder. Out: a shard for each block of texts that has none yet, and what became of all rows. The job is the same
here and on a cluster: readers cut blocks and name their shards, workers embed what is not there, and this process counts. A block whose worker dies
is divided until the rows that kill it are alone (`_search.py`); the rest of it is embedded.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from relata._arguments import whole as whole_number
from relata.encoder import DEFAULT_MODEL, Encoder
from relata.errors import BulkError, EmbeddingError, _refused
from relata.shards._blocks import About, Block, Skipped, passage_of, refuse, refused_rows
from relata.shards._files import AnyPath
from relata.shards._inputs import Source, sources, whole
from relata.shards._overlap import would_read
from relata.shards._pool import Done, Here, Pool
from relata.shards._present import note, replaced
from relata.shards._search import Search
from relata.shards._show import Show, Status, Tell
from relata.shards._writers import Writer, writer

# Rows of a shard where a CPU embeds, well below a minute of work; and where a card does, which takes thousands a second.
CPU_ROWS, CARD_ROWS = 1024, 16_384
# Skipped rows that are told one by one, at most.
MOST_SKIPPED = 10_000
# Texts of a block that the tokeniser may refuse: beyond that the model is wrong, not the texts.
MOST_REFUSED = 1000

RECIPE = "title-abstract/1"


@dataclass(frozen=True)
class Model:
    """A model and how it embeds, as `relata.Encoder` takes them."""

    name: str
    precision: str
    device: str
    long: str
    as_query: bool

    def encoder(self) -> Encoder:
        return Encoder(self.name, self.device, self.precision, long=self.long)


@dataclass(frozen=True)
class Asked:
    """What is to be embedded, how, and where to."""

    inputs: Any
    writer: Writer
    model: Model
    rows: int
    lines: bool


@dataclass(repr=False)
class Embedded:
    """What became of inputs."""

    out: str
    format: str
    model: str
    fingerprint: str
    dimension: int
    """Length of a vector."""
    shards_made: int = 0
    shards_found: int = 0
    """Shards that were there before, whose rows were not embedded again."""
    shards_other: int = 0
    """Shards of the folder that are not of these inputs: of others, or of texts as they were before. Jobs leave the latter out."""
    rows_made: int = 0
    rows_found: int = 0
    rows_skipped: int = 0
    """Rows, and files, that gave no vector."""
    skipped: list[Skipped] = field(default_factory=list)
    """Each of them with its file, line and reason; the first 10,000."""
    notes: list[str] = field(default_factory=list)
    """What is remarkable about files."""
    seconds: float = 0.0
    rows_per_second: float = 0.0
    """Rows of this run by its time, loading the model included."""
    nodes: dict[str, int] = field(default_factory=dict)
    """Rows that each machine embedded, by its id; `here` without a cluster."""

    @property
    def rows(self) -> int:
        """Rows of these inputs that have a vector."""
        return self.rows_made + self.rows_found

    def __repr__(self) -> str:
        left = f", {self.rows_skipped} skipped" if self.rows_skipped else ""
        return f"Embedded({self.rows} rows{left}: {self.shards_made} shards made and {self.shards_found} found in {self.out!r})"


def job(asked: Asked, pool: Pool, tell: Tell) -> Embedded:
    """Embeds what is asked for. `tell` takes a `Status` now and then."""
    tell(Status(0, 0, None, 0.0, 0))
    encoder = asked.model.encoder()
    report = Embedded(
        out=asked.writer.folder.address,
        format=type(asked.writer).__name__.removesuffix("Shards").lower(),
        model=encoder.model,
        fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
    )
    run = _Run(asked, pool, tell, report)
    steps: Any = pool.map(partial(_Embedding, asked, encoder.fingerprint), run)
    # Whatever ends this ends the workers too.
    with closing(steps):
        for done in steps:
            run.take(done)
    return run.end()


class _Run:
    """The items of a job, and what came of them. It gives blocks as long as there are any, and later those that a search leaves."""

    def __init__(self, asked: Asked, pool: Pool, tell: Tell, report: Embedded) -> None:
        self._asked, self._pool, self._tell, self._report = asked, pool, tell, report
        self._began = time.monotonic()
        listed = list(sources(asked.inputs, pool.share, asked.lines))
        self._bytes, self._read_bytes, self._read_rows, self._all_read = sum(source.bytes for source in listed), 0, 0, False
        self._reads_all = bool(listed)
        if not listed:
            report.notes.append("the inputs hold no files and no rows")
        writer = asked.writer
        reader = _Reader(asked, decided(report.fingerprint, asked), frozenset(writer.names()), refused_rows(writer.folder))
        self._pieces = pool.read(reader, listed)
        self._names: set[str] = set()
        self._search = Search()
        self._left: deque[Block] = deque()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        """The next block that has no shard yet."""
        if self._left:
            return self._left.popleft()
        for about, block in self._pieces:
            # The same texts twice are one shard.
            is_again = about.name in self._names
            self._note(about, is_again)
            if block is not None and not is_again:
                return block
        self._all_read = True
        raise StopIteration

    def _note(self, about: About, is_again: bool) -> None:
        report = self._report
        self._read_bytes += about.bytes
        self._skip(about.skipped)
        report.notes += about.notes
        if not about.name or is_again:
            return
        self._names.add(about.name)
        self._read_rows += about.rows
        if about.is_found:
            report.shards_found += 1
            report.rows_found += about.rows
            self._say()

    def _skip(self, skipped: list[Skipped]) -> None:
        self._report.rows_skipped += len(skipped)
        self._report.skipped += skipped[: MOST_SKIPPED - len(self._report.skipped)]

    def take(self, done: Done[Any, "Outcome"]) -> None:
        """Counts what came of a block, or looks for what killed its workers."""
        if done.result is None:
            block = self._pool.value(done.item)
            self._left += self._search.lost(block, done.lost or "the worker died")
        elif isinstance(done.item, Block) and done.item.search:
            self._search.passed(done.item)
        else:
            self._made(done)
        while (found := self._search.found()) is not None:
            self._refused(found.block, found.reasons, again=found.is_lost)
            if not found.is_lost and (rest := found.rest()):
                self._left.append(rest)
        self._say()

    def _made(self, done: Done[Any, "Outcome"]) -> None:
        outcome, report = done.result, self._report
        assert outcome is not None
        self._search.worked()
        if outcome.refused:
            self._refused(self._pool.value(done.item), outcome.refused)
        if not outcome.rows:
            return
        self._names.add(outcome.name)
        report.shards_made += outcome.is_new
        report.shards_found += not outcome.is_new
        if outcome.is_new:
            report.rows_made += outcome.rows
            report.nodes[done.node] = report.nodes.get(done.node, 0) + outcome.rows
        else:
            report.rows_found += outcome.rows

    def _refused(self, block: Block, reasons: dict[int, str], again: bool = False) -> None:
        """Tells rows that gave no vector. They are not tried again, unless the next run may."""
        self._skip([block.skipped(row, reason) for row, reason in reasons.items()])
        if reasons and not again:
            refuse(self._asked.writer.folder, block, reasons)

    def _say(self) -> None:
        report = self._report
        expected = self._read_rows if self._all_read else None
        if expected is None and self._bytes and self._read_bytes:
            expected = max(self._read_rows, self._read_rows * self._bytes // self._read_bytes)
        seconds = time.monotonic() - self._began
        self._tell(Status(report.rows_made, report.rows_found, expected, seconds, len(report.nodes), is_estimate=not self._all_read))

    def end(self) -> Embedded:
        """All rows are done."""
        report, writer = self._report, self._asked.writer
        there = writer.names()
        own = self._names & there
        note(writer.folder, self._asked.inputs, {name + writer.ending for name in own}, writer.ending)
        earlier = {name.removesuffix(writer.ending) for name in replaced(writer.folder) if name.endswith(writer.ending)}
        # A file that cannot be read, and a folder without files, may be there again tomorrow.
        is_whole = self._reads_all and not any(one.line == 0 for one in report.skipped)
        report.notes += writer.finish(own, earlier - own if is_whole else set())
        report.shards_other = len(writer.names() - self._names)
        report.seconds = time.monotonic() - self._began
        report.rows_per_second = report.rows_made / report.seconds if report.seconds else 0.0
        return report


def decided(fingerprint: str, asked: Asked) -> tuple[str, ...]:
    """What decides the vectors of a text, beside the text."""
    return (fingerprint, "lines/1" if asked.lines else RECIPE, "query" if asked.model.as_query else "passage")


@dataclass(frozen=True)
class _Reader:
    """Reads a source, and leaves out what is there or was refused."""

    asked: Asked
    decided: tuple[str, ...]
    there: frozenset[str]
    refused: dict[bytes, str]

    def __call__(self, source: Source) -> Iterator[tuple[About, Block | None]]:
        for about, block in source.read(self.asked.rows):
            if block is None:
                yield about, None
                continue
            block, skipped = block.without(self.refused)
            about.skipped += skipped
            if not len(block):
                yield about, None
                continue
            about.name, about.rows = block.name(*self.decided), len(block)
            about.is_found = about.name in self.there
            yield about, None if about.is_found else block


@dataclass(frozen=True)
class Outcome:
    """What came of a block."""

    name: str
    rows: int
    is_new: bool
    """Whether it was written just now."""
    refused: dict[int, str]
    """Why rows of the block were left out."""


class _Embedding:
    """The step of a worker, which keeps the model."""

    def __init__(self, asked: Asked, fingerprint: str) -> None:
        self._asked, self._fingerprint = asked, fingerprint
        self._encoder = asked.model.encoder()
        if self._encoder.fingerprint != fingerprint:
            raise BulkError(f"a worker would make other vectors than were asked for: its model is {self._encoder.fingerprint}, not {fingerprint}")

    def __call__(self, block: Block) -> Outcome:
        vectors, refused = self._embed(block.texts)
        kept = block.only([row for row in range(len(block)) if row not in refused]) if refused else block
        if block.search or not len(kept):
            return Outcome("", 0, False, refused)
        name = kept.name(*decided(self._fingerprint, self._asked))
        is_new = not self._asked.writer.has(name)
        if is_new:
            # The vector of a query is not that of the paper with this text, so nobody may take it for that.
            passages = [None if self._asked.model.as_query else passage_of(text) for text in kept.texts]
            self._asked.writer.write(name, kept, vectors, self._fingerprint, passages)
        return Outcome(name, len(kept), is_new, refused)

    def _embed(self, texts: list[str]) -> tuple[Any, dict[int, str]]:
        """Vectors of the texts that the tokeniser takes, and why it refuses the others."""
        rows = list(range(len(texts)))
        refused: dict[int, str] = {}
        while True:
            try:
                return self._encoder.embed([texts[row] for row in rows], as_query=self._asked.model.as_query).vectors, refused
            except EmbeddingError as error:
                index = getattr(error, "index", None)
                if error.code != "tokens" or index is None or len(refused) >= MOST_REFUSED:
                    raise
                refused[rows.pop(index)] = f"it could not be tokenised: {error.reason}"  # type: ignore[attr-defined]


def asked(
    inputs: Any,
    out: AnyPath,
    model: Model,
    lines: bool,
    format: str,
    rows_per_shard: int | None,
    cards: bool = False,
) -> Asked:
    """What arguments of `embed` ask for. `cards` says that workers have a card."""
    if rows_per_shard is not None and whole_number("rows_per_shard", rows_per_shard) < 1:
        raise _refused(f"rows_per_shard={rows_per_shard}; a shard has at least one row")
    rows = rows_per_shard or (CARD_ROWS if cards or model.device.partition(":")[0] in ("cuda", "metal") else CPU_ROWS)
    # Workers have folders of their own to be in.
    name = os.path.abspath(model.name) if os.path.isdir(model.name) else model.name
    wanted, written = whole(inputs), writer(out, format)
    _refuse_within(wanted, written)
    return Asked(wanted, written, replace(model, name=name), rows, lines)


def _refuse_within(inputs: Any, out: Writer) -> None:
    """Shards within a folder that is an input would be the texts of the next call."""
    path = would_read(inputs, out.folder, out.example) if isinstance(inputs, list) else None
    if path is not None:
        raise _refused(f"out, {out.folder.address}, lies in {path}, which is an input: its shards would be read as texts by the next call. Name a folder elsewhere")


def embed(
    inputs: Any,
    out: AnyPath,
    *,
    model: str = DEFAULT_MODEL,
    precision: str = "f32",
    device: str = "auto",
    long: str = "truncate",
    as_query: bool = False,
    lines: bool = False,
    format: str = "parquet",
    rows_per_shard: int | None = None,
    progress: bool = True,
) -> Embedded:
    """Embeds texts on this machine, into a folder of shards. Vectors are the same bits that `relata embed` writes.

    `inputs` are files, folders, patterns or addresses (`s3://...`), or a list of them: what `relata embed` reads (`lines` for plain text), works
    of OpenAlex, Parquet and Lance with the columns `id` and `text`, or `id`, `title` and `abstract`; or a table with `__arrow_c_stream__`.
    `out` is a folder or an address. `format` is "parquet" or "lance". `model`, `precision`, `device`, `long` and `as_query` are those of
    `relata.Encoder`. A shard that is there is not made again, so that the same call goes on after a stop. Where files have changed since the last such
    call, shards of their earlier texts stay in the folder, and later jobs leave them out; rows of a dataset of Lance leave it.

    Raises `relata.errors.BulkError` for inputs that are not there or are no texts, and the errors of the model.

    >>> import pyarrow, relata.shards, tempfile
    >>> table = pyarrow.table({"id": ["a", "b"], "text": ["Ice moves.", "Glaciers flow."]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     embedded = relata.shards.embed(table, folder)
    ...     ids, vectors = relata.shards.read(folder)
    >>> embedded.rows, embedded.shards_made, ids, vectors.shape
    (2, 1, ['a', 'b'], (2, 384))
    """
    wanted = asked(inputs, out, Model(str(model), precision, device, long, as_query), lines, format, rows_per_shard)
    with Show(progress) as show:
        return job(wanted, Here(), show)
