"""What is counted of the work, told as it happens. Nobody need listen."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from vrooli.core.ports.clock import Clock
from vrooli.flow.driver import Executor
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

    def step(self, type_: str, outcome: str, seconds: float) -> None:
        """An attempt ended: `completed`, `failed`, `timeout` or `cancelled`."""
        ...


class NoMeter:
    """Counts nothing."""

    def started(self, routine: str) -> None:
        """See the port."""

    def ended(self, run: str) -> None:
        """See the port."""

    def step(self, type_: str, outcome: str, seconds: float) -> None:
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

    def step(self, type_: str, outcome: str, seconds: float) -> None:
        """See the port."""
        self.first.step(type_, outcome, seconds)
        self.second.step(type_, outcome, seconds)


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

    def repeatable(self, call: Call) -> bool:
        """See the port."""
        return self.inner.repeatable(call)

    def lasting(self, call: Call) -> bool:
        """See the port."""
        return self.inner.lasting(call)

    async def execute(self, call: Call, begun: float) -> Finished:
        """See the port."""
        before, outcome = self.clock.monotonic(), "failed"
        try:
            finished = await self.inner.execute(call, begun)
            outcome = _outcome(finished)
            return finished
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            self.meter.step(call.node.type, outcome, self.clock.monotonic() - before)


def _outcome(finished: Finished) -> str:
    if finished.failure is None:
        return "completed"
    return "timeout" if finished.failure.kind == "timeout" else "failed"
