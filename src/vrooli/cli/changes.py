"""What an `up` has changed or would change, in words."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.kit import BroughtUp, Kit, home_to_change
from vrooli.core.errors import ConfigError
from vrooli.core.home import Home

if TYPE_CHECKING:
    from vrooli.stack.diff import Difference
    from vrooli.stack.model import Stack

MOST_TOLD = 8
"""Services, jobs and settings of an edit that one line names."""


def what_changed(brought: BroughtUp, last: Mapping[str, Any]) -> str:
    """The sentence after the progress lines; empty when they have said it all, or it failed.

    Args:
        brought: what was done before services were started.
        last: the last line of the operation.
    """
    if not last.get("ok"):
        return ""
    by_itself = not last.get("changed")
    parts = [f"{counted(len(brought.stopped), 'service')} stopped"] if brought.stopped else []
    if brought.again or by_itself:
        again = " again" if brought.again else ""
        parts += [f"the {name} was started{again}" for name in brought.started]
    if parts:
        return "; ".join(parts)
    if not by_itself:
        return ""
    if brought.difference:
        return "the edit is taken on; nothing had to be started, stopped or restarted"
    return "everything is up already; nothing was changed"


def warn_if_empty(stack: "Stack") -> None:
    """Tell of a file that declares nothing: it was hardly meant so."""
    if stack.source and all(service.is_watchdog for service in stack.services.values()):
        render.note(f"warning: {stack.source} declares no services: nothing but the watchdog runs")


def note_edits(kit: Kit, file: Path | None, home: Home) -> None:
    """Tell that the file was edited since the last `up`, for commands that go by that."""
    try:
        change = kit.edits(file, home)
    except ConfigError:
        said = f"{file} was edited since the last `up`, and has mistakes: what runs is as before it"
        render.note(render.as_called(f"note: {said}; next: `vrooli config check`"))
        return
    _note(file, change)


def _note(file: Path | None, change: "Difference | None") -> None:
    if change:
        said = f"{file} was edited since the last `up`: {in_words(change)}"
        render.note(render.as_called(f"note: {said}; next: `vrooli up`"))


def home_as_written(kit: Kit, file: Path | None) -> Home:
    """The home of that file's stack, for commands about what the file names (stores). They go by
    the last `up`, and tell of an edit since.

    Raises:
        ConfigError: it has mistakes: what it was edited for would be passed over.
    """
    found, home = kit.stack_file(file), home_to_change(kit, file)
    _note(found, kit.edits(found, home))
    return home


def in_words(change: "Difference") -> str:
    """What an edit changes, in one line."""
    jobs = change.jobs
    parts = [
        *(f"{x.name} ({', '.join(x.keys)})" for x in change.changed),
        *(f"{name} is new" for name in change.added),
        *(f"{name} is gone" for name in change.removed),
        *(f"job {name}" for name in (*(x.name for x in jobs.changed), *jobs.added, *jobs.removed)),
        *(("settings (" + ", ".join(change.settings) + ")",) if change.settings else ()),
    ]
    more = f", and {len(parts) - MOST_TOLD} more" if len(parts) > MOST_TOLD else ""
    return ", ".join(parts[:MOST_TOLD]) + more


def counted(number: int, noun: str) -> str:
    """`1 service`, `2 services`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
