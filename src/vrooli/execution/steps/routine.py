"""A run of another routine, as one step."""

from typing import Any

from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType
from vrooli.execution.subruns import DEEPEST, MOST_RUNS, SubRun, SubRunEnd
from vrooli.flow.budget import SCHEMA

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "type": "string",
            "maxLength": 63,
            "description": "which routine; the version that is the newest when the step begins",
        },
        "inputs": {
            "type": "object",
            "default": {},
            "description": "of the run, as its routine says",
        },
        "budget": {
            **SCHEMA,
            "description": "what it may spend, key by key instead of what its routine says: "
            "`cost`, `tokens`, `steps`, `time`, `on_limit`",
        },
    },
}

_ABOUT = f"""\
Its output is that of the run, its failure that of the run: kind, reason and place. A run of its own
is made, once for each attempt whatever crashes, and `vrooli run show` lists it under the run that
it is a part of. It goes on by itself: the `timeout` of the step means nothing here. Whoever cancels
a run cancels all that it started; when such a run alone is cancelled, the step fails with the kind
`cancelled`. What it spends comes out of the budgets of all runs that it is a part of as well.

Other failures: `no-routine` (there is none of that name), `inputs` (they do not fit), `too-deep`
(runs lie more than {DEEPEST} deep in each other: a recursion without an end), `too-many` (over
{MOST_RUNS} runs of one tree).

```yaml
- step: summary
  routine:
    name: summarise
    inputs: {{ url: "${{inputs.url}}" }}
```"""


async def _run(call: StepCall, tools: StepTools) -> Any:
    given = call.arguments
    place = (call.run, call.path, call.attempt)
    asked = SubRun(*place, given["name"], given.get("inputs", {}), given.get("budget"))
    return _value(await tools.subruns.to_its_end(asked))


def _value(end: SubRunEnd) -> Any:
    if end.failure is not None:
        said = end.failure
        raise StepFailed(said.kind, said.reason, where=said.where, retryable=said.retryable)
    if end.status != "completed":
        raise StepFailed("cancelled", "the run of the routine was cancelled", where=end.run)
    return end.output


step = StepType(
    name="routine",
    title="Runs another routine",
    arguments=_SCHEMA,
    run=_run,
    repeatable=lambda arguments: True,
    about=_ABOUT,
    lasting=True,
)
