"""Remove what `system-cache` found."""

from collections.abc import Sequence

from vrooli.autoheal.action import Action
from vrooli.autoheal.caches import stale
from vrooli.autoheal.check import Look
from vrooli.autoheal.healer import Danger
from vrooli.core.command import Command, Remove
from vrooli.core.errors import Refused


def _commands(look: Look) -> Sequence[Command]:
    found = stale(look.facts.files, look.options, look.facts.tools.clock.wall())
    if not found:
        raise Refused(
            "there is nothing stale to remove",
            next_step="`vrooli-autoheal checks` shows what is measured",
        )
    return tuple(Remove(item.path) for item in found)


ACTION = Action("clean-cache", "remove stale entries of caches", Danger.DISRUPTIVE, _commands)
