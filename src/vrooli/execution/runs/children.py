"""Runs within runs: made once, driven like any other, waited for by the step that asked."""

import hashlib
from typing import Any

from vrooli.core.errors import UnknownName
from vrooli.core.ports.clock import Clock
from vrooli.execution.routines import RoutineStore, StoredRoutine
from vrooli.execution.runs.child_store import Born, ChildStore, NewChild
from vrooli.execution.runs.ends import Ends
from vrooli.execution.runs.engine import LEASE, Engine
from vrooli.execution.runs.inputs import BadInputs, InputCheck
from vrooli.execution.runs.sharing import DEFAULT_QUEUE
from vrooli.execution.runs.store import Claim
from vrooli.execution.step_type import StepFailed
from vrooli.execution.subruns import DEEPEST, MOST_RUNS, SubRun, SubRunEnd
from vrooli.flow.budget import limits
from vrooli.flow.patience import patiently

_REFUSED = {
    Born.TOO_DEEP: ("too-deep", f"runs would lie more than {DEEPEST} deep in each other"),
    Born.TOO_MANY: ("too-many", f"the tree has {MOST_RUNS} runs already"),
    Born.ORPHAN: ("cancelled", "the run that asks has ended"),
}


def child_id(parent: str, path: str, attempt: int) -> str:
    """Of the run that this attempt of this step makes: the same in every replay."""
    return hashlib.sha256(f"{parent}:{path}:{attempt}".encode()).hexdigest()[:16]


class Children:
    """Port `SubRuns`, for one process, which works on what it starts while it has room."""

    def __init__(
        self,
        store: ChildStore,
        routines: RoutineStore,
        engine: Engine,
        ends: Ends,
        clock: Clock,
    ) -> None:
        self._store, self._routines, self._engine = store, routines, engine
        self._ends, self._clock = ends, clock
        self._check_inputs = InputCheck()
        self._on_the_way = 0  # runs that will take a slot here when they are made

    async def to_its_end(self, asked: SubRun) -> SubRunEnd:
        """See the port. Who only waits takes no slot from what it waits for."""
        with self._engine.lent(asked.parent):
            end = await self._ends.of(await self.begun(asked))
        return await patiently(self._clock, lambda: self._store.whole(end))

    async def begun(self, asked: SubRun) -> str:
        """See the port."""
        run = child_id(asked.parent, asked.path, asked.attempt)
        if not await patiently(self._clock, lambda: self._store.known(run)):
            await self._make(run, asked)
        return run

    async def fits(self, asked: SubRun) -> None:
        """See the port."""
        await self._checked(asked)

    async def cut(self, run: str, by: str) -> None:
        """See the port."""
        parts = self._engine.parts
        for one in await parts.store.cancel(run, by):
            self._engine.drop(one)
            parts.meter.ended(one)

    async def _checked(self, asked: SubRun) -> tuple[StoredRoutine, Any]:
        """Its routine, and its inputs as that takes them."""
        stored = await patiently(self._clock, lambda: self._newest(asked.routine))
        try:
            return stored, self._check_inputs(stored, asked.inputs)
        except BadInputs as error:
            raise StepFailed("inputs", error.what, where=error.where or asked.routine) from error

    async def _make(self, run: str, asked: SubRun) -> None:
        stored, inputs = await self._checked(asked)
        budget = limits(asked.budget).instead_of(limits(stored.definition.get("budget")))
        queue = stored.definition.get("queue", DEFAULT_QUEUE)
        place = (asked.parent, asked.path)
        new = NewChild(run, *place, stored.name, stored.version, inputs, budget, queue)
        if not self._engine.takes(queue) or self._engine.room <= self._on_the_way:
            await self._create(new, None)
            return
        self._on_the_way += 1
        try:
            made, left = await self._create(new, self._engine.parts.owner)
            if made:
                claim = Claim(run, 1, inputs, stored.version, stored.definition, True, left)
                await self._engine.begin([claim])
        finally:
            self._on_the_way -= 1

    async def _create(self, new: NewChild, owner: str | None) -> tuple[bool, float | None]:
        """Whether it was made just now, and the seconds that budgets leave it."""
        lease = LEASE if owner else 0.0
        create = self._store.create
        born, left = await patiently(self._clock, lambda: create(new, owner, lease))
        if refused := _REFUSED.get(born):
            raise StepFailed(refused[0], refused[1], where=new.routine)
        if born is Born.MADE:
            self._engine.parts.meter.started(new.routine)
        return born is Born.MADE, left

    async def _newest(self, name: str) -> StoredRoutine:
        try:
            return await self._routines.get(name)
        except UnknownName as error:
            raise StepFailed("no-routine", error.what, where=name) from error
