"""Restart what a service needs directly, then the service."""

from vrooli.autoheal.healer import Danger, Healer
from vrooli.core.result import Result
from vrooli.stack import graph
from vrooli.stack.model import Service
from vrooli.stack.progress import silent
from vrooli.stack.supervisor import Supervisor


async def _run(service: Service, supervisor: Supervisor) -> Result:
    await supervisor.require_sound(service)
    stack = supervisor.stack
    for name in sorted(graph.direct_needs(stack, service.name)):
        if stack.services[name].managed:
            await supervisor.restart_one(stack.services[name], silent)
    return await supervisor.restart_one(service, silent)


HEALER = Healer("restart-needs", "restart what it needs, then itself", Danger.DISRUPTIVE, _run)
