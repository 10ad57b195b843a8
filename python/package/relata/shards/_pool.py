"""Where the steps of a job run: here, or on the machines of a cluster (`relata.ray`).

In: a step, and the items that it takes one by one. Out: what it gives, in whatever order it comes. A job is written once, against a `Pool`, and
is the same job everywhere: what an item gives depends on that item alone, and what is made of all of them does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A")


@dataclass(frozen=True)
class Done(Generic[T, R]):
    """An item that was done, or that could not be done."""

    item: T
    result: R | None
    """What the step gave."""
    node: str
    """The machine that did it, as its cluster names it."""
    lost: str | None = None
    """Why no worker came back with an answer, however often it was tried: the process died, or its machine did."""


class Pool(Protocol):
    """Where steps run. A step that raises ends the job; what is wrong with an item is part of what the step gives."""

    def map(self, make: Callable[[], Callable[[T], R]], items: Iterable[T]) -> Iterator[Done[T, R]]:
        """Runs a step for each item, in any order. `make` gives the step; it is called once by each worker, which keeps what it loads.

        An item with a number `tries` is tried so often. Items may give more once others are done, after they had none.
        """
        ...

    def reduce(
        self, step: Callable[[T], R], merge: Callable[[R, R], R], items: Iterable[T], done: Callable[[T], None] = lambda _: None
    ) -> R | None:
        """Runs a step for each item and merges what they give, in a tree. `merge` gives the same in any order. `None` without items.

        `done` is told of each item whose step has ended.
        """
        ...

    def share(self, value: R) -> Callable[[], R]:
        """Takes a large value to where steps run, once for each machine. What is called within a step gives it back."""
        ...

    def read(self, reader: Callable[[T], Iterator[tuple[A, R | None]]], items: Iterable[T]) -> Iterator[tuple[A, Any]]:
        """Reads items piece by piece: what is to be known of a piece at once, and the piece, if it is wanted, as an item of `map`."""
        ...

    def value(self, item: Any) -> Any:
        """What an item of `map` is that was read by `read`."""
        ...


class Here:
    """Steps run in this process, one after the other. A step itself uses all cores."""

    def map(self, make: Callable[[], Callable[[T], R]], items: Iterable[T]) -> Iterator[Done[T, R]]:
        step = make()
        for item in items:
            yield Done(item, step(item), "here")

    def reduce(
        self, step: Callable[[T], R], merge: Callable[[R, R], R], items: Iterable[T], done: Callable[[T], None] = lambda _: None
    ) -> R | None:
        merged: R | None = None
        for item in items:
            given = step(item)
            done(item)
            merged = given if merged is None else merge(merged, given)
        return merged

    def share(self, value: R) -> Callable[[], R]:
        return lambda: value

    def read(self, reader: Callable[[T], Iterator[tuple[A, R | None]]], items: Iterable[T]) -> Iterator[tuple[A, Any]]:
        for item in items:
            yield from reader(item)

    def value(self, item: Any) -> Any:
        return item
