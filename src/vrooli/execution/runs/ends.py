"""Waits for the ends of many runs, wherever they are driven, with one query for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.execution.subruns import SubRunEnd
from vrooli.flow.patience import patiently

FIRST, LONGEST = 0.02, 0.5
"""Seconds between two looks: doubled while nothing ends, and short again after a hint."""


class Ends:
    """For one process.

    Args:
        ended: says which of these have ended, and how.
        clock: time.
    """

    def __init__(
        self, ended: Callable[[Sequence[str]], Awaitable[list[SubRunEnd]]], clock: Clock
    ) -> None:
        self._ended, self._clock = ended, clock
        self._waiting: dict[str, set[asyncio.Future[SubRunEnd]]] = {}
        self._hinted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def of(self, run: str) -> SubRunEnd:
        """When it has ended."""
        answer: asyncio.Future[SubRunEnd] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(run, set()).add(answer)
        self._hinted.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            return await answer
        finally:
            self._forget(run, answer)

    def hint(self, run: str) -> None:
        """It may have ended."""
        if run in self._waiting:
            self._hinted.set()

    def _forget(self, run: str, answer: "asyncio.Future[SubRunEnd]") -> None:
        waiting = self._waiting.get(run, set())
        waiting.discard(answer)
        if not waiting:
            self._waiting.pop(run, None)
            self._hinted.set()

    async def _look(self) -> None:
        """Until nobody waits."""
        pause = FIRST
        while self._waiting:
            if self._hinted.is_set():
                self._hinted.clear()
                pause = FIRST
            try:
                for end in await patiently(self._clock, self._now):
                    self._tell(end)
            except VrooliError as error:
                self._fail(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._hinted.wait()
            pause = min(2 * pause, LONGEST)

    async def _now(self) -> list[SubRunEnd]:
        return await self._ended(list(self._waiting))

    def _tell(self, end: SubRunEnd) -> None:
        for answer in self._waiting.get(end.run, ()):
            if not answer.done():
                answer.set_result(end)

    def _fail(self, error: VrooliError) -> None:
        """Nobody may wait for what is not looked at any more."""
        for answers in self._waiting.values():
            for answer in answers:
                if not answer.done():
                    answer.set_exception(error)
