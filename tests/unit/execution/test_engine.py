"""The loops of an engine."""

import asyncio
from typing import Any, cast

from tests.support.until import until
from vrooli.execution.runs.engine import SWEEP, Engine, EngineParts
from vrooli.execution.runs.store import Claim, RunStore
from vrooli.execution.runs.transitions import Transitions
from vrooli.host.memory.clock import MemoryClock


class DefectiveStore:
    """Breaks at its first sweep, in a way that nobody has thought of.

    Attributes:
        sweeps: how many there were.
    """

    def __init__(self) -> None:
        self.sweeps = 0

    async def claim(self, *_: Any, **__: Any) -> list[Claim]:
        self.sweeps += 1
        if self.sweeps == 1:
            raise RuntimeError("a defect")
        return []

    async def left(self, *_: Any, **__: Any) -> tuple[bool, bool]:
        return False, False


class Still:
    """Nothing is due."""

    async def due(self) -> None:
        return


async def nothing() -> None:
    return


def never(*_: Any) -> Any:
    raise AssertionError("there is no run")


async def test_a_defect_in_one_round_does_not_end_the_engine() -> None:
    store, clock = DefectiveStore(), MemoryClock()
    made = cast(RunStore, store), never, never, nothing, clock, never
    parts = EngineParts("me", *made, cast(Transitions, Still()))
    task = asyncio.create_task(Engine(parts).run())
    await until(lambda: store.sweeps == 1)
    await clock.advance(SWEEP)
    await until(lambda: store.sweeps == 2)
    task.cancel()
    await asyncio.wait([task])
