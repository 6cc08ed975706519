"""Let a stopped process (SIGSTOP, a shell's Ctrl-Z) go on: the mildest thing that can be done, and
nothing is lost.
"""

import signal

from vrooli.autoheal.healer import Danger, Healer, answers_again
from vrooli.core.errors import StartFailed
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.supervisor import Supervisor


async def _run(service: Service, supervisor: Supervisor) -> Result:
    launch = supervisor.context.launches.get(service.name)
    if launch is None:
        raise StartFailed("there is no process to resume", where=service.name)
    async with supervisor.lock(service.name):
        keeper = supervisor.context.tools.keeper
        await keeper.signal(launch.launch_id, signal.SIGCONT, tree=True)
        return await answers_again(service, supervisor, launch, "resumed")


HEALER = Healer("resume", "let the stopped process go on", Danger.SAFE, _run, starts=False)
