"""The pool of a Ray cluster: where steps of a job run on its machines.

In: steps and items of a job that was written against `relata.shards._pool.Pool`. Out: what it gives. `_crew.py` has the actors that `map` runs in,
`_cluster.py` the connection. docs/design/clusters.md says why it is so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from relata.ray._crew import LOOK, Crew, Size, raised, sizes
from relata.ray._watch import Machines
from relata.shards._pool import Done

T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A")

# How often Ray runs a task again whose worker or machine died.
RETRIES = 3

# Pieces that a reader is ahead of whoever takes them.
AHEAD = 4


class RayPool:
    """Steps run on the machines of the cluster that this process is connected to.

    `size` is what a worker takes: all cores of a machine unless it says so, and with a card one for each. `machines` tells which there are.
    """

    def __init__(self, size: Size | None = None, machines: Machines | None = None) -> None:
        self._size, self._machines = size or Size(None, None), machines or Machines()

    def map(self, make: Callable[[], Callable[[T], R]], items: Iterable[T]) -> Iterator[Done[T, R]]:
        """Runs a step for each item by actors, which are given one item after the other. An item may be a reference to an object."""
        crew = Crew(make, self._size, self._machines)
        try:
            yield from crew.work(iter(items))
        finally:
            crew.end()

    def reduce(
        self, step: Callable[[T], R], merge: Callable[[R, R], R], items: Iterable[T], done: Callable[[T], None] = lambda _: None
    ) -> R | None:
        """Runs a step for each item by tasks, and merges two results whenever two are ready. What is lost with a machine is computed again."""
        import ray

        options = self._size.task_options(self._machines)
        run, join = _remote(_apply, options), _remote(_merge, options)
        step_ref, merge_ref = ray.put(step), ray.put(merge)
        left, more = iter(items), True
        # Each with its item; a merge has none.
        running: dict[Any, tuple[T, ...]] = {}
        ready: list[Any] = []
        while True:
            while more and len(running) < self._most():
                try:
                    item = next(left)
                    running[run.remote(step_ref, item)] = (item,)
                except StopIteration:
                    more = False
            while len(ready) > 1:
                running[join.remote(merge_ref, ready.pop(), ready.pop())] = ()
            if not running:
                break
            ended = self._first_of(list(running))
            for ref in ended:
                for item in running.pop(ref):
                    done(item)
            ready += ended
        return self.value(ready[0]) if ready else None

    def share(self, value: R) -> Callable[[], R]:
        """Puts a value into the cluster's memory, from which each machine fetches it once."""
        import ray

        return _Shared(ray.put(value))

    def read(self, reader: Callable[[T], Iterator[tuple[A, R | None]]], items: Iterable[T]) -> Iterator[tuple[A, Any]]:
        """Reads items by tasks that need no core, a few at once. What is read stays where it was read, and is here as a reference."""
        import ray

        options = {"num_cpus": 0, "max_retries": RETRIES, "scheduling_strategy": "SPREAD", "num_returns": "streaming"}
        run = _remote(_read, options | {"_generator_backpressure_num_objects": 2 * AHEAD})
        reader_ref, left = ray.put(reader), iter(items)
        streams: list[Any] = []
        most = max(1, len(sizes(self._machines, self._size)))
        more = True
        while True:
            while more and len(streams) < most:
                try:
                    streams.append(run.remote(reader_ref, next(left)))
                except StopIteration:
                    more = False
            if not streams:
                return
            stream = self._first_of(streams)[0]
            try:
                about, has_block = self.value(next(stream))
                yield about, next(stream) if has_block else None
                # The next one comes from another reader, so that none waits long.
                streams.append(streams.pop(streams.index(stream)))
            except StopIteration:
                streams.remove(stream)

    def value(self, item: Any) -> Any:
        """The object of a reference, and whatever is no reference itself."""
        import ray

        if not isinstance(item, ray.ObjectRef):
            return item
        while True:
            try:
                return ray.get(item, timeout=LOOK)
            except ray.exceptions.GetTimeoutError:
                self._machines.check()
            except ray.exceptions.RayTaskError as error:
                raise raised(error) from error

    def _first_of(self, running: list[Any]) -> list[Any]:
        """Waits until one of some references is ready, and gives it."""
        import ray

        while True:
            ready, _ = ray.wait(running, num_returns=1, timeout=LOOK, fetch_local=False)
            self._machines.check()
            if ready:
                return list(ready)

    def _most(self) -> int:
        """Tasks that are given out at once: enough that no machine waits for the next one."""
        return 2 * max(1, sum(sizes(self._machines, self._size).values()))


class _Shared:
    """A value in the cluster's memory."""

    def __init__(self, ref: Any) -> None:
        self._ref = ref

    def __call__(self) -> Any:
        import ray

        return ray.get(self._ref)


def _remote(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    import ray

    return ray.remote(function).options(max_retries=options.pop("max_retries", RETRIES), **options)


def _apply(step: Callable[[T], R], item: T) -> R:
    return step(item)


def _merge(merge: Callable[[R, R], R], one: R, other: R) -> R:
    return merge(one, other)


def _read(reader: Callable[[T], Iterator[tuple[A, R | None]]], item: T) -> Iterator[Any]:
    for about, block in reader(item):
        yield about, block is not None
        if block is not None:
            yield block
