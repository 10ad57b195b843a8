#!/usr/bin/env python3
"""What a match means: of the answers shown with a match of 80 to 90, how many are under one heading with the question.

    match.py TRUTH --relata target/release/relata --library LIBRARY [--half report] [--questions 200] [--by-score]

TRUTH is a folder with `lists.jsonl` and `citations.jsonl` (see judge.py), LIBRARY a library that holds their papers, embedded. Questions are single papers of a reading list,
two, five and ten papers of one heading, two of different headings, and a heading as words to search for; citing papers for the last table. Answers are the first 500 of the program itself, as `--json` gives them.

Two figures for each range of the match. "Among listed papers": answers that stand in any list of the half, of which each is known to be under the same heading, in the same list or
in another. "Of all answers": papers that stand in no list count as strangers, which is a lower bound, as lists are not complete. `--by-score` cuts by the score from
which the match of recommendations is read off, to set the knots of src/recommend/calibration.rs: on the tuning half only.
"""

import argparse
import json
import random
import re
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from judge import TUNE_LISTS, judgements, rows

DEEP = 500


class Asked:
    def __init__(self, relata, library):
        self.command = [relata, "--offline", "--library", library]

    def answers(self, *question):
        run = subprocess.run([*self.command, *question, "--json", "-k", str(DEEP)], capture_output=True, text=True)
        if run.returncode > 1:
            raise SystemExit(run.stderr)
        return json.loads(run.stdout)["results"] if run.stdout else []


class Counted:
    """Answers by match (or score): whether each is listed, under one heading, in one list."""

    def __init__(self, edges, value):
        self.edges, self.value, self.rows = edges, value, defaultdict(list)

    def add(self, answer, listed, heading, one_list):
        self.rows[int(np.searchsorted(self.edges, answer[self.value], side="right")) - 1].append((listed, heading, one_list))

    def show(self, title):
        print(f"\n**{title}**\n\n| {self.value} | listed | one heading | one list | all answers | one heading | one list |\n| --- " + "| ---: " * 6 + "|")
        for at in sorted(self.rows):
            found = np.array(self.rows[at], float)
            listed = found[found[:, 0] > 0]
            if len(found) < 20:
                continue
            share = lambda part, column: f"{part[:, column].mean():.2f}" if len(part) else ""
            end = self.edges[at + 1] if at + 1 < len(self.edges) else "on"
            print(f"| {self.edges[max(at, 0)]} to {end} | {len(listed)} | {share(listed, 1)} | {share(listed, 2)} | {len(found)} | {share(found, 1)} | {share(found, 2)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--relata", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--half", choices=["tune", "report"], default="report")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--by-score", action="store_true")
    run = parser.parse_args()
    asked = Asked(run.relata, run.library)
    with tempfile.TemporaryDirectory() as folder:
        ids = Path(folder, "ids.jsonl")
        subprocess.run([*asked.command, "export", "--jsonl", ids], check=True, capture_output=True)
        known = {row["id"] for row in rows(ids)}
    ours = lambda name: (name in TUNE_LISTS) == (run.half == "tune")
    lists, headings, members = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in rows(run.truth / "lists.jsonl"):
        if row["id"] in known and ours(row["list"]):
            lists[row["id"]].add(row["list"])
            if row["topical"]:
                headings[row["id"]].add(row["group"])
                members[row["list"], row["group"]].add(row["id"])
    groups = [(name, sorted(own)) for name, own in sorted(members.items()) if len(own) >= 3]
    by_score = (-5, 0, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 22, 24, 27, 30, 35, 40)
    edges, value = (by_score, "score") if run.by_score else ((0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95), "match")

    def count(title, questions, edges=edges, value=value):
        counted = Counted(edges, value)
        for question, own, own_headings, own_lists in questions:
            for answer in asked.answers(*question):
                paper = answer["id"]
                if paper not in own:
                    counted.add(answer, paper in lists, bool(headings[paper] & own_headings), bool(lists[paper] & own_lists))
        counted.show(title)

    draw = random.Random(f"match{run.questions}")
    single = sorted(paper for _, own in groups for paper in own)
    single = draw.sample(sorted(set(single)), min(run.questions, len(set(single))))
    count(f"One like, {len(single)} questions", ((("recommend", paper), {paper}, headings[paper], lists[paper]) for paper in single))
    large = [(name, own) for name, own in groups if len(own) >= 10]
    for likes in (2, 5, 10):
        several = [(name, draw.sample(own, likes)) for name, own in large if len(own) >= likes + 5 for _ in range(max(1, run.questions // len(large) // 2))]
        count(f"{likes} likes of one heading, {len(several)} questions", ((("recommend", *own), set(own), {name[1]}, {name[0]}) for name, own in several))
    pairs = [draw.sample(single, 2) for _ in range(run.questions // 2)]
    pairs = [own for own in pairs if not headings[own[0]] & headings[own[1]]]
    both = lambda known, own: known[own[0]] | known[own[1]]
    count(f"2 likes of two headings, {len(pairs)} questions", ((("recommend", *own), set(own), both(headings, own), both(lists, own)) for own in pairs))
    words = [(name, re.sub(r"^[\d.\s]+|[^\w\s:/&(),-]", "", name[1].split(" > ")[-1].split(" / ")[-1]).strip()) for name, _ in groups]
    words = [(name, text) for name, text in words if len(text) >= 4]
    words = draw.sample(words, min(run.questions, len(words)))
    search_edges, search_value = (edges, value) if not run.by_score else ((0, 10, 20, 30, 40, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 98), "match")
    count(f"Search for headings, {len(words)} questions", ((("search", text), set(), {name[1]}, {name[0]}) for name, text in words), search_edges, search_value)

    cited = Counted(edges, value)
    citing = judgements(run.truth, known)["citations", run.half]
    for paper in draw.sample(sorted(citing), min(run.questions, len(citing))):
        for answer in asked.answers("recommend", paper):
            cited.add(answer, True, answer["id"] in citing[paper], answer["id"] in citing[paper])
    cited.show(f"Citing papers, {min(run.questions, len(citing))} questions: \"one heading\" is \"cited\"")


if __name__ == "__main__":
    main()
