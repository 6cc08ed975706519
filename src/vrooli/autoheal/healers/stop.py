"""Stop a service that does more harm than good while it runs; it stays failed, for a person."""

from vrooli.autoheal.healer import Danger, GivenUp, Healer
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.supervisor import Supervisor


async def _run(service: Service, supervisor: Supervisor) -> Result:
    await supervisor.stop_one(service)
    raise GivenUp(
        "it was stopped: only a person starts it again",
        where=service.name,
        next_step=f"mend it, then `vrooli start {service.name}`",
    )


HEALER = Healer(
    "stop", "stop it and call a person", Danger.DISRUPTIVE, _run, starts=False, gives_up=True
)
