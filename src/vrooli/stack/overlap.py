"""Who else starts and stops what the stack declares, and what keeps a limit: advice for people.
Pure.
"""

from collections.abc import Collection

from vrooli.core.errors import VrooliError
from vrooli.core.ports.manager import Held
from vrooli.stack.compile_held import NAMED_BY
from vrooli.stack.model import Service

_CALLED = {"docker": "the Docker Engine", "systemd": "systemd"}


def overlap(service: Service, held: Held) -> list[str]:
    """What its manager does to it by itself, and what is in the way of ours."""
    if service.is_made:
        return []
    who, thing = _CALLED[service.runtime], f"{NAMED_BY[service.runtime]} `{service.held}`"
    if held.phase == "missing":
        return [f"{service.name}: there is no {thing}: {who} starts only what it knows"]
    if held.restarts and service.heal in ("auto", "shadow"):
        return [
            f"{service.name}: {who} restarts {thing} first (`{held.restarts}`); vrooli acts when "
            "it gave up, or when it runs and its probe fails"
        ]
    return []


def unkept(service: Service, controllers: Collection[str], *, root: bool) -> list[str]:
    """The limits that nobody would keep, because the control groups there are cannot.

    Args:
        service: perhaps one for which a unit is made.
        controllers: of control groups that its unit can have.
        root: whether that is a unit of the system.
    """
    limits = service.limits
    wanted = {"memory": limits.memory, "tasks": limits.tasks, "cpu": limits.cpu}
    lost = [f"`{key}`" for key, value in wanted.items() if value and _KEEPS[key] not in controllers]
    if not lost:
        return []
    who = "this machine" if root else "the systemd of this user"
    return [f"{service.name}: {who} has no control groups that keep its limits: {', '.join(lost)}"]


_KEEPS = {"memory": "memory", "tasks": "pids", "cpu": "cpu"}
"""By limit, the controller that keeps it."""


def unanswered(service: Service, error: VrooliError) -> str:
    """Nobody knows, and why."""
    return f"{_CALLED[service.runtime]} could not be asked: {error.said_of('')}"
