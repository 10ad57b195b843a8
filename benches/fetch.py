#!/usr/bin/env python3
"""How long fetching takes beside the servers' own time: a harvest, and a usual morning.

The stand-in of arXiv's servers (tests/arxiv) answers on loopback, and the pause between requests is zero. Prints, for
each, the median of some runs: wall-clock and CPU seconds, records a second, the most memory, and requests.

    cargo build --release --bin relata --example arxiv_server
    benches/fetch.py [--records 100000] [--runs 3] [--target target/release]
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path


def run(command, environment):
    """Wall-clock seconds, CPU seconds, MB at most and what was said."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        took = time.monotonic() - began
        said.seek(0)
        text = said.read()
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {os.waitstatus_to_exitcode(status)}\n{text}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--port", type=int, default=8377)
    parser.add_argument("--target", type=Path, default=Path("target/release"))
    asked = parser.parse_args()
    # A working day: at the weekend nothing is announced.
    server = [asked.target / "examples/arxiv_server", "--port", str(asked.port), "--records", str(asked.records)]
    server = subprocess.Popen([*server, "--quiet"], stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{asked.port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{base}/oai?verb=Identify").read()
                break
            except OSError:
                time.sleep(0.1)
        measure(asked, base)
    finally:
        server.kill()


def measure(asked, base):
    rows = {"harvest of all": ["--all"], "morning of six": "cs.LG cs.CL cs.CV stat.ML math.AG hep-th".split()}
    for name, arguments in rows.items():
        runs = []
        for _ in range(asked.runs):
            with tempfile.TemporaryDirectory() as folder:
                environment = {
                    **os.environ,
                    "RELATA_LIBRARY": f"{folder}/library.db",
                    "RELATA_CACHE": f"{folder}/cache",
                    "RELATA_ARXIV_FEED": f"{base}/atom",
                    "RELATA_ARXIV_OAI": f"{base}/oai",
                    "RELATA_ARXIV_API": f"{base}/api/query",
                    "RELATA_ARXIV_PAUSE_MS": "0",
                }
                relata = asked.target / "relata"
                took, cpu, memory, text = run([relata, "fetch", "--no-embed", *arguments], environment)
                added = int(text.split("added ")[1].split(",")[0])
                runs.append((took, cpu, memory, added))
        took, cpu, memory, added = (statistics.median(column) for column in zip(*runs))
        print(f"{name}: {took:.2f} s, {cpu:.2f} s of CPU, {added:.0f} papers, {added / took:.0f}/s, {memory:.0f} MB")


if __name__ == "__main__":
    main()
