"""What an `up` has changed, in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.kit import BroughtUp

if TYPE_CHECKING:
    from vrooli.stack.model import Stack


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


def counted(number: int, noun: str) -> str:
    """`1 service`, `2 services`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
