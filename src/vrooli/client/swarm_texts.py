"""What is written on a swarm, as text that people read and edit, and how two versions of it differ.
Pure.
"""

import difflib
import json
from collections.abc import Mapping
from typing import Any

from vrooli.client.swarm_changes import PLAN, POLICY
from vrooli.core.errors import UsageError

AROUND = 3
"""Lines that stay the same and are shown before and after what differs."""

NAMES = (PLAN, POLICY)
"""Documents that each swarm has; what stands on its blackboard is `board.KEY`."""

_SHOWN = {"version", "by", "value"}


STANDS = (
    *("status", "why", "run", "tries", "output", "after", "needs", "asks"),
    *("began_at", "ended_at", "cost", "tokens", "approvals"),
)
"""What of a task that is shown tells how it stands, beside what was written."""


def as_shown(name: str, said: Any) -> tuple[Any, int] | None:
    """Of what shows a swarm, or its plan or policy alone, the newest version and its number; None
    of anything else, which is what is to be written.

    Raises:
        UsageError: somebody changed how the tasks stand instead of what is written.
    """
    if isinstance(said, Mapping) and isinstance(said.get("swarm"), Mapping):
        said = said["swarm"].get(name)
    if name not in NAMES or not isinstance(said, Mapping) or not said.keys() >= _SHOWN:
        return None
    value = said["value"]
    if "tasks" in said and _plain(said["tasks"]) != _plain(value):
        advice = "change them under `value`, as they were written"
        raise UsageError("`tasks` only tells how they stand", where=name, next_step=advice)
    return value, said["version"]


def _plain(tasks: Any) -> Any:
    """What showing them adds nothing to."""
    if isinstance(tasks, Mapping):
        return {key: one for key, one in tasks.items() if key not in STANDS}
    return list(map(_plain, tasks)) if isinstance(tasks, list) else tasks


def changed_policy(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A policy in which these keys are others; null takes one away."""
    found = {**before, **change}
    return {key: value for key, value in found.items() if value is not None}


def written(value: Any) -> str:
    """As it is typed in again: JSON, with lines of their own for what it holds."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def difference(older: Any, newer: Any) -> list[str]:
    """Lines of a unified diff of two versions, without those that name files; none where they are
    the same. In which order keys stand is no difference.
    """
    before, after = _sorted(older).splitlines(), _sorted(newer).splitlines()
    return list(difflib.unified_diff(before, after, n=AROUND, lineterm=""))[2:]


def _sorted(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


_KEPT = {"problems": "a plan was refused", "unmade": "a task could not begin"}
"""What it means that a swarm itself wrote such a document."""


def event_said(event: Mapping[str, Any]) -> str:
    """An event of a swarm, in words."""
    name, by = event.get("name"), event.get("by")
    if event["kind"] == "swarm.begun":
        return "the swarm began"
    if name == "skipped":
        return f"task {by} is skipped"
    said = _KEPT.get(str(name)) or f"version {event.get('version')} of {name} was written"
    return f"{said}, by {by}" if by else said


def is_large(value: Any) -> bool:
    """Whether a reference stands there instead: it is too large to be written by hand."""
    return isinstance(value, Mapping) and "$artifact" in value


def documents(swarm: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Name, newest version and who wrote it, of all that is written on a swarm as it stands."""
    found = [(name, swarm[name]["version"], swarm[name]["by"]) for name in NAMES]
    board = sorted(swarm["board"].items())
    return found + [(f"board.{key}", one["version"], one["by"]) for key, one in board]
