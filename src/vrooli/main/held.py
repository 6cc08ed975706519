"""What commands ask of the managers of services, past the watchdog: a log, and who else heals."""

import asyncio
import os

from vrooli.core.errors import VrooliError
from vrooli.core.ports.manager import Held
from vrooli.host.clock import SystemClock
from vrooli.host.controllers import controllers
from vrooli.host.streams import AsyncioStreams
from vrooli.main.managers import Managers
from vrooli.stack.model import Service, Stack
from vrooli.stack.overlap import overlap, unanswered, unkept


def held_log(stack: Stack, service: Service, lines: int) -> list[str]:
    """The last lines that the manager of `service` keeps.

    Raises:
        VrooliError: it does not answer.
    """
    return asyncio.run(_managers(stack)[service.runtime].tail(service.held, lines))


def overlaps(stack: Stack) -> list[str]:
    """What else may start or stop the services of `stack`, what it does not hold, and which limits
    nobody would keep.
    """
    return asyncio.run(_overlaps(stack))


async def _overlaps(stack: Stack) -> list[str]:
    managers = _managers(stack)
    held = [service for service in stack.services.values() if service.is_held]
    looks = (managers[service.runtime].look(service.held) for service in held)
    try:
        answers = await asyncio.gather(*looks, return_exceptions=True)
    finally:
        await managers.close()
    found = _unkept(stack)
    if stack.docker_from and any(service.runtime == "docker" for service in held):
        found.append(f"the Docker Engine is that of {stack.docker_from}: {stack.docker}")
    for service, answer in zip(held, answers, strict=True):
        if isinstance(answer, Held):
            found += overlap(service, answer)
        elif isinstance(answer, VrooliError):
            found.append(unanswered(service, answer))
        else:
            raise answer
    return list(dict.fromkeys(found))


def _unkept(stack: Stack) -> list[str]:
    uid = os.geteuid()
    there = controllers(uid)
    services = stack.services.values()
    return [line for service in services for line in unkept(service, there, root=uid == 0)]


def _managers(stack: Stack) -> Managers:
    return Managers(lambda: stack, AsyncioStreams(), SystemClock(), None)
