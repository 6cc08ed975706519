"""All types of steps, found as files in `steps/`, and how their arguments are checked."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

import vrooli.execution.steps
from vrooli.core import discover
from vrooli.execution.step_type import StepType
from vrooli.execution.wrong_argument import said
from vrooli.flow.model import Routine
from vrooli.flow.reading import read


@cache
def names() -> tuple[str, ...]:
    """Of all types, sorted."""
    return tuple(name.rstrip("_") for name in discover.names(vrooli.execution.steps))


@cache
def step_type(name: str) -> StepType:
    """The type of that name, which must be one of `names()`."""
    files = {file.rstrip("_"): file for file in discover.names(vrooli.execution.steps)}
    return discover.load(vrooli.execution.steps, files[name], "step", StepType)


@cache
def validator(name: str) -> Draft202012Validator:
    """Checks the arguments of a step of this type."""
    return Draft202012Validator(dict(step_type(name).arguments))


Early = tuple[tuple[str | int, ...], str]
"""A place in the arguments of a step, and what is wrong there."""

Look = Callable[[str, Mapping[str, Any]], Iterable[Early]]
"""By the type of a step and its arguments."""


def read_routine(data: Any, also: Look = lambda name, arguments: ()) -> Routine:
    """A routine of steps that exist here; `RoutineError` with all that is wrong with it, and with
    what `also` finds in its steps.
    """
    return read(
        data, names(), lambda name, given: [*_early_mistakes(name, given), *also(name, given)]
    )


def _early_mistakes(name: str, arguments: Mapping[str, Any]) -> list[Early]:
    """What is wrong whatever the expressions in them come to."""
    found = []
    for error in validator(name).iter_errors(dict(arguments)):
        if not _may_become_right(error.instance):
            found.append((tuple(error.absolute_path), said(error)))
    return found


def _may_become_right(value: Any) -> bool:
    return isinstance(value, str) and "${" in value
