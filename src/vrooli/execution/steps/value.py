"""A step that hands on its arguments: to name a value, or to compute one."""

from typing import Any

from vrooli.execution.step_type import StepCall, StepTools, StepType


async def _run(call: StepCall, tools: StepTools) -> Any:
    return dict(call.arguments)


step = StepType(
    name="value",
    title="Hands on its arguments, with expressions filled in",
    arguments={"type": "object"},
    run=_run,
    repeatable=lambda arguments: True,
)
