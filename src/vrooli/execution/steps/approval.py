"""A decision of a person."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType
from vrooli.flow.approval import Answer, Question, digest
from vrooli.flow.driver import Parked
from vrooli.flow.patience import patiently
from vrooli.stack.durations import TEXT, parse_ago

LONGEST = 366 * 86_400
"""Seconds."""

_ABOUT = """\
The run waits until somebody says `vrooli approval approve` or `reject`, and may wait for days: it
takes nobody's place meanwhile, and its status is `waiting` while it has nothing else to do. The
decision is about exactly what was shown: whoever decides names its SHA-256, which is that of
`what`, or of an object with `what` and `shows` where there is something in `shows`. It counts once.
The `timeout` of the step means nothing here; after `expires` nobody can decide any more.

The output is `approved`, `by`, `at` (in UTC) and `reason`. Failures: `rejected`, unless `on_reject`
is `continue`: then `approved` is false, and an `if` may look at it; `expired`, with `on_expiry` as
`fail`, else that is a rejection by nobody.

```yaml
- step: signed
  approval:
    message: "Send ${size(steps.letters.rows)} letters?"
    what: "${steps.letters.rows}"
    expires: 2d
```

When a step beside it fails, the run still waits for the decision before it ends."""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["message", "what"],
    "additionalProperties": False,
    "properties": {
        "message": {
            "type": "string",
            "minLength": 1,
            "maxLength": 2000,
            "description": "what is asked, for a person",
        },
        "what": {"description": "what is to be approved, any JSON value"},
        "shows": {
            "description": "what would change: text, or `before` and `after` (text or JSON), which "
            "are shown as a diff; the decision is about it as well",
        },
        "expires": {
            "type": "string",
            "pattern": f"^(?:{TEXT})$",
            "description": "how long one may decide, from when the step first began, as `30m` or "
            "`2d`, at most 366 days; for ever without",
        },
        "on_reject": {
            "enum": ["fail", "continue"],
            "default": "fail",
            "description": "what a rejection means for the run",
        },
        "on_expiry": {
            "enum": ["reject", "fail"],
            "default": "reject",
            "description": "what it means that nobody decided in time",
        },
    },
}


async def _run(call: StepCall, tools: StepTools) -> Any:
    given = call.arguments
    question = Question(
        call.run, call.path, call.attempt, _digest(_asked_for(given)), _expires(given, call.begun)
    )
    answer = await _asked(question, tools)
    if answer.status == "pending":
        raise Parked(question.expires, answer.seen)
    if answer.status == "expired" and given.get("on_expiry") == "fail":
        raise StepFailed("expired", "nobody decided in time")
    approved = answer.status == "approved"
    if not approved and given.get("on_reject") != "continue":
        raise StepFailed("rejected", _rejection(answer))
    at = datetime.fromtimestamp(answer.at or 0.0, UTC).isoformat()
    return {"approved": approved, "by": answer.by or None, "at": at, "reason": answer.reason}


async def _asked(question: Question, tools: StepTools) -> Answer:
    """An outage does not end a wait of days."""
    return await patiently(tools.clock, lambda: tools.approvals.ask(question))


def _asked_for(given: Mapping[str, Any]) -> Any:
    """What the decision is about: with what would change, where that is shown."""
    shows = given.get("shows")
    return given["what"] if shows is None else {"what": given["what"], "shows": shows}


def _digest(what: Any) -> str:
    try:
        return digest(what)
    except (ValueError, RecursionError) as error:
        raise StepFailed("arguments", "it cannot be written down as JSON", where="what") from error


def _expires(given: Mapping[str, Any], begun: float) -> float | None:
    if "expires" not in given:
        return None
    try:
        seconds = parse_ago(given["expires"])
    except ValueError as error:
        raise StepFailed("arguments", str(error), where="expires") from error
    if seconds > LONGEST:
        days = LONGEST // 86_400
        raise StepFailed("arguments", f"expected at most {days} days", where="expires")
    return begun + seconds


def _rejection(answer: Answer) -> str:
    if answer.status == "expired":
        return "nobody decided in time"
    return f"{answer.by} rejected it" + (f": {answer.reason}" if answer.reason else "")


step = StepType(
    name="approval",
    title="Waits for the decision of a person",
    arguments=_SCHEMA,
    run=_run,
    repeatable=lambda arguments: True,
    about=_ABOUT,
    lasting=True,
)
