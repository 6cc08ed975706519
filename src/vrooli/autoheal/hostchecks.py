"""Looking at the machine: each check in its own task, its look off the loop, so that a hung disk
hangs nothing else.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from vrooli.autoheal.board import Board
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.check import Check, Facts, Look
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.hosthealing import HostHealing, Tools
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.suspicion import Asked, Suspicion
from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    ProtocolError,
    Unreachable,
    VrooliError,
)
from vrooli.core.result import Result, not_applicable, unknown
from vrooli.core.status import Status
from vrooli.stack.aside import Aside

_log = logging.getLogger(__name__)

FactsOf = Callable[[], Facts]

SOON = 10.0
"""Seconds at the most until a look after one that found nothing out: while a stack comes up there
are many of those.
"""


HANGS = 86_400.0
"""Seconds for which the thread of a look that hangs is waited for: it bounds nothing, the check's
deadline does.
"""


class HostChecker:
    """Looks at the machine."""

    def __init__(
        self,
        board: Board,
        facts: FactsOf,
        ledger: Ledger,
        healing: HostHealing,
        suspicion: Suspicion,
    ) -> None:
        self._board, self._facts = board, facts
        self._ledger, self._healing, self._suspicion = ledger, healing, suspicion
        self._clock = suspicion.clock
        self._running: dict[str, asyncio.Future[Result]] = {}
        self._aside = Aside()

    async def look(self, item: HostCheck) -> Result:
        """One look, with the check's deadline; what it found is weighed."""
        absent = item.absent or self._absent(item)
        if absent:
            return not_applicable(absent)
        began = self._clock.monotonic()
        result = await self._look(item)
        peer = self._peer(item)
        asked = Asked(began, item.timeout, peer, recalls=item.check.recalls)
        return await self._suspicion.weigh(result, asked)

    async def _look(self, item: HostCheck) -> Result:
        """A look that hangs is not started a second time."""
        task = self._running.get(item.id)
        try:
            if task is None or task.done():
                task = self._begin(item)
            async with asyncio.timeout(item.timeout):
                return await asyncio.shield(task)
        except TimeoutError:
            if task is not None and inspect.iscoroutinefunction(item.check.run):
                task.cancel()  # a thread cannot be ended
            return Result(item.check.silence, f"no answer within {item.timeout:g} s")
        except VrooliError as error:
            return failed_look(item.check, error)
        except Exception as error:  # noqa: BLE001 -- a defect in one must not stop the rest
            _log.exception("%s", item.id)
            return unknown(f"could not look: the check failed ({type(error).__name__})")

    def _begin(self, item: HostCheck) -> "asyncio.Future[Result]":
        task = asyncio.ensure_future(self._run(item, self.facts_of(item)))
        # A look that went on in a thread and failed after its time: nobody waits for it.
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        self._running[item.id] = task
        return task

    def _peer(self, item: HostCheck) -> str:
        try:
            return item.check.peer(self.facts_of(item))
        except VrooliError:  # its look has said what is wrong with the address
            return ""

    def facts_of(self, item: HostCheck) -> Look:
        """All that a look at it may use."""
        facts = self._facts()
        return Look(
            facts=facts,
            id=item.id,
            limits=item.limits,
            options=item.options,
            service=facts.stack.services.get(item.service),
            before=item.result,
        )

    @property
    def tools(self) -> Tools:
        """What heals of the machine need."""
        return Tools(self.facts_of, self.update)

    async def update(self, item: HostCheck) -> Result:
        """Look, remember, and write down."""
        result = await self.look(item)
        self._take(item, result)
        return result

    def _take(self, item: HostCheck, result: Result) -> None:
        if result.status is not Status.UNKNOWN and not item.acting:
            item.flaps = item.flaps.after(result.healthy, result.message)
        result = item.flaps.shown(result)
        before, item.result = item.result, result
        item.looked_at = self._clock.wall()
        if result.applicable:
            self._ledger.result(item.id, result, item.interval)
        if before is not None and before.status is not result.status:
            self._ledger.transition(item.id, str(before.status), str(result.status), result.message)

    async def watch(self, item: HostCheck) -> None:
        """Look for ever, at the check's interval."""
        item.backoff = await self._ledger.load_backoff(item.id)
        while True:
            await guarded(item.id, self._look_and_heal(item))
            known = item.result is not None and item.result.status is not Status.UNKNOWN
            await self._rest(item, item.interval if known else min(item.interval, SOON))

    async def _rest(self, item: HostCheck, seconds: float) -> None:
        """Until the next look is due. One that somebody has taken before says little when it is
        bad: whatever it is about had no time yet.
        """
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            item.kick.clear()
            try:
                async with asyncio.timeout(left):
                    await item.kick.wait()
            except TimeoutError:
                return
            await guarded(item.id, self._look_for_good_news(item))

    async def _look_for_good_news(self, item: HostCheck) -> None:
        result = await self.look(item)
        if result.applicable and result.healthy:
            self._take(item, result)
            await self._healing.on_look(item, result, self.tools)

    def _absent(self, item: HostCheck) -> str:
        """A resource that does not serve has a check of its own, and nothing else can be asked."""
        tracked = self._board.tracked.get(item.service)
        if tracked is None or tracked.healthy:
            return ""
        return f"{item.service} is not healthy: see {tracked.service.check_id}"

    async def _run(self, item: HostCheck, look: Look) -> Result:
        if inspect.iscoroutinefunction(item.check.run):
            return await cast(Awaitable[Result], item.check.run(look))
        run = cast(Callable[[Look], Result], item.check.run)
        return await self._aside.answer(item.id, lambda: run(look), HANGS)

    async def _look_and_heal(self, item: HostCheck) -> None:
        result = await self.update(item)
        await self._healing.on_look(item, result, self.tools)


def failed_look(check: Check, error: VrooliError) -> Result:
    """What it means that a look could not be done."""
    silent = isinstance(error, Unreachable | DeadlineExceeded | ProtocolError | AccessDenied)
    return Result(check.silence, str(error)) if silent else unknown(str(error))
