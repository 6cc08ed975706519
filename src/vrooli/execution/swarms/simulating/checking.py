"""Whether what a script says can be what a step or a routine comes to. Pure."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from vrooli.core.errors import UsageError
from vrooli.core.nearest import did_you_mean
from vrooli.execution.swarms.simulating.script import Outcome
from vrooli.execution.swarms.writing import parts_of
from vrooli.execution.wrong_argument import said as said_of


def check_answer(task: str, step: str, arguments: Mapping[str, Any], said: Outcome) -> None:
    """What a model is to answer, against the `output` schema of its step.

    Raises:
        UsageError: it does not fit.
    """
    schema = arguments.get("output")
    if not said.place or said.failure is not None or not isinstance(schema, Mapping):
        return
    answer = said.answer
    if answer is None and isinstance(said.output, Mapping) and "json" in said.output:
        answer = said.output["json"]
    error = next(iter(Draft202012Validator(schema).iter_errors(answer)), None)
    if error is not None:
        at = "".join(f".{key}" for key in error.absolute_path)
        what = f"task `{task}`: the step `{step}` cannot answer that: `answer{at}`: "
        raise _wrong(what + said_of(error), said, "make it fit the `output` schema of that step")


def check_output(task: str, definition: Mapping[str, Any], said: Outcome) -> None:
    """What a task is to come to, against what its routine declares as its output.

    Raises:
        UsageError: it does not fit.
    """
    if not said.place or said.failure is not None or said.cancelled:
        return
    declared = (parts_of(definition) or definition).get("output")
    if problem := _problem(declared, said.output, "output"):
        what = f"task `{task}`: the routine `{definition['name']}` does not come to that: {problem}"
        raise _wrong(what, said, "make it fit what the routine declares as its `output`")


def _problem(declared: Any, value: Any, at: str) -> str:
    """What is not as declared: keys of objects, at any depth; expressions may be anything."""
    if not isinstance(declared, Mapping):
        return ""
    if not isinstance(value, Mapping):
        keys = ", ".join(f"`{key}`" for key in declared)
        return f"`{at}` is an object with {keys}"
    for key in declared:
        if key not in value:
            return f"`{at}.{key}` is missing"
    for key in value:
        if key not in declared:
            return f"there is no `{at}.{key}`{did_you_mean(str(key), list(declared))}"
    found = (_problem(declared[key], value[key], f"{at}.{key}") for key in declared)
    return next(filter(None, found), "")


def _wrong(what: str, said: Outcome, advice: str) -> UsageError:
    return UsageError(what, where=f"script: {said.place}", next_step=advice)
