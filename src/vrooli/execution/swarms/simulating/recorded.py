"""A swarm that has run, as `vrooli swarm export` tells it, as one that can be simulated again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.execution.swarms.coordinating import unmade
from vrooli.execution.swarms.deciding import APPROVING, HANDING
from vrooli.execution.swarms.simulating.life import Phase, retries, worked
from vrooli.execution.swarms.simulating.script import ALONE, Event, Outcome, Script
from vrooli.execution.swarms.simulating.simulation import Setup
from vrooli.execution.swarms.simulating.told import Price, Told
from vrooli.execution.swarms.state import UNMADE
from vrooli.execution.swarms.store import BOARD, PLAN, POLICY, SKIPPED, numbered
from vrooli.execution.swarms.writing import parts_of
from vrooli.flow.budget import KINDS
from vrooli.flow.entries import Failure
from vrooli.flow.notes import WITHIN

ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A swarm as it ran.

    Attributes:
        export: of it.
        root: its run.
    """

    export: Mapping[str, Any]
    root: Told

    def to_json(self) -> dict[str, Any]:
        """As `simulation.Simulated`, without a timeline."""
        runs = [one for one in self.root.all() if one.task]
        begin = self.root.begun
        own = self.root.to_json(begin)
        return {
            "swarm": own["routine"],
            **{key: own[key] for key in ("status", "output", "took", "cost", "tokens", "steps")},
            "failure": self.root.data["failure"],
            "widest": _widest(runs),
            "tasks": [one.to_json(begin) for one in runs if one.is_task],
            "beside": [one.to_json(begin) for one in runs if not one.is_task],
            **self._stands(),
        }

    def _stands(self) -> dict[str, Any]:
        """As `simulation.Simulated` has it."""
        own = self.root.data["id"]
        written = [one for one in self.export["documents"] if one.get("run", own) == own]
        newest = {one["name"]: one["value"] for one in written}
        boards = {name: value for name, value in newest.items() if name.startswith(BOARD)}
        messages = [one for one in self.export["messages"] if one.get("run", own) == own]
        parts = parts_of(self.export["definition"]) or {}
        goals = (one["goal"] for one in self.root.events if one["kind"] == "swarm.begun")
        return {
            "goal": next(goals, parts.get("goal", "")),
            "inputs": self.export["inputs"],
            "limits": {kind: self.export["budget"][kind]["limit"] for kind in KINDS},
            "plan": newest.get(PLAN, parts.get("plan", [])),
            "plans": max(1, sum(one["name"] == PLAN for one in written)),
            "policy": newest.get(POLICY, parts.get("policy", {})),
            "board": {name.removeprefix(BOARD): value for name, value in boards.items()},
            "skipped": [one["value"] for one in written if one["name"] == SKIPPED],
            "unmade": list(unmade(newest.get(UNMADE), self._attempt)),
            "messages": len(messages),
        }

    @property
    def _attempt(self) -> int:
        """The last of the step that is the swarm."""
        own = self.root.data["id"]
        steps = [one for one in self.export["steps"] if one["run"] == own]
        return max((int(one["attempt"]) for one in steps if one["type"] == "swarm"), default=1)

    def setup(self, price: Price | None = None) -> Setup:
        """The same again; at another price of what models were given and answered."""
        root = self.root
        return Setup(
            definition=self.export["definition"],
            routines={
                one.data["routine"]: one.data["definition"]
                for one in root.all()
                if one.data.get("definition")
            },
            script=Script(
                runs=_outcomes(self.export, root, price), events=_events(self.export, root)
            ),
            inputs=self.export["inputs"],
            budget=_budget(self.export["budget"], root),
            begin=root.begun,
        )

    def otherwise(self, script: Script, plan: Any) -> Script:
        """What is recorded, where its plan is this one: a task that could not begin, and is written
        otherwise there, may begin.
        """
        own = self.root.data["id"]
        plans = [(parts_of(self.export["definition"]) or {}).get("plan", [])]
        documents = (one for one in self.export["documents"] if one.get("run", own) == own)
        plans += [one["value"] for one in documents if one["name"] == PLAN]
        new = {one["task"] for one in plan if not any(one in known for known in plans)}
        runs = {
            key: tuple(one for one in ones if key not in new or not one.unmade)
            for key, ones in script.runs.items()
        }
        return replace(script, runs={key: ones for key, ones in runs.items() if ones})

    @property
    def untold(self) -> int:
        """Tokens of which nobody knows whether they were given or answered: of large answers."""
        asked = [one.data["asked"] for one in self.root.all()]
        told = sum(int(one["input"]) + int(one["output"]) for one in asked)
        return int(self.root.data["tokens"]) - told


