"""A pause."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType
from vrooli.flow.driver import Parked

LONGEST = 366 * 86_400
"""Seconds."""

STAYS = 5.0
"""Seconds that are waited out in place: to set a run down and take it up again costs a few writes,
and up to a sweep of time. Longer ones take nobody's place.
"""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
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
    },
}

_ABOUT = """\
Give one of the two. The output is `due`, the time in UTC. The `timeout` of the step means nothing
here. A time that was set stays: a server that is started again in between does not begin anew.

What has more than five seconds left takes nobody's place: when nothing else is under way in the
run, its status is `waiting`, and whichever server has room goes on with it at the time, at most a
few seconds late. What runs beside it goes on meanwhile."""


async def _run(call: StepCall, tools: StepTools) -> Any:
    due = due_at(call.arguments, call.begun)
    if not 0 <= due <= call.begun + LONGEST:
        days = LONGEST // 86_400
        raise StepFailed("arguments", f"expected a time after 1970 and within {days} days")
    while (left := due - tools.clock.wall()) > 0:
        if left > STAYS:
            raise Parked(due)
        await tools.clock.sleep(left)
    return {"due": datetime.fromtimestamp(due, UTC).isoformat()}


def due_at(given: Mapping[str, Any], begun: float) -> float:
    """When a wait that began then is over, unix seconds; `StepFailed` when that cannot be told."""
    if "seconds" in given:
        return begun + float(given["seconds"])
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
    title="Waits for a while, or until a time",
    arguments=_SCHEMA,
    run=_run,
    repeatable=lambda arguments: True,
    about=_ABOUT,
    lasting=True,
)
