"""The units that `system-units` is told to need, and that have failed."""

from collections.abc import Sequence

from vrooli.autoheal.action import Action, find_program, run_program
from vrooli.autoheal.check import Look
from vrooli.autoheal.healer import Danger
from vrooli.core.command import Command
from vrooli.core.errors import Refused
from vrooli.stack.model import Stack

_NAME = "restart-units"


def _commands(look: Look) -> Sequence[Command]:
    failed = look.before.details.get("needed", ()) if look.before else ()
    if not failed:
        raise Refused(
            "no unit that `needed` of [checks.system-units] names has failed",
            next_step="add the unit to `needed`, or restart it by `systemctl restart`",
        )
    systemctl = find_program(look, "systemctl")
    return tuple(
        run_program(look, _NAME, f"{arguments[0]} {unit}", systemctl, *arguments)
        for unit in failed
        for arguments in _calls(unit)
    )


def _calls(unit: str) -> tuple[tuple[str, ...], ...]:
    """What had been started too often is started again only after it was forgotten."""
    return (("reset-failed", unit), ("restart", unit))


def _allowed(stack: Stack) -> Sequence[tuple[str, ...]]:
    settings = stack.checks.get("system-units")
    needed = settings.options.get("needed", ()) if settings else ()
    return tuple(arguments for unit in needed for arguments in _calls(unit))


ACTION = Action(
    _NAME, "restart needed units", Danger.DISRUPTIVE, _commands, "systemctl", listed=_allowed
)