def recorded(export: Any) -> Recorded:
    """From an export.

    Raises:
        UsageError: it is none, of another version, or of a swarm that has not ended.
    """
    advice = "`vrooli swarm export SWARM > swarm.json` writes one"
    try:
        told = {one["id"]: Told(one) for one in export["runs"]}
        root = told[export["id"]]
        if any("attempts" not in one.data for one in told.values()):
            raise UsageError("the export does not tell what its runs cost", next_step=advice)
        _placed(told, root, export)
        found = Recorded(export, root)
        found.setup()
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError("it is no export of a swarm", next_step=advice) from error
    if root.data["status"] not in ENDED:
        advice = f"`vrooli swarm watch {export['id']}` shows when it has"
        raise UsageError("the swarm has not ended", where=export["id"], next_step=advice)
    return found


def _placed(told: Mapping[str, Told], root: Told, export: Any) -> None:
    """Hangs all of them below each other. They are told in the order in which they were made."""
    for one in export["events"]:
        if one["run"] in told:
            told[one["run"]].events.append(one)
    for one in told.values():
        above = told.get(one.data["parent"] or "")
        if one is root or above is None:
            continue
        step, _, within = one.data["path"].partition(WITHIN)
        name, one.number = numbered(within or step)
        one.place, one.task, one.above = (*above.place, name), bool(within), above
        above.below.append(one)
    for step in export["steps"]:
        up = told.get(step["run"])
        while up is not None:
            up.attempted.append(step["begun_at"])
            up = up.above


def _outcomes(
    export: Mapping[str, Any], root: Told, price: Price | None
) -> dict[str, tuple[Outcome, ...]]:
    """What each task came to, one try after the other: of swarms within, each of their own."""
    found = defaultdict[str, list[tuple[float, Outcome]]](list)
    for swarm in (one for one in root.all() if one.is_swarm):
        for one in swarm.below:
            if one.task and not one.is_swarm:
                for phase in one.phases:
                    said = _outcome(one, phase, swarm, root, price)
                    found["/".join(one.place)].append((phase.span.begin, said))
        for at, task, why in _unmade(export, swarm, root):
            kind, _, reason = why.partition(": ")
            said = Outcome(failure=Failure(kind, reason), unmade=True)
            found["/".join((*swarm.place, task))].append((at, said))
    return {
        key: tuple(said for _, said in sorted(ones, key=lambda one: one[0]))
        for key, ones in found.items()
    }


def _unmade(export: Mapping[str, Any], swarm: Told, root: Told) -> Iterator[tuple[float, str, str]]:
    """When no run could be made of which of its tasks, and why."""
    before: Mapping[str, Any] = {}
    for one in export["documents"]:
        if one["name"] == UNMADE and one.get("run", root.data["id"]) == swarm.data["id"]:
            new = {task: said for task, said in one["value"].items() if said != before.get(task)}
            yield from ((one["at"], task, said["why"]) for task, said in new.items())
            before = one["value"]


