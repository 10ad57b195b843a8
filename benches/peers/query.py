"""One query from a cold process to its vector: a new process each time, files in the page cache, every form of every side.

Out: Markdown, and the raw seconds in `query.json`. Timed is from the start of the process to its end; Python sides leave as soon as
the vector is printed. Relata's command is given with `--relata-query`.
"""

import json
import shlex
import statistics
import subprocess
import time

from report import progress, table
from sides import command, environment

QUERY = "graph neural networks that predict the properties of molecules\n"


def once(arguments, threads):
    start = time.perf_counter()
    done = subprocess.run([str(part) for part in arguments], input=QUERY.encode(), capture_output=True, env=environment(threads))
    seconds = time.perf_counter() - start
    if done.returncode != 0 or not done.stdout:
        errors = done.stderr.decode(errors="replace").strip().splitlines()
        raise SystemExit(f"{arguments} gave {done.returncode} and {len(done.stdout)} bytes:\n" + "\n".join(errors[-5:]))
    return seconds


def measure(run, sides):
    """All candidates in turn, one discarded round first; the table shows the fastest form of each side."""
    candidates = [(side.title, side.precision, variant, command(side, variant, run, None))
                  for side in sides if not side.relata for variant in side.variants]  # fmt: skip
    for name in run.relata_query:
        arguments = [part.replace("{model}", str(run.model)) for part in shlex.split(name)]
        candidates.append(("Relata", "int8" if "int8" in arguments else "f32", "", arguments))
    seconds = [[] for _ in candidates]
    for number in range(run.query_runs + 1):
        for at, (title, _, variant, arguments) in enumerate(candidates):
            took = once(arguments, run.threads)
            if number > 0:
                seconds[at].append(took)
            progress(f"query {number}: {title} {variant} {took:.3f} s")
    rows = [
        {"side": title, "precision": precision, "form": variant, "seconds": seconds[at]}
        for at, (title, precision, variant, _) in enumerate(candidates)
    ]
    (run.work / "query.json").write_text(json.dumps(rows, indent=1) + "\n")
    best = {}
    for row in rows:
        key = (row["precision"], row["side"])
        if key not in best or statistics.median(row["seconds"]) < statistics.median(best[key]["seconds"]):
            best[key] = row
    lines = [
        [row["precision"], row["side"], row["form"], f"{statistics.median(row['seconds']):.3f}",
         f"{min(row['seconds']):.3f} to {max(row['seconds']):.3f}"]
        for row in best.values()
    ]  # fmt: skip
    head = ["", "side", "form", "seconds", "from, to"]
    note = "" if run.relata_query else "\nRelata was not measured: `--relata-query` was not given.\n"
    return f"### One query, cold process to vector: medians of {run.query_runs}\n\n" + table(head, lines, right=2) + note
