"""Stop a service and start it again."""

from vrooli.autoheal.healer import Danger, Healer
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.progress import silent
from vrooli.stack.supervisor import Supervisor


async def _run(service: Service, supervisor: Supervisor) -> Result:
    return await supervisor.restart_one(service, silent)


HEALER = Healer("restart", "stop it and start it again", Danger.DISRUPTIVE, _run)
