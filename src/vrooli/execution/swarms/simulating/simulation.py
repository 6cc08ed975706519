"""A whole swarm, simulated: its decisions are those of a real one, its time is virtual, and what
its tasks come to is scripted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from vrooli.execution.coordinating import Coordinated
from vrooli.execution.swarms.coordinating import state_of
from vrooli.execution.swarms.model import strictest
from vrooli.execution.swarms.reading import SwarmError, forbidden, read_changed, read_policy
from vrooli.execution.swarms.simulating.clock import BEGIN, VirtualClock
from vrooli.execution.swarms.simulating.kept import SimulatedRun
from vrooli.execution.swarms.simulating.lacking import lacking, stuck
from vrooli.execution.swarms.simulating.library import Library
from vrooli.execution.swarms.simulating.runs import SimulatedRuns, is_task
from vrooli.execution.swarms.simulating.script import Event, Prompter, Script
from vrooli.execution.swarms.simulating.timeline import Line
from vrooli.execution.swarms.state import Message, State, ended, standing
from vrooli.execution.swarms.store import BOARD, PLAN, POLICY, Put
from vrooli.execution.swarms.writing import STEP, parts_of
from vrooli.flow.budget import MICROS, limits
from vrooli.flow.reading import Mistake


@dataclass(frozen=True, slots=True)
class Setup:
    """What is simulated.

    Attributes:
        definition: of the routine that drives the swarm.
        routines: definitions of the others that there are, by name.
        script: what its tasks come to, and what happens.
        inputs: of the swarm.
        budget: as people write it, instead of what the swarm says.
        begin: unix seconds.
    """

    definition: Any
    routines: Mapping[str, Any] = field(default_factory=dict)
    script: Script = field(default_factory=Script)
    inputs: Any = field(default_factory=dict)
    budget: Any = None
    begin: float = BEGIN


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of it.

    Attributes:
        root: the run of the swarm, with all below it.
        timeline: what happened.
        took: seconds.
        widest: tasks that were under way at once in one swarm, at most.
    """

    root: SimulatedRun
    timeline: tuple[Line, ...]
    took: float
    widest: int

    @property
    def completed(self) -> bool:
        """Whether its goal was met."""
        return self.root.status == "completed"

    def to_json(self) -> dict[str, Any]:
        """As clients see it."""
        purse, failure = self.root.purse, self.root.failure
        runs = [one for one in self.root.all() if one.task]
        return {
            "swarm": self.root.routine,
            "status": self.root.status,
            "output": self.root.output,
            "failure": failure.to_json() if failure else None,
            "took": round(self.took, 3),
            "cost": purse.micros / MICROS,
            "tokens": purse.tokens,
            "steps": purse.steps,
            "widest": self.widest,
            "tasks": [run_shown(one) for one in runs if is_task(one)],
            "beside": [run_shown(one) for one in runs if not is_task(one)],
            "timeline": [one.to_json() for one in self.timeline],
        }


def run_shown(run: SimulatedRun) -> dict[str, Any]:
    """What a run came to, and what it took."""
    failure = run.failure
    return {
        "path": run.path,
        "routine": run.routine,
        "status": run.status,
        "output": run.output,
        "why": f"{failure.kind}: {failure.reason}" if failure else "",
        "took": None if run.ended is None else round(run.ended - run.made, 3),
        "cost": run.purse.micros / MICROS,
        "tokens": run.purse.tokens,
        "steps": run.purse.steps,
    }


async def simulate(setup: Setup) -> Simulated:
    """From its beginning to its end.

    Raises:
        UsageError: the script does not say enough, or says what cannot be.
    """
    definition = setup.definition
    parts = parts_of(definition) or {}
    read_changed(parts)
    name = definition["name"]
    clock, prompter = VirtualClock(setup.begin), Prompter(setup.script)
    runs = SimulatedRuns(clock, Library({**setup.routines, name: definition}), prompter)
    root = runs.first(name, setup.inputs, setup.budget)
    happening = _Happening(runs, root, parts)
    for event in setup.script.events:
        clock.at(clock.begin + event.at, partial(happening.happen, event))
    await _to_its_end(runs, root, clock)
    took = (root.ended or clock.wall()) - root.made
    return Simulated(root, tuple(runs.timeline), took, runs.widest)


async def _to_its_end(runs: SimulatedRuns, root: SimulatedRun, clock: VirtualClock) -> None:
    while True:
        await runs.settle()
        if runs.missing:
            raise lacking([*runs.missing, *runs.unknown(root)])
        if not root.open:
            return
        due = clock.next()
        if due is None:
            raise stuck(root)
        due()


class _Happening:
    """What happens to a swarm from outside."""

    def __init__(self, runs: SimulatedRuns, root: SimulatedRun, parts: Mapping[str, Any]) -> None:
        self._runs, self._root, self._parts = runs, root, parts

    def happen(self, event: Event) -> None:
        """Now; after its end nothing does."""
        if self._root.open:
            getattr(self, f"_{event.kind}")(event)

    def _message(self, event: Event) -> None:
        kept = self._root.kept
        if kept is not None:
            kept.messages.append(Message(event.value, event.by, self._runs.clock.wall()))
            kept.stirs += 1
        self._runs.tell("message", "", f"{event.by}: {event.value}")
        self._runs.ready(self._root)

    def _board(self, event: Event) -> None:
        for key, value in event.value.items():
            self._runs.kept.write(self._root, Put(f"{BOARD}{key}", value, event.by))

    def _policy(self, event: Event) -> None:
        self._write(POLICY, event)

    def _plan(self, event: Event) -> None:
        self._write(PLAN, event)

    def _budget(self, event: Event) -> None:
        purse = self._root.purse
        purse.limits = limits(event.value).instead_of(purse.limits)
        self._runs.tell("budget", "", f"{event.by}: {event.value}")
        self._runs.go_on()

    def _stop(self, event: Event) -> None:
        self._runs.cancel(self._root, event.by)

    def _write(self, name: str, event: Event) -> None:
        """As people write it: where it cannot be, it is refused."""
        root, kept = self._root, self._root.kept
        assert kept is not None  # it has begun at the first moment
        now = {one: kept.newest(one) for one in (PLAN, POLICY)}
        try:
            if name == POLICY:
                read_policy(event.value)
            swarm = read_changed({**self._parts, **now, name: event.value})
            wrong = list(forbidden(swarm, strictest((swarm.policy,)), self._ended(swarm)))
            if wrong:
                raise SwarmError(wrong)
        except SwarmError as error:
            at = ("events", f"{event.at:g}s", event.kind)
            mistakes = [Mistake((*at, *one.place), one.reason) for one in error.mistakes]
            raise SwarmError(mistakes) from error
        self._runs.kept.write(root, Put(name, event.value, event.by))

    def _ended(self, swarm: Any) -> frozenset[str]:
        root = self._root
        at = Coordinated(root.id, STEP, 1, root.made, {**self._parts, "inputs": root.inputs})
        state: State = replace(state_of(at, self._runs.kept.facts(root)), swarm=swarm)
        return ended({task.id: standing(state, task, swarm.policy) for task in swarm.plan})
