"""Drives swarms: reads how one stands, decides, does it, and lets it rest."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from vrooli.core.ports.clock import Clock
from vrooli.execution.coordinating import Coordinated
from vrooli.execution.executor import storable
from vrooli.execution.routines import StoredRoutine
from vrooli.execution.runs.tasks import task_path
from vrooli.execution.step_type import StepFailed
from vrooli.execution.subruns import SubRun, SubRuns
from vrooli.execution.swarms.deciding import (
    APPROVING,
    HANDING,
    Adopt,
    Command,
    Cut,
    End,
    Fail,
    Refuse,
    Skip,
    Start,
    Write,
    deadline,
    decide,
)
from vrooli.execution.swarms.fitting import unfit_tasks
from vrooli.execution.swarms.handing import renewed
from vrooli.execution.swarms.reading import (
    SwarmError,
    read_changed,
    read_policy,
    read_tasks,
)
from vrooli.execution.swarms.state import PLANNING, UNMADE, State, Unmade
from vrooli.execution.swarms.store import (
    BOARD,
    PLAN,
    POLICY,
    PROBLEMS,
    SKIPPED,
    Facts,
    Put,
    Written,
    named,
)
from vrooli.flow.driver import Parked
from vrooli.flow.patience import patiently

BUILT_IN: dict[str, dict[str, Any]] = {
    APPROVING: {
        "name": APPROVING,
        "description": "Asks whether a swarm may do a task",
        "do": [
            {
                "step": "ask",
                "approval": {
                    "message": "${inputs.message}",
                    "what": "${inputs.what}",
                    "shows": "${inputs.shows}",
                    "expires": "${inputs.expires}",
                },
            }
        ],
    },
    HANDING: {
        "name": HANDING,
        "description": "Waits for what a person does for a swarm",
        "do": [{"step": "done", "wait": {"signal": "done"}}],
        "output": "${steps.done.data}",
    },
}
"""Routines that every swarm may use."""


class Store(Protocol):
    """Keeps what is written on swarms: see `SwarmStore`."""

    async def open(self, run: str, path: str, goal: str, documents: Mapping[str, Any]) -> None:
        """It begins, unless it has."""
        ...

    async def heard(self, run: str, path: str) -> Facts:
        """How it stands."""
        ...

    async def put(self, run: str, new: Put) -> Written | None:
        """Write it; None when its run has ended."""
        ...


class Routines(Protocol):
    """Has routines: see `RoutineStore`."""

    async def put(self, definition: Any) -> tuple[str, bool]:
        """Have this one as well."""
        ...

    async def get(self, name: str) -> StoredRoutine:
        """Its newest version; `UnknownName` when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class SwarmCoordinator:
    """See `coordinating.Coordinator`.

    Attributes:
        store: of swarms.
        routines: where the built-in ones are put.
        subruns: makes runs.
        clock: time.
    """

    store: Store
    routines: Routines
    subruns: SubRuns
    clock: Clock

    async def cycle(self, swarm: Coordinated) -> Any:
        """See the port."""
        given = swarm.parts
        documents = {PLAN: given.get("plan", []), POLICY: given.get("policy", {})}
        begin = partial(self.store.open, swarm.run, swarm.path, given["goal"], documents)
        await patiently(self.clock, begin)
        while True:
            read = partial(self.store.heard, swarm.run, swarm.path)
            facts = await patiently(self.clock, read)
            state = state_of(swarm, facts)
            commands = decide(state, self.clock.wall())
            if not commands:
                raise Parked(deadline(state), state.stirs)
            for command in commands:
                if isinstance(command, End):
                    return command.output
                await self._do(swarm, facts, state, command)

    async def _do(self, swarm: Coordinated, facts: Facts, state: State, command: Command) -> None:
        if isinstance(command, Fail):
            raise StepFailed(command.kind, command.reason, where=command.where)
        if isinstance(command, Start):
            await self._begun(swarm, facts, state, command)
        elif isinstance(command, Cut):
            cut = partial(self.subruns.cut, command.run, f"run {swarm.run}")
            await patiently(self.clock, cut)
        elif not isinstance(command, End):
            if isinstance(command, Adopt) and (unfit := await self._unfit(state, command)):
                command = Refuse(unfit, command.by)
            put = partial(self.store.put, swarm.run, _put(facts, state, command))
            await patiently(self.clock, put)

    async def _unfit(self, state: State, plan: Adopt) -> str:
        """Why its tasks could not begin; empty where they can. Its coordinator can mend also those
        without which the swarm would go on.
        """
        tasks = read_tasks(list(plan.tasks))
        longer = replace(state.swarm, plan=(*state.swarm.plan, *tasks))
        ids = {one.id for one in tasks}
        look = partial(unfit_tasks, longer, ids, self.routines, whole=True)
        return "; ".join(map(str, await patiently(self.clock, look)))

    async def _begun(self, swarm: Coordinated, facts: Facts, state: State, start: Start) -> None:
        """What cannot begin fails the task, and with it the swarm, unless that goes on: before
        anybody is asked about it.
        """
        begins = start.then or start
        try:
            if start.then is not None:
                await self._made(swarm, start.then, self.subruns.fits)
            await self._start(swarm, start)
        except StepFailed as error:
            task = {one.id: one for one in state.swarm.plan}.get(begins.name)
            if task is None or error.kind == "cancelled":
                raise
            before = facts.documents.get(UNMADE)
            why = f"{error.kind}: {error.what}"
            one = {"attempt": swarm.attempt, "number": begins.number, "why": why}
            value = {**(before.value if before else {}), begins.name: one}
            seen = before.version if before else 0
            put = partial(self.store.put, swarm.run, Put(UNMADE, value, swarm.run, seen=seen))
            await patiently(self.clock, put)
            if not task.goes_on:
                raise

    async def _start(self, swarm: Coordinated, start: Start) -> None:
        if start.routine in BUILT_IN:
            put = partial(self.routines.put, BUILT_IN[start.routine])
            await patiently(self.clock, put)
        await self._made(swarm, start, self.subruns.begun)

    async def _made(
        self, swarm: Coordinated, start: Start, make: Callable[[SubRun], Awaitable[object]]
    ) -> None:
        """Or whether it could be, by `make`; what is wrong is told by its task."""
        path = task_path(swarm.path, named(start.name, start.number))
        asked = SubRun(swarm.run, path, 1, start.routine, start.inputs, start.budget)
        try:
            storable(start.inputs, "what it is given")
            await make(asked)
        except StepFailed as error:
            where = f"{start.name}: {error.where}" if error.where else start.name
            raise StepFailed(error.kind, error.what, where=where) from error


