"""What the tasks of a simulated swarm come to, and what happens meanwhile, as a file says it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import inf
from typing import Any

from jsonschema import Draft202012Validator

from vrooli.execution.spending import Amount
from vrooli.execution.swarms.reading import SwarmError
from vrooli.execution.swarms.state import CHECKING, PLANNING
from vrooli.execution.wrong_argument import said
from vrooli.flow.budget import MICROS
from vrooli.flow.budget import SCHEMA as BUDGET
from vrooli.flow.entries import Failure
from vrooli.flow.reading import Mistake
from vrooli.stack.durations import TEXT, parse_ago

FOREVER = "forever"
"""What never ends by itself."""

FAILS = "scripted"
"""Kind of a failure where the script says no other."""

_TIME = {
    "type": "string",
    "pattern": f"^(?:{TEXT})$",
    "description": "how long after the beginning, like 30s or 10m",
}

_OUTCOME: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "output": {"description": "what it comes to"},
        "answer": {"description": "of an `llm` step: what the model answers, a text or an object"},
        "fails": {
            "type": ["string", "object"],
            "minLength": 1,
            "required": ["kind", "reason"],
            "additionalProperties": False,
            "properties": {
                "kind": {"type": "string"},
                "reason": {"type": "string"},
                "where": {"type": "string"},
                "retryable": {"type": "boolean"},
            },
            "description": "instead: why it fails, in words, or as `kind` and `reason`",
        },
        "cancelled": {"const": True, "description": "instead: somebody cancels its run"},
        "approved": {"type": "boolean", "description": "of a question: what is decided"},
        "takes": {
            "type": "string",
            "pattern": f"^(?:{FOREVER}|{TEXT})$",
            "description": f"how long, like 30s or 2m; or `{FOREVER}`",
        },
        "cost": {"type": "number", "minimum": 0, "description": "US dollars"},
        "tokens": {"type": "integer", "minimum": 0},
        "steps": {"type": "integer", "minimum": 0, "default": 1},
    },
}

_OUTCOMES = {
    "type": "object",
    "additionalProperties": {"type": "array", "minItems": 1, "items": _OUTCOME},
}

EARLY = 1.0
"""Seconds that a server may need for what takes no time in a replay; or a tenth of all of it."""

ALONE = "alone"
"""Pauses a run, and none below it."""

KINDS = (
    *("message", "board", "policy", "plan", "budget", "hand", "take-back"),
    *("pause", "resume", "stop", "retry"),
)
"""What may happen to a swarm from outside."""

_TASK = {"type": "string", "minLength": 1, "description": "a task of the swarm"}

_EVENT = {
    "type": "object",
    "required": ["at"],
    "additionalProperties": False,
    "minProperties": 2,
    "properties": {
        "at": _TIME,
        "by": {"type": "string", "default": "somebody"},
        "in": {
            "type": "string",
            "default": "",
            "description": "to which task, by its path, like `inner`; else to the swarm itself",
        },
        "message": {},
        "board": {"type": "object", "minProperties": 1},
        "policy": {"type": "object"},
        "plan": {"type": "array"},
        "budget": BUDGET,
        "hand": {
            "type": ["string", "object"],
            "minLength": 1,
            "required": ["task"],
            "additionalProperties": False,
            "properties": {"task": _TASK, "what": {"type": "string"}},
            "description": "a task to a person; what that person comes to is said as `TASK/person`",
        },
        "take-back": _TASK,
        "pause": {"enum": [True, ALONE], "description": f"`{ALONE}`: but nothing below it"},
        "resume": {"enum": [True, ALONE]},
        "stop": {"const": True},
        "retry": {"const": True, "description": "after its end: `vrooli run retry`"},
    },
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "runs": _OUTCOMES,
        "steps": _OUTCOMES,
        "events": {"type": "array", "items": _EVENT},
    },
}
"""JSON Schema of a script."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What something comes to.

    Attributes:
        output: where it completes.
        answer: of a model; None where `output` is all that it comes to.
        failure: where it fails.
        cancelled: whether somebody cancels it.
        approved: what is decided; None where nobody is asked.
        takes: seconds; infinite where it never ends by itself.
        amount: what it costs.
        steps: attempts of steps.
        place: where the script says what it comes to, so that it can be checked; else empty.
        begun: where a person ended it that has run, when it had begun, seconds after the swarm.
            People act at moments: what begins a little earlier in a replay takes longer there.
        unmade: whether no run could be made, `failure` being why.
    """

    output: Any = None
    answer: Any = None
    failure: Failure | None = None
    cancelled: bool = False
    approved: bool | None = None
    takes: float = 0.0
    amount: Amount = field(default_factory=Amount)
    steps: int = 1
    place: str = ""
    begun: float | None = None
    unmade: bool = False

    def takes_from(self, now: float) -> float:
        """Seconds that it takes where it begins at `now`, seconds after the swarm."""
        early = 0.0 if self.begun is None else self.begun - now
        return self.takes + early if 0 < early <= max(EARLY, now * EARLY / 10) else self.takes


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to the swarm from outside.

    Attributes:
        at: seconds after its beginning.
        kind: one of `KINDS`.
        value: what is said or written.
        by: who does it.
        place: to which run, by its path; empty for the swarm itself.
    """

    at: float
    kind: str
    value: Any
    by: str = "somebody"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """All that is said of a simulation.

    Attributes:
        runs: by the path of a task, its id, or the name of its routine, also with `*`: what it
            comes to the first time, the second, ...; the last one counts for all that follow.
        steps: likewise by `ROUTINE/STEP` or `STEP`: of routines that are run.
        events: in the order of their times.
    """

    runs: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    steps: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()

    def over(self, other: "Script") -> "Script":
        """This one, and the other where this one says nothing."""
        events = sorted((*self.events, *other.events), key=lambda one: one.at)
        return Script({**other.runs, **self.runs}, {**other.steps, **self.steps}, tuple(events))


