"""A run as pages show it: its steps as a tree and as bars over time, its budgets. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENDED = ("completed", "failed", "cancelled")
SHOWN = 4000
"""Characters of an input or an output on the page."""


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt.

    Attributes:
        path, attempt, type, status: as the journal has them.
        depth: how many steps it lies within.
        left, width: of its bar, in percent of the time of the run.
        seconds: how long it took; None while it goes on.
        arguments, output, failure: as text; empty without.
    """

    path: str
    attempt: int
    type: str
    status: str
    depth: int
    left: float
    width: float
    seconds: float | None
    arguments: str
    output: str
    failure: str


@dataclass(frozen=True, slots=True)
class Spent:
    """One row of a budget.

    Attributes:
        name: cost, tokens, steps or time.
        text: what was spent, reserved and allowed, with units.
        spent, reserved: in percent of the limit; 0 without one.
    """

    name: str
    text: str
    spent: float
    reserved: float


def steps_seen(
    run: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], now: float
) -> list[Step]:
    """The journal in its order. `now` ends what goes on."""
    begin = run["started_at"] or run["created_at"]
    until = run["ended_at"] or now
    whole = max(until - begin, 0.001)
    return [_step(one, begin, until, whole) for one in steps]


def budgets_seen(run: Mapping[str, Any]) -> list[Spent]:
    """What may be limited."""
    budget = run.get("budget") or {}
    return [_spent(name, budget[name]) for name in _UNITS if name in budget]


def text_of(value: Any) -> str:
    """For people, and bounded; empty for nothing."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n... {len(text):,} characters in all"


_UNITS = {"cost": "$", "tokens": "tokens", "steps": "steps", "time": "s"}


def _step(one: Mapping[str, Any], begin: float, until: float, whole: float) -> Step:
    began = one["begun_at"] or begin
    ended = one["ended_at"]
    last = ended if ended is not None else until
    failure = one.get("failure") or {}
    return Step(
        path=one["path"],
        attempt=one["attempt"],
        type=one["type"],
        status=one["status"],
        depth=one["path"].count("/") + one["path"].count("."),
        left=round(min(max(100 * (began - begin) / whole, 0), 99.5), 1),
        width=round(min(max(100 * (last - began) / whole, 0.5), 100), 1),
        seconds=None if ended is None else ended - began,
        arguments=text_of(one.get("arguments")),
        output=text_of(one.get("output")),
        failure=f"{failure.get('reason', '')} ({failure.get('kind', '')})" if failure else "",
    )


def _spent(name: str, row: Mapping[str, Any]) -> Spent:
    limit, spent, reserved = row.get("limit"), row["spent"], row["reserved"]
    words = [f"{_amount(name, spent)} spent"]
    if reserved:
        words.append(f"{_amount(name, reserved)} reserved")
    if row.get("forecast"):
        words.append(f"{_amount(name, row['forecast'])} forecast")
    words.append(f"of {_amount(name, limit)}" if limit is not None else "no limit")
    share = (lambda amount: min(100.0, 100 * amount / limit)) if limit else (lambda amount: 0.0)
    return Spent(name, ", ".join(words), round(share(spent), 1), round(share(reserved), 1))


def _amount(name: str, value: float) -> str:
    if name == "cost":
        return f"${value:,.4f}"
    return f"{value:,.1f} s" if name == "time" else f"{value:,} {_UNITS[name]}"
