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
    """What a file holds that is to be stored: keys and values, of a routine or of a swarm; where
    that is said, of a swarm.

    Raises:
        UsageError: it cannot be read, is empty or a list, or is no swarm.
    """
    document = parsed(file)
    data = document.data
    if not isinstance(data, Mapping):
        found = "nothing" if data is None else "a list" if isinstance(data, list) else "a value"
        what = f"expected {SWARM if swarm else f'{ROUTINE}, or {SWARM}'}, found {found}"
        raise UsageError(what, where=str(file), next_step="write it like those in `examples/`")
    if swarm and "do" in data:
        advice = f"`{render.called_as()} routine add {file}` stores it"
        raise UsageError("this is a routine, and no swarm", where=str(file), next_step=advice)
    return document


def by_need(documents: "Sequence[tuple[Path, Document]]") -> "list[tuple[Path, Document]]":
    """Those first that others name: a swarm is stored where all is there that its plan needs. Of
    those that need each other, the server tells.
    """
    left, found = list(documents), list[Any]()
    while left:
        names = {str(one.data.get("name")) for _, one in left}
        free = [one for one in left if not _needs(one[1].data) & names] or left[:1]
        found += free
        left = [one for one in left if one not in free]
    return found


def _needs(data: Mapping[str, Any]) -> set[str]:
    """Routines that have to be there before it is stored, but for itself."""
    if not is_swarm(data):
        return set()
    from vrooli.execution.swarms.reading import as_far_as_read

    swarm = as_far_as_read(data)
    calls = [one for one in (*swarm.plan, swarm.coordinator, swarm.done_check) if one]
    return {one.routine for one in calls} - {str(data.get("name"))}


def refused(file: Path, document: "Document", mistakes: Sequence[Mapping[str, Any]]) -> UsageError:
    """What the server says is wrong with a file, by its lines."""
    lined = ((document.line(tuple(one["place"])), one) for one in mistakes)
    told = sorted(lined, key=lambda pair: pair[0])
    lines = [f"{file}:{line}: {one['field']}: {one['problem']}" for line, one in told]
    advice = "nothing of it was stored; mend the file"
    if any("there is no routine" in one["problem"] for one in mistakes):
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
