"""One question to the watchdog, whoever many pages ask it at the same time."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from vrooli.console.acting import Acting

Answer = TypeVar("Answer")

MOST = 64
"""Answers that are kept: one for each set of filters that somebody looks at."""


class Shared(Generic[Answer]):
    """Asks once for each `key` and `turn`, as one of those who look: only for what all may see."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, tuple[Hashable, asyncio.Task[Answer]]] = {}

    async def ask(
        self, key: Hashable, turn: Hashable, acting: Acting, question: Callable[[], Answer]
    ) -> Answer:
        """The answer to `question`.

        Args:
            key: says which question it is.
            turn: another one when the answer may be another.
            acting: who asks, when nobody did yet.
            question: blocking; run in a thread.
        """
        known = self._asked.pop(key, None)
        if known is None or known[0] != turn or _failed(known[1]):
            known = turn, asyncio.create_task(acting.ask(question))
        self._asked[key] = known
        while len(self._asked) > MOST:
            del self._asked[next(iter(self._asked))]
        return await asyncio.shield(known[1])


def _failed(task: "asyncio.Task[Answer]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
