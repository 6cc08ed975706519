"""A whole swarm, simulated: its decisions are those of a real one, its time is virtual, and what
its tasks come to is scripted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vrooli.execution.swarms.coordinating import unmade
from vrooli.execution.swarms.reading import read_changed
from vrooli.execution.swarms.simulating.clock import BEGIN, VirtualClock
from vrooli.execution.swarms.simulating.happening import Happening
from vrooli.execution.swarms.simulating.kept import SimulatedRun
from vrooli.execution.swarms.simulating.lacking import lacking, stuck
from vrooli.execution.swarms.simulating.library import Library
from vrooli.execution.swarms.simulating.runs import SimulatedRuns, is_task
from vrooli.execution.swarms.simulating.script import Prompter, Script
from vrooli.execution.swarms.simulating.timeline import Line
from vrooli.execution.swarms.state import UNMADE
from vrooli.execution.swarms.store import BOARD, PLAN, POLICY, SKIPPED
from vrooli.execution.swarms.writing import parts_of
from vrooli.flow.budget import KINDS, MICROS


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
        sought: routines that were needed, and of which nothing was known.
        widest: tasks that were under way at once in one swarm, at most.
    """

    root: SimulatedRun
    timeline: tuple[Line, ...]
    took: float
    widest: int
    sought: frozenset[str] = frozenset()

    @property
    def completed(self) -> bool:
        """Whether its goal was met."""
        return self.root.status == "completed"

    def to_json(self) -> dict[str, Any]:
        """As clients see it."""
        purse, failure = self.root.purse, self.root.failure
        runs = [one for one in self.root.all() if one.task]
        begin = self.root.made
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
            "tasks": [run_shown(one, begin) for one in runs if is_task(one)],
            "beside": [run_shown(one, begin) for one in runs if not is_task(one)],
            **self._stands(),
            "timeline": [one.to_json() for one in self.timeline],
        }

    def _stands(self) -> dict[str, Any]:
        """What is written on it, and what it might spend."""
        kept, root = self.root.kept, self.root
        documents = kept.documents if kept else {}
        names = [name for name in documents if name.startswith(BOARD)]
        limits = root.purse.limits
        most = (limits.micros / MICROS if limits.micros is not None else None, *limits.columns[1:4])
        return {
            "goal": kept.goal if kept else "",
            "inputs": root.inputs,
            "limits": dict(zip(KINDS, most, strict=True)),
            "plan": kept.newest(PLAN) or [] if kept else [],
            "plans": len(documents.get(PLAN, ())),
            "policy": kept.newest(POLICY) if kept else {},
            "board": {name.removeprefix(BOARD): documents[name][-1].value for name in names},
            "skipped": [one.value for one in documents.get(SKIPPED, ())],
            "unmade": list(unmade(kept.newest(UNMADE) if kept else None, root.attempt)),
            "messages": len(kept.messages) if kept else 0,
        }


def run_shown(run: SimulatedRun, begin: float) -> dict[str, Any]:
    """What a run came to, when it began, seconds after the swarm, and what it took."""
    failure = run.failure
    return {
        "path": run.path,
        "routine": run.routine,
        "status": run.status,
        "output": run.output,
        "why": f"{failure.kind}: {failure.reason}" if failure else "",
        "began": round(run.made - begin, 3),
        "took": None if run.ended is None else round(run.ended - run.made, 3),
        "cost": run.purse.micros / MICROS,
        "tokens": run.purse.tokens,
        "steps": run.purse.steps,
    }


async def simulate(setup: Setup) -> Simulated:
    """From its beginning to its end.

    Raises:
        NotScripted: the script does not say enough.
        UsageError: it says what cannot be.
    """
    definition = setup.definition
    parts = parts_of(definition) or {}
    read_changed(parts)
    name = definition["name"]
    clock, prompter = VirtualClock(setup.begin), Prompter(setup.script)
    runs = SimulatedRuns(clock, Library({**setup.routines, name: definition}), prompter)
    root = runs.first(name, setup.inputs, setup.budget)
    happening, events = Happening(runs, root), setup.script.events
    for event in events:
        clock.at(clock.begin + event.at, partial(happening.happen, event))
    last = max((one.at for one in events if one.kind == "retry" and not one.place), default=-1.0)
    await _to_its_end(runs, root, clock, last)
    took = (root.ended or clock.wall()) - root.made
    sought = frozenset(runs.library.sought)
    return Simulated(root, tuple(runs.timeline), took, runs.widest, sought)


async def _to_its_end(
    runs: SimulatedRuns, root: SimulatedRun, clock: VirtualClock, last: float
) -> None:
    """Until it has ended, and nobody is going to retry it up to `last`, seconds."""
    while True:
        await runs.settle()
        if runs.wrong is not None:
            raise runs.wrong
        if runs.missing:
            raise lacking([*runs.missing, *runs.unknown(root)], runs.library.sought)
        if root.status == "completed" or (not root.open and clock.passed >= last):
            return
        due = clock.next()
        if due is None:
            raise stuck(root, runs.library.sought)
        due()
