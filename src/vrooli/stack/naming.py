"""From what an operator said to services of the stack."""

from collections.abc import Sequence

from vrooli.core.errors import UnknownName, UsageError
from vrooli.core.nearest import did_you_mean
from vrooli.stack import graph
from vrooli.stack.model import Service, Stack


def resolve(stack: Stack, names: Sequence[str]) -> set[str]:
    """Services, groups, and `vrooli-autoheal` for `autoheal`; everything when nothing was said.

    Raises:
        UsageError: a name is not in the stack, with the nearest one that is.
    """
    if not names:
        return set(stack.services)
    found: set[str] = set()
    for said in names:
        matches = _matches(stack, said) or _matches(stack, said.removeprefix("vrooli-"))
        if not matches:
            known = {*stack.services, *(service.group for service in stack.services.values())}
            raise UnknownName(
                f"`{said}` is not in this stack{did_you_mean(said, known)}",
                said,
                next_step=f"it has: {', '.join(stack.services)}",
            )
        found |= matches
    return found


def one(stack: Stack, names: Sequence[str]) -> str:
    """The one service that was named; `UsageError` when it is none, or several."""
    found = sorted(resolve(stack, names)) if names else []
    if len(found) == 1:
        return found[0]
    raise UsageError("name one service", next_step=f"the stack has: {', '.join(stack.services)}")


def check_ours(stack: Stack, action: str, names: Sequence[str]) -> None:
    """Raise UsageError when what was named for a stop or restart does not run here: nothing would
    happen, and look as if it had.

    Args:
        stack: with the services.
        action: what is asked for.
        names: as said; services, groups or none, which means everything that is ours.
    """
    if action not in ("stop", "restart"):
        return
    foreign = [name for name in names if all(not s.managed for s in _said(stack, name))]
    if foreign:
        held = any(service.is_held for service in _said(stack, foreign[0]))
        what = 'only watched (`heal = "watch"`)' if held else "external: it is watched, and not"
        raise UsageError(
            f"`{foreign[0]}` is {what}{'' if held else ' run from here'}",
            next_step=f"{action} it where it runs" + (', or set `heal = "auto"`' if held else ""),
        )


def _said(stack: Stack, name: str) -> list[Service]:
    return [stack.services[match] for match in resolve(stack, [name])]


def _matches(stack: Stack, name: str) -> set[str]:
    return {name} if name in stack.services else set(graph.members(stack, name))
