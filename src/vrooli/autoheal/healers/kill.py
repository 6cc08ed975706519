"""Kill a service with everything that it started, without asking, and start it again."""

import signal

from vrooli.autoheal.healer import Danger, Healer
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.progress import silent
from vrooli.stack.supervisor import Supervisor


async def _run(service: Service, supervisor: Supervisor) -> Result:
    await supervisor.require_sound(service)
    await supervisor.require_ours(service)
    if supervisor.running(service):
        await supervisor.signal(service, signal.SIGKILL, tree=True)
    return await supervisor.restart_one(service, silent)


HEALER = Healer("kill", "kill it with all that it started, start it again", Danger.DISRUPTIVE, _run)
