"""Running the host checks: each in its own task, its look in a thread, so that a hung disk hangs
nothing else.
"""

import asyncio
from collections.abc import Callable

import vrooli.autoheal.checks
from vrooli.autoheal.board import HostCheck
from vrooli.autoheal.check import Check, Facts
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.ledger import Ledger
from vrooli.core import discover
from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result, unknown
from vrooli.stack.model import Thresholds

FactsOf = Callable[[], Facts]


def all_checks() -> list[Check]:
    """Every host check, by name of its file."""
    package = vrooli.autoheal.checks
    return [discover.load(package, name, "CHECK", Check) for name in discover.names(package)]


def limits(check: Check, overrides: dict[str, Thresholds]) -> Thresholds | None:
    """The thresholds in force: declared ones win over the check's own."""
    return overrides.get(check.id, check.thresholds)


class HostChecker:
    """Looks at the machine."""

    def __init__(self, facts: FactsOf, ledger: Ledger, clock: Clock) -> None:
        self._facts, self._ledger, self._clock = facts, ledger, clock
        self._running: dict[str, asyncio.Future[Result]] = {}

    async def look(self, host_check: HostCheck) -> Result:
        """One look, with the check's deadline. A look that hangs is not started a second time."""
        check = host_check.check
        task = self._running.get(check.id)
        if task is None or task.done():
            facts = self._facts()
            limit = limits(check, dict(facts.stack.autoheal.checks))
            task = asyncio.ensure_future(asyncio.to_thread(check.run, facts, limit))
            self._running[check.id] = task
        try:
            async with asyncio.timeout(check.timeout):
                return await asyncio.shield(task)
        except TimeoutError:
            return unknown(f"no answer within {check.timeout:g} s")
        except VrooliError as error:
            return unknown(str(error))

    async def update(self, host_check: HostCheck) -> Result:
        """Look, remember, and write down."""
        result = await self.look(host_check)
        before, host_check.result = host_check.result, result
        host_check.looked_at = self._clock.wall()
        self._ledger.result(host_check.check.id, result)
        if before is not None and before.status is not result.status:
            self._ledger.transition(
                host_check.check.id, str(before.status), str(result.status), result.message
            )
        return result

    async def watch(self, host_check: HostCheck) -> None:
        """Look for ever, at the check's interval."""
        while True:
            await guarded(host_check.check.id, self.update(host_check))
            await self._clock.sleep(host_check.check.interval)
