"""What `relata embed --cluster` starts: one job, asked for by a line of JSON on standard input.

In: the arguments of `relata.ray.embed` as an object. Out: lines of JSON on standard output: `{"done": ROWS}` now and then, and in the end
`{"answer": ...}` or `{"error": {"code": ..., "text": ..., "lost": ...}}`. Progress and messages go to standard error. The end of the input ends the
job: whoever started it is gone.
"""

from __future__ import annotations

import _thread
import dataclasses
import json
import os
import sys
import threading
import traceback
from functools import partial
from typing import Any, TextIO

from relata.errors import ClusterError


def main() -> int:
    """Does the job, and gives the exit status."""
    asked = json.loads(sys.stdin.readline())
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    # Whatever else prints must not stand between lines of JSON.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=_until_alone, daemon=True).start()
    try:
        _say(lines, answer=_answer(asked, lines))
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        code = getattr(error, "code", None)
        if not isinstance(code, str):
            traceback.print_exc()
            code = "cluster-job"
        # The program says itself that the cluster was lost.
        lost = error.reason if isinstance(error, ClusterError) else None
        _say(lines, error={"code": code, "text": lost or str(error) or type(error).__name__, "lost": lost is not None})
        return 2


def _answer(asked: dict[str, Any], lines: TextIO) -> dict[str, Any]:
    from relata.ray._cluster import run
    from relata.shards import _embed
    from relata.shards._show import Show, Status

    place = {name: asked.pop(name) for name in ("address", "num_cpus", "num_gpus")}
    model = _embed.Model(*(asked.pop(name) for name in ("model", "precision", "device", "long", "as_query")))
    wanted = _embed.asked(model=model, cards=bool(place["num_gpus"]), **asked)
    with Show(True) as show:

        def tell(status: Status) -> None:
            show(status)
            _say(lines, done=status.rows + status.found)

        def lost(reason: str) -> None:
            _say(lines, error={"code": ClusterError.code, "text": reason, "lost": True})
            # Ray does not let go of a cluster that is no more.
            os._exit(2)

        embedded = run(partial(_embed.job, wanted), tell=tell, lost=lost, **place)
    return dataclasses.asdict(embedded) | {"rows": embedded.rows}


def _say(lines: TextIO, **told: Any) -> None:
    print(json.dumps(told, ensure_ascii=False), file=lines)


def _until_alone() -> None:
    while sys.stdin.read(1 << 16):
        pass
    _thread.interrupt_main()


if __name__ == "__main__":
    sys.exit(main())
