"""Actors that take items one by one, and are replaced when they die.

In: how a worker makes its step, what a worker takes of a machine, and items. Out: `Done` for each item, in whatever order they come. An item whose
worker died is tried again, `TRIES` times in all. An actor has one item at a time, or two where steps are so short that it would wait for the next.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from relata.errors import ClusterError
from relata.ray._watch import Machines
from relata.shards._pool import Done

# How often an item is tried.
TRIES = 3
# Seconds between two looks at which machines are there.
LOOK = 1.0
# A step that took less has the next item waiting behind it.
SHORT = 1.0
# Seconds without any worker after which the job ends.
PATIENCE = 120.0


@dataclass(frozen=True)
class Size:
    """What a worker takes of a machine."""

    num_cpus: int | None
    num_gpus: float | None

    def workers(self, resources: dict[str, float]) -> int:
        """How many workers a machine has room for."""
        cpus, gpus = int(resources.get("CPU", 0)), resources.get("GPU", 0.0)
        if self.num_gpus:
            by_cards = int(gpus / self.num_gpus + 1e-9)
            return min(by_cards, cpus // self.num_cpus) if self.num_cpus else by_cards
        return cpus // self.num_cpus if self.num_cpus else min(cpus, 1)

    def beside(self, machines: Machines) -> str:
        """What a worker takes beside what the machines have."""
        there = [node["Resources"] for node in machines.nodes() if node["Alive"]]
        cpus, cards = (max((resources.get(kind, 0) for resources in there), default=0) for kind in ("CPU", "GPU"))
        cores = f"num_cpus={self.num_cpus or 1}" if self.num_cpus or not self.num_gpus else ""
        takes = ", ".join(filter(None, (cores, f"num_gpus={self.num_gpus:g}" if self.num_gpus else "")))
        return f"a worker takes {takes}, and no machine has more than {cpus:g} cores and {cards:g} cards for them"

    def threads(self, resources: dict[str, float]) -> int:
        """How many threads a worker of a machine runs."""
        return self.num_cpus or max(1, int(resources.get("CPU", 0)) // max(1, self.workers(resources)))

    def options(self, resources: dict[str, float]) -> dict[str, Any]:
        """What Ray is asked for, for a worker of a machine."""
        asked = self.num_cpus or (min(1, int(resources.get("CPU", 0))) if self.num_gpus else self.threads(resources))
        return {"num_cpus": asked, "num_gpus": self.num_gpus or 0}

    def task_options(self, machines: Machines) -> dict[str, Any]:
        """What Ray is asked for, for a task that may run on any machine."""
        threads = self.num_cpus or min((int(node["Resources"].get("CPU", 0)) for node in _with_room(machines, self)), default=1)
        return {"num_cpus": threads, "num_gpus": self.num_gpus or 0, "scheduling_strategy": "SPREAD", "runtime_env": {"env_vars": threads_env(threads)}}


def threads_env(threads: int) -> dict[str, str]:
    """What tells the engine how many threads to use, and NumPy unless it is loaded already."""
    return {name: str(threads) for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS")}


def _with_room(machines: Machines, size: Size) -> list[dict[str, Any]]:
    return [node for node in machines.nodes() if node["Alive"] and size.workers(node["Resources"]) > 0]


def sizes(machines: Machines, size: Size) -> dict[str, int]:
    """How many workers each machine has room for, by its id."""
    return {node["NodeID"]: size.workers(node["Resources"]) for node in _with_room(machines, size)}


def raised(error: Any) -> BaseException:
    """What a step raised, of Ray's exception for it."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) else error


class _Worker:
    """What an actor is made of."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]], threads: int) -> None:
        # The engine reads it with its first text. As part of Ray's own environment for a worker, it would take a process that starts anew, which
        # is a second, in place of one that is ready.
        os.environ.update(threads_env(threads))
        self._make = make
        self._step: Callable[[Any], Any] | None = None

    def ready(self) -> int:
        return os.getpid()

    def step(self, item: Any) -> tuple[Any, float]:
        """What the step gives, and the seconds that it took. What raises here is the step's own error, not that of a broken actor."""
        if self._step is None:
            self._step = self._make()
        began = time.monotonic()
        return self._step(item), time.monotonic() - began


@dataclass(eq=False)
class _Task:
    item: Any
    tried: int = 0


@dataclass(eq=False)
class _Actor:
    """An actor as its crew sees it."""

    handle: Any
    node: str
    starting: Any
    """A reference that is there once the actor is; then `None`."""
    tasks: deque[tuple[Any, _Task]] = field(default_factory=deque)
    """References and tasks, of which the first is under way."""
    depth: int = 1


