"""Engines on a real PostgreSQL, whose steps are counted and end when the test says."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.flow import TYPES, ended
from tests.support.work import WorkDatabase
from vrooli.core.ports.clock import Clock
from vrooli.execution.batcher import Batcher
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.runs.engine import Engine, EngineParts
from vrooli.execution.runs.store import Serves
from vrooli.execution.runs.transitions import Transitions
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Call
from vrooli.flow.model import Routine
from vrooli.flow.reading import read
from vrooli.host.clock import SystemClock


@dataclass
class World:
    """What the steps of all engines did.

    Attributes:
        effects: executions, by run, path and attempt.
        shut: steps that do not end until they are opened, by path.
        inside: run and path of each that is under way.
        outputs: of steps, by path; else what they were given. `ValueError` is raised: a defect.
    """

    effects: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    shut: dict[str, asyncio.Event] = field(default_factory=dict)
    inside: set[tuple[str, str]] = field(default_factory=set)
    outputs: dict[str, Any] = field(default_factory=dict)

    def twice(self) -> list[tuple[str, str, int]]:
        """What was executed more than once."""
        return [key for key, times in self.effects.items() if times > 1]


@dataclass(frozen=True)
class CountingSteps:
    """Executes the steps of one run."""

    run: str
    world: World

    def repeatable(self, call: Call) -> bool:
        """Steps of type `ask` are."""
        return call.node.type == "ask"

    def lasting(self, call: Call) -> bool:
        """None is."""
        return False

    async def execute(self, call: Call, begun: float) -> Finished:
        """Count it, and wait until it may end."""
        world, here = self.world, (self.run, call.path)
        world.effects[self.run, call.path, call.attempt] += 1
        world.inside.add(here)
        try:
            if call.path in world.shut:
                await world.shut[call.path].wait()
        finally:
            world.inside.discard(here)
        output = world.outputs.get(call.path, call.arguments)
        if output is ValueError:
            raise ValueError(call.path)
        return ended(call, output)


def engine(
    work: WorkDatabase,
    world: World,
    slots: int = 100,
    steps: Callable[[str], CountingSteps] | None = None,
    *,
    serves: Serves | None = None,
    clock: Clock | None = None,
) -> Engine:
    """As one process has it, with steps of its own for each run if need be."""
    batcher, make = Batcher(work.database), steps or (lambda run: CountingSteps(run, world))
    return Engine(
        EngineParts(
            owner=secrets.token_hex(4),
            store=work.store,
            journal=lambda run, fence, fresh: PostgresJournal(work.database, batcher, run, fence),
            executor=lambda book: make(book.run),
            written=batcher.close,
            clock=clock or SystemClock(),
            read=_read,
            transitions=Transitions(work.database),
            slots=slots,
            serves=serves or Serves(),
        )
    )


def _read(version: str, data: Any) -> Routine:
    return read(data, TYPES, lambda name, arguments: [])
