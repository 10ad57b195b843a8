#!/usr/bin/env python3
"""What the work on a cluster takes at 3, 30 and 250 million papers on 1, 8 and 64 cards, from constants that were measured.

    benches/scale.py [--price 3.5]

Prints the tables of docs/design/scale.md as markdown. Nothing runs: each constant names where it was measured, and all that is computed from them
is an estimate. A card comes with 16 cores, 128 GB and a disk, as the machine has on which cards were measured.
"""

import argparse
from dataclasses import dataclass

PAPERS = (3_000_000, 30_000_000, 250_000_000)
CARDS = (1, 8, 64)
CORES = 16
DIMENSION = 384

# Abstracts a second that one H200 embeds in f16, and one of two cores with AVX-512 in int8 (docs/benchmarks.md, embedding).
EMBED_CARD, EMBED_CORE = 56_864, 105 / 2
# Texts a second that one core takes apart into tokens (docs/benchmarks.md, embedding on a CPU).
TOKENISE_CORE = 140_000 / 2
# Rows a second that one core reads of JSON lines and cuts into blocks (the metadata of arXiv, unpacked or not, by relata.shards).
READ_CORE = 45_000
# Products of a row's element with another's that one core makes a second, in 8-bit integers (docs/design/clusters.md).
PRODUCTS_CORE = 4e10
# Seconds of one core for each row of an index beside comparing it with centres, and for putting it in its place (docs/benchmarks.md, neighbours).
CODE_ROW, MERGE_ROW = 12e-6, 3e-6
# Papers a second that a library takes in, without embedding (docs/benchmarks.md, adding).
ADD = 5_460
# Seconds for each paper of the graph of topics: all levels, one seed (docs/benchmarks.md, topics: a million papers, four seeds on two cores).
LEIDEN_ROW = 123e-6 / 2
# Seeds of Leiden, and papers up to which they run at once (docs/design/clusters.md).
SEEDS, AT_ONCE = 4, 16_000_000
# Bytes of a row: in a shard, in an index, in a file of 15 neighbours, of the graph of topics while it is parted (docs/design/clusters.md).
SHARD_ROW, INDEX_ROW, NEAREST_ROW, GRAPH_ROW = 1_660, 466, 225, 600
# Bytes a second that the disk or the network of one machine gives or takes: assumed.
DISK = 1e9
# Passes of k-means over all rows. Cells around a row's own that its neighbours are sought in, and how often a row is read for that.
PASSES, AROUND, READ_AGAIN = 10, 80, 20
# What bounds a step that one machine does.
ALONE = "one machine"


@dataclass(frozen=True)
class Step:
    """A step: seconds, and what bounds it."""

    name: str
    seconds: float
    bound: str


def slowest(name, **parts):
    """A step whose parts run beside each other: as long as the slowest of them."""
    bound = max(parts, key=parts.get)
    return Step(name, parts[bound], bound)


def clusters_of(papers):
    """2,000 clusters of 3 million papers, 20,000 of 250 million: they grow with the root."""
    return min(20_000, round((papers * 1.6) ** 0.5 / 100) * 100)


def steps(papers, cards):
    """What is done from texts to topics, one after the other."""
    cores = cards * CORES
    products, own_products = cores * PRODUCTS_CORE, CORES * PRODUCTS_CORE
    disks = cards * DISK
    shards = papers * SHARD_ROW / disks
    clusters, cells = clusters_of(papers), min(papers / 512, (AROUND * papers) ** 0.5)
    yield slowest(
        "embed",
        cards=papers / (cards * EMBED_CARD),
        # Reading and taking texts apart share the cores of a machine.
        cores=papers * (1 / READ_CORE + 1 / TOKENISE_CORE) / cores,
        disks=shards,
    )
    yield Step("clusters, beginning", 640 * clusters**2 * DIMENSION / own_products, ALONE)
    yield slowest("clusters, ten passes", cores=PASSES * papers * clusters * DIMENSION / products, disks=PASSES * shards)
    yield Step("neighbours, cells", 256 * cells**2 * DIMENSION / own_products, ALONE)
    yield slowest("neighbours", cores=papers * DIMENSION * (cells + AROUND * papers / cells) / products, disks=(2 + READ_AGAIN) * shards)
    yield Step("papers into a library", papers / ADD, ALONE)
    yield Step("index, cells", 320 * 4 * papers * DIMENSION / own_products, ALONE)
    yield slowest("index, codes", cores=papers * 2 * papers**0.5 * DIMENSION / products + papers * CODE_ROW / cores, disks=shards)
    yield Step("index, put together", max(papers * MERGE_ROW, 2 * papers * INDEX_ROW / DISK), ALONE)
    yield Step("topics", papers * LEIDEN_ROW * (1 if papers <= AT_ONCE else SEEDS), ALONE)


def time_of(seconds):
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 360_000 else f"{seconds / 86_400:.0f} days"


def bytes_of(count):
    for unit in ("MB", "GB"):
        count /= 1000 if unit == "GB" else 1e6
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 10 else f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} TB"


def table(head, rows):
    print(f"| {' | '.join(head)} |\n| {' | '.join(['---'] + ['---:'] * (len(head) - 1))} |")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--price", type=float, default=3.5, help="US dollars an hour for a card with its machine")
    price = arguments.parse_args().price
    for papers in PAPERS:
        by_cards = {cards: list(steps(papers, cards)) for cards in CARDS}
        rows = [[f"{papers // 1_000_000} million"] + [f"{cards} card" + "s" * (cards > 1) for cards in CARDS]]
        for at, first in enumerate(by_cards[1]):
            rows.append([first.name] + [f"{time_of(own[at].seconds)} ({own[at].bound})" for own in by_cards.values()])
        totals, money = [], []
        for cards, own in by_cards.items():
            # Nobody pays for machines that wait for one.
            together = sum(step.seconds for step in own if step.bound != ALONE)
            single = sum(step.seconds for step in own if step.bound == ALONE)
            totals.append(time_of(together + single))
            money.append(f"{(together * cards + single) / 3600 * price:.2f}")
        rows += [["all"] + totals, [f"US dollars at {price} an hour"] + money]
        table(rows[0], rows[1:])
    table(
        ["bytes", *(f"{papers // 1_000_000} million" for papers in PAPERS)],
        [
            ["shards (f32)", *(bytes_of(papers * SHARD_ROW) for papers in PAPERS)],
            ["sums of a pass of k-means, each worker", *(bytes_of(clusters_of(papers) * (DIMENSION * 8 + 16)) for papers in PAPERS)],
            ["files of neighbours", *(bytes_of(papers * NEAREST_ROW) for papers in PAPERS)],
            ["index", *(bytes_of(papers * INDEX_ROW) for papers in PAPERS)],
            ["graph of topics, on one machine", *(bytes_of(papers * GRAPH_ROW) for papers in PAPERS)],
            ["on two cores: embedding in int8", *(time_of(papers / (2 * EMBED_CORE)) for papers in PAPERS)],
        ],
    )


if __name__ == "__main__":
    main()
