#!/usr/bin/env python3
"""Relata's server beside arxiv-sanity-lite's over the same papers: requests per second and percentiles at 1, 8 and 64 clients.

    git clone https://github.com/karpathy/arxiv-sanity-lite FOLDER
    python3 -m venv ENVIRONMENT && ENVIRONMENT/bin/pip install flask sqlitedict scikit-learn gunicorn
    benches/serve_peers.py LIBRARY --peer FOLDER --python ENVIRONMENT/bin/python [--relata target/release/relata]

The peer gets the papers of LIBRARY by its own `aslite.db` and computes its features by its own `compute.py`, once for a folder; then
it is run by `flask run`, as its README says, and by gunicorn with a worker for each core. LIBRARY is copied. Both answer random
questions of the same kinds (fixed seed) in turns, round after round, so that what else the machine does meets both; the table has
medians over the rounds. Each row also says how many answers there were, and how many questions had none: a slow server answers few in
the time that it is given (--most), and is started anew where it still works on questions that nobody waits for. Clients keep their
connections where the server does. Needs Python 3.11, and an idle machine: clients and servers share its cores. Takes five minutes,
and two more to fill a new folder.
"""

import argparse
import asyncio
import os
import random
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

# How the peer's own modules take papers: the keys that its pages, its search and its features read.
FILL = """
import json, sqlite3, sys, time
from aslite.db import get_metas_db, get_papers_db
papers, times = get_papers_db(flag="c", autocommit=False), {}
rows = sqlite3.connect(sys.argv[1]).execute("SELECT id, title, abstract, authors, categories, date FROM papers ORDER BY id")
for id, title, abstract, authors, categories, date in rows:
    day = time.strptime(date, "%Y-%m-%d")
    paper = {"_id": id, "_idv": id + "v1", "_version": 1, "_time": time.mktime(day), "_time_str": time.strftime("%b %d %Y", day)}
    paper |= {"title": title or "", "summary": abstract or "", "authors": [{"name": name} for name in json.loads(authors)]}
    papers[id] = paper | {"tags": [{"term": term} for term in categories.split()]}
    times[id] = {"_time": paper["_time"]}
papers.commit()
metas = get_metas_db(flag="c", autocommit=False)
metas.update(times)
metas.commit()
print(len(papers), "papers")
"""

TAG = """
import sys
from aslite.db import get_last_active_db, get_tags_db
with get_tags_db(flag="c") as tags:
    tags["reader"] = {"liked": set(sys.argv[1:])}
with get_last_active_db(flag="c") as active:
    active["reader"] = 0
"""


