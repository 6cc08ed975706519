"""Let a stopped process (SIGSTOP, a shell's Ctrl-Z) go on: the mildest thing that can be done, and
nothing is lost.
"""

import signal

from vrooli.autoheal.healer import Danger, Healer
from vrooli.core.errors import StartFailed
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.probe import probe
from vrooli.stack.supervisor import Supervisor

_PATIENCE = 2.0
"""Seconds, at least, that it gets to answer again."""


async def _run(service: Service, supervisor: Supervisor) -> Result:
    context = supervisor.context
    launch = context.launches.get(service.name)
    if launch is None:
        raise StartFailed("there is no process to resume", where=service.name)
    async with supervisor.lock(service.name):
        await context.tools.keeper.signal(launch.launch_id, signal.SIGCONT, tree=True)
        clock = context.tools.clock
        deadline = clock.monotonic() + max(_PATIENCE, 2 * service.health.timeout)
        while True:
            result = await probe(service, context.tools)
            facts = context.processes.facts(launch.identity)
            if result.healthy and facts is not None and not facts.stopped:
                return result
            if facts is None or clock.monotonic() >= deadline:
                raise StartFailed(f"resumed, but {result.message}", where=service.name)
            await clock.sleep(0.05)


HEALER = Healer("resume", "let the stopped process go on", Danger.SAFE, _run)
