#!/usr/bin/env python3
"""How well a profile finds what belongs to it, beside its peers: one command for all tables of docs/benchmarks.md, "Profiles".

    profiles.py TRUTH POOL.jsonl --relata target/release/relata --library LIBRARY [--half report] [--draws 4]

TRUTH is a folder with `lists.jsonl` and `citations.jsonl` (see judge.py), LIBRARY a library that holds the papers of POOL (metadata, JSON
lines), embedded. What is asked:

- one interest: two, five and ten papers of a group of ten and more of a reading list; the others of the group are to be found;
- three interests: five papers of each of three groups; the others of all three are to be found, and of the worst of them;
- over time: what an author's first papers cite is liked, what the later ones cite is to be found (authors of four citing papers and more);
- a mistake: five papers of a group, four of them, and these with one of another group;
- dislikes: five papers of a group, with and without two disliked ones of the group of the same list that is nearest to it.

Peers: the highest and the mean score by Relata's own signals, cosine of the nearest liked paper, mean cosine (zotero-arxiv-daily without dates of likes), a
linear SVM on TF-IDF as in arxiv-sanity-lite, another on the vectors, and sums of their standard scores. Lists are halved as in judge.py, authors by the
SHA-256 of the first paper's id and the name. Brackets are 95 % bootstrap intervals of the difference over cases (2,000 draws, seeded).
"""

import argparse
import hashlib
import json
import random
import sqlite3
import subprocess
import tempfile
import unicodedata
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from judge import TUNE_LISTS, rows
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore", category=ConvergenceWarning)
LIKES = (2, 5, 10)


class Case:
    """`like` and `unlike` are ids, `relevant` a set of ids for each interest."""

    def __init__(self, like, relevant, unlike=()):
        self.like, self.unlike, self.relevant = list(like), list(unlike), [set(part) for part in relevant]

    def all_relevant(self):
        return set().union(*self.relevant)


class Pool:
    def __init__(self, path, library):
        self.papers = {}
        for line in open(path, encoding="utf-8"):
            paper = json.loads(line)
            self.papers[paper["id"]] = paper
        database = sqlite3.connect(f"file:{library}?mode=ro", uri=True)
        query = "SELECT id, vector FROM embeddings JOIN papers ON papers.row = paper WHERE fingerprint = (SELECT number FROM fingerprints ORDER BY vectors DESC LIMIT 1)"
        stored = {paper: np.frombuffer(vector, np.float32) for paper, vector in database.execute(query)}
        self.ids = sorted(set(self.papers) & set(stored))
        self.at = {paper: place for place, paper in enumerate(self.ids)}
        self.vectors = np.stack([stored[paper] for paper in self.ids])
        texts = [f"{self.papers[paper]['title'].strip()}\n{self.papers[paper]['abstract'].strip()}" for paper in self.ids]
        # The settings of arxiv-sanity-lite.
        vectorizer = TfidfVectorizer(
            ngram_range=(1, 2), max_features=20000, sublinear_tf=True, min_df=5, max_df=0.1, stop_words="english", strip_accents="unicode")
        self.words = vectorizer.fit_transform(texts).astype(np.float32)


def groups(truth, half, known):
    found = defaultdict(set)
    for row in rows(truth / "lists.jsonl"):
        if row["topical"] and row["id"] in known and (row["list"] in TUNE_LISTS) == (half == "tune"):
            found[row["list"], row["group"]].add(row["id"])
    return [(name, sorted(members)) for name, members in sorted(found.items()) if len(members) >= 10]


def one_interest(groups, likes, draws):
    cases = []
    for name, members in groups:
        if len(members) >= likes + 5:
            draw = random.Random(f"{name}{likes}")
            for _ in range(draws):
                like = draw.sample(members, likes)
                cases.append(Case(like, [set(members) - set(like)]))
    return cases


def three_interests(groups, count):
    draw, cases = random.Random("three"), []
    while len(cases) < count:
        chosen = [set(members) for _, members in draw.sample(groups, 3)]
        if any(one & other for at, one in enumerate(chosen) for other in chosen[:at]):
            continue
        likes = [draw.sample(sorted(members), 5) for members in chosen]
        named = set().union(*likes)
        cases.append(Case(sum(likes, []), [members - named for members in chosen]))
    return cases


