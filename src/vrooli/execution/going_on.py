"""Whether a run that another build drives would go on under this one."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from vrooli.execution.step_types import read_routine
from vrooli.flow.entries import Again, Told
from vrooli.flow.reading import RoutineError
from vrooli.flow.replay import differences
from vrooli.flow.stored import Stored


def obstacles(definition: Any, inputs: Any, steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """What would keep it from going on where it stands, a sentence each.

    Args:
        definition: the version of the routine that the run is made from.
        inputs: of the run.
        steps: its journal, as the API tells it.
    """
    try:
        routine = read_routine(definition)
    except RoutineError as error:
        return [f"{one.where}: {one.reason}" for one in error.mistakes]
    return differences(routine, inputs, [entry for step in steps for entry in _told(step)])


def _told(step: Mapping[str, Any]) -> list[Told]:
    """The attempt; and that it counts no more, where it was given up for a later one."""
    again = [Again(step["path"], step["attempt"])] if step["given_up"] else []
    return [_stored(step).entry(), *again]


def _stored(step: Mapping[str, Any]) -> Stored:
    return Stored(
        path=step["path"],
        attempt=step["attempt"],
        type=step["type"],
        status=step["status"],
        arguments=json.dumps(step["arguments"]),
        output=json.dumps(step["output"]),
        failure=None if step["failure"] is None else json.dumps(step["failure"]),
        at=step["ended_at"] or step["begun_at"],
    )
