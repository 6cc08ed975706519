"""What the watchdog told about the past, kept for a moment for all open pages: twenty of them that
show the same ask once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

Answer = TypeVar("Answer")

MOST = 200
"""Answers that are kept; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class _Asked:
    at: float
    task: asyncio.Task[Any]

    @property
    def is_good(self) -> bool:
        """Under way, or answered."""
        return not self.task.done() or (not self.task.cancelled() and self.task.exception() is None)


class Answers:
    """Asks once for all who want to know the same at about the same time."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, _Asked] = {}

    async def get(
        self,
        key: Hashable,
        question: Callable[[], Awaitable[Answer]],
        *,
        seconds: float,
        newer_than: float = 0.0,
    ) -> Answer:
        """The answer to `question`, or one to the same that is not too old.

        Args:
            key: the same for the same question.
            question: asks.
            seconds: the age up to which an answer will do.
            newer_than: unix seconds; an answer to what was asked before them will not do.
        """
        kept, now = self._asked.get(key), time.time()
        if kept is None or not kept.is_good or kept.at < max(now - seconds, newer_than):
            kept = _Asked(now, asyncio.ensure_future(_ask(question)))
            self._asked.pop(key, None)
            self._asked[key] = kept
            while len(self._asked) > MOST:
                del self._asked[next(iter(self._asked))]
        answer: Answer = await asyncio.shield(kept.task)
        return answer


async def _ask(question: Callable[[], Awaitable[Answer]]) -> Answer:
    return await question()
