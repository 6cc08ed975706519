"""What a recovery action is. One file an action, in `healers/`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import vrooli.autoheal.healers
from vrooli.core import discover
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.supervisor import Supervisor


class Danger(StrEnum):
    """How much an action may cost: nothing, requests in flight, or data."""

    SAFE = "safe"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, slots=True)
class Healer:
    """A named recovery action.

    Attributes:
        id: the file's name.
        title: what it does, for people.
        danger: how much it may cost.
        run: does it, and returns when the service's probe passes again; raises a VrooliError when
            it did not help.
    """

    id: str
    title: str
    danger: Danger
    run: Callable[[Service, Supervisor], Awaitable[Result]]


def healer(name: str) -> Healer:
    """The action called `name`."""
    return discover.load(vrooli.autoheal.healers, name, "HEALER", Healer)
