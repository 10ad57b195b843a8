#!/usr/bin/env python3
"""Relata beside its peers, on one machine in one run. Markdown goes to standard output, progress to standard error.

    benches/peers/run.py all --model MODEL --corpus CORPUS.jsonl.gz --ids IDS.txt [--reference VECTORS.npy]

`speed` measures throughput and peak memory, `query` one query from a cold process, `quality` the vectors, `all` the three one after
another; `prepare` makes the peers' model files alone, which the others do when they are missing. See README.md for the protocol.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CALIBRATION_TEXTS = 300


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prepare", "speed", "query", "quality", "all"])
    inputs = parser.add_argument_group("inputs")
    inputs.add_argument("--model", type=Path, required=True, help="model folder, as `relata model path` prints it")
    inputs.add_argument("--corpus", type=Path, required=True, help="gzipped JSON lines with id, title, abstract")
    inputs.add_argument("--ids", type=Path, required=True, help="ids of the reference papers, one a line")
    inputs.add_argument("--reference", type=Path, help="stored vectors of those papers (.npy), to check sentence-transformers against")
    inputs.add_argument("--relata", type=Path, help="the built example throughput; built in release mode if not given")
    inputs.add_argument("--relata-query", action="append", default=[], metavar="COMMAND",
                        help="reads a line, writes its vector; {model} stands for the model folder; may be repeated")  # fmt: skip
    protocol = parser.add_argument_group("protocol")
    protocol.add_argument("--threads", type=int, default=2)
    protocol.add_argument("--texts", type=int, default=2000, help="texts of `speed` (default 2000)")
    protocol.add_argument("--trial", type=int, default=200, help="texts on which a peer's form and batch are chosen (default 200)")
    protocol.add_argument("--rounds", type=int, default=5, help="rounds of `speed` (default 5)")
    protocol.add_argument("--query-runs", type=int, default=9, help="runs of `query` (default 9)")
    protocol.add_argument("--batches", type=lambda text: [int(part) for part in text.split(",")], default=[8, 16, 32])
    protocol.add_argument("--quality-texts", type=int, help="only so many reference papers (default all)")
    protocol.add_argument("--sides", help="comma-separated names (default all)")
    places = parser.add_argument_group("places")
    places.add_argument("--work", type=Path, default=REPOSITORY / "target" / "peers", help="all that is made (default target/peers)")
    places.add_argument("--python", type=Path, help="a Python that has requirements.txt installed (default: one made in WORK/venv)")
    places.add_argument("--reuse", action="store_true", help="take the trial's choice and finished vectors of an earlier run")
    run = parser.parse_args()
    for name in ["model", "corpus", "ids", "reference", "relata", "work"]:
        if path := getattr(run, name):
            setattr(run, name, path.resolve())
    return run


def enter_python(run):
    """Goes on under the Python that has the peers, making it first where none is given."""
    python = run.python
    if python is None:
        place = run.work / "venv"
        python = place / "bin" / "python"
        wanted = HERE / "requirements.txt"
        installed = place / "requirements.txt"
        if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
            print(f"making {place}", file=sys.stderr, flush=True)
            venv.create(place, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True, stdout=sys.stderr)
            installed.write_bytes(wanted.read_bytes())
    # The link itself, not what it points to: a virtual environment is known by the path of its python.
    if Path(sys.executable).absolute() != python.absolute():
        os.execv(python.absolute(), [str(python.absolute()), str(HERE / "run.py"), *sys.argv[1:], "--python", str(python.absolute())])


def choose_sides(names):
    from sides import SIDES

    if names is None:
        return SIDES
    wanted = names.split(",")
    if unknown := set(wanted) - {side.name for side in SIDES}:
        raise SystemExit(f"no such side: {', '.join(sorted(unknown))}; there are {', '.join(side.name for side in SIDES)}")
    return [side for side in SIDES if side.name in wanted]


def build_relata():
    """The release build of Relata's side."""
    build = ["cargo", "build", "--release", "--example", "throughput", "--message-format=json-render-diagnostics"]
    output = subprocess.run(build, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = [message["executable"] for message in map(json.loads, output.splitlines()) if message.get("executable")]
    return Path(built[-1])


def prepare(run, corpus, ids):
    """The peers' model files, in a folder named by a hash of all that goes into them."""
    import texts

    calibration = texts.calibration(corpus, ids, CALIBRATION_TEXTS)
    digest = hashlib.sha256(json.dumps(calibration).encode())
    for path in [run.model / "model.safetensors", run.model / "config.json", HERE / "prepare.py", HERE / "requirements.txt"]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    key = digest.hexdigest()[:16]
    run.files = run.work / f"models-{key}"
    run.trial_file = run.work / f"trial-{key}-{run.threads}.json"
    run.calibration = run.files / "calibration.jsonl"
    done = run.files / "done"
    if not done.exists():
        run.files.mkdir(parents=True, exist_ok=True)
        texts.write_texts(run.calibration, calibration)
        from sides import environment

        command = [sys.executable, HERE / "prepare.py", run.model, run.calibration, run.files]
        subprocess.run(command, check=True, stdout=sys.stderr, env=environment(run.threads))
        done.touch()


def main():
    run = arguments()
    enter_python(run)

    import quality
    import query
    import report
    import speed
    import texts

    sides = choose_sides(run.sides)
    run.work.mkdir(parents=True, exist_ok=True)
    corpus = texts.read_corpus(run.corpus)
    ids = run.ids.read_text(encoding="utf-8").split()
    prepare(run, corpus, ids)
    if run.what in ("speed", "quality", "all") and run.relata is None and any(side.relata for side in sides):
        run.relata = build_relata()
    parts = []
    if run.what in ("speed", "all"):
        measured = texts.measured(corpus, run.texts)
        all_texts, trial_texts = run.work / "speed.jsonl", run.work / "trial.jsonl"
        texts.write_texts(all_texts, measured)
        texts.write_texts(trial_texts, [measured[at] for at in texts.evenly_spaced(len(measured), run.trial)])
        parts.append(speed.measure(run, sides, trial_texts, all_texts, len(measured)))
    if run.what in ("query", "all"):
        parts.append(query.measure(run, sides))
    if run.what in ("quality", "all"):
        reference_texts = run.work / "reference.jsonl"
        if run.quality_texts:
            places = texts.evenly_spaced(len(ids), run.quality_texts)
            ids, run.reference = [ids[place] for place in places], None
        texts.write_texts(reference_texts, texts.reference(corpus, ids))
        parts.append(quality.measure(run, sides, reference_texts))
    if parts:
        print("\n".join([report.machine(), *parts]), end="")


if __name__ == "__main__":
    main()
