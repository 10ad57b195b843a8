#!/usr/bin/env python3
"""Relata's topics beside its peers, in one command: partition, map and names one after another. Markdown goes to standard output.

    benches/topics/run.py --topics topics.json [--seconds partition=0.8 ...] > figures.md

All other options go to the scripts as they are; `partition.py --help` lists them (`--rounds` is for `--only map` and `--model` for
`--only names`). Each script is a process of its own, so that neither memory nor compiled code of one helps or hinders the next.
"""

import argparse
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = ["partition", "map", "names"]


def environment(threads):
    """Every library's own idea of how many threads to use, all saying the same."""
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"]
    return os.environ | dict.fromkeys(names, threads) | {
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
    }  # fmt: skip


def python_of(work):
    """The Python of a virtual environment that has requirements.txt, made where it is missing or old."""
    place, wanted = work / "venv", HERE / "requirements.txt"
    installed = place / "requirements.txt"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        print(f"making {place}", file=sys.stderr, flush=True)
        venv.create(place, with_pip=True)
        subprocess.run([place / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", wanted], check=True, stdout=sys.stderr)
        installed.write_bytes(wanted.read_bytes())
    return place / "bin" / "python"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--python", type=Path, help="a Python that has requirements.txt installed (default: one made in WORK/venv)")
    parser.add_argument("--work", type=Path, default=HERE.parents[1] / "target" / "topics", help="default target/topics")
    parser.add_argument("--only", choices=SCRIPTS, action="append", help="not all three; may be repeated")
    parser.add_argument("--threads", default="2", help="of every side (default 2)")
    run, others = parser.parse_known_args()
    # Not resolved: a virtual environment is known by the path of its python.
    python = run.python.absolute() if run.python else python_of(run.work)
    for script in run.only or SCRIPTS:
        began = time.perf_counter()
        command = [python, HERE / f"{script}.py", "--threads", run.threads, *others]
        subprocess.run(command, check=True, env=environment(run.threads))
        print(f"{script} took {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        print(flush=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        # The script has said why.
        raise SystemExit(error.returncode) from None
