"""A swarm, as one step."""

from typing import Any

from vrooli.execution.coordinating import Coordinated
from vrooli.execution.step_type import StepCall, StepTools, StepType
from vrooli.execution.swarm_shape import PARTS

_ABOUT = """\
`vrooli swarm start FILE` makes a routine with this step out of what stands in the file; nobody has
to write it by hand. Each task is a run of its own, at `STEP/TASK`, which `vrooli run show` lists
below the swarm. While its tasks work, the swarm takes nobody's place: it is looked at when one of
them ends, when somebody sends it a message, when its blackboard changes, and at its deadline.

Failures: `task` (one failed for the last time, and was not to), `goal-not-met`, `no-progress`,
`deadline`, `policy` (a task that it forbids), `plan` (it cannot be), `too-many`, `too-deep`,
`expression`; and those of steps of the type `routine`. A retry of the run gives each task that
failed as many tries again; what was done stays done."""


async def _run(call: StepCall, tools: StepTools) -> Any:
    place = (call.run, call.path, call.attempt, call.begun)
    return await tools.coordinator.cycle(Coordinated(*place, call.arguments))


step = StepType(
    name="swarm",
    title="Has a swarm of runs reach a goal",
    arguments={
        "type": "object",
        "required": ["goal"],
        "additionalProperties": False,
        "properties": {
            **PARTS,
            "inputs": {
                "type": "object",
                "default": {},
                "description": "what its expressions see as `inputs`",
            },
        },
    },
    run=_run,
    repeatable=lambda arguments: True,
    about=_ABOUT,
    lasting=True,
)
