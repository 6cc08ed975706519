"""Start a service whose process is gone."""

from vrooli.autoheal.healer import Danger, Healer
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.progress import silent
from vrooli.stack.supervisor import Supervisor


async def _run(service: Service, supervisor: Supervisor) -> Result:
    result = await supervisor.start_one(service, silent)
    if result is not None:
        return result
    return await supervisor.runtime(service).await_health(service, supervisor.context)


async def _useless(service: Service, supervisor: Supervisor) -> str:
    return "it runs already: `start` does nothing to it" if supervisor.running(service) else ""


HEALER = Healer("start", "start it again", Danger.SAFE, _run, useless=_useless)
