"""What waits for the disk: bounded, in order, and it gives up results before anything else."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

LIMIT = 10_000
"""Rows that may wait in memory; at 500 bytes each about 5 MiB."""

BATCH = 500
"""Rows of one transaction."""


@dataclass(slots=True)
class Item:
    """One piece of work inside the writer's transaction.

    Attributes:
        work: what to do with the connection; its value answers `done`.
        durable: False for what may be dropped (results).
        done: told after the COMMIT; None when nobody waits.
        alone: whether it needs a transaction of its own (rollup, retention).
        order: place in the sequence of all items.
    """

    work: Callable[[sqlite3.Connection], Any]
    durable: bool
    done: "Future[Any] | None" = None
    alone: bool = False
    order: int = field(default=0, compare=False)


class Backlog:
    """Two queues with one order. Not thread-safe: the writer holds its lock around every call."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._results: deque[Item] = deque()
        self._durable: deque[Item] = deque()
        self._order = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._results) + len(self._durable)

    @property
    def urgent(self) -> bool:
        """Whether somebody waits, or a batch is full."""
        return bool(self._durable) or len(self._results) >= BATCH

    @property
    def roomy(self) -> bool:
        """Whether half of the room is free again, so that drops can be told."""
        return len(self) * 2 < self._limit

    def push(self, item: Item) -> None:
        """Add one; when full the oldest result goes. Durable items are few and always find room."""
        self._order += 1
        item.order = self._order
        (self._durable if item.durable else self._results).append(item)
        self._trim()

    def take(self) -> list[Item]:
        """Remove the next batch, in order; an item that wants to be alone comes alone."""
        batch: list[Item] = []
        while len(batch) < BATCH and (queue := self._next()) is not None:
            if batch and queue[0].alone:
                break
            batch.append(queue.popleft())
            if batch[-1].alone:
                break
        return batch

    def give_back(self, batch: Iterable[Item]) -> None:
        """Put a batch that failed in front again."""
        for item in sorted(batch, key=lambda each: each.order, reverse=True):
            (self._durable if item.durable else self._results).appendleft(item)
        self._trim()

    def clear(self) -> list[Item]:
        """Remove everything."""
        items = [*self._durable, *self._results]
        self._durable.clear()
        self._results.clear()
        return items

    def _next(self) -> "deque[Item] | None":
        if not self._results:
            return self._durable or None
        if not self._durable:
            return self._results
        earlier = self._results[0].order < self._durable[0].order
        return self._results if earlier else self._durable

    def _trim(self) -> None:
        while len(self) > self._limit and self._results:
            self._results.popleft()
            self.dropped += 1
