"""Who else starts and stops what the stack declares: advice for people. Pure."""

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


def unanswered(service: Service, error: VrooliError) -> str:
    """Nobody knows, and why."""
    return f"{_CALLED[service.runtime]} could not be asked: {error.said_of('')}"