def _put(facts: Facts, state: State, command: Write | Skip | Adopt | Refuse) -> Put:
    """How a command is written down; what somebody changed meanwhile is looked at first."""
    if isinstance(command, Write):
        return Put(f"{BOARD}{command.key}", command.value, command.by, once=True)
    if isinstance(command, Skip):
        return Put(SKIPPED, command.task, command.task, once=True)
    if isinstance(command, Refuse):
        return Put(PROBLEMS, command.problems, command.by, once=True)
    plan = facts.documents[PLAN]
    tasks = [*plan.value, *renewed(command.tasks, state)]
    return Put(PLAN, tasks, command.by, seen=plan.version)


def state_of(swarm: Coordinated, facts: Facts) -> State:
    """What one decides by.

    Raises:
        StepFailed: what is written on it cannot be read.
    """
    parts = {key: value for key, value in swarm.parts.items() if key != "inputs"}
    written, writers = facts.documents, facts.writers
    parts |= {name: written[name].value for name in (PLAN, POLICY) if name in written}
    parts |= {"goal": facts.goal} if facts.goal else {}
    try:
        read, above = read_changed(parts), tuple(map(read_policy, facts.above))
    except SwarmError as error:
        raise StepFailed("plan", error.what) from error
    plannings, problems = facts.tries.get(PLANNING, ()), written.get(PROBLEMS)
    told = problems is not None and plannings and problems.by == plannings[-1].run
    board = {name: one for name, one in written.items() if name.startswith(BOARD)}
    return State(
        swarm=read,
        inputs=swarm.parts.get("inputs", {}),
        begun=swarm.begun,
        attempt=swarm.attempt,
        tries=facts.tries,
        board={name.removeprefix(BOARD): one.value for name, one in board.items()},
        wrote=frozenset().union(*(writers[name] for name in board)),
        adopted=writers.get(PLAN, frozenset()),
        refused=writers.get(PROBLEMS, frozenset()),
        skipped=writers.get(SKIPPED, frozenset()),
        unmade=unmade(written[UNMADE].value if UNMADE in written else None, swarm.attempt),
        problems=problems.value if problems and told else "",
        messages=facts.messages,
        above=above,
        stirs=facts.stirs,
    )


def unmade(found: Mapping[str, Any] | None, attempt: int) -> dict[str, Unmade]:
    """Of the tasks that could not begin in this attempt, from what is written of all."""
    return {
        # Swarms that began before that was kept have no number there.
        task: Unmade(one.get("number", 1), one["why"])
        for task, one in (found or {}).items()
        if one["attempt"] >= attempt
    }
