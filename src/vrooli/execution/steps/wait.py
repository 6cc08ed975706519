"""A pause: for a while, until a time, or until somebody sends a signal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vrooli.execution.signals import NAME, Awaited, Signal
from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType
from vrooli.flow.driver import STAYS, Parked
from vrooli.flow.patience import patiently

LONGEST = 366 * 86_400
"""Seconds."""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "seconds": {
            "type": "number",
            "minimum": 0,
            "maximum": LONGEST,
            "description": "how long, from when the step first began",
        },
        "until": {
            "type": "string",
            "description": "ISO 8601 with a time zone, as `2026-12-31T18:00:00Z`; a time that has "
            "passed ends at once",
        },
        "signal": {
            "type": "string",
            "pattern": NAME,
            "description": "what somebody sends: `vrooli run signal RUN NAME`",
        },
    },
}

_ABOUT = """\
Give a time, a signal or both. The output of a time is `due`, in UTC. That of a signal is `signal`,
its name; `data`, what it carries; `by`, who sent it; and `at`. Each is taken by one step, and one
that comes before its step is kept. Where the time is over first, `signal` is null, and an `if`
may look at it.

```yaml
- step: paid
  wait: {signal: paid, seconds: 604800}
- if: "steps.paid.signal == null"
  then:
    - step: remind
      value: {text: "not paid within a week"}
```

The `timeout` of the step means nothing here. A time that was set stays: a server that is started
again in between does not begin anew.

What waits for a signal, or has more than five seconds left, takes nobody's place: when nothing else
is under way in the run, its status is `waiting`, and whichever server has room goes on with it at
the time, at most a few seconds late, or at the signal. What runs beside it goes on meanwhile."""


async def _run(call: StepCall, tools: StepTools) -> Any:
    due = due_at(call.arguments, call.begun)
    if "signal" in call.arguments:
        return await _signal(call, due, tools)
    assert due is not None  # else there is a signal
    if not 0 <= due <= call.begun + LONGEST:
        days = LONGEST // 86_400
        raise StepFailed("arguments", f"expected a time after 1970 and within {days} days")
    while (left := due - tools.clock.wall()) > 0:
        if left > STAYS:
            raise Parked(due)
        await tools.clock.sleep(left)
    return {"due": _utc(due)}


async def _signal(call: StepCall, due: float | None, tools: StepTools) -> Any:
    awaited = Awaited(call.run, call.path, call.attempt, call.arguments["signal"])
    found = await patiently(tools.clock, lambda: tools.signals.take(awaited))
    if isinstance(found, Signal):
        told = {"signal": awaited.name, "data": found.data, "by": found.by}
        return {**told, "at": _utc(found.at)}
    if due is None or due > tools.clock.wall():
        raise Parked(due, found)
    return {"signal": None, "data": None, "by": None, "at": _utc(due)}


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def due_at(given: Mapping[str, Any], begun: float) -> float | None:
    """When a wait that began then is over by itself, unix seconds; None when that is never.

    Raises:
        StepFailed: that cannot be told.
    """
    if "seconds" in given and "until" in given:
        raise StepFailed("arguments", "expected `seconds` or `until`, not both")
    if "seconds" in given:
        return begun + float(given["seconds"])
    if "until" not in given:
        return None
    try:
        until = datetime.fromisoformat(given["until"])
        if until.tzinfo is not None:
            return until.timestamp()
    except (ValueError, OverflowError) as error:
        reason = "expected a time as 2026-12-31T18:00:00Z"
        raise StepFailed("arguments", reason, where="until") from error
    raise StepFailed("arguments", "the time has no zone: add Z or +01:00", where="until")


step = StepType(
    name="wait",
    title="Waits for a while, until a time, or for a signal",
    arguments=_SCHEMA,
    run=_run,
    repeatable=lambda arguments: True,
    about=_ABOUT,
    lasting=True,
)
