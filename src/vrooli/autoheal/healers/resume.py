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
    if not supervisor.running(service):
        raise StartFailed("there is no process to resume", where=service.name, next_step="start it")
    async with supervisor.lock(service.name):
        await supervisor.signal(service, signal.SIGCONT, tree=True)
        return await answers_again(service, supervisor, "resumed")


async def _useless(service: Service, supervisor: Supervisor) -> str:
    if not supervisor.running(service):
        return "there is no process to resume"
    stopped = (await supervisor.look(service)).details.get("stopped")
    return "" if stopped else "its process is not stopped: there is nothing to resume"


HEALER = Healer(
    "resume", "let the stopped process go on", Danger.SAFE, _run, starts=False, useless=_useless
)
