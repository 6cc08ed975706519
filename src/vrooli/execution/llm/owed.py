"""What was paid for is settled, though whoever asked is cut off: it goes on behind his back."""

import asyncio
import logging
from dataclasses import dataclass, field

import anyio

from vrooli.core.errors import VrooliError
from vrooli.execution.spending import Amount, Spending

MOMENT = 0.5
"""Seconds that somebody who is cut off waits for it at most: a cancel of a run takes no second.
What PostgreSQL does not take in that time is tried again until it does, while the process lives.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bill:
    """Of one request.

    Attributes:
        spending: where something is set aside for it.
        run: whose.
        key: under which.
    """

    spending: Spending = field(compare=False)
    run: str
    key: str


class Owed:
    """For one process."""

    def __init__(self) -> None:
        self._tasks: dict[Bill, asyncio.Task[None]] = {}

    @property
    def open(self) -> int:
        """How many are not durable yet."""
        return len(self._tasks)

    async def settle(self, bill: Bill, real: Amount) -> None:
        """Durable when it returns. Whoever is cut off meanwhile waits a moment, as in `cut_off`.

        Raises:
            VrooliError: nothing was set aside for it.
        """
        task = self._begin(bill, real)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await _moment(task)
            raise

    async def cut_off(self, bill: Bill, most: Amount) -> None:
        """Likewise, for somebody who must not wait long: it may become durable later."""
        await _moment(self._begin(bill, most))

    async def settled(self, bill: Bill) -> None:
        """When nothing of that is under way here."""
        if bill in self._tasks:
            await asyncio.wait([self._tasks[bill]])

    async def run_settled(self, run: str) -> None:
        """When nothing of that run is under way here."""
        if tasks := [task for bill, task in self._tasks.items() if bill.run == run]:
            await asyncio.wait(tasks)

    def _begin(self, bill: Bill, real: Amount) -> asyncio.Task[None]:
        task = asyncio.create_task(bill.spending.settle(bill.run, bill.key, real))
        self._tasks[bill] = task

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.pop(bill, None)
            error = None if task.cancelled() else task.exception()
            if isinstance(error, VrooliError):  # as when the run was removed meanwhile
                _log.warning("what a model request cost is not counted: %s", error)
            elif error is not None:
                _log.error("what a model request cost is not counted", exc_info=error)

        task.add_done_callback(ended)
        return task


async def _moment(task: asyncio.Task[None]) -> None:
    # The library that talks to models says again and again that it is cancelled.
    with anyio.CancelScope(shield=True):
        await asyncio.wait([task], timeout=MOMENT)
