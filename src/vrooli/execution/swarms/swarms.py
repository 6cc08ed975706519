"""What can be asked of swarms: start one, see how it stands, speak to it, steer it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from vrooli.core.errors import Refused, UnknownName, UsageError
from vrooli.execution.coordinating import Coordinated
from vrooli.execution.executor import storable
from vrooli.execution.postgres_signals import ENDED, LARGEST, NewSignal, PostgresSignals
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.control import Control
from vrooli.execution.runs.engine import Engine
from vrooli.execution.runs.reasons import Reasons
from vrooli.execution.runs.runs import Runs
from vrooli.execution.runs.views import RunFilter
from vrooli.execution.runs.why import Reason
from vrooli.execution.step_type import StepFailed
from vrooli.execution.swarms.coordinating import state_of
from vrooli.execution.swarms.fitting import ADVICE, must_fit, unfit_tasks
from vrooli.execution.swarms.handing import (
    done_meanwhile,
    handed,
    open_runs,
    renewed,
    taken_back,
    task_of,
)
from vrooli.execution.swarms.insight import PARTS, SwarmInsight
from vrooli.execution.swarms.model import Swarm, strictest
from vrooli.execution.swarms.reading import (
    SwarmError,
    forbidden,
    read_changed,
    read_policy,
    read_tasks,
)
from vrooli.execution.swarms.state import Stands, State, ended, standing
from vrooli.execution.swarms.store import (
    BOARD,
    DONE,
    MESSAGE,
    PLAN,
    POLICY,
    Facts,
    Put,
    SwarmStore,
    Written,
)
from vrooli.execution.swarms.views import SwarmViews, swarm_shown
from vrooli.execution.swarms.why import OF_STEP, ends_at, of_swarm, under_way, why
from vrooli.execution.swarms.writing import STEP, parts_of, routine_of
from vrooli.flow.reading import Mistake

AT_ONCE = 5
"""Swarms that are stopped together: each takes one connection to PostgreSQL."""

LOOKS = 3
"""For those that somebody starts while all are stopped."""

ABOVE = "above"
"""Name of the document that tells a swarm within which policy holds above it."""

PAUSING, BETWEEN = 20, 0.05
"""Looks for what was being made while a swarm pauses, and seconds between them."""

MOST_RUNS = 1000
"""Of one swarm that are paused and resumed with it."""


_LOOK = "`vrooli swarm show {}`"


@dataclass(frozen=True, slots=True)
class Swarms:
    """For the API of one process.

    Attributes:
        store: what is written on them.
        views: lists them.
        insight: reads all three tiers of one.
        routines: where those that drive them are put.
        runs: starts and cancels.
        control: pauses and resumes.
        signals: sends.
        engine: goes on with what was stirred.
        reasons: why runs are where they are.
    """

    store: SwarmStore
    views: SwarmViews
    insight: SwarmInsight
    routines: RoutineStore
    runs: Runs
    control: Control
    signals: PostgresSignals
    engine: Engine
    reasons: Reasons

    async def put(self, data: Any) -> dict[str, Any]:
        """Store the routine that drives this swarm: `{name, version, changed}`.

        Raises:
            SwarmError: what is wrong with it, also where it does not fit the routines that are
                stored; nothing is stored.
        """
        routine = routine_of(data)
        await must_fit(routine, self.routines)
        version, changed = await self.routines.put(routine)
        return {"name": routine["name"], "version": version, "changed": changed}

    async def show(self, run: str) -> dict[str, Any]:
        """Its run, with how the swarm stands; before it has begun without.

        Raises:
            UnknownName: there is no such run, or it is no swarm.
        """
        found = await self.runs.views.get(run)
        state, facts = await self._state(found)
        waits = found["status"] == "waiting"
        found["working"] = waits and await self.views.working(run)
        if facts.goal is None:
            return {**found, "swarm": None}
        took = await self.insight.took(run, found["root"])
        return {**found, "swarm": swarm_shown(state, facts, took, found["status"])}

    async def why(self, run: str) -> Reason:
        """Why it is where it is.

        Raises:
            UnknownName: there is no such swarm.
        """
        found = await self._swarm(run)
        own = await self.reasons.of(run)
        if own.code not in OF_STEP:
            return of_swarm(run, own, found["status"])
        state, _ = await self._state(found)
        looked_at, more = under_way(state)
        below = {name: await self._why_below(one) for name, one in looked_at.items()}
        return ends_at(why(run, own, state, below, more), state, _time_over(found))

    async def _why_below(self, run: str) -> Reason:
        """Of a swarm within by its own tasks."""
        try:
            return await self.why(run)
        except UnknownName:
            return await self.reasons.of(run)

    async def debug(self, run: str) -> dict[str, Any]:
        """Where each of its tiers stands, who drives what, and why it is where it is.

        Raises:
            UnknownName: there is no such swarm.
        """
        found = await self._swarm(run)
        reason, tiers = await self.why(run), await self.insight.tiers(run, found["root"])
        facts = await self.store.facts(run, STEP)
        head = {key: found[key] for key in ("id", "root", "routine", "status", "budget")}
        return {**head, "goal": facts.goal, "why": reason.to_json(), "stirs": facts.stirs, **tiers}

    async def export(self, run: str, place: tuple[str, int] | None, limit: int) -> dict[str, Any]:
        """A page of all that is kept of it: `{swarm, part, records, next}`, `swarm` being its run
        with the definition, on the first one.

        Raises:
            UnknownName: there is no such swarm, or no such part.
        """
        found = await self._swarm(run)
        part, told = place or (PARTS[0], 0)
        if part not in PARTS:
            raise UnknownName(f"there is no part `{part}`", part, next_step="begin anew")
        one = await self.insight.page(run, found["root"], part, told, limit)
        stored = await self.routines.get(found["routine"], found["version"])
        swarm = None if place else {**found, "definition": stored.definition}
        return {"swarm": swarm, "part": part, "records": one.records, "next": one.next}

    async def versions(
        self, run: str, name: str, before: int | None, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """What was written as its plan, its policy, or on its blackboard; see `SwarmInsight`.

        Raises:
            UnknownName: there is no such swarm.
        """
        await self._swarm(run)
        return await self.insight.versions(run, name, before, limit)

    async def say(self, run: str, text: Any, by: str, key: str | None) -> dict[str, Any]:
        """Have it hear a message; it looks at it at once.

        Raises:
            UnknownName: there is no such swarm.
            SwarmError: the message cannot be stored.
            Refused: it has ended, or the message is too large.
        """
        await self._swarm(run)
        _bounded(text, "a message", run)
        new = NewSignal(run, MESSAGE, text, by, key, keep=True)
        if not await self.signals.send(new):
            raise _ended(await self.runs.views.get(run))
        return await self._stirred(run)

    async def write(self, run: str, new: Put) -> dict[str, Any]:
        """Change its plan, its policy, or what stands on its blackboard: `{version}`.

        Raises:
            UnknownName: there is no such swarm.
            SwarmError: it cannot be.
            Refused: it has ended, somebody else changed it meanwhile, or it is too large.
        """
        found = await self._swarm(run)
        _storable(new.value, new.name)
        written = await self._put(found, new)
        if written is None:
            raise _ended(await self.runs.views.get(run))
        if not written.begun:
            raise _not_begun(run)
        if written.version is None:
            raise _overtaken(run, new, written.last)
        await self._stirred(run)
        if new.name == POLICY:
            await self._tell_below(run, written.version)
        return {"version": written.version}

    async def _tell_below(self, run: str, version: int) -> None:
        """The swarms within look at once at a policy above them that was changed."""
        for one in await self._below(run):
            told = await self.store.put(one, Put(ABOVE, {"policy": version}, run))
            if told is not None and told.begun:
                await self._stirred(one)

    async def finish(self, run: str, task: str, data: Any, by: str) -> dict[str, Any]:
        """What a person was to do is done, and came to `data`.

        Raises:
            UnknownName: there is no such swarm, or it has no such task.
            SwarmError: that cannot be stored.
            Refused: nobody is to do it now, or that is too large.
        """
        found = await self._swarm(run)
        state, _ = await self._state(found)
        asked, policy = task_of(state, task, run), strictest((state.swarm.policy, *state.above))
        one = standing(state, asked, policy)
        last = one.last
        if not asked.by_hand or one.status is not Stands.RUNNING or last is None:
            what = f"the task is {one.status}: no person is to do it now"
            raise Refused(what, where=task, next_step=_LOOK.format(run))
        _bounded(data, "what it came to", task)
        if await self.signals.send(NewSignal(last.run, DONE, data, by, DONE, keep=True)):
            await self._stirred(last.run)
        now, _ = await self._state(found)
        if last.run not in [one.run for one in now.counting(task_of(now, task, run))]:
            raise Refused("it was taken back meanwhile", where=task, next_step=_LOOK.format(run))
        return await self.runs.views.get(run)

    async def hand(self, run: str, task: str, what: str, by: str) -> dict[str, Any]:
        """A person does it in the place of its routine; what its runs do ends.

        Raises:
            UnknownName: there is no such swarm, or it has no such task.
            SwarmError: what is said cannot be stored.
            Refused: it has ended, somebody else changed the plan meanwhile, a person is to do it
                already, or it was done first.
        """
        _storable(what, "what is to be done")
        change = partial(handed, run=run, name=task, what=what)
        return await self._handed_on(run, task, change, by, f"{task} is handed to a person")

    async def take_back(self, run: str, task: str, by: str) -> dict[str, Any]:
        """It does the task itself again; see `hand`."""
        change = partial(taken_back, run=run, name=task)
        return await self._handed_on(run, task, change, by, f"{task} is taken back")

    async def _handed_on(
        self, run: str, task: str, change: Callable[..., Any], by: str, reason: str
    ) -> dict[str, Any]:
        """The plan is written first, so that nothing begins anew what is ended then."""
        found = await self._swarm(run)
        state, facts = await self._state(found)
        plan = facts.documents.get(PLAN)
        if plan is None:
            raise _not_begun(run)
        new, runs = change(plan.value, state), open_runs(state, task, run)
        asked = runs if task_of(state, task, run).by_hand else []
        unless = await self.store.unanswered(asked)
        if unless is None:
            raise Refused("somebody said that it is done", where=task, next_step=_LOOK.format(run))
        await self.write(run, Put(PLAN, new, by, plan.version, reason=reason, unless=unless))
        for one in runs:
            await self._quietly(self.runs.cancel, one, by)
        state, _ = await self._state(found)
        if refused := done_meanwhile(state, task, run):
            raise refused
        return await self._stirred(run)

    async def pause(self, run: str, by: str) -> dict[str, Any]:
        """It and all its runs begin nothing more.

        Raises:
            UnknownName: there is no such swarm.
            Refused: it has ended.
        """
        await self._swarm(run)
        found, asked = await self.control.pause(run, by), set[str]()
        for _ in range(PAUSING):
            found = await self.runs.views.get(run)
            new = set(await self._below(run)) - asked
            for one in new:
                await self._quietly(self.control.pause, one, by)
            if not new and found["status"] != "running":
                break
            # What it was just making when it was told to pause is seen by another look.
            asked |= new
            await asyncio.sleep(BETWEEN)
        return found

    async def resume(self, run: str, by: str) -> dict[str, Any]:
        """All of it goes on; see `pause`."""
        await self._swarm(run)
        for one in await self._below(run):
            await self._quietly(self.control.resume, one, by)
        return await self.control.resume(run, by)

    async def stop(self, run: str, by: str) -> dict[str, Any]:
        """It ends at once, with all that it started.

        Raises:
            UnknownName: there is no such swarm.
            Refused: it had ended otherwise before.
        """
        await self._swarm(run)
        return await self.runs.cancel(run, by)

    async def stop_all(self, by: str, owner: str) -> list[str]:
        """All swarms end at once; only those of `owner`, where one is said. Their ids. Those that
        somebody starts meanwhile end as well. One that cannot be stopped keeps no other going.

        Raises:
            VrooliError: not all could be, also in a later look.
        """
        stopped, turn = list[str](), asyncio.Semaphore(AT_ONCE)
        failed: BaseException | None = None

        async def stop(run: str) -> None:
            async with turn:
                if await self._quietly(self.runs.cancel, run, by):
                    stopped.append(run)

        for _ in range(LOOKS):
            found = await self.views.open(owner)
            ended = await asyncio.gather(*map(stop, found), return_exceptions=True)
            failed = next((one for one in ended if isinstance(one, BaseException)), None)
            if not found:
                break
        if failed is not None:
            raise failed
        return stopped

    async def _quietly(self, do: Any, run: str, by: str) -> bool:
        """Whether it was done; what has ended by itself needs nothing."""
        try:
            await do(run, by)
        except Refused:
            return False
        return True

    async def _below(self, run: str) -> list[str]:
        found, left = list[str](), [run]
        while left and len(found) < MOST_RUNS:
            query = RunFilter(parent=left.pop(), limit=MOST_RUNS)
            open_ = [
                one["id"] for one in await self.runs.views.page(query) if one["status"] not in ENDED
            ]
            found += open_
            left += open_
        return found

    async def _swarm(self, run: str) -> dict[str, Any]:
        found = await self.runs.views.get(run)
        await self._parts(found)
        return found

    async def _parts(self, run: dict[str, Any]) -> dict[str, Any]:
        stored = await self.routines.get(run["routine"], run["version"])
        parts = parts_of(stored.definition)
        if parts is None:
            advice = "`vrooli swarm list` shows swarms, `vrooli run show` any run"
            raise UnknownName(f"{run['id']} is no swarm", run["id"], next_step=advice)
        return parts

    async def _state(self, run: dict[str, Any]) -> tuple[State, Facts]:
        parts = {**await self._parts(run), "inputs": run["inputs"]}
        facts = await self.store.facts(run["id"], STEP)
        begun = facts.begun or run["started_at"] or run["created_at"]
        swarm = Coordinated(run["id"], STEP, facts.attempt, begun, parts)
        return state_of(swarm, facts), facts

    async def _put(self, run: dict[str, Any], new: Put) -> Written | None:
        """A plan is written on the one that it was made for; where nobody says which, the newest,
        whoever writes another one meanwhile.
        """
        while True:
            checked = await self._checked(run, new)
            written = await self.store.put(run["id"], checked)
            overtaken = written and written.begun and written.version is None
            if not overtaken or new.seen == checked.seen:
                return written

    async def _checked(self, run: dict[str, Any], new: Put) -> Put:
        """It, as it is to be written."""
        if new.name in (PLAN, POLICY):
            return await self._fitting(run, new)
        if not new.name.startswith(BOARD):
            advice = f"there are `{PLAN}`, `{POLICY}` and `{BOARD}KEY`"
            raise UsageError("nothing of that name is written", where=new.name, next_step=advice)
        _bounded(new.value, "what stands on the blackboard", new.name)
        return new

    async def _fitting(self, run: dict[str, Any], new: Put) -> Put:
        """Whether its plan and its policy are made for each other, as they are by now."""
        state, facts = await self._state(run)
        written = {name: one.value for name, one in facts.documents.items()}
        now = {name: written[name] for name in (PLAN, POLICY) if name in written}
        if new.name == POLICY:
            read_policy(new.value)
        swarm = read_changed({**await self._parts(run), **now, new.name: new.value})
        if new.name == PLAN and PLAN in now:
            seen = facts.documents[PLAN].version if new.seen is None else new.seen
            new = replace(new, value=renewed(new.value, state), seen=seen)
            swarm = replace(swarm, plan=read_tasks(new.value))
            await self._tasks_fit(swarm, new.value, now[PLAN])
        policy = strictest((swarm.policy, *state.above))
        stands = {task.id: standing(state, task, policy) for task in swarm.plan}
        if mistakes := list(forbidden(swarm, policy, ended(stands))):
            raise SwarmError(mistakes)
        return new

    async def _tasks_fit(self, swarm: Swarm, plan: Any, before: Any) -> None:
        """Those that the plan before had not, or otherwise."""
        tasks = {one["task"] for one in plan if one not in before}
        if mistakes := await unfit_tasks(swarm, tasks, self.routines):
            raise SwarmError(mistakes, ADVICE)

    async def _stirred(self, run: str) -> dict[str, Any]:
        self.engine.stir(run)
        await self.engine.wake(run)
        return await self.runs.views.get(run)


def _time_over(run: dict[str, Any]) -> float | None:
    """When the time of its budget is, in unix seconds."""
    found: float | None = run["budget"]["time"]["forecast"]
    return found


def _ended(run: dict[str, Any]) -> Refused:
    advice = f"`vrooli swarm show {run['id']}` tells what it came to"
    return Refused(f"the swarm is {run['status']}", where=run["id"], next_step=advice)


def _overtaken(run: str, new: Put, last: int) -> Refused:
    if last == new.seen:
        what = "somebody said that it is done, or decided otherwise on it, meanwhile"
        return Refused(what, where=new.name, next_step=_LOOK.format(run))
    what = f"somebody changed it meanwhile: its version is {last}, not {new.seen}"
    advice = f"`vrooli swarm show {run}`, then change that version"
    return Refused(what, where=new.name, next_step=advice)


def _not_begun(run: str) -> Refused:
    wait = f"`vrooli swarm why {run}` tells what it waits for"
    return Refused("the swarm has not begun yet", where=run, next_step=wait)


def _bounded(value: Any, what: str, where: str) -> None:
    _storable(value, what)
    if len(json.dumps(value)) > LARGEST:
        said = f"{what} has at most {LARGEST} characters of JSON"
        raise Refused(said, where=where, next_step="say where the data can be found")


def _storable(value: Any, what: str) -> None:
    try:
        storable(value, what)
    except StepFailed as error:
        raise SwarmError([Mistake(("value",), error.what)]) from error