def _outcome(one: Told, phase: Phase, swarm: Told, root: Told, price: Price | None) -> Outcome:
    cancelled = phase.status == "cancelled"
    amount, steps = one.share(phase, price)
    said = Outcome(
        output=phase.output,
        failure=Failure(**phase.failure) if phase.failure else None,
        cancelled=cancelled,
        takes=inf if cancelled and _cut(phase, swarm) else worked(phase.span, one.rests()),
        amount=amount,
        steps=steps,
    )
    asks = one.data["routine"] == APPROVING
    if cancelled or asks or one.data["routine"] == HANDING:
        said = replace(said, begun=phase.span.begin - root.begun)
    return replace(said, approved=phase.status == "completed") if asks else said


def _cut(phase: Phase, swarm: Told) -> bool:
    """Whether its swarm ended it: by itself it would have gone on."""
    near = (abs(other.span.end - phase.span.end) <= _NEAR for other in swarm.phases)
    return phase.by.startswith("run ") or any(near)


_NEAR = 0.01
"""Seconds."""


def _events(export: Mapping[str, Any], root: Told) -> tuple[Event, ...]:
    """What people did, and nothing that its runs did."""
    swarms = {one.data["id"]: one for one in root.all() if one.is_swarm}
    found = [*_said(export, swarms, root.data["id"]), *_done(swarms.values())]
    later = [replace(one, at=max(0.0, one.at - root.begun)) for one in found]
    return tuple(sorted(later, key=lambda one: one.at))


def _said(export: Mapping[str, Any], swarms: Mapping[str, Told], root: str) -> Iterator[Event]:
    """What they wrote on one of the swarms, or said to it."""
    runs = {one["id"] for one in export["runs"]} | {"swarm"}
    for one in export["messages"]:
        if swarm := swarms.get(one.get("run", root)):
            yield Event(one["at"], "message", one["text"], one["by"], swarm.path)
    for one in export["documents"]:
        swarm = swarms.get(one.get("run", root))
        if swarm is None or one["by"] in runs:
            continue
        name = one["name"]
        if name in (PLAN, POLICY):
            yield Event(one["at"], name, one["value"], one["by"], swarm.path)
        elif name.startswith(BOARD):
            value = {name.removeprefix(BOARD): one["value"]}
            yield Event(one["at"], "board", value, one["by"], swarm.path)


def _done(swarms: Iterable[Told]) -> Iterator[Event]:
    """What they did with runs that are replayed: of swarms, and of what those started."""
    for swarm in swarms:
        for one in (swarm, *(below for below in swarm.below if not below.is_swarm)):
            for span, by, whole in one.pauses():
                value = True if whole else ALONE
                yield Event(span.begin, "pause", value, by, one.path)
                if span.end < inf:
                    yield Event(span.end, "resume", value, by, one.path)
            for at, by in retries(one.events):
                yield Event(at, "retry", True, by, one.path)
        for phase in swarm.phases:
            if phase.status == "cancelled" and not phase.by.startswith("run "):
                yield Event(phase.span.end, "stop", True, phase.by or "somebody", swarm.path)
        for event in swarm.events:
            if event["kind"] == "run.budget" and "limits" in event:
                yield Event(event["at"], "budget", event["limits"], event["by"], swarm.path)


def _budget(standing: Mapping[str, Any], root: Told) -> dict[str, Any] | None:
    """The limits that it had at first: those of its end, but for what was changed."""
    found = {kind: standing[kind]["limit"] for kind in KINDS if standing[kind]["limit"] is not None}
    on_limit = standing.get("on_limit")
    found |= {"on_limit": on_limit} if on_limit else {}
    changes = (one["was"] for one in root.events if one["kind"] == "run.budget" and "was" in one)
    return {**found, **next(changes, {})} or None


def _widest(runs: list[Told]) -> int:
    """Tasks of one swarm that were under way at once, at most."""
    most = 0
    for one in runs:
        beside = [
            other
            for other in runs
            if other.place[:-1] == one.place[:-1] and one.is_task and other.is_task
        ]
        at = sum(other.begun <= one.begun < other.begun + other.takes for other in beside)
        most = max(most, at)
    return most
