"""Have a service read its settings anew, by the signal that it declares for that."""

import signal

from vrooli.autoheal.healer import Danger, Healer, answers_again
from vrooli.core.errors import Refused, StartFailed
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.supervisor import Supervisor

_NO_SIGNAL = "it declares no `reload_signal`"


async def _run(service: Service, supervisor: Supervisor) -> Result:
    if not service.reload_signal:
        raise Refused(
            _NO_SIGNAL,
            where=service.name,
            next_step='write one, like reload_signal = "HUP", if it reads its settings anew then',
        )
    if not supervisor.running(service):
        raise StartFailed("there is no process to reload", where=service.name, next_step="start it")
    await supervisor.require_sound(service)
    async with supervisor.lock(service.name):
        number = signal.Signals[f"SIG{service.reload_signal}"]
        await supervisor.signal(service, number)
        return await answers_again(service, supervisor, "reloaded")


async def _useless(service: Service, _: Supervisor) -> str:
    return "" if service.reload_signal else _NO_SIGNAL


HEALER = Healer(
    "reload", "have it read its settings anew", Danger.SAFE, _run, starts=False, useless=_useless
)
