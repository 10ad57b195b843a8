#!/usr/bin/env python3
"""How fast `relata serve` answers: requests per second and percentiles at 1, 8 and 64 clients.

    benches/serve.py LIBRARY [--relata target/release/relata] [--seconds 5] [--clients 1 8 64] [--pages]

LIBRARY is copied, so nothing of it changes. Questions are of random papers of the library (fixed seed), each asked anew, but where a
row says "again"; none is 304. Clients keep their connections. A profile likes five papers. Prints a table, and what the largest
memory of the server was. Needs Python 3.11 and nothing else, and an idle machine: client and server share its cores.
"""

import argparse
import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

WARM = 1.0


class Client:
    """One connection that is kept."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def get(self, path, body=None):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + (body or b""))
        status = int((await self.reader.readline()).split()[1])
        length = 0
        while (line := await self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        await self.reader.readexactly(length)
        return status, length


async def load(port, clients, seconds, question):
    """Latencies in seconds, statuses, and the time that all of it took."""
    latencies, statuses, size = [], {}, 0
    begun = time.perf_counter()

    async def run():
        nonlocal size
        client = Client(port)
        while (now := time.perf_counter()) < begun + WARM + seconds:
            status, length = await client.get(*question())
            if now >= begun + WARM:
                latencies.append(time.perf_counter() - now)
                statuses[status] = statuses.get(status, 0) + 1
                size += length

    await asyncio.gather(*(run() for _ in range(clients)))
    return sorted(latencies), statuses, size, time.perf_counter() - begun - WARM


async def attack(port, seconds, question):
    """What /health takes, in seconds, while a thousand clients send half a head and another thousand ask at once."""
    half = [await asyncio.open_connection("127.0.0.1", port) for _ in range(1000)]
    for _, writer in half:
        writer.write(b"GET /health HTTP/1.1\r\nHo")
    statuses, latencies, ends = {}, [], time.perf_counter() + seconds

    async def ask():
        client = Client(port)
        while time.perf_counter() < ends:
            try:
                status, _ = await client.get(*question())
            except (OSError, asyncio.IncompleteReadError, IndexError):
                status, client = "cut", Client(port)
            statuses[status] = statuses.get(status, 0) + 1
            if status == 429:
                await asyncio.sleep(1)

    async def look():
        client = Client(port)
        while time.perf_counter() < ends:
            begun = time.perf_counter()
            await client.get("/health")
            latencies.append(time.perf_counter() - begun)
            await asyncio.sleep(0.02)

    await asyncio.gather(look(), *(ask() for _ in range(1000)))
    return sorted(latencies), statuses


def questions(library, pages):
    """Per kind what makes an address, with random papers and words of their titles."""
    connection = sqlite3.connect(library)
    rows = connection.execute("SELECT id, title FROM papers ORDER BY id").fetchall()
    connection.close()
    chance = random.Random(7)
    rows = [row for row in rows if row[1]]

    def paper():
        return urllib.parse.quote(chance.choice(rows)[0])

    def words():
        title = chance.choice(rows)[1].split()
        at = chance.randrange(max(1, len(title) - 3))
        return urllib.parse.quote(" ".join(title[at : at + 3]))

    kinds = {
        "health": lambda: ("/health",),
        "paper": lambda: (f"/api/v1/papers/{paper()}",),
        "recommend": lambda: (f"/api/v1/recommend?like={paper()}&k=10",),
        "search": lambda: (f"/api/v1/search?q={words()}&k=10",),
        # A floor of its own makes each a question that nobody has asked.
        "today": lambda: (f"/api/v1/today?k=20&at_least={50 + chance.random():.6f}",),
        "today, again": lambda: ("/api/v1/today?k=20",),
    }
    if pages:
        kinds |= {
            "page of a paper": lambda: (f"/papers/{paper()}",),
            "page of a search": lambda: (f"/search?q={words()}",),
            "page of today": lambda: (f"/today?at_least={50 + chance.random():.6f}",),
            "page of today, again": lambda: ("/today",),
            "page of the library": lambda: ("/library",),
        }
    return kinds, [row[0] for row in chance.sample(rows, 5)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("library", type=Path)
    arguments.add_argument("--relata", type=Path, default=Path("target/release/relata"))
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    arguments.add_argument("--pages", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library.db"
        for file in asked.library.parent.glob(asked.library.name + "*"):
            shutil.copy(file, Path(folder) / file.name.replace(asked.library.name, "library.db"))
        environment = os.environ | {"RELATA_LIBRARY": str(library), "RELATA_CONFIG": str(Path(folder) / "config.toml")}
        kinds, liked = questions(library, asked.pages)
        run = lambda *words: subprocess.run([asked.relata, *words], env=environment, check=True, stdout=subprocess.DEVNULL)
        run("like", *liked)
        run("recommend", "-k", "1", "--json")
        server = subprocess.Popen([asked.relata, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True)
        try:
            port = int(server.stdout.readline().strip().rstrip("/").rsplit(":", 1)[1])
            print("| | clients | requests/s | p50 ms | p95 ms | bytes | statuses |\n| --- | --- | --- | --- | --- | --- | --- |")
            for kind, question in kinds.items():
                for clients in asked.clients:
                    latencies, statuses, size, took = asyncio.run(load(port, clients, asked.seconds, question))
                    at = lambda share: latencies[min(len(latencies) - 1, int(share * len(latencies)))] * 1e3
                    row = f"{len(latencies) / took:.0f} | {at(0.5):.1f} | {at(0.95):.1f} | {size // max(1, len(latencies))}"
                    print(f"| {kind} | {clients} | {row} | {statuses} |", flush=True)
            health, statuses = asyncio.run(attack(port, asked.seconds, kinds["recommend"]))
            share = lambda share: health[int(share * (len(health) - 1))] * 1e3
            print(f"\nUnder attack: /health p50 {share(0.5):.1f} ms, p95 {share(0.95):.1f} ms, most {health[-1] * 1e3:.1f} ms; {statuses}")
            status = Path(f"/proc/{server.pid}/status").read_text()
            print(next(line for line in status.splitlines() if line.startswith("VmHWM")))
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