def mistakes(groups, draws):
    """Each case three times: five papers of a group, four of these alone, and these four with one of another group."""
    right, four, wrong = [], [], []
    for name, members in groups:
        draw = random.Random(f"mistake{name}")
        others = sorted(set().union(*(other for own, other in groups if own != name)) - set(members))
        for _ in range(draws):
            like = draw.sample(members, 5)
            right.append(Case(like, [set(members) - set(like)]))
            four.append(Case(like[:4], [set(members) - set(like)]))
            wrong.append(Case([*like[:4], draw.choice(others)], [set(members) - set(like)]))
    return right, four, wrong


def dislikes(groups, pool, draws):
    """Each case twice: five papers of a group, without and with two disliked ones of the nearest group of the same list."""
    without, with_them = [], []
    middle = lambda members: pool.vectors[[pool.at[paper] for paper in members]].mean(0)
    for name, members in groups:
        near = []
        for own, other in groups:
            rest = sorted(set(other) - set(members))
            if own != name and own[0] == name[0] and len(rest) >= 5:
                one, two = middle(members), middle(rest)
                near.append((float(one @ two / np.linalg.norm(one) / np.linalg.norm(two)), own, rest))
        if not near:
            continue
        draw = random.Random(f"dislike{name}")
        rest = max(near)[2]
        for _ in range(draws):
            like, unlike = draw.sample(members, 5), draw.sample(rest, 2)
            relevant = [set(members) - set(like)]
            without.append(Case(like, relevant))
            with_them.append(Case(like, relevant, unlike))
    return without, with_them


def age(paper):
    number = paper.split("/")[-1]
    return (int(number[:2]) + (1900 if int(number[:2]) > 50 else 2000), number)


def author_keys(authors):
    """Last name and first initial of each."""
    names = authors if isinstance(authors, list) else authors.replace(" and ", ", ").split(",")
    plain = lambda name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace(".", ". ").split()
    return {f"{words[-1]} {words[0][0]}" for words in map(plain, names) if len(words) > 1}


