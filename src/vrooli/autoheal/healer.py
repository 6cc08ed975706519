"""What a recovery action is. One file an action, in `healers/`."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import vrooli.autoheal.healers
from vrooli.core import discover
from vrooli.core.errors import StartFailed
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.supervisor import Supervisor

_PATIENCE = 2.0
"""Seconds, at least, that a process which goes on gets to answer again."""


class Danger(StrEnum):
    """How much an action may cost: nothing, requests in flight, or data."""

    SAFE = "safe"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"


async def _of_use(_: Service, __: Supervisor) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Healer:
    """A named recovery action.

    Attributes:
        id: the file's name with dashes.
        title: what it does, for people.
        danger: how much it may cost.
        run: does it, and returns when the service's probe passes again; raises a VrooliError when
            it did not help.
        starts: whether the service is started anew by it.
        useless: why it would do nothing to the service as that is now; empty when it would do
            something. Asked for a person, who is told so instead.
        gives_up: whether it ends with the service stopped.
    """

    id: str
    title: str
    danger: Danger
    run: Callable[[Service, Supervisor], Awaitable[Result]]
    starts: bool = True
    useless: Callable[[Service, Supervisor], Awaitable[str]] = _of_use
    gives_up: bool = False


class GivenUp(StartFailed):
    """An action ended with the service stopped: from here on a person is needed."""


def healer(name: str) -> Healer:
    """The action called `name`."""
    return discover.load(vrooli.autoheal.healers, name.replace("-", "_"), "HEALER", Healer)


def healer_names() -> list[str]:
    """All of them."""
    return [name.replace("_", "-") for name in discover.names(vrooli.autoheal.healers)]


def starts_of(actions: Iterable[str]) -> int:
    """How often a service was started anew by these actions, of which history may know others than
    there are now.
    """
    known = frozenset(healer_names())
    return sum(1 for name in actions if name in known and healer(name).starts)


async def answers_again(service: Service, supervisor: Supervisor, done: str) -> Result:
    """The first passing look at a process that was left running.

    Raises:
        StartFailed: there was none in time, or the process ended; `done` says after what.
    """
    clock = supervisor.context.tools.clock
    deadline = clock.monotonic() + max(_PATIENCE, 2 * service.health.timeout)
    while True:
        result = await supervisor.look(service)
        if result.healthy:
            return result
        if not supervisor.running(service) or clock.monotonic() >= deadline:
            raise StartFailed(
                f"{done}, but {result.message}",
                where=service.name,
                next_step=f"`vrooli logs {service.name}` shows more",
            )
        await clock.sleep(0.05)
