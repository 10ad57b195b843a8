"""What workers of test clusters do that no worker should: they wait, are slow, and die of a text. Python imports this when it starts.

In: files in the folder `RELATA_TEST_GATE`: `wait` has the number of workers that must have begun before one goes on, `slow` the seconds that a
block takes at least; `hold` a number and a folder: where that has so many shards, nobody goes on before a third worker has begun. Out: a file in
`pids` for each worker that has begun. A worker dies of a text that begins with `POISON`.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def _disturb(gate: Path) -> None:
    from relata.encoder import Encoder

    embed = Encoder.embed

    def disturbed(self: Encoder, texts: Any, **more: Any) -> Any:
        listed = list(texts)
        if not gate.exists():
            return embed(self, listed, **more)
        _begin(gate)
        if any(text.startswith("POISON") for text in listed):
            os.kill(os.getpid(), signal.SIGKILL)
        while _holds(gate):
            time.sleep(0.02)
        time.sleep(_number(gate / "slow"))
        return embed(self, listed, **more)

    Encoder.embed = disturbed  # type: ignore[method-assign]


def _wait_with_codes(gate: Path) -> None:
    """A worker that codes shards for an index has no encoder."""
    from relata.shards import _index

    code = _index._Coding.__call__

    def disturbed(self: Any, item: Any) -> Any:
        if gate.exists():
            _begin(gate)
            while _number(gate / "wait") > _begun(gate):
                time.sleep(0.02)
        return code(self, item)

    _index._Coding.__call__ = disturbed  # type: ignore[method-assign]


def _begin(gate: Path) -> None:
    (gate / "pids" / str(os.getpid())).touch()


def _begun(gate: Path) -> int:
    return len(list((gate / "pids").iterdir()))


def _holds(gate: Path) -> bool:
    if _number(gate / "wait") > _begun(gate):
        return True
    if not (gate / "hold").exists():
        return False
    count, folder = (gate / "hold").read_text().split(" ", 1)
    return _begun(gate) < 3 and len(list(Path(folder).glob("[!.]*.parquet"))) >= int(count)


def _number(file: Path) -> float:
    return float(file.read_text()) if file.exists() else 0.0


if "RELATA_TEST_GATE" in os.environ and any("default_worker" in word for word in sys.orig_argv):
    _disturb(Path(os.environ["RELATA_TEST_GATE"]))
    _wait_with_codes(Path(os.environ["RELATA_TEST_GATE"]))