def over_time(truth, half, pool):
    cites = {}
    for row in rows(truth / "citations.jsonl"):
        if row["id"] in pool.at:
            cites[row["id"]] = {paper for paper in row["cites"] if paper in pool.at and paper != row["id"]}
    papers = defaultdict(list)
    for paper in cites:
        for key in author_keys(pool.papers[paper]["authors"]):
            papers[key].append(paper)
    cases = []
    for key, own in sorted(papers.items()):
        own = sorted(own, key=age)
        if len(own) < 4:
            continue
        early, late = own[: len(own) // 2], own[len(own) // 2 :]
        like = set().union(*(cites[paper] for paper in early))
        relevant = set().union(*(cites[paper] for paper in late)) - like
        even = hashlib.sha256(f"{own[0]}{key}".encode()).digest()[-1] % 2 == 0
        if 4 <= len(like) <= 25 and len(relevant) >= 5 and even == (half == "tune"):
            cases.append(Case(sorted(like), [relevant]))
    return cases


def ndcg(found, relevant, depth=20):
    gains = 1 / np.log2(np.arange(2, depth + 2))
    hits = np.array([paper in relevant for paper in found[:depth]])
    return float((gains[: len(hits)] * hits).sum() / gains[: min(len(relevant), depth)].sum())


def recall(found, relevant, depth=50):
    return len(set(found[:depth]) & relevant) / len(relevant)


def measure(found, case):
    relevant = case.all_relevant()
    return [ndcg(found, relevant), recall(found, relevant), min(recall(found, part) for part in case.relevant)]


def standard(scores):
    return (scores - scores.mean()) / scores.std()


class Peers:
    """Scores of all papers of the pool."""

    def __init__(self, pool):
        self.pool = pool

    def svm(self, features, like, c):
        labels = np.zeros(features.shape[0], int)
        labels[like] = 1
        model = LinearSVC(class_weight="balanced", C=c, max_iter=10000, tol=1e-6, random_state=0).fit(features, labels)
        return model.decision_function(features)

    def rank(self, case):
        pool = self.pool
        like = [pool.at[paper] for paper in case.like]
        cosines = pool.vectors[like] @ pool.vectors.T
        words, vectors = self.svm(pool.words, like, 0.01), self.svm(pool.vectors, like, 0.1)
        both = standard(words) + standard(vectors)
        scores = {
            "TF-IDF SVM": words, "vector SVM": vectors, "both SVMs": both, "mean cosine": cosines.mean(0), "nearest cosine": cosines.max(0),
            "both SVMs + mean cosine": both + standard(cosines.mean(0)), "both SVMs + nearest cosine": both + standard(cosines.max(0)),
        }
        asked = set(case.like) | set(case.unlike)
        rankings = {}
        for name, values in scores.items():
            best = np.argsort(-values, kind="stable")[: 60 + len(asked)]
            rankings[name] = [pool.ids[place] for place in best if pool.ids[place] not in asked]
        return rankings


def relata(run, cases, methods):
    """{method: rankings}, as `relata eval` gives them."""
    with tempfile.TemporaryDirectory() as folder:
        judgements, rankings = Path(folder, "cases.jsonl"), Path(folder, "rankings.jsonl")
        with open(judgements, "w") as out:
            for case in cases:
                line = {"like": case.like, "unlike": case.unlike, "relevant": sorted(case.all_relevant())}
                out.write(json.dumps(line) + "\n")
        command = [run.relata, "--library", run.library, "eval", judgements, "--method", ",".join(methods), "--rankings", rankings, "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = defaultdict(list)
        for row in rows(rankings):
            found[row["method"]].append(row["ranking"])
    assert all(len(rankings) == len(cases) for rankings in found.values()), "some cases were left out"
    return found


def against(one, other):
    """The mean difference of nDCG with its interval."""
    apart = np.array([a[0] - b[0] for a, b in zip(one, other)])
    draws = np.random.default_rng(7).integers(0, len(apart), (2000, len(apart)))
    low, high = np.percentile(apart[draws].mean(1), [2.5, 97.5])
    return f"{apart.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def table(title, cases, run, peers, worst=False):
    values = {name: [measure(found, case) for found, case in zip(rankings, cases)]
              for name, rankings in relata(run, cases, ["relata", "highest", "mean"]).items()}
    if peers:
        for case in cases:
            for name, found in peers.rank(case).items():
                values.setdefault(name, []).append(measure(found, case))
    columns = 3 if worst else 2
    print(f"\n**{title}** ({len(cases)} cases)\n\n| | nDCG@20 | recall@50 |" + (" worst interest |" if worst else "") + " relata's nDCG@20 to it |")
    print("| --- | ---: | ---: |" + (" ---: |" if worst else "") + " --- |")
    for name, value in values.items():
        cells = [f"{x:.3f}" for x in np.mean(value, 0)[:columns]]
        print(f"| {name} | " + " | ".join(cells) + f" | {against(values['relata'], value) if name != 'relata' else ''} |", flush=True)
    return {name: np.mean(value, 0) for name, value in values.items()}


def ways(title, names, sides, run):
    """The same cases asked in several ways, each with its difference to the one before."""
    values = [[measure(found, case) for found, case in zip(relata(run, cases, ["relata"])["relata"], cases)] for cases in sides]
    told = [f"{np.mean(value, 0)[0]:.3f} {name}" for name, value in zip(names, values)]
    apart = [f" ({against(after, before)})" for before, after in zip(values, values[1:])]
    print(f"\n**{title}** ({len(sides[0])} cases): nDCG@20 " + ", ".join(map(str.__add__, told, ["", *apart])))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--relata", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--half", choices=["tune", "report"], default="report")
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--three", type=int, default=60, help="cases of three interests")
    parser.add_argument("--no-peers", action="store_true", help="only Relata, for tuning")
    run = parser.parse_args()
    pool = Pool(run.pool, run.library)
    peers = None if run.no_peers else Peers(pool)
    chosen = groups(run.truth, run.half, pool.at)
    print(f"{len(pool.ids)} papers, {len(chosen)} groups of ten and more, half: {run.half}")
    by_likes = [table(f"One interest, {likes} likes", one_interest(chosen, likes, run.draws), run, peers) for likes in LIKES]
    if peers:
        mean = {name: np.mean([values[name][0] for values in by_likes]) for name in by_likes[0]}
        best = max((value, name) for name, value in mean.items() if name != "relata")
        print(f"\nOver the three: relata {mean['relata']:.3f}, the best other ({best[1]}) {best[0]:.3f}: {mean['relata'] / best[0]:.3f} times")
    table("Three interests, five likes each", three_interests(chosen, run.three), run, peers, worst=True)
    table("Over time", over_time(run.truth, run.half, pool), run, peers)
    ways("A mistake among five likes", ("five right ones", "the four right ones alone", "with the mistake"), mistakes(chosen, run.draws), run)
    ways("Two dislikes from the nearest group", ("without", "with them"), dislikes(chosen, pool, run.draws), run)


if __name__ == "__main__":
    main()
