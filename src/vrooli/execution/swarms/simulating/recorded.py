"""A swarm that has run, as `vrooli swarm export` tells it, as one that can be simulated again."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.execution.spending import Amount
from vrooli.execution.swarms.deciding import APPROVING
from vrooli.execution.swarms.simulating.script import Event, Outcome, Script
from vrooli.execution.swarms.simulating.simulation import Setup
from vrooli.execution.swarms.state import CHECKING, PLANNING
from vrooli.execution.swarms.store import BOARD, PLAN, POLICY, numbered
from vrooli.flow.budget import KINDS, MICROS
from vrooli.flow.entries import Failure
from vrooli.flow.notes import WITHIN

ENDED = ("completed", "failed", "cancelled")

Price = Callable[[int, int], int]
"""Millionths of a US dollar of so many tokens in and out."""


@dataclass
class Told:
    """A run of it.

    Attributes:
        data: as it was exported.
        place: names of all above and its own.
        number: of those for the same.
        task: whether a swarm started it.
        below: runs that it started.
    """

    data: Mapping[str, Any]
    place: tuple[str, ...] = ()
    number: int = 1
    task: bool = False
    below: list["Told"] = field(default_factory=list)

    @property
    def path(self) -> str:
        """For people."""
        path = "/".join(self.place)
        return path if self.number == 1 else f"{path}[{self.number}]"

    @property
    def begun(self) -> float:
        """Unix seconds."""
        return float(self.data["created_at"])

    @property
    def takes(self) -> float:
        """Seconds; infinite when it has not ended."""
        ended = self.data["ended_at"]
        return inf if ended is None else max(0.0, float(ended) - self.begun)

    @property
    def is_task(self) -> bool:
        """Whether it is one of a plan."""
        beside = self.place[-1:] in ((PLANNING,), (CHECKING,))
        return self.task and not beside and self.data["routine"] != APPROVING

    def all(self) -> list["Told"]:
        """It, and all below it."""
        return [self, *(one for below in self.below for one in below.all())]

    @property
    def steps(self) -> int:
        """Attempts in all of it."""
        return sum(int(one.data["attempts"]) for one in self.all())

    def micros(self, price: Price | None) -> int:
        """What all of it cost, or would at another price."""
        if price is None:
            return round(float(self.data["cost"]) * MICROS)
        asked = [one.data["asked"] for one in self.all()]
        return sum(price(one["input"], one["output"]) for one in asked if any(one.values()))

    def to_json(self, price: Price | None = None) -> dict[str, Any]:
        """As `simulation.run_shown`."""
        failure, takes = self.data["failure"], self.takes
        return {
            "path": self.path,
            "routine": self.data["routine"],
            "status": self.data["status"],
            "output": self.data["output"],
            "why": f"{failure['kind']}: {failure['reason']}" if failure else "",
            "took": None if takes == inf else round(takes, 3),
            "cost": self.micros(price) / MICROS,
            "tokens": self.data["tokens"],
            "steps": self.steps,
        }


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
        own = self.root.to_json()
        return {
            "swarm": own["routine"],
            **{key: own[key] for key in ("status", "output", "took", "cost", "tokens", "steps")},
            "failure": self.root.data["failure"],
            "widest": _widest(runs),
            "tasks": [one.to_json() for one in runs if one.is_task],
            "beside": [one.to_json() for one in runs if not one.is_task],
        }

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
            script=Script(runs=_outcomes(root, price), events=_events(self.export, root)),
            inputs=self.export["inputs"],
            budget=_budget(self.export["budget"]),
            begin=root.begun,
        )

    @property
    def untold(self) -> int:
        """Tokens of which nobody knows whether they were given or answered: of large answers."""
        asked = [one.data["asked"] for one in self.root.all()]
        told = sum(int(one["input"]) + int(one["output"]) for one in asked)
        return int(self.root.data["tokens"]) - told

    @property
    def retried(self) -> bool:
        """Whether it went on after its end: only its first attempt is simulated."""
        steps = self.export["steps"]
        return any(one["run"] == self.root.data["id"] and one["attempt"] > 1 for one in steps)


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
        _placed(told, root)
        found = Recorded(export, root)
        found.setup()
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError("it is no export of a swarm", next_step=advice) from error
    if root.data["status"] not in ENDED:
        advice = f"`vrooli swarm watch {export['id']}` shows when it has"
        raise UsageError("the swarm has not ended", where=export["id"], next_step=advice)
    return found


def _placed(told: Mapping[str, Told], root: Told) -> None:
    """Hangs all of them below each other. They are told in the order in which they were made."""
    for one in told.values():
        above = told.get(one.data["parent"] or "")
        if one is root or above is None:
            continue
        step, _, within = one.data["path"].partition(WITHIN)
        name, one.number = numbered(within or step)
        one.place, one.task = (*above.place, name), bool(within)
        above.below.append(one)


def _outcomes(root: Told, price: Price | None) -> dict[str, tuple[Outcome, ...]]:
    """What each task came to: of swarms within, each of their own."""
    found = defaultdict[str, list[Outcome]](list)
    swarms = [one for one in root.all() if one is root or one.data.get("definition")]
    for swarm in swarms:
        for one in swarm.below:
            if one.task and not one.data.get("definition"):
                found["/".join(one.place)].append(_outcome(one, swarm, price))
    return {key: tuple(ones) for key, ones in found.items()}


def _outcome(one: Told, swarm: Told, price: Price | None) -> Outcome:
    status, failure = one.data["status"], one.data["failure"]
    cancelled = status == "cancelled"
    # What its swarm ended would have gone on.
    with_it = cancelled and (one.data["ended_at"] or inf) >= (swarm.data["ended_at"] or inf) - 0.01
    said = Outcome(
        output=one.data["output"],
        failure=Failure(**failure) if failure else None,
        cancelled=cancelled,
        takes=inf if with_it else one.takes,
        amount=Amount(one.data["tokens"], one.micros(price)),
        steps=one.steps,
    )
    asks = one.data["routine"] == APPROVING
    return replace(said, approved=status == "completed") if asks else said


def _events(export: Mapping[str, Any], root: Told) -> tuple[Event, ...]:
    """What people did, and nothing that its runs did."""
    runs = {one["id"] for one in export["runs"]} | {"swarm"}
    found = [Event(one["at"], "message", one["text"], one["by"]) for one in export["messages"]]
    for one in export["documents"]:
        name, told = one["name"], (one["value"], one["by"])
        if one["by"] in runs:
            continue
        if name in (PLAN, POLICY):
            found.append(Event(one["at"], name, *told))
        elif name.startswith(BOARD):
            value = {name.removeprefix(BOARD): one["value"]}
            found.append(Event(one["at"], "board", value, one["by"]))
    if root.data["status"] == "cancelled":
        found.append(Event(root.data["ended_at"], "stop", None, "somebody"))
    later = [replace(one, at=max(0.0, one.at - root.begun)) for one in found]
    return tuple(sorted(later, key=lambda one: one.at))


def _budget(standing: Mapping[str, Any]) -> dict[str, Any] | None:
    """The limits that it had at its end."""
    found = {kind: standing[kind]["limit"] for kind in KINDS if standing[kind]["limit"] is not None}
    on_limit = standing.get("on_limit")
    return {**found, **({"on_limit": on_limit} if on_limit else {})} or None


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
