"""Texts a second and peak memory of every side: a trial that finds each peer's best form and batch, then rounds in turn.

Out: Markdown, and the raw seconds in `speed.json`.
"""

import json
import statistics
from contextlib import ExitStack

from report import progress, table
from sides import Process, machine_time

# Where two forms of a peer are closer than this, the one listed first is kept: the difference is noise.
TIE = 0.02


def trial(run, sides, texts):
    """The fastest (variant, batch) of each peer on a part of the texts, each tried twice: name -> variant, batch and what was seen."""
    chosen = {}
    for side in sides:
        if side.relata:
            continue
        seen = []
        for variant in side.variants:
            with Process(side, variant, run, texts) as process:
                times = [{batch: process.run(batch) for batch in run.batches} for _ in range(2)]
            for batch in run.batches:
                seen.append({"variant": variant, "batch": batch, "seconds": min(time[batch] for time in times)})
        fastest = min(entry["seconds"] for entry in seen)
        best = next(entry for entry in seen if entry["seconds"] <= fastest * (1 + TIE))
        chosen[side.name] = best | {"seen": seen}
        progress(f"trial: {side.name} is best as {best['variant']} with batches of {best['batch']}")
    return chosen


def rounds(run, sides, chosen, texts):
    """Every side once a round, the next round beginning one side further on. All are loaded before, and stay loaded."""
    with ExitStack() as stack:
        processes = {}
        for side in sides:
            variant = side.variants[0] if side.relata else chosen[side.name]["variant"]
            processes[side.name] = stack.enter_context(Process(side, variant, run, texts))
            progress(f"{side.name} is ready")
        results = {side.name: {"seconds": [], "others": []} for side in sides}
        for number in range(run.rounds):
            shift = number % len(sides)
            for side in sides[shift:] + sides[:shift]:
                process = processes[side.name]
                # Relata cuts batches by tokens; the number is not used.
                batch = run.batches[-1] if side.relata else chosen[side.name]["batch"]
                own, all_of_it = process.processor_time(), machine_time()
                seconds = process.run(batch)
                others = (machine_time() - all_of_it) - (process.processor_time() - own)
                results[side.name]["seconds"].append(seconds)
                results[side.name]["others"].append(max(others, 0) / seconds)
                progress(f"round {number + 1}: {side.name} {seconds:.1f} s")
        for name, process in processes.items():
            results[name]["peak_mb"] = process.peak_memory()
    return results


def measure(run, sides, trial_texts, texts, count):
    """Runs it all and gives the Markdown."""
    if run.reuse and run.trial_file.exists():
        chosen = json.loads(run.trial_file.read_text())
        if missing := [side.name for side in sides if not side.relata and side.name not in chosen]:
            chosen |= trial(run, [side for side in sides if side.name in missing], trial_texts)
    else:
        chosen = trial(run, sides, trial_texts)
    run.trial_file.write_text(json.dumps(chosen, indent=1) + "\n")
    results = rounds(run, sides, chosen, texts)
    (run.work / "speed.json").write_text(json.dumps({"texts": count, "chosen": chosen, "results": results}, indent=1) + "\n")

    rates = {name: [count / seconds for seconds in result["seconds"]] for name, result in results.items()}
    medians = {name: statistics.median(of) for name, of in rates.items()}
    best = {}
    for side in sides:
        if not side.relata:
            best[side.precision] = max(best.get(side.precision, 0), medians[side.name])
    lines = []
    for side in sides:
        choice = chosen.get(side.name, {})
        ratio = f"{medians[side.name] / best[side.precision]:.2f}" if side.precision in best else ""
        lines.append([
            side.precision, side.title, choice.get("variant", ""), choice.get("batch", ""), f"{medians[side.name]:.1f}",
            f"{min(rates[side.name]):.1f} to {max(rates[side.name]):.1f}", ratio, f"{results[side.name]['peak_mb']:.0f}",
        ])  # fmt: skip
    others = [share for result in results.values() for share in result["others"]]
    head = ["", "side", "form", "batch", "texts/s", "from, to", "x best peer", "peak MB"]
    return (
        f"### Throughput: {count} texts, {run.threads} threads, medians of {run.rounds}\n\n"
        + table(head, lines, right=4)
        + f"\nOther work on the machine while a side ran: {statistics.median(others):.2f} of a core in the median,"
        f" {max(others):.2f} at most. Above 0.1 the figures are not fit to be shown.\n"
    )
