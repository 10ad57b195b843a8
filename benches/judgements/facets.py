#!/usr/bin/env python3
"""How well `relata recommend --facet` ranks: NDCG at 20 % on the judgements of CSFCube (Mysore et al. 2021), beside the whole abstract.

    facets.py TRUTH RELATA [--work FOLDER] [--forms [--sources SRC]]      (numpy)

TRUTH is a folder with `facets-docs.jsonl.gz` ({"id", "title", "abstract"}) and `facets-qrels.jsonl` ({"query", "facet", "doc",
"relevance"}: facet background, method or result; relevance 0 to 3). RELATA is the program. Its papers become a library of their own, under
made-up arXiv ids and without authors, in FOLDER, which is kept and used again. Each query is asked once as a whole and once by its
facet; the judged candidates are taken out of the answer in its order, those that it lacks behind them, by id. NDCG is cut
after a fifth of a query's candidates, with linear gains. Differences have a 95 % bootstrap interval over queries (2,000 draws,
seeded) and the number of queries won and lost.

`--forms` also tries other ways to put a score together, in numpy: words and associations of the whole abstract as in src/learned, meaning from
vectors of other texts, e.g. of the title with the facet's sentences, which the program tells and embeds.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

FACETS = {"background": "motivation", "method": "method", "result": "result"}
SHARE = 0.2
FEEDBACK, FEEDBACK_SHARE = 3, 0.5


class Program:
    """The program with a library of the judged papers."""

    def __init__(self, binary, work, docs):
        self.binary, self.work = binary, work
        self.environment = os.environ | {"RELATA_LIBRARY": str(work / "library.db")}
        self.numbers = {doc["id"]: number for number, doc in enumerate(docs)}
        papers = work / "papers.jsonl"
        made_up = [
            {
                "id": f"2601.{number:05}",
                "title": doc["title"],
                "abstract": doc["abstract"] or "",
                "authors": "",
                "categories": "cs.CL",
                "update_date": "2026-01-01",
            }
            for number, doc in enumerate(docs)
        ]
        papers.write_text("".join(json.dumps(paper) + "\n" for paper in made_up), encoding="utf-8")
        self.run("add", papers)

    def run(self, *arguments):
        return subprocess.run([self.binary, *map(str, arguments)], env=self.environment, check=True, stdout=subprocess.PIPE).stdout

    def recommend(self, query, facet=None):
        """(answers in order as {number: reason}, the query's own facet text)"""
        through = ["--facet", FACETS[facet]] if facet else []
        like = f"2601.{self.numbers[query]:05}"
        found = subprocess.run(
            [self.binary, "recommend", "--like", like, *through, "-k", str(len(self.numbers)), "--json", "--why"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if found.returncode == 2:  # A paper that tells nothing of the facet was an error once.
            return {}, None
        answer = json.loads(found.stdout)
        liked = answer["query"]["facet"]["liked"] if facet else []
        reasons = {int(result["id"].split(".")[1]): result["reason"] for result in answer["results"]}
        return reasons, (liked[0]["text"] if liked else None)

    def embed(self, name, texts):
        """Unit vectors of texts, made once."""
        lines, vectors = self.work / f"{name}.txt", self.work / f"{name}.npy"
        wanted = "".join(" ".join(text.split()) + "\n" for text in texts)
        if not (vectors.exists() and lines.exists() and lines.read_text(encoding="utf-8") == wanted):
            lines.write_text(wanted, encoding="utf-8")
            self.run("embed", "--lines", lines, "-o", vectors, "--force")
        return np.load(vectors).astype(np.float64)


def judgements(truth):
    """[(facet, query, candidates, relevance)], sorted."""
    pairs = defaultdict(dict)
    for line in (truth / "facets-qrels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["doc"] != row["query"]:
            pairs[row["facet"], row["query"]][row["doc"]] = row["relevance"]
    return [(facet, query, sorted(docs), [docs[doc] for doc in sorted(docs)]) for (facet, query), docs in sorted(pairs.items())]


def ndcg(scores, relevance):
    """Of candidates in their order; equal scores stay in it."""
    cut = int(len(relevance) * SHARE)
    discounts = 1 / np.log2(np.arange(2, cut + 2))
    relevance = np.asarray(relevance, float)
    best = (np.sort(relevance)[::-1][:cut] * discounts).sum()
    found = (relevance[np.argsort(-scores, kind="stable")][:cut] * discounts).sum()
    return found / best if best else 0.0


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def half_whitening(rows, power=0.25):
    """The map of src/ranking/whitening.rs, learned from rows; a power of 1/2 whitens wholly."""
    count, dimension = rows.shape
    mean = rows.mean(0) * count / (count + 50)
    centred = rows - mean
    covariance = centred.T @ centred / count
    average = np.trace(covariance) / dimension
    values, directions = np.linalg.eigh(covariance)
    values = (count * np.maximum(values, 0) + dimension * average) / (count + dimension) / average
    scaled = (directions * values**-power) @ directions.T
    return lambda rows: unit((rows - mean) @ scaled)


class Measure:
    """The measure of src/learned over the judged papers as a library, with its feedback, but with vectors of one's choice."""

    def __init__(self, docs, vectors, sources):
        stop = re.search(r'STOP_WORDS: &str = "(.*?)";', (sources / "terms.rs").read_text(encoding="utf-8"), re.S)
        self.stop = set(stop.group(1).replace("\\\n", " ").split())
        self.map = half_whitening(vectors)
        counts = []
        for doc in docs:
            counted = Counter(self.words(doc["title"]) * 2)
            counted.update(self.words(doc["abstract"] or ""))
            counts.append(counted)
        held = Counter(word for counted in counts for word in counted)
        place = {word: at for at, word in enumerate(sorted(held))}
        papers = len(docs)
        self.tf_idf = np.zeros((papers, len(place)), np.float32)
        for paper, counted in enumerate(counts):
            for word, count in counted.items():
                self.tf_idf[paper, place[word]] = (1 + np.log(count)) * np.log((papers + 1) / (held[word] + 0.5))
        self.tf_idf = unit(self.tf_idf)
        common = np.array([2 <= held[word] <= papers / 2 for word in sorted(held)])
        associations = unit(self.tf_idf.T @ half_whitening(vectors, 0.5)(vectors)) * common[:, None]
        sums = unit(self.tf_idf @ associations)
        self.associations = half_whitening(sums)(sums)
        half = papers // 2

        def spread(rows, typical):
            alike = (rows[:half] * rows[half : 2 * half]).sum(1)
            return np.sqrt((half * alike.var() + 200 * typical**2) / (half + 200))

        self.spreads = spread(self.map(vectors), 0.065), spread(self.associations, 0.065), spread(self.tf_idf, 0.016)

    def words(self, text):
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(letter))
        words = [word for word in re.findall(r"[^\W_]+", text) if len(word) > 1 and word not in self.stop]
        keeps = lambda word: len(word) <= 3 or word.endswith(("ss", "us", "is")) or not word.endswith("s")  # noqa: E731
        return [word if keeps(word) else word[:-1] for word in words]

    def scores(self, vectors, query, weights):
        """Of all papers, with feedback; `vectors` are mapped."""
        views = [(vectors, weights[0] / self.spreads[0])]
        views.append((self.associations, weights[1] / self.spreads[1]))
        views.append((self.tf_idf, weights[2] / self.spreads[2]))
        first = sum(weight * (rows @ rows[query]) for rows, weight in views)
        first[query] = -np.inf
        best = np.argsort(-first, kind="stable")[:FEEDBACK]
        return sum(weight * (rows @ unit(rows[query] + FEEDBACK_SHARE * rows[best].mean(0))) for rows, weight in views)


class Forms:
    """Scores put together otherwise. A paper that tells nothing of a facet is compared by its whole vector."""

    def __init__(self, program, docs, texts, sources):
        self.raw = program.embed("whole", [f"{doc['title']} {doc['abstract'] or ''}" for doc in docs])
        self.titles = program.embed("titles", [doc["title"] for doc in docs])
        self.measure = Measure(docs, self.raw, sources)
        self.titled, self.own = {}, {}
        for facet in FACETS:
            told = sorted(texts[facet])
            for kept, suffix in ((self.titled, "-titled"), (self.own, "")):
                lines = [(docs[number]["title"] + " " if suffix else "") + texts[facet][number] for number in told]
                kept[facet] = self.raw.copy()
                kept[facet][told] = program.embed(facet + suffix, lines)
        self.mapped = {}

    def all(self):
        """{name: score(facet, query's number, numbers)}"""

        def form(name, vectors, meaning=1.0, words=1.0):
            def score(facet, query, numbers):
                if (name, facet) not in self.mapped:
                    self.mapped[name, facet] = self.measure.map(unit(vectors(facet)))
                weights = meaning, 0.7 * words, 0.25 * words
                return self.measure.scores(self.mapped[name, facet], query, weights)[numbers]

            return score

        names = list(FACETS)
        other = lambda facet, by: self.titled[names[(names.index(facet) + by) % 3]]  # noqa: E731
        forms = {
            "whole, again in numpy": form("whole", lambda facet: self.raw),
            "facet's sentences, no words": form("own", lambda facet: self.own[facet], words=0),
            "facet's sentences": form("own", lambda facet: self.own[facet]),
            "title": form("title", lambda facet: self.titles),
            "title and facet's sentences, no words": form("titled", lambda facet: self.titled[facet], words=0),
        }
        for weight in (1, 1.5, 2):
            forms[f"title and facet's sentences, x{weight}"] = form("titled", lambda facet: self.titled[facet], weight)
        for share in (1, 2, 4):
            for weight in (1, 1.5, 2, 3):
                vectors = lambda facet, share=share: self.raw + share * self.titled[facet]  # noqa: E731
                forms[f"whole + {share} (title and sentences), x{weight}"] = form(f"mixed {share}", vectors, weight)
        for by in (1, 2):
            vectors = lambda facet, by=by: other(facet, by)  # noqa: E731
            forms[f"title and sentences of another facet ({by}), x1.5"] = form(f"other {by}", vectors, 1.5)
        forms["title and sentences of all three, x1.5"] = form("all", lambda facet: sum(self.titled.values()), 1.5)
        return forms


def row(name, facets, values, base=None):
    means = [values.mean()] + [values[facets == facet].mean() for facet in FACETS]
    cells = [f"{mean:.3f}" for mean in means]
    if base is not None:
        apart = values - base
        draws = np.random.default_rng(7).integers(0, len(apart), (2000, len(apart)))
        low, high = np.percentile(apart[draws].mean(1), [2.5, 97.5])
        won, lost = (apart > 1e-9).sum(), (apart < -1e-9).sum()
        cells.append(f"{apart.mean():+.3f} [{low:+.3f}, {high:+.3f}], {won} won, {lost} lost")
    else:
        cells.append("")
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth", type=Path)
    parser.add_argument("relata", type=Path)
    parser.add_argument("--work", type=Path, default=Path("facets-work"))
    parser.add_argument("--forms", action="store_true")
    parser.add_argument("--sources", type=Path, default=Path(__file__).resolve().parents[2] / "src", help="for --forms: the stop words")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    with gzip.open(options.truth / "facets-docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        docs = [json.loads(line) for line in lines]
    program = Program(options.relata.resolve(), options.work, docs)
    queries = judgements(options.truth)
    facets = np.array([facet for facet, *_ in queries])
    counts = ", ".join(f"{facet} {(facets == facet).sum()}" for facet in FACETS)
    print(f"{len(queries)} queries: {counts}\n")
    print("| | all | " + " | ".join(FACETS) + " | to whole |\n| --- | ---: | ---: | ---: | ---: | --- |")

    whole = {query: program.recommend(query) for query in sorted({query for _, query, *_ in queries})}
    texts = defaultdict(dict)
    by_facet = {}
    for facet, query, *_ in queries:
        answer, own = by_facet[facet, query] = program.recommend(query, facet)
        texts[facet].update({number: reason["facet"]["text"] for number, reason in answer.items() if reason.get("facet")})
        if own:
            texts[facet][program.numbers[query]] = own

    def measured(score):
        found = []
        for facet, query, candidates, relevance in queries:
            found.append(ndcg(score(facet, query, [program.numbers[doc] for doc in candidates]), relevance))
        return np.array(found)

    def places(answer, numbers):
        place = {number: -at for at, number in enumerate(answer)}
        return np.array([place.get(number, -len(program.numbers)) for number in numbers])

    base = measured(lambda facet, query, numbers: places(whole[query][0], numbers))
    row("recommend", facets, base)
    cosines = measured(lambda facet, query, numbers: np.array([whole[query][0][number]["cosine"] for number in numbers]))
    row("cosine of whole vectors", facets, cosines, base)
    row("recommend --facet", facets, measured(lambda facet, query, numbers: places(by_facet[facet, query][0], numbers)), base)
    if options.forms:
        for name, score in Forms(program, docs, texts, options.sources).all().items():
            row(name, facets, measured(lambda facet, query, numbers: score(facet, program.numbers[query], numbers)), base)


if __name__ == "__main__":
    main()
