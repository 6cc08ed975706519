"""What happens to a simulated swarm, or to a run below it, from outside."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vrooli.core.errors import Refused, UnknownName, UsageError
from vrooli.execution.coordinating import Coordinated
from vrooli.execution.swarms.coordinating import state_of
from vrooli.execution.swarms.handing import handed, open_runs, renewed, taken_back
from vrooli.execution.swarms.model import strictest
from vrooli.execution.swarms.reading import (
    SwarmError,
    forbidden,
    read_changed,
    read_policy,
    read_tasks,
)
from vrooli.execution.swarms.simulating.kept import SimulatedRun
from vrooli.execution.swarms.simulating.runs import SimulatedRuns
from vrooli.execution.swarms.simulating.script import ALONE, Event
from vrooli.execution.swarms.state import Message, State, ended, standing
from vrooli.execution.swarms.store import BOARD, PLAN, POLICY, Put
from vrooli.execution.swarms.writing import STEP, parts_of
from vrooli.flow.budget import limits
from vrooli.flow.reading import Mistake


class Happening:
    """Does what a script says.

    Args:
        runs: all of them.
        root: that of the swarm.
    """

    def __init__(self, runs: SimulatedRuns, root: SimulatedRun) -> None:
        self._runs, self._root = runs, root
        self._do: Mapping[str, Callable[[SimulatedRun, Event], None]] = {
            "message": self._message,
            "board": self._board,
            "policy": self._write,
            "plan": self._write,
            "budget": self._budget,
            "hand": self._hand,
            "take-back": self._hand,
            "pause": self._pause,
            "resume": self._pause,
            "stop": self._stop,
        }

    def happen(self, event: Event) -> None:
        """Now. To what has ended, or is not there, nothing happens; what failed is tried again."""
        run = self._run(event.place)
        if run is not None and event.kind == "retry":
            self._runs.retry(run, event.by)
        elif run is not None and run.open:
            self._do[event.kind](run, event)

    def _run(self, place: str) -> SimulatedRun | None:
        found = [one for one in self._root.all() if one.path == place]
        return found[-1] if found else None

    def _message(self, run: SimulatedRun, event: Event) -> None:
        if run.kept is None:
            return
        run.kept.messages.append(Message(event.value, event.by, self._runs.clock.wall()))
        self._runs.tell("message", run.path, f"{event.by}: {event.value}")
        self._stir(run)

    def _board(self, run: SimulatedRun, event: Event) -> None:
        if run.kept is not None:
            for key, value in event.value.items():
                self._runs.kept.write(run, Put(f"{BOARD}{key}", value, event.by))

    def _budget(self, run: SimulatedRun, event: Event) -> None:
        run.purse.limits = limits(event.value).instead_of(run.purse.limits)
        self._runs.tell("budget", run.path, f"{event.by}: {event.value}")
        self._runs.go_on()

    def _pause(self, run: SimulatedRun, event: Event) -> None:
        do = self._runs.pause if event.kind == "pause" else self._runs.resume
        do(run, event.by, whole=event.value != ALONE)

    def _stop(self, run: SimulatedRun, event: Event) -> None:
        self._runs.stop(run, event.by)

    def _hand(self, run: SimulatedRun, event: Event) -> None:
        """To a person, or back: as `Swarms.hand` and `Swarms.take_back`."""
        if run.kept is None:
            return
        said = event.value if isinstance(event.value, Mapping) else {"task": event.value}
        task, plan, state = said["task"], run.kept.newest(PLAN), self._state(run)
        try:
            if event.kind == "hand":
                new = handed(plan, state, task, said.get("what", ""))
            else:
                new = taken_back(plan, state, task)
        except (Refused, UnknownName) as error:
            where = f"script: events, at {event.at:g}s: {event.kind}"
            advice = "say another time, or another task"
            raise UsageError(f"`{task}`: {error.what}", where=where, next_step=advice) from error
        self._runs.kept.write(run, Put(PLAN, new, event.by))
        for one in open_runs(state, task):
            self._runs.cancel(self._runs.runs[one], event.by)

    def _write(self, run: SimulatedRun, event: Event) -> None:
        """As people write it: where it cannot be, it is refused."""
        if run.kept is None:
            return
        name, kept = event.kind, run.kept
        now = {one: kept.newest(one) for one in (PLAN, POLICY)}
        try:
            if name == POLICY:
                read_policy(event.value)
            value, state = event.value, self._state(run)
            swarm = read_changed({**self._parts(run), **now, name: value})
            if name == PLAN:
                value = renewed(value, state)
                swarm = replace(swarm, plan=read_tasks(value))
            state = replace(state, swarm=swarm)
            policy = strictest((swarm.policy, *state.above))
            stands = {task.id: standing(state, task, policy) for task in swarm.plan}
            wrong = list(forbidden(swarm, policy, ended(stands)))
            if wrong:
                raise SwarmError(wrong)
        except SwarmError as error:
            at = ("events", f"{event.at:g}s", event.kind)
            mistakes = [Mistake((*at, *one.place), one.reason) for one in error.mistakes]
            raise SwarmError(mistakes) from error
        self._runs.kept.write(run, Put(name, value, event.by))
        if name == POLICY:
            for one in run.all():
                self._stir(one)

    def _stir(self, run: SimulatedRun) -> None:
        if run.kept is not None:
            run.kept.stirs += 1
            self._runs.ready(run)

    def _parts(self, run: SimulatedRun) -> dict[str, Any]:
        stored = self._runs.library.known(run.routine)
        return dict(parts_of(stored.definition) or {}) if stored else {}

    def _state(self, run: SimulatedRun) -> State:
        parts = {**self._parts(run), "inputs": run.inputs}
        at = Coordinated(run.id, STEP, run.attempt, run.made, parts)
        return state_of(at, self._runs.kept.facts(run))
