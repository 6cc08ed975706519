"""Two runs of one swarm, side by side. Pure."""

from collections.abc import Mapping
from typing import Any

from vrooli.execution.swarms.deciding import APPROVING

_OF_TASK = ("status", "took", "cost", "output")


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Both in short, and what is another in which task.

    Args:
        before: as it ran.
        after: as it was simulated.
    """
    first = {one["path"]: one for one in before["tasks"]}
    second = {one["path"]: one for one in after["tasks"]}
    tasks = [
        {"path": path, "recorded": _of(first.get(path)), "replayed": _of(second.get(path))}
        for path in dict.fromkeys([*first, *second])
    ]
    return {"recorded": _short(before), "replayed": _short(after), "tasks": tasks}


def _of(task: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if task is None else {key: task[key] for key in _OF_TASK}


def _short(one: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("swarm", "status", "output", "failure", "took", "cost", "tokens", "steps", "widest")
    begun = [task["path"] for task in one["tasks"]]
    asked = [beside["path"] for beside in one["beside"] if beside["routine"] == APPROVING]
    return {**{key: one[key] for key in keys}, "begun": begun, "asked": asked}
