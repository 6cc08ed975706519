"""Files of routines and swarms that somebody names on the command line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.given import text_of
from vrooli.core.errors import UsageError
from vrooli.stack.work_half import need_work_half

if TYPE_CHECKING:
    from vrooli.flow.yaml import Document

ROUTINE = "a routine: keys and values like `name` and `do`"
SWARM = "a swarm: keys and values like `name`, `goal` and `plan`"
"""What is expected of a file."""


def is_swarm(data: Mapping[str, Any]) -> bool:
    """Whether a file is meant as that of a swarm."""
    return "do" not in data and ("goal" in data or "plan" in data)


def keys_of(file: Path, *, swarm: bool = False) -> "Document":
    """What a file holds that is to be stored: keys and values, of a routine or of a swarm.

    Raises:
        UsageError: it cannot be read, is empty or a list, or is one of the other kind.
    """
    document = parsed(file)
    data = document.data
    if not isinstance(data, Mapping):
        found = "nothing" if data is None else "a list" if isinstance(data, list) else "a value"
        what = f"expected {SWARM if swarm else ROUTINE}, found {found}"
        raise UsageError(what, where=str(file), next_step="write it like those in `examples/`")
    if is_swarm(data) and not swarm:
        advice = f"`{render.called_as()} swarm start {file}` stores and starts it"
        raise UsageError("this is a swarm, and no routine", where=str(file), next_step=advice)
    if swarm and "do" in data:
        advice = f"`{render.called_as()} routine add {file}` stores it"
        raise UsageError("this is a routine, and no swarm", where=str(file), next_step=advice)
    return document


def refused(file: Path, document: "Document", mistakes: Sequence[Mapping[str, Any]]) -> UsageError:
    """What the server says is wrong with a file, by its lines."""
    lined = ((document.line(tuple(one["place"])), one) for one in mistakes)
    told = sorted(lined, key=lambda pair: pair[0])
    lines = [f"{file}:{line}: {one['field']}: {one['problem']}" for line, one in told]
    advice = "nothing was stored; mend the file"
    if any(one["problem"].startswith("there is no routine") for one in mistakes):
        advice += ", or first store what it names: `vrooli routine add FILE...`"
    return UsageError("\n".join(lines), next_step=advice)


def parsed(file: Path) -> "Document":
    """What a file of YAML or JSON holds, with the lines of its parts."""
    need_work_half()
    from vrooli.flow.yaml import BadYaml, parse

    text = text_of(file)
    try:
        return parse(text)
    except BadYaml as error:
        error.where = f"{file}:{error.line}" if error.line else str(file)
        raise