class Crew:
    """The actors of one `map`."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]], size: Size, machines: Machines) -> None:
        import ray

        self._size, self._machines = size, machines
        self._make = ray.put(make)
        self._class = ray.remote(_Worker)
        self._actors: list[_Actor] = []
        self._again: deque[_Task] = deque()
        self._failed: dict[str, str] = {}
        self._looked = float("-inf")
        self._had_workers = time.monotonic()

    def work(self, items: Iterator[Any]) -> Iterator[Done[Any, Any]]:
        """Gives out all items and what comes of them. Items may give more once others are done, after they had none."""
        while True:
            self._look()
            more = self._hand_out(items)
            if not more and not self._again and not any(actor.tasks for actor in self._actors):
                return
            yield from self._collect()

    def end(self) -> None:
        """Ends all actors at once, whatever they do."""
        for actor in self._actors:
            self._kill(actor)
        self._actors.clear()

    # Machines come and go.

    def _look(self) -> None:
        """Makes an actor wherever a machine has room for one."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        for node in _with_room(self._machines, self._size):
            has = sum(actor.node == node["NodeID"] for actor in self._actors)
            for _ in range(self._size.workers(node["Resources"]) - has):
                self._start(node)
        if any(actor.starting is None for actor in self._actors):
            self._had_workers = now
        elif now - self._had_workers > PATIENCE:
            why = next(iter(self._failed.values()), None) or f"{self._size.beside(self._machines)}, or all of it is taken"
            raise ClusterError(f"no worker could be started for {PATIENCE:.0f} seconds: {why}")

    def _start(self, node: dict[str, Any]) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        place = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        resources = node["Resources"]
        options = self._size.options(resources)
        handle = self._class.options(max_restarts=0, scheduling_strategy=place, **options).remote(self._make, self._size.threads(resources))
        self._actors.append(_Actor(handle, node["NodeID"], handle.ready.remote()))

    def _kill(self, actor: _Actor) -> None:
        import ray

        # A cluster that is gone does not answer, and its workers end by themselves.
        if self._machines.is_lost:
            return
        try:
            ray.kill(actor.handle)
        except Exception:  # noqa: BLE001 - it is gone already, or the cluster is.
            pass

    # Items go out, and what they give comes in.

    def _hand_out(self, items: Iterator[Any]) -> bool:
        """Gives each actor what it has room for, those with least first. Gives whether there may be more items."""
        while True:
            free = [actor for actor in self._actors if actor.starting is None and len(actor.tasks) < actor.depth]
            if not free:
                return True
            if not self._again:
                try:
                    self._again.append(_Task(next(items)))
                except StopIteration:
                    return False
            task = self._again.popleft()
            actor = min(free, key=lambda actor: len(actor.tasks))
            actor.tasks.append((actor.handle.step.remote(task.item), task))

    def _collect(self) -> Iterator[Done[Any, Any]]:
        """Waits until something is there or it is time to look at the machines."""
        import ray

        starting = {actor.starting: actor for actor in self._actors if actor.starting is not None}
        working = {ref: actor for actor in self._actors for ref, _ in actor.tasks}
        waited = [*starting, *working]
        if not waited:
            time.sleep(LOOK / 10)
            return
        ready, _ = ray.wait(waited, num_returns=1, timeout=LOOK)
        self._machines.check()
        for ref in ready:
            actor = starting.get(ref) or working[ref]
            try:
                given = ray.get(ref)
            except ray.exceptions.RayTaskError as error:
                cause = raised(error)
                if not isinstance(cause, ray.exceptions.RayError) or isinstance(cause, ray.exceptions.RayTaskError):
                    raise cause from error
                yield from self._lost(actor, cause)
            except ray.exceptions.RayError as error:
                yield from self._lost(actor, error)
            else:
                if ref in starting:
                    actor.starting = None
                    self._failed.pop(actor.node, None)
                else:
                    yield self._take(actor, ref, given)

    def _take(self, actor: _Actor, ref: Any, given: tuple[Any, float]) -> Done[Any, Any]:
        result, seconds = given
        actor.depth = 2 if seconds < SHORT else 1
        [(_, task)] = [one for one in actor.tasks if one[0] == ref]
        actor.tasks = deque(one for one in actor.tasks if one[0] != ref)
        return Done(task.item, result, actor.node)

    def _lost(self, actor: _Actor, error: BaseException) -> Iterator[Done[Any, Any]]:
        """Puts away an actor that died. What it worked on is tried again; what only waited there was not tried."""
        import ray

        self._kill(actor)
        self._actors.remove(actor)
        why = first_line(error)
        # What it gave before it died is there, and is not to blame.
        while actor.tasks:
            ref, _ = actor.tasks[0]
            try:
                given = ray.get(ref, timeout=0)
            except ray.exceptions.RayError:
                break
            yield self._take(actor, ref, given)
        if actor.starting is not None:
            self._failed[actor.node] = why
            # Not at once again, where it may die at once again.
            self._looked = time.monotonic()
        else:
            self._looked = float("-inf")
        for at, (_, task) in enumerate(actor.tasks):
            task.tried += at == 0
            if task.tried >= (getattr(task.item, "tries", None) or TRIES):
                yield Done(task.item, None, actor.node, why)
            else:
                self._again.append(task)


def first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "Error:" in line and not line.startswith("ray.")]
    return (told or lines or [type(error).__name__])[-1 if told else 0]
