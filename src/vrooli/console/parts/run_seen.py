"""A run as pages show it: its steps as a tree with their times, its budgets. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.amounts import dollars, length

ENDED = ("completed", "failed", "cancelled")
"""Statuses of a run that change no more by themselves."""

SHOWN = 4000
"""Characters of an input or an output on the page."""

_KINDS = ("cost", "tokens", "steps", "time")


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt.

    Attributes:
        path, attempt, type, status, given_up: as the journal has them.
        begun, ended: unix seconds; None where that is not so, or not known.
        arguments, output, failure: as text; empty without.
        says: what a model answered, as plain text.
        artifact: under which hash all of a large output can be had, and how many bytes that is.
        signal: for which it waits; empty for any other step.
    """

    path: str
    attempt: int
    type: str
    status: str
    given_up: bool
    begun: float | None
    ended: float | None
    arguments: str = ""
    output: str = ""
    failure: str = ""
    says: str = ""
    artifact: tuple[str, int] | None = None
    signal: str = ""

    @property
    def depth(self) -> int:
        """How many steps it lies within."""
        return self.path.count("/") + self.path.count(".")

    @property
    def is_note(self) -> bool:
        """Whether a step noted it inside of itself: nothing goes on from there."""
        return "/" in self.path

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        if self.begun is None or self.ended is None:
            return None
        return max(0.0, self.ended - self.begun)


@dataclass(frozen=True, slots=True)
class Below:
    """A run that a step started.

    Attributes:
        run, routine, status: of it.
        path: of the step.
        begun, ended: unix seconds; None where that is not so.
    """

    run: str
    routine: str
    status: str
    path: str
    begun: float
    ended: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """A step, and what it started."""

    step: Step
    below: tuple[Below, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """One row of a budget.

    Attributes:
        name: cost, tokens, steps or time.
        text: what was spent, reserved and allowed, with units.
        spent, reserved: in percent of the limit; 0 without one.
        until: unix seconds when the limit is reached if it goes on as so far; None where that is
            not known.
    """

    name: str
    text: str
    spent: float
    reserved: float
    until: float | None = None


def step_of(one: Mapping[str, Any]) -> Step:
    """A row of the journal."""
    failure, arguments, output = one.get("failure") or {}, one.get("arguments"), one.get("output")
    given = arguments if isinstance(arguments, dict) else {}
    came = output if isinstance(output, dict) else {}
    kept = one.get("artifact")
    model, waits = one["type"] == "llm", one["type"] == "wait"
    return Step(
        path=one["path"],
        attempt=one["attempt"],
        type=one["type"],
        status=one["status"],
        given_up=bool(one.get("given_up")),
        begun=one["begun_at"],
        ended=one["ended_at"],
        arguments=text_of(arguments),
        output=text_of(output),
        failure=f"{failure.get('reason', '')} ({failure.get('kind', '')})" if failure else "",
        says=text_of(came.get("text")) if model and isinstance(came.get("text"), str) else "",
        artifact=(str(kept["sha256"]), int(kept["bytes"])) if kept else None,
        signal=str(given.get("signal") or "") if waits and one["status"] == "begun" else "",
    )


def below_of(run: Mapping[str, Any]) -> Below:
    """A run that another one started."""
    begun = run["started_at"] or run["created_at"]
    path = str(run.get("parent_path") or "")
    return Below(run["id"], run["routine"], state_of(run), path, begun, run["ended_at"])


def rows_of(steps: Sequence[Step], below: Sequence[Below]) -> list[tuple[tuple[str, int], Row]]:
    """The steps in the order of the journal by path and attempt, the newest attempt of each with
    the runs that it started.
    """
    last = {step.path: step.attempt for step in steps}
    found = []
    for step in steps:
        newest = last[step.path] == step.attempt
        own = tuple(one for one in below if newest and one.path == step.path)
        found.append(((step.path, step.attempt), Row(step, own)))
    return found


def state_of(run: Mapping[str, Any]) -> str:
    """Where a run stands, in a word; `pausing` while it is about to be paused, `running` while a
    swarm waits only for its tasks.
    """
    if run.get("working"):
        return "running"
    return "pausing" if run.get("pausing") and run["status"] == "running" else str(run["status"])


def budgets_seen(run: Mapping[str, Any]) -> list[Spent]:
    """What may be limited."""
    budget, over = run.get("budget") or {}, run.get("status") in ENDED
    return [_spent(name, budget[name], over) for name in _KINDS if name in budget]


def text_of(value: Any) -> str:
    """For people, and bounded; empty for nothing."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n... {len(text):,} characters in all"


def size_of(count: int) -> str:
    """A number of bytes, with its unit."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KiB" if count < 1024**2 else f"{count / 1024**2:.1f} MiB"


def _spent(name: str, row: Mapping[str, Any], over: bool) -> Spent:
    limit, spent, reserved = row.get("limit"), row["spent"], row["reserved"]
    words = [f"{_amount(name, spent)} spent"]
    if reserved:
        words.append(f"{_amount(name, reserved)} reserved")
    words.append(f"of {_amount(name, limit)}" if limit is not None else "no limit")
    share = (lambda amount: min(100.0, 100 * amount / limit)) if limit else (lambda amount: 0.0)
    until = None if over else row.get("forecast")
    return Spent(name, ", ".join(words), round(share(spent), 1), round(share(reserved), 1), until)


def _amount(name: str, value: float) -> str:
    if name == "cost":
        return dollars(value)
    return length(value) if name == "time" else f"{value:,} {name}"
