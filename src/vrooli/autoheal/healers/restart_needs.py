"""Restart what a service needs directly, then the service."""

from vrooli.autoheal.healer import Danger, Healer
from vrooli.core.result import Result
from vrooli.stack import graph
from vrooli.stack.model import Service
from vrooli.stack.progress import silent
from vrooli.stack.supervisor import Supervisor


async def _run(service: Service, supervisor: Supervisor) -> Result:
    stack = supervisor.stack
    names = sorted(graph.direct_needs(stack, service.name))
    needs = [stack.services[name] for name in names if stack.services[name].managed]
    for each in (*needs, service):  # all of them, before any is touched
        await supervisor.require_sound(each)
    for need in needs:
        await supervisor.restart_one(need, silent)
    return await supervisor.restart_one(service, silent)


HEALER = Healer("restart-needs", "restart what it needs, then itself", Danger.DISRUPTIVE, _run)
