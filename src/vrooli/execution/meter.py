"""What is counted of the work, told as it happens. Nobody need listen."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from vrooli.core.ports.clock import Clock
from vrooli.execution.spending import Amount, Spending
from vrooli.flow.driver import Executor, Parked
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Call


class Meter(Protocol):
    """Counts. No method blocks or raises."""

    def started(self, routine: str) -> None:
        """A run was made here."""
        ...

    def ended(self, run: str) -> None:
        """A run ended, and was worked on or cancelled here."""
        ...

    def begun(self, type_: str) -> None:
        """An attempt of a step began here, or is gone on with."""
        ...

    def step(self, type_: str, outcome: str, seconds: float) -> None:
        """An attempt ended: `completed`, `failed`, `timeout` or `cancelled`."""
        ...

    def spent(self, real: Amount) -> None:
        """A model was paid."""
        ...


class NoMeter:
    """Counts nothing."""

    def started(self, routine: str) -> None:
        """See the port."""

    def ended(self, run: str) -> None:
        """See the port."""

    def begun(self, type_: str) -> None:
        """See the port."""

    def step(self, type_: str, outcome: str, seconds: float) -> None:
        """See the port."""

    def spent(self, real: Amount) -> None:
        """See the port."""


@dataclass(frozen=True, slots=True)
class Meters:
    """Two that count the same.

    Attributes:
        first, second: both hear of everything.
    """

    first: Meter
    second: Meter

    def started(self, routine: str) -> None:
        """See the port."""
        self.first.started(routine)
        self.second.started(routine)

    def ended(self, run: str) -> None:
        """See the port."""
        self.first.ended(run)
        self.second.ended(run)

    def begun(self, type_: str) -> None:
        """See the port."""
        self.first.begun(type_)
        self.second.begun(type_)

    def step(self, type_: str, outcome: str, seconds: float) -> None:
        """See the port."""
        self.first.step(type_, outcome, seconds)
        self.second.step(type_, outcome, seconds)

    def spent(self, real: Amount) -> None:
        """See the port."""
        self.first.spent(real)
        self.second.spent(real)


@dataclass(frozen=True, slots=True)
class MeteredSpending:
    """See `Spending`; what is settled is counted.

    Attributes:
        inner: the ledger.
        meter: who counts.
    """

    inner: Spending
    meter: Meter

    async def reserve(self, run: str, key: str, most: Amount) -> bool:
        """See the port."""
        return await self.inner.reserve(run, key, most)

    async def settle(self, run: str, key: str, real: Amount) -> None:
        """See the port."""
        await self.inner.settle(run, key, real)
        self.meter.spent(real)

    async def spent(self, run: str, step: str) -> int:
        """See the port."""
        return await self.inner.spent(run, step)


@dataclass(frozen=True, slots=True)
class MeteredExecutor:
    """An executor whose attempts are counted and timed.

    Attributes:
        inner: what executes.
        meter: who counts.
        clock: time.
    """

    inner: Executor
    meter: Meter
    clock: Clock
    _parked: dict[tuple[str, int], float] = field(default_factory=dict)

    def repeatable(self, call: Call) -> bool:
        """See the port."""
        return self.inner.repeatable(call)

    def lasting(self, call: Call) -> bool:
        """See the port."""
        return self.inner.lasting(call)

    async def execute(self, call: Call, begun: float) -> Finished:
        """See the port."""
        which, now = (call.path, call.attempt), self.clock.monotonic()
        if which not in self._parked:
            self.meter.begun(call.node.type)
        before, outcome = self._parked.pop(which, now), "failed"
        try:
            finished = await self.inner.execute(call, begun)
            outcome = _outcome(finished)
            return finished
        except Parked:  # it is looked at again, and has not ended
            self._parked[which], outcome = before, ""
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            if outcome:
                self.meter.step(call.node.type, outcome, self.clock.monotonic() - before)


def _outcome(finished: Finished) -> str:
    if finished.failure is None:
        return "completed"
    return "timeout" if finished.failure.kind == "timeout" else "failed"
