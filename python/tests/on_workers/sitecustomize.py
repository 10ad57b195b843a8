"""What workers of test clusters do that no worker should: they wait, are slow, and die of a text. Python imports this when it starts.

In: files in the folder `RELATA_TEST_GATE`: `wait` has the number of workers that must have begun before one goes on, `slow` the seconds that a
block takes at least. Out: a file in `pids` for each worker that has begun. A worker dies of a text that begins with `POISON`.
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
        (gate / "pids" / str(os.getpid())).touch()
        if any(text.startswith("POISON") for text in listed):
            os.kill(os.getpid(), signal.SIGKILL)
        while _number(gate / "wait") > len(list((gate / "pids").iterdir())):
            time.sleep(0.02)
        time.sleep(_number(gate / "slow"))
        return embed(self, listed, **more)

    Encoder.embed = disturbed  # type: ignore[method-assign]


def _number(file: Path) -> float:
    return float(file.read_text()) if file.exists() else 0.0


if "RELATA_TEST_GATE" in os.environ and any("default_worker" in word for word in sys.orig_argv):
    _disturb(Path(os.environ["RELATA_TEST_GATE"]))
