#!/usr/bin/env python3
"""How many texts a second `relata serve` embeds for 32 clients, beside `relata embed` and a server of sentence-transformers.

    benches/serve_embed.py TEXTS [--relata target/release/relata] [--peer PYTHON --model FOLDER] [--clients 32] [--texts 2000]

TEXTS is JSON lines with `title` and `abstract`. Sides: `relata embed` of a file of the texts, in one process, its time from the first
text on; `relata serve` with clients that send each its share of the same texts, by 1 and by 8 a request, at /embed; and, with --peer,
uvicorn with FastAPI and SentenceTransformer.encode behind the same address, which is what people write. PYTHON is one of an environment
with sentence-transformers, fastapi and uvicorn, FOLDER the folder of all-MiniLM-L6-v2. Rounds take turns, medians of three.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

PEER = """
import sys
import fastapi, pydantic, sentence_transformers, uvicorn
model = sentence_transformers.SentenceTransformer(sys.argv[1], device="cpu")
app = fastapi.FastAPI()

class Asked(pydantic.BaseModel):
    inputs: list[str]

@app.post("/embed")
def embed(asked: Asked):
    return model.encode(asked.inputs, normalize_embeddings=True).tolist()

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
"""


def asked(port, texts, clients, size):
    """Texts a second, all clients together."""
    shares = [texts[at::clients] for at in range(clients)]
    failed = []

    def run(share):
        try:
            send(share)
        except OSError as fault:
            failed.append(fault)

    def send(share):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        for at in range(0, len(share), size):
            body = json.dumps({"inputs": share[at : at + size]})
            connection.request("POST", "/embed", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            rows = json.loads(answer.read())
            if answer.status != 200 or len(rows) != len(share[at : at + size]):
                failed.append(rows)

    threads = [threading.Thread(target=run, args=(share,)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if failed:
        raise OSError(f"refused: {failed[0]}")
    return len(texts) / took


def embedded(relata, file, environment):
    """Texts a second of `relata embed`, as it tells them itself."""
    with tempfile.TemporaryDirectory() as folder:
        words = [relata, "embed", file, "--lines", "--output", Path(folder) / "vectors.npy", "--json"]
        said = subprocess.run(words, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(said.stdout)["texts_per_second"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("texts", type=Path)
    arguments.add_argument("--relata", type=Path, default=Path("target/release/relata"))
    arguments.add_argument("--peer")
    arguments.add_argument("--model")
    arguments.add_argument("--clients", type=int, default=32)
    arguments.add_argument("--count", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    papers = [json.loads(line) for line in given.texts.read_text().splitlines()[: given.count]]
    texts = [f"{paper['title']}. {paper['abstract']}" for paper in papers]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        file = folder / "texts.txt"
        file.write_text("".join(" ".join(text.split()) + "\n" for text in texts))
        texts = file.read_text().splitlines()
        environment = os.environ | {"RELATA_LIBRARY": str(folder / "library.db"), "RELATA_CONFIG": str(folder / "config.toml")}
        server = subprocess.Popen([given.relata, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True)
        port = int(server.stdout.readline().strip().rstrip("/").rsplit(":", 1)[1])
        processes, sides = [server], {}
        sides["relata embed"] = lambda: embedded(given.relata, file, environment)
        for size in (1, 8):
            sides[f"relata serve, {size} a request"] = lambda size=size: asked(port, texts, given.clients, size)
        if given.peer:
            script = folder / "peer.py"
            script.write_text(PEER)
            processes.append(subprocess.Popen([given.peer, script, given.model, "8991"]))
            for size in (1, 8):
                sides[f"FastAPI and sentence-transformers, {size} a request"] = lambda size=size: asked(8991, texts, given.clients, size)
        try:
            for at in [port, 8991][: len(processes)]:
                for _ in range(600):
                    try:
                        asked(at, texts[:64], given.clients, 2)
                        break
                    except OSError:
                        time.sleep(0.2)
            rates = {side: [] for side in sides}
            for _ in range(given.rounds):
                for side, rate in sides.items():
                    rates[side].append(rate())
            print(f"| side | texts/s, median of {given.rounds} | lowest, highest |\n| --- | --- | --- |")
            for side, own in rates.items():
                print(f"| {side} | {statistics.median(own):.1f} | {min(own):.1f}, {max(own):.1f} |")
        finally:
            for process in processes:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
