#!/usr/bin/env python3
"""What embedding on a cluster costs beside the program alone, on one machine: `relata embed`, and `relata.ray.embed` on two nodes of a real cluster.

    benches/cluster.py PAPERS --relata target/release/relata [--count 20000] [--model NAME|FOLDER] [--precision f32] [--rows-per-shard N]

PAPERS is JSON lines of papers, gz or not. Run by a Python with a wheel of the release profile and Ray (`pip install "relata[ray]"`). A head without
cores and two nodes are started on this machine, which share its cores evenly, so that both sides have as many threads in all. Each side reads the
same file of the first COUNT papers. Overhead is what the cluster takes beyond the program, start-up apart: the program tells its own time without
loading the model; start-up of the cluster is the time to its first shard less what that shard took, measured by a run over as many rows as one shard
for each node has. Bits are compared row by row.
"""

import argparse
import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("papers", type=Path)
    parser.add_argument("--relata", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--rows-per-shard", type=int)
    parser.add_argument("--nodes", type=int, default=2)
    return parser.parse_args()


def first_papers(source, target, first, count):
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt") as lines, open(target, "w") as copy:
        copy.writelines(itertools.islice(lines, first, first + count))


def by_program(given, file, folder):
    """Seconds without loading the model, seconds in all, ids and vectors."""
    out = folder / "program.npy"
    words = [given.relata, "embed", file, "--output", out, "--json", "--model", given.model, "--precision", given.precision, "--device", "cpu"]
    began = time.monotonic()
    said = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    return said["seconds"], time.monotonic() - began, Path(f"{out}.ids").read_text().split(), np.load(out)


def by_cluster(given, cluster, file, out):
    """What `relata.ray.embed` says."""
    import relata.ray

    return relata.ray.embed(
        file,
        out,
        model=given.model,
        precision=given.precision,
        device="cpu",
        rows_per_shard=given.rows_per_shard,
        address=cluster.address,
    )


def started(nodes):
    from ray.cluster_utils import Cluster

    cores = max(1, (os.cpu_count() or 1) // nodes)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": 200 << 20})
    for _ in range(nodes):
        cluster.add_node(num_cpus=cores, object_store_memory=200 << 20)
    return cluster, cores


def main():
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="relata-") as name:
        folder = Path(name)
        # Before Ray is imported. Its sockets lie there, whose names may not be long.
        os.environ |= {"RAY_TMPDIR": str(folder / "ray"), "RAY_USAGE_STATS_ENABLED": "0"}
        (folder / "ray").mkdir()
        import relata.shards

        file, few = folder / "papers.jsonl", folder / "few.jsonl"
        first_papers(given.papers, file, 0, given.count)
        first_papers(given.papers, few, given.count, given.nodes * 16)
        print(f"load before: {os.getloadavg()[0]:.1f}", file=sys.stderr)
        own, whole, ids, vectors = by_program(given, file, folder)
        began = time.monotonic()
        cluster, cores = started(given.nodes)
        cluster_start = time.monotonic() - began
        try:
            # Two blocks of a few rows: nothing but starting readers and workers and loading models.
            start = by_cluster(argparse.Namespace(**vars(given) | {"rows_per_shard": 16}), cluster, few, folder / "few").seconds
            embedded = by_cluster(given, cluster, file, folder / "out")
        finally:
            cluster.shutdown()
        expected = {id: row.tobytes() for id, row in zip(ids, vectors)}
        found_ids, found = relata.shards.read(folder / "out")
        same = len(found_ids) == len(ids) and all(expected[id] == row.tobytes() for id, row in zip(found_ids, found))
        few_seconds = given.nodes * 16 / (len(ids) / own)
        start -= few_seconds
        over = (embedded.seconds - start) / own - 1
        print("| | seconds | rows/s |")
        print("| --- | ---: | ---: |")
        print(f"| `relata embed`, {given.nodes * cores} threads: embedding | {own:.1f} | {len(ids) / own:.1f} |")
        print(f"| the same with its start | {whole:.1f} | {len(ids) / whole:.1f} |")
        print(f"| `relata.ray.embed`, {given.nodes} nodes of {cores} cores, with its start | {embedded.seconds:.1f} | {embedded.rows_per_second:.1f} |")
        print(f"| its start: readers, workers, models | {start:.1f} | |")
        print(f"| start of the cluster itself | {cluster_start:.1f} | |")
        print(f"\n{len(ids)} rows; overhead beyond start-up {over:+.1%}; bits {'equal' if same else 'DIFFER'}; rows by node {sorted(embedded.nodes.values())}")
        return 0 if same and len(embedded.nodes) == given.nodes else 1


if __name__ == "__main__":
    sys.exit(main())
