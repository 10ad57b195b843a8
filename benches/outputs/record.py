#!/usr/bin/env python3
"""Records what every command prints, so that a change of the program can be held against it.

    python3 benches/outputs/record.py PROGRAM OUT [--library FILE]
    python3 benches/outputs/record.py --compare OLD NEW

In: a program, an empty folder for its outputs, and a library of some thousand papers (which is copied, and must be embedded with the
default model). Out: one file per command in OUT, with the arguments, the exit code, standard output and standard error. Paths, today's
date, sizes of files and times are replaced, so that two recordings of the same program are the same byte for byte.

The model is taken from RELATA_CACHE, else ~/.cache/relata; nothing is fetched and nothing of the user's own is read or written.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DIGEST = REPOSITORY / "seeds" / "sample-digest-2026-02-14.md"

REFERENCES = """\
@misc{a, title = {Coarse-Grained Boltzmann Generators}}
@article{b, title = {A title that no paper of any library has}, doi = {10.1000/none}}
@misc{c, eprint = {2602.10611}, title = {By its id}}
@misc{d, author = {Nobody}}
"""

# What follows one of these keys or words depends on the clock or on the disk.
TIMED = [
    (re.compile(r'("(?:seconds|texts_per_second|tokens_per_second)": )[0-9.e+-]+'), r"\1TIME"),
    (re.compile(r"[0-9.]+ texts/s, [0-9.]+ tokens/s"), "TIME texts/s, TIME tokens/s"),
    (re.compile(r'("bytes": )[0-9]+'), r"\1SIZE"),
    (re.compile(r"^(size +).*$", re.MULTILINE), r"\1SIZE"),
    (re.compile(r"<updated>[^<]*</updated>"), "<updated>TIME</updated>"),
]


class Scene:
    """A home of its own, in which commands run one after the other and are written down."""

    def __init__(self, name, program, out, folder):
        self.name, self.out, self.folder = name, out, folder
        # Usage lines name the program as it was called.
        self.program = folder / "bin" / "relata"
        self.program.parent.mkdir()
        self.program.symlink_to(program)
        self.number = 0
        self.library = folder / "library.db"
        cache = folder / "cache"
        cache.mkdir(parents=True)
        own = Path(os.environ.get("RELATA_CACHE") or Path.home() / ".cache" / "relata")
        (cache / "models").symlink_to(own / "models")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RELATA_CACHE": str(cache),
            "RELATA_CONFIG": str(folder / "config.toml"),
            "RELATA_LIBRARY": str(self.library),
            "RELATA_OFFLINE": "1",
            "LANG": "C.UTF-8",
        }

    def run(self, *arguments, stdin="", files=()):
        """Runs a command and writes what it says; then the files that it is to have written."""
        self.number += 1
        ended = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin.encode(),
            capture_output=True,
            check=False,
        )
        parts = [f"$ relata {' '.join(arguments)}", f"exit code {ended.returncode}", "--- standard output"]
        parts += [self.cleaned(ended.stdout), "--- standard error", self.cleaned(ended.stderr)]
        for file in files:
            path = self.folder / file
            parts.append(f"--- {file}")
            if not path.exists():
                parts.append("(not there)")
            elif path.suffix in (".npy", ".safetensors"):
                parts.append(path.read_bytes().hex())
            else:
                parts.append(self.cleaned(path.read_bytes()))
        words = re.sub(r"[^A-Za-z0-9.=-]+", "_", "_".join(arguments))[:60].strip("_")
        target = self.out / f"{self.name}-{self.number:03}-{words}.txt"
        target.write_text("\n".join(parts) + "\n", encoding="utf-8", errors="surrogateescape")
        return ended.stdout

    def cleaned(self, text):
        text = text.decode("utf-8", errors="surrogateescape")
        text = text.replace(str(self.folder), "HOME")
        text = text.replace(datetime.datetime.now(datetime.UTC).date().isoformat(), "TODAY")
        for pattern, replacement in TIMED:
            text = pattern.sub(replacement, text)
        return text

    def both(self, *arguments):
        """A command as lines and as JSON."""
        self.run(*arguments)
        return self.run(*arguments, "--json")


def write(path, text):
    path.write_text(text, encoding="utf-8")


def sample(scene):
    """What a fresh install answers: the sample stands in the place of an empty library."""
    scene.both("info")
    scene.both("recommend", "2602.10611")
    scene.both("recommend", "--like", "2602.10611", "2602.10637", "--unlike", "2602.10158", "--why")
    scene.both("recommend", "2602.10612")
    scene.both("recommend", "glaciers")
    scene.both("recommend", "1")
    scene.both("recommend")
    scene.both("recommend", "--profile", "nobody")
    scene.both("recommend", "--like-text", "physics-informed neural networks", "-k", "3")
    scene.both("recommend", "--like-text", "物理信息神经网络的训练误差分析")
    scene.both("recommend", "2602.10611", "--like-text", "物理信息神经网络的训练误差分析")
    scene.both("recommend", "--like-text", " ")
    for facet in ("method", "motivation", "result", "conclusion"):
        scene.both("recommend", "2602.10611", "--facet", facet)
    scene.run("recommend", "2602.10611", "--facet", "method", "--why")
    for form in ("markdown", "atom", "bibtex", "ris", "csv", "jsonl", "html", "text", "json", "nonsense"):
        scene.run("recommend", "2602.10611", "--format", form)
        scene.run("search", "neural networks", "--format", form)
    scene.both("recommend", "2602.10611", "--since", "2026-03", "--until", "2026-02")
    scene.both("recommend", "2602.10611", "--category", "cs.XX")
    scene.both("recommend", "2602.10611", "--at-least", "60", "--diversity", "0.5", "--weight", "words=2,authors=0")
    scene.both("search", "neural quantum")
    scene.both("search", "2602.10611")
    scene.both("search", "2602.10611 2602.99999 networks")
    scene.both("search", "2602.99999")
    scene.both("search", "--category", "cs.LG")
    scene.both("search")
    scene.both("search", "物理信息神经网络")
    scene.both("today")
    scene.both("like", "2602.10611", "2602.10637", "2602.99999")
    scene.both("like", "2602.99999")
    scene.both("unlike", "2602.10158")
    scene.both("like", "1")
    scene.both("recommend")
    scene.both("profile", "list")
    scene.both("profile", "show")
    scene.run("profile", "export")
    write(scene.folder / "mine.bib", REFERENCES)
    scene.both("profile", "import", "mine.bib", "--profile", "bib")
    scene.run("profile", "export", "bib")
    scene.run("profile", "join", "1", "2")
    scene.run("profile", "split", "1")
    scene.run("profile", "split", "9")
    scene.run("profile", "regroup")
    scene.run("profile", "remove", "bib")
    scene.run("profile", "remove", "bib")
    scene.both("show", "2602.10611")
    scene.both("show", "2602.99999")
    scene.both("info", "2602.10611")
    scene.run("open", "2602.10611", "2")
    scene.both("topics")
    scene.both("topics", "1")
    scene.both("topics", "--fresh")
    scene.both("topics", "history")
    scene.run("topics", "rename", "1", "Ice")
    scene.both("topics", "--into", "neural networks: learning", "quantum = 2602.10637")
    scene.both("topics", "--method", "kmeans", "--k", "2")
    scene.both("topics", "--category", "cs.XX")
    scene.run("export", "--csv", "out.csv", files=["out.csv"])
    scene.run("export", "--jsonl", "out.jsonl", "--vectors", files=["out.jsonl"])
    scene.run("export", "--parquet", "out.parquet")
    write(scene.folder / "judgements.jsonl", '{"query": "2602.10611", "relevant": ["2602.11097", "2602.10451"]}\n{"a": 1}\n')
    scene.both("eval", "judgements.jsonl")
    scene.both("remove", "2602.10611")
    scene.both("check")
    scene.both("reembed")
    scene.run("model", "list")
    scene.run("model", "path")
    scene.both("model", "verify")
    for wrong in (("--device", "gpu"), ("--engine", "fast"), ("--precision", "int3"), ("--long", "cut")):
        scene.run(*wrong, "recommend", "2602.10611")
    scene.run("--model", "nope", "recommend", "2602.10611")
    scene.run("--precision", "int8", "recommend", "2602.10611", "--json")
    scene.run("--engine", "stock", "recommend", "2602.10611", "--json")
    embed(scene)
    helps(scene)


def embed(scene):
    """Vectors without a library."""
    shutil.copy(DIGEST, scene.folder / "digest.md")
    write(scene.folder / "lines.txt", "one line of text\nand another\n")
    scene.run("embed", "digest.md", "-o", "out.npy", "--json", files=["out.npy", "out.npy.ids"])
    scene.run("embed", "digest.md", "-o", "out.npy", files=["out.npy"])
    scene.run("embed", "digest.md", "-o", "out.npy", "--force")
    scene.run("embed", "lines.txt", "--lines", "--as", "query", "-o", "-")
    scene.run("embed", "lines.txt", "--lines", "-o", "-", "--json")
    scene.run("embed", "lines.txt", "--lines", "-o", "-", "--format", "npy")
    scene.run("embed", "-", "--lines", "-o", "lines.safetensors", stdin="a\n\nb\n", files=["lines.safetensors.ids"])
    scene.run("embed", "absent.md", "-o", "absent.jsonl", "--json")


def helps(scene):
    for command in (
        "add", "recommend", "today", "search", "topics", "export", "eval", "like", "profile", "show", "open", "info",
        "remove", "check", "reembed", "embed", "model",
    ):
        scene.run(command, "-h")
        scene.run(command, "--help")


def fresh(scene):
    """A library from its first digest on."""
    shutil.copy(DIGEST, scene.folder / "2026-02-14.md")
    write(scene.folder / "broken.jsonl", '{"id": "2602.00001", "title": "Only a title"}\n{"id": 7}\nno json\n')
    scene.run("add", "2026-02-14.md", "--no-embed", "--json")
    scene.both("info")
    scene.both("add", "2026-02-14.md", "broken.jsonl", "absent.md")
    scene.both("add", "absent.md")
    scene.run("add", "-", "--json", stdin=(scene.folder / "broken.jsonl").read_text())
    scene.both("today")
    scene.both("like", "2602.10611")
    scene.both("today")
    scene.both("today", "2026-02-14.md")
    scene.both("recommend", "--facet", "method")
    scene.both("topics")
    scene.both("topics", "history")
    scene.run("topics", "rename", "1", "Ice")
    scene.both("check")
    scene.both("remove", "2602.11097", "2602.99999")
    scene.both("topics")
    scene.both("reembed")
    scene.run("--precision", "int8", "recommend", "2602.10611")
    scene.run("--precision", "int8", "reembed", "--forget-others", "--json")
    scene.both("info")


def full(scene, library):
    """A library of some thousand papers."""
    shutil.copy(library, scene.library)
    connection = sqlite3.connect(scene.library)
    ids = [row[0] for row in connection.execute("SELECT id FROM papers WHERE title IS NOT NULL ORDER BY id")]
    connection.close()
    some = ids[:: max(1, len(ids) // 40)]
    shutil.copy(DIGEST, scene.folder / "2026-02-14.md")
    scene.both("info")
    for paper in some[:12]:
        scene.run("recommend", paper, "-k", "20", "--json")
    scene.both("recommend", *some[:6], "--why", "--diversity", "0.4")
    scene.both("recommend", some[3], "--unlike", some[4], "--category", "cs", "--since", "2015-01", "--exclude", "network")
    scene.both("recommend", "--like-text", "gravitational waves of merging black holes", "--until", "2020-12")
    scene.both("recommend", some[5], "--facet", "method")
    scene.both("like", *some[:20])
    scene.both("unlike", *some[20:22])
    scene.both("recommend", "-k", "15", "--half-life", "30")
    scene.both("profile", "show")
    scene.run("profile", "split", "1")
    scene.run("profile", "join", "1", "2")
    scene.run("profile", "regroup")
    exported = scene.run("profile", "export")
    write(scene.folder / "profile.json", exported.decode())
    scene.both("profile", "import", "profile.json", "--profile", "copy")
    scene.both("profile", "list")
    for text in ("black holes", "Lee", "graph neural networks for molecules", "of"):
        scene.both("search", text, "-k", "5")
    scene.both("search", "--author", "Wang", "--category", "hep-th")
    scene.both("today", "--since", "2020-01")
    scene.both("today", "2026-02-14.md", "--nearest")
    scene.both("today", "2026-02-14.md", "--new", "--nearest")
    scene.both("today", "2026-02-14.md", "--seen", "--at-least", "0", "-k", "3", "--why")
    scene.run("today", "2026-02-14.md", "--at-least", "0", "--format", "atom")
    scene.both("topics")
    scene.run("topics", "--html", "map.html", "--markdown", "topics.md", files=["map.html", "topics.md"])
    scene.both("topics", "3", "-k", "4")
    scene.both("topics", "9999")
    scene.both("topics", "--category", "hep-th", "cs.LG")
    scene.both("topics", "--search", "neural")
    scene.both("topics", "--since", "2015-01")
    scene.both("topics", "history")
    scene.both("topics", "history", "--category", "hep-th", "cs.LG")
    scene.both("topics", "history", "--since", "2015-01")
    scene.run("topics", "rename", "1", "A name of my own")
    scene.run("topics", "rename", "1")
    scene.run("topics", "rename", "9999", "x")
    scene.both("topics", "--into", "black holes", "neural networks: learning from data", "--levels", "1")
    scene.both("topics", "--method", "dbscan")
    scene.run("export", "--csv", "out.csv", "--category", "cs.LG", files=["out.csv"])
    lines = [{"query": some[at], "relevant": some[at + 1 : at + 4]} for at in range(6)]
    lines.append({"like": some[:3], "unlike": some[3:4], "relevant": some[5:9]})
    write(scene.folder / "judgements.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    scene.both("eval", "judgements.jsonl", "--method", "relata,cosine,bm25")
    scene.run("eval", "judgements.jsonl", "--method", "relata", "--rankings", "ranked.jsonl", files=["ranked.jsonl"])
    scene.both("remove", *some[30:33])
    scene.both("topics")
    scene.both("topics", "history")
    scene.run("topics", "history", "--forget")
    scene.both("check")
    scene.both("reembed")
    scene.both("info")


def record(program, out, library):
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        sys.exit(f"{out} is not empty")
    scenes = [("sample", sample), ("fresh", fresh)]
    if library:
        scenes.append(("library", lambda scene: full(scene, library)))
    for name, play in scenes:
        with tempfile.TemporaryDirectory() as folder:
            play(Scene(name, program.resolve(), out, Path(folder)))
    print(f"{len(list(out.iterdir()))} outputs in {out}")


def compare(old, new):
    names = sorted({path.name for folder in (old, new) for path in folder.iterdir()})
    differing = 0
    for name in names:
        one, other = old / name, new / name
        if not one.exists() or not other.exists():
            print(f"only in {old if one.exists() else new}: {name}")
        elif one.read_bytes() != other.read_bytes():
            print(f"differs: {name}")
            subprocess.run(["diff", "-u", "--label", "old", "--label", "new", str(one), str(other)], check=False)
        else:
            continue
        differing += 1
    print(f"{len(names) - differing} of {len(names)} outputs are the same")
    return 1 if differing else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", metavar="PROGRAM|OLD", type=Path)
    parser.add_argument("second", metavar="OUT|NEW", type=Path)
    parser.add_argument("--library", type=Path, help="library to copy, of some thousand papers")
    parser.add_argument("--compare", action="store_true", help="list the differences of two recordings")
    asked = parser.parse_args()
    if asked.compare:
        sys.exit(compare(asked.first, asked.second))
    record(asked.first, asked.second, asked.library)


if __name__ == "__main__":
    main()