class Prompter:
    """Says what is next, each time the next one of a list."""

    def __init__(self, script: Script) -> None:
        self._script, self._told = script, Counter[tuple[str, str]]()

    def run(self, names: Sequence[str], *, asks: bool = False) -> Outcome | None:
        """What the run with these names comes to, the nearest name first; None when nothing is
        said of it. What a coordinator and a check say is said by their names alone.
        """
        exact = not {PLANNING, CHECKING}.isdisjoint(names)
        for key in _keys(self._script.runs, names, exact=exact):
            if (self._script.runs[key][0].approved is not None) is asks:
                return self._next("runs", key, self._script.runs[key])
        return None

    def knows(self, names: Sequence[str]) -> bool:
        """Whether it says what such a run comes to."""
        return any(True for _ in _keys(self._script.runs, names, exact=False))

    def unmade(self, path: str, question: str = "") -> Failure | None:
        """Why no run could be made here, where that is what comes next. Where a question about it
        is to be asked first, it says so after that.
        """
        ones = self._script.runs.get(path, ())
        left = self._told["runs", question] < len(self._script.runs.get(question, ()))
        if left or not ones or not ones[min(self._told["runs", path], len(ones) - 1)].unmade:
            return None
        return self._next("runs", path, ones).failure

    def step(self, names: Sequence[str]) -> Outcome | None:
        """What the step comes to, likewise."""
        for key in _keys(self._script.steps, names, exact=False):
            return self._next("steps", key, self._script.steps[key])
        return None

    def _next(self, part: str, key: str, ones: Sequence[Outcome]) -> Outcome:
        told = self._told[part, key]
        self._told[part, key] += 1
        return ones[min(told, len(ones) - 1)]


def read_script(data: Any) -> Script:
    """From what a file holds.

    Raises:
        SwarmError: with every mistake in it.
    """
    listed = _listed({} if data is None else data)
    errors = list(Draft202012Validator(SCHEMA).iter_errors(listed))
    if errors:
        raise SwarmError([Mistake(tuple(one.absolute_path), said(one)) for one in errors])
    found = [event for one in listed.get("events", ()) for event in _events(one)]
    return Script(
        runs=_outcomes("runs", listed.get("runs", {})),
        steps=_outcomes("steps", listed.get("steps", {})),
        events=tuple(sorted(found, key=lambda one: one.at)),
    )


def _listed(data: Any) -> Any:
    """With a list wherever one outcome stands alone."""
    if not isinstance(data, Mapping):
        return data
    found = dict(data)
    for part in ("runs", "steps"):
        if isinstance(data.get(part), Mapping):
            found[part] = {
                str(key): [one] if isinstance(one, Mapping) else one
                for key, one in data[part].items()
            }
    return found


def _keys(said: Mapping[str, Any], names: Sequence[str], *, exact: bool) -> Iterator[str]:
    yield from (name for name in names if name in said)
    if not exact:
        for name in names:
            yield from (key for key in said if "*" in key and fnmatchcase(name, key))


def _outcomes(part: str, data: Mapping[str, Any]) -> dict[str, tuple[Outcome, ...]]:
    return {
        key: tuple(_outcome(one, f"{part}.{key}[{i}]") for i, one in enumerate(ones))
        for key, ones in data.items()
    }


def _outcome(data: Mapping[str, Any], place: str) -> Outcome:
    fails = data.get("fails")
    if isinstance(fails, str):
        fails = {"kind": FAILS, "reason": fails}
    takes = data.get("takes", "0s")
    return Outcome(
        output=data.get("output"),
        answer=data.get("answer"),
        failure=Failure(**fails) if fails else None,
        cancelled=data.get("cancelled", False),
        approved=data.get("approved"),
        takes=inf if takes == FOREVER else parse_ago(takes),
        amount=Amount(data.get("tokens", 0), round(data.get("cost", 0) * MICROS)),
        steps=data.get("steps", 1),
        place=place if data.keys() & {"output", "answer"} else "",
    )


def _events(data: Mapping[str, Any]) -> Iterator[Event]:
    at, by, place = parse_ago(data["at"]), data.get("by", "somebody"), data.get("in", "")
    yield from (Event(at, kind, data[kind], by, place) for kind in KINDS if kind in data)