class Client:
    """One connection, kept for as long as the server keeps it."""

    def __init__(self, port, headers):
        self.port, self.headers, self.reader, self.writer = port, headers, None, None

    async def get(self, path):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{self.headers}\r\n"
        self.writer.write(head.encode())
        first = await self.reader.readline()
        length, keeps = 0, first.startswith(b"HTTP/1.1")
        while (line := await self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            if name.lower() == b"connection" and value.strip().lower() == b"close":
                keeps = False
        await self.reader.readexactly(length)
        if not keeps:
            self.writer.close()
            self.writer = None
        return int(first.split()[1])


async def load(server, clients, seconds, most, question):
    """Latencies of the answers that came within `most` seconds, how many were no 200, the time that was measured, and how many
    questions were still waiting then.

    Questions are asked for `seconds`; the rest of the time is for the answers to the last of them."""
    latencies, failed, begun = [], 0, time.perf_counter()

    async def run():
        nonlocal failed
        client = Client(server.port, server.headers)
        while (now := time.perf_counter()) < begun + seconds:
            status = await client.get(question())
            latencies.append(time.perf_counter() - now)
            failed += status != 200

    tasks = [asyncio.ensure_future(run()) for _ in range(clients)]
    _, waiting = await asyncio.wait(tasks, timeout=most)
    took = time.perf_counter() - begun
    for task in waiting:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return sorted(latencies), failed, took, len(waiting)


class Server:
    """A server that runs, and how to ask it the questions of each kind."""

    def __init__(self, name, words, port, questions, headers="", **how):
        self.name, self.port, self.questions, self.headers = name, port, questions, headers
        self.words, self.how = words, how | {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.begin()

    def begin(self):
        self.process = subprocess.Popen(self.words, **self.how)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.name} does not listen")

    def memory(self):
        """The memory of its processes together, in MB: of pages that they share, each has its part."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        sizes = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in [str(self.process.pid), *children]]
        return sum(int(line.split()[1]) for text in sizes for line in text.splitlines() if line.startswith("Pss:")) // 1000

    def end(self):
        os.killpg(self.process.pid, 9)
        self.process.wait()


# Memory of one fit of the peer's model over 100,000 papers, in kB.
FIT = 450_000


def free_port():
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return own.getsockname()[1]


def login(port):
    """The cookie of a user of the peer, as its form for logging in gives it."""
    with socket.create_connection(("127.0.0.1", port)) as own:
        body = b"username=reader"
        own.sendall(b"POST /login HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        answer = own.makefile("rb").read().decode()
    cookie = next(line for line in answer.splitlines() if line.lower().startswith("set-cookie:"))
    return f"Cookie: {cookie.split(':', 1)[1].split(';')[0].strip()}\r\n"


def questions(library):
    """Per kind what makes an address for the peer, for Relata's page and for its API; and the papers that are liked."""
    rows = sqlite3.connect(library).execute("SELECT id, title FROM papers WHERE title <> '' ORDER BY id").fetchall()
    chance = random.Random(11)

    def paper():
        return urllib.parse.quote(chance.choice(rows)[0], safe="")

    def words():
        title = chance.choice(rows)[1].split()
        at = chance.randrange(max(1, len(title) - 3))
        return urllib.parse.quote(" ".join(title[at : at + 3]))

    peer = {
        "search": lambda: f"/?q={words()}",
        "similar to one": lambda: f"/?rank=pid&pid={paper()}",
        "for five liked": lambda: "/?rank=tags&tags=all&skip_have=yes",
    }
    # A floor of its own makes each a question that nobody has asked.
    floor = lambda: f"{chance.random():.9f}"
    api = {
        "search": lambda: f"/api/v1/search?q={words()}&k=25",
        "similar to one": lambda: f"/api/v1/recommend?like={paper()}&k=25&at_least={floor()}",
        "for five liked": lambda: f"/api/v1/recommend?profile=bench&k=25&at_least={floor()}",
    }
    page = {"search": lambda: f"/search?q={words()}&k=25"}
    return peer, page, api, [row[0] for row in chance.sample(rows, 5)]


def prepare(asked):
    """Gives the peer the papers, unless its folder has them."""
    (asked.peer / "data").mkdir(exist_ok=True)
    run = lambda *words: subprocess.run([asked.python.absolute(), *words], cwd=asked.peer, check=True)
    if not (asked.peer / "data/papers.db").exists():
        begun = time.perf_counter()
        run("-c", FILL, str(asked.library.absolute()))
        print(f"papers stored in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    if not (asked.peer / "data/features.p").exists():
        begun = time.perf_counter()
        run("compute.py")
        print(f"features computed in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return run


def servers(asked, folder):
    """Relata, and the peer in both ways of running it."""
    library = folder / "library.db"
    for file in asked.library.parent.glob(asked.library.name + "*"):
        shutil.copy(file, folder / file.name.replace(asked.library.name, "library.db"))
    environment = os.environ | {"RELATA_LIBRARY": str(library), "RELATA_CONFIG": str(folder / "config.toml")}
    relata = asked.relata.absolute()
    run = lambda *words: subprocess.run([relata, *words], env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run("recommend", "-k", "1", "--like-text", "warm", "--json")
    peer, page, api, liked = questions(library)
    run("like", "--profile", "bench", *liked)
    prepare(asked)("-c", TAG, *liked)
    port = free_port()
    words = [relata, "serve", "--port", str(port)]
    found = [Server("Relata, API", words, port, api, env=environment)]
    found.append(Attached("Relata, page", found[0], page))
    python, cores = asked.python.absolute(), str(os.cpu_count())
    flask, gunicorn = free_port(), free_port()
    how = {"cwd": asked.peer, "env": os.environ | {"FLASK_APP": "serve.py"}}
    found.append(Server("peer, flask run", [python, "-m", "flask", "run", "--port", str(flask)], flask, peer, **how))
    words = [python, "-m", "gunicorn", "--workers", cores, "--timeout", "600", "--bind", f"127.0.0.1:{gunicorn}", "serve:app"]
    found.append(Server("peer, gunicorn", words, gunicorn, peer, **how))
    for server in found[2:]:
        server.headers = login(server.port)
    return found


class Attached:
    """Other addresses of a server that runs."""

    def __init__(self, name, server, questions):
        self.name, self.port, self.headers, self.questions = name, server.port, server.headers, questions


def too_large(server, kind, clients):
    """Whether the peer's threads would need more memory than there is: each loads all features and copies them to fit its model."""
    free = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemAvailable:"))
    return server.name == "peer, flask run" and kind != "search" and clients * FIT > free / 2


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("library", type=Path)
    arguments.add_argument("--peer", type=Path, required=True)
    arguments.add_argument("--python", type=Path, required=True)
    arguments.add_argument("--relata", type=Path, default=Path("target/release/relata"))
    arguments.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--seconds", type=float, default=2, help="for how long each asks in a round")
    arguments.add_argument("--most", type=float, default=8, help="how long answers are waited for in a round")
    arguments.add_argument("--kinds", nargs="+", help="only these kinds of questions")
    arguments.add_argument("--servers", nargs="+", help="only these servers")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = servers(asked, Path(folder))
        try:
            measure(asked, found)
        finally:
            for server in found:
                if isinstance(server, Server):
                    server.end()


def measure(asked, found):
    # One question each, not counted: what is loaded once is loaded.
    chosen = [server for server in found if not asked.servers or server.name in asked.servers]
    for server in chosen:
        for question in server.questions.values():
            asyncio.run(load(server, 1, 0.01, 120, question))
    print("| | clients | server | answers/s | p50 ms | p95 ms | answers | without |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind in asked.kinds or found[0].questions:
        for clients in asked.clients:
            rounds = {}
            for _ in range(asked.rounds):
                for server in (server for server in chosen if kind in server.questions):
                    if too_large(server, kind, clients):
                        rounds[server.name] = []
                        continue
                    told = asyncio.run(load(server, clients, asked.seconds, asked.most, server.questions[kind]))
                    rounds.setdefault(server.name, []).append(told)
                    # What nobody waits for any more would be worked on meanwhile.
                    if told[3] and isinstance(server, Server):
                        server.end()
                        server.begin()
            for name, told in rounds.items():
                print(f"| {kind} | {clients} | {name} | {row(told)} |", flush=True)
    for server in chosen:
        if isinstance(server, Server):
            print(f"memory of {server.name} at the end: {server.memory()} MB")
    print("load of the machine at the end:", " ".join(f"{load:.1f}" for load in os.getloadavg()))


def row(told):
    """Medians over the rounds; a server that gives no answer in a round has none."""
    if not told:
        return "needs more memory than there is | | | |"
    rates = statistics.median(len(latencies) / took for latencies, _, took, _ in told)
    at = lambda latencies, share: latencies[min(len(latencies) - 1, int(share * len(latencies)))] * 1e3 if latencies else float("inf")
    p50, p95 = (statistics.median(at(latencies, share) for latencies, _, _, _ in told) for share in (0.5, 0.95))
    figure = lambda value: "none" if value == float("inf") else f"{value:.0f}" if value >= 100 else f"{value:.1f}"
    answers, failed = (sum(part) for part in zip(*((len(latencies), failed + waiting) for latencies, failed, _, waiting in told)))
    return f"{rates:.2f} | {figure(p50)} | {figure(p95)} | {answers} | {failed}"


if __name__ == "__main__":
    main()
