"""What runs that others started are called: by the step that did, those of a swarm by their task.
Pure.
"""

import re
from collections.abc import Mapping
from typing import Any

Started = tuple[str, str]
"""The run that started one, and the path of the step that did."""

HANDING, APPROVING = "swarm-person", "swarm-approval"
"""Routines of each swarm: one waits for what a person does, one asks about a task."""

_OF_TASK = re.compile(r"/(approval|person)(\[\d+\])?$")
_TASK = re.compile(r"([^/\[]+)(?:/(approval|person))?(?:\[(\d+)\])?")
_WORDS = {None: "{}", "approval": "whether {} may be done", "person": "{}, by a person"}


def part_of(path: str) -> str:
    """What is said of the path of a step: of a task of a swarm what follows the swarm's own."""
    return path.partition("/")[2] or path


def task_of(event: Mapping[str, Any]) -> str:
    """What a run does for the one that made it, by the event that it was made: in a swarm the
    name of its task.
    """
    name = part_of(str(event["path"]))
    return _OF_TASK.sub("", name) if event.get("routine") in (HANDING, APPROVING) else name


def called(path: str) -> str:
    """The same in words: a task, a later try of it, the question about it, a step."""
    task = _TASK.fullmatch(part_of(path)) if "/" in path else None
    if task is None:
        return path
    said = _WORDS[task[2]].format(task[1])
    return f"{said}, try {task[3]}" if task[3] else said


def run_names(own: str, started: Mapping[str, Started]) -> dict[str, str]:
    """Of each run below `own` of which it is known how it came there: its name, behind those of the
    runs between.
    """
    found = {own: ""}

    def name(run: str, seen: frozenset[str]) -> str | None:
        if run in found:
            return found[run]
        if run not in started or run in seen:
            return None
        parent, path = started[run]
        above = name(parent, seen | {run})
        if above is None:
            return None
        found[run] = f"{above} / {called(path)}" if above else called(path)
        return found[run]

    for run in started:
        name(run, frozenset())
    return {run: said for run, said in found.items() if said}
