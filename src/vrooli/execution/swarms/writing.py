"""A swarm as a file says it, as the routine that drives it. Pure."""

from collections.abc import Mapping
from typing import Any

from vrooli.execution.step_types import read_routine
from vrooli.execution.swarm_shape import PARTS
from vrooli.execution.swarms.reading import SwarmError, read_swarm
from vrooli.execution.swarms.sound import unstorable
from vrooli.flow.reading import Mistake, RoutineError

STEP = "swarm"
"""Id of the step, and its type."""

_AROUND = ("name", "description", "inputs", "budget", "queue")
"""What a routine has as well."""

_OPEN, _KEPT = "${", "${'${'}"
"""The beginning of an expression, and an expression that comes to it."""


def routine_of(data: Any) -> dict[str, Any]:
    """The definition of a routine that drives this swarm.

    Raises:
        SwarmError: with all that is wrong with it.
    """
    if not isinstance(data, Mapping):
        raise SwarmError([Mistake((), "expected keys and values: `name`, `goal`, `plan`, ...")])
    around = {key: data[key] for key in _AROUND if key in data}
    parts = {key: value for key, value in data.items() if key not in _AROUND}
    mistakes = list(unstorable(data))
    try:
        read_swarm(parts)
    except SwarmError as error:
        mistakes += error.mistakes
    # Its goal is filled in when it begins; the rest by itself, when it comes to it.
    kept = {key: _escaped(value) for key, value in parts.items() if key in PARTS}
    kept["goal"] = parts.get("goal", "-")
    routine = {**around, "do": [{"step": STEP, STEP: {**kept, "inputs": "${inputs}"}}]}
    try:
        read_routine(routine)
    except RoutineError as error:
        mistakes += [one for one in error.mistakes if one.place[:1] != ("do",)]
        mistakes += [] if mistakes else error.mistakes
    if mistakes:
        raise SwarmError(mistakes)
    return routine


def is_of_file(definition: Mapping[str, Any]) -> bool:
    """Whether it is made of the file of a swarm, and does nothing else."""
    do = definition.get("do", ())
    return len(do) == 1 and do[0].keys() == {"step", STEP}


def parts_of(definition: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a routine says of the swarm that it drives, as it was written; None of another one."""
    for one in definition.get("do", ()):
        if STEP in one and isinstance(one.get(STEP), Mapping):
            found = {key: _plain(value) for key, value in one[STEP].items() if key in PARTS}
            return found
    return None


def changed(definition: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """The same routine, whose swarm has these parts instead of its own.

    Raises:
        SwarmError: with all that is wrong with it.
    """
    steps = [
        {**one, STEP: {**one[STEP], **_escaped(parts)}} if STEP in one else one
        for one in definition["do"]
    ]
    found = {**definition, "do": steps}
    read_swarm(parts_of(found) or {})
    return found


def _escaped(value: Any) -> Any:
    return _mapped(value, _OPEN, _KEPT)


def _plain(value: Any) -> Any:
    return _mapped(value, _KEPT, _OPEN)


def _mapped(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, Mapping):
        return {key: _mapped(one, old, new) for key, one in value.items()}
    if isinstance(value, list):
        return [_mapped(one, old, new) for one in value]
    return value
