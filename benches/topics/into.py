#!/usr/bin/env python3
"""At what cosine do papers fit a name? Calibrates `relata topics --into NAME... --threshold COSINE`. Markdown on standard output.

    into.py TRUTH --relata target/release/relata --library pool.db > into.md

Names are the headings of curated reading lists (`lists.jsonl` in the folder TRUTH), cleaned of numbers and emoji: topical groups of five members or more.
Each is asked for alone, and all of a list at once, among all papers of the library and among those of the lists only (a copy of the
library from which the rest was removed). Relata runs once with a threshold below every cosine; thresholds are applied to what it told.

Of what lands under a heading only papers of some list are judged, since nobody looked at the others:
* strict: right is a member of the group, and every other paper of any list is wrong;
* apart: as strict, but other papers of the same list are left out (a list files a paper once, though it may fit several headings);
* lenient: right is every paper of the same list.
Precision of all judged papers together, and the mean over headings under which any is; recall of the members of the groups.
Beside a threshold for all names stand relative ones: so many standard deviations above the mean of the cosines (below 0 they are 0) that a
name has with all papers. Only the lists of the tuning half may choose a threshold. Everything is kept in --work, and not asked for again.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

TUNING = ["long-context", "molecular-design", "mt-reading", "marl"]
THRESHOLDS = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.42, 0.45, 0.48, 0.5, 0.52, 0.55, 0.58, 0.6, 0.65, 0.7, 0.75]
DEVIATIONS = [2.5, 3, 3.5, 4, 4.5]
MEMBERS = 5
EXAMPLES = 3


def readable(heading):
    """`14.3 Frame / Token Selection` and `B2. Agent` without number; no emoji, no Markdown; ": " would begin a description."""
    heading = re.sub(r"[`*_#]", "", heading)
    heading = re.sub(r"[^\x20-\u024f\u2010-\u2019]", "", heading).strip()
    heading = re.sub(r"^([A-Z]?\d+(\.\d+)*\.?)\s+", "", heading)
    heading = re.sub(r"(?<=\w)&(?=\w)", " & ", heading.replace(": ", ", ").replace("=", " "))
    return " ".join(heading.split())


class Heading:
    def __init__(self, reading_list, path, members):
        self.list, self.members, self.examples = reading_list, frozenset(members), []
        *above, last = [readable(part) for part in path]
        self.bare, self.above = last, " ".join(above)

    def name(self, form):
        """What is typed, and the name that the answer calls it by."""
        self.examples = sorted(self.members, key=lambda id: hashlib.sha256(id.encode()).digest())[:EXAMPLES] if form == "examples" else []
        match form:
            case "bare":
                return self.bare, self.bare
            case "path":
                whole = f"{self.above} {self.bare}".strip()
                return whole, whole
            case "described":
                return (f"{self.bare}: {self.above}" if self.above else self.bare), self.bare
            case "examples":
                return f"{self.bare} = {','.join(self.examples)}", self.bare


class Asked:
    """Relata, and what it told before."""

    def __init__(self, run, library):
        self.run, self.library = run, library

    def __call__(self, names):
        """Papers of each name with their cosines."""
        key = hashlib.sha256(json.dumps([self.library.name, names]).encode()).hexdigest()[:20]
        kept = self.run.work / f"{key}.json"
        if not kept.exists():
            # Nothing is stored by --into; a threshold of -1 leaves no paper out.
            told = json.loads(relata(self.run, self.library, "topics", "--fresh", "--json", "--threshold=-1", "--into", *names))
            called = {topic["id"]: topic["name"] for topic in told["levels"][0]["topics"]}
            papers = [(paper["id"], called[paper["topics"][0]], paper["strength"]) for paper in told["papers"]]
            kept.write_text(json.dumps(papers))
        found = defaultdict(dict)
        for id, name, cosine in json.loads(kept.read_text()):
            found[name][id] = cosine
        return found


def relata(run, library, *arguments):
    threads = {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [run.relata, *arguments, "--offline", "--library", str(library)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **threads}).stdout


def ids_of(library):
    with sqlite3.connect(f"file:{library}?mode=ro", uri=True) as database:
        return {id for (id,) in database.execute("SELECT id FROM papers")}


def only(run, ids):
    """A copy of the library with only these papers."""
    copy = run.work / "lists.db"
    if not copy.exists():
        part = run.work / "part.db"
        with sqlite3.connect(f"file:{run.library}?mode=ro", uri=True) as source, sqlite3.connect(part) as target:
            source.backup(target)
        rest = sorted(ids_of(part) - ids)
        for start in range(0, len(rest), 4000):
            relata(run, part, "remove", *rest[start : start + 4000])
        for file in run.work.glob("part.db*"):
            shutil.move(file, run.work / file.name.replace("part.db", "lists.db"))
    return copy


class Judged:
    """Pairs of a heading and the papers under it: (cosine, member, of the list), and how many members there are to find."""

    def __init__(self, heading, cosines, spread, list_of):
        left_out = set(heading.examples)
        self.heading, self.wanted = heading, len(heading.members - left_out)
        self.papers = [
            (cosine, id in heading.members, heading.list in list_of[id])
            for id, cosine in cosines.items() if id in list_of and id not in left_out
        ]  # fmt: skip
        self.all, (self.mean, self.deviation) = list(cosines.values()), spread

    def at(self, least):
        papers = [paper for paper in self.papers if paper[0] >= least]
        right, own = sum(member for _, member, _ in papers), sum(own for _, _, own in papers)
        apart = [(right, len(papers)), (right, right + len(papers) - own), (own, len(papers))]
        return apart, right, self.wanted, sum(cosine >= least for cosine in self.all)


def figures(judged, least):
    """Precisions (all together and mean) strict, apart, lenient; recall together and mean; papers under a heading; headings with none.

    `least` gives the lowest cosine for a heading."""
    told = [each.at(least(each)) for each in judged]
    row = []
    for kind in range(3):
        counts = [apart[kind] for apart, *_ in told]
        each = [right / of for right, of in counts if of]
        of = sum(of for _, of in counts)
        row += [sum(right for right, _ in counts) / of if of else None, statistics.mean(each) if each else None]
    recalls = [right / wanted for _, right, wanted, _ in told]
    row += [sum(right for _, right, _, _ in told) / sum(wanted for _, _, wanted, _ in told), statistics.mean(recalls)]
    return row, statistics.median(size for *_, size in told), sum(not apart[0][1] for apart, *_ in told)


def absolute(least):
    return f"≥ {least:.2f}".replace("0.", "."), lambda _: least


def relative(deviations, lowest=0.0, highest=1.0):
    """As many standard deviations above the mean cosine of a name with all papers, but no lower and no higher than said."""
    within = f", from {lowest:.2f} to {highest:.2f}".replace("0.", ".") if highest < 1 else ""
    return f"mean + {deviations:g} sd{within}", lambda each: max(lowest, min(highest, each.mean + deviations * each.deviation))


HEAD = ["strict", "mean", "apart", "mean", "lenient", "mean", "recall", "mean"]


def show(title, judged, rules):
    print(f"\n### {title}: {len(judged)} headings, {sum(each.wanted for each in judged)} members\n")
    print("| rule | " + " | ".join(HEAD) + " | papers, median | none judged |\n| --- |" + " ---: |" * (len(HEAD) + 2))
    for name, least in rules:
        row, size, none = figures(judged, least)
        print(f"| {name} | " + " | ".join("–" if x is None else f"{x:.2f}".lstrip("0") if x < 1 else "1" for x in row) + f" | {size:g} | {none} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path, metavar="TRUTH", help="folder with lists.jsonl: list, path, group, id, topical")
    parser.add_argument("--relata", default="relata", help="binary (default relata)")
    parser.add_argument("--library", type=Path, required=True, help="library with the papers and their vectors; it is only read")
    parser.add_argument("--work", type=Path, default=Path("into-work"), help="folder for what is kept (default into-work)")
    parser.add_argument("--forms", nargs="+", choices=["bare", "path", "described", "examples"], default=["bare"],
                        help="last heading alone; with those above it before it; or as its description; or with three members as examples")  # fmt: skip
    parser.add_argument("--pools", nargs="+", choices=["all", "lists"], default=["all", "lists"])
    run = parser.parse_args()
    run.work.mkdir(parents=True, exist_ok=True)

    known = ids_of(run.library)
    list_of, groups = defaultdict(set), defaultdict(set)
    for line in (run.truth / "lists.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["id"] in known:
            list_of[entry["id"]].add(entry["list"])
            if entry["topical"]:
                groups[entry["list"], tuple(entry["path"])].add(entry["id"])
    headings = [Heading(name, path, members) for (name, path), members in groups.items() if len(members) >= MEMBERS]
    of_list = defaultdict(list)
    for heading in headings:
        of_list[heading.list].append(heading)
    print(f"{len(known)} papers, {len(list_of)} of them in lists, {len(headings)} headings.")

    rules = [absolute(least) for least in THRESHOLDS] + [relative(deviations) for deviations in DEVIATIONS]
    rules += [relative(3.5, lowest, highest) for lowest in (0.4, 0.45, 0.5) for highest in (0.55, 0.6)]
    for pool in run.pools:
        ask = Asked(run, run.library if pool == "all" else only(run, set(list_of)))
        among = {"all": "all papers", "lists": "papers of lists"}[pool]
        for form in run.forms:
            alone, together = defaultdict(list), defaultdict(list)
            for name, mates in of_list.items():
                half = "tuning" if name in TUNING else "reported"
                names = [mate.name(form) for mate in mates]
                spreads = []
                for mate, (typed, called) in zip(mates, names):
                    cosines = ask([typed])[called]
                    spreads.append((statistics.fmean(cosines.values()), statistics.pstdev(cosines.values())))
                    alone[half].append(Judged(mate, cosines, spreads[-1], list_of))
                if len(mates) > 1:
                    found = ask([typed for typed, _ in names])
                    together[half] += [Judged(mate, found[called], spread, list_of) for mate, (_, called), spread in zip(mates, names, spreads)]
                print(f"{among}, {form}: {name}", file=sys.stderr, flush=True)
            for half in ["tuning", "reported"]:
                show(f"{form} names, each alone, {among}, {half} half", alone[half], rules)
                show(f"{form} names, all of a list, {among}, {half} half", together[half], rules)


if __name__ == "__main__":
    main()
