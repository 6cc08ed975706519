"""A unit of systemd: one that somebody has made is started and stopped, never made or removed; one
for a `command` is made at every start, and gone after every stop.
"""

import asyncio

from vrooli.core.errors import Refused
from vrooli.stack import logs
from vrooli.stack.free_port import require_free_port
from vrooli.stack.held_runtime import LOG_LINES, HeldRuntime
from vrooli.stack.kinds import kind_of
from vrooli.stack.making import made_units, maker_of, unit_spec
from vrooli.stack.model import Service
from vrooli.stack.progress import Report, Step
from vrooli.stack.runtime import Context


class SystemdRuntime(HeldRuntime):
    """Asks systemd: root that of the system, another user that user's own."""

    name = "systemd"
    manager = "systemd"
    thing = "unit"
    stop_command = "systemctl stop"
    start_command = "systemctl start"
    revive = (
        "have it answer: `systemctl start dbus.socket`, or for a user's own "
        "`loginctl enable-linger` (no systemd here? leave `runtime` and `limits` out)"
    )

    def check(self, service: Service, context: Context) -> None:
        """What it is made from must be there."""
        if service.is_made:
            unit_spec(service, context)

    async def stop(self, service: Service, context: Context) -> None:
        """See the base. Nothing is left of what we have made; what we never made needs nobody's
        answer to be gone.
        """
        try:
            await super().stop(service, context)
        except Refused:
            if not service.is_made or service.name in context.launches:
                raise
            if service.held in made_units(context.tools.place.home):
                raise
            return
        if service.is_made:
            await maker_of(service, context).remove(service.held)

    async def _begin(self, service: Service, context: Context, report: Report) -> None:
        """See the base. One that we make is prepared as a process of ours is."""
        if not service.is_made:
            await super()._begin(service, context, report)
            return
        require_free_port(service, context)
        place = context.tools.place
        commands = kind_of(service).prepare(service, place)
        await context.executor.run(
            commands, lambda title: report(Step(service.name, "preparing", title))
        )
        spec = unit_spec(service, context)
        await maker_of(service, context).make(service.held, spec)

    def _logged(self, service: Service, context: Context) -> int:
        """See the base."""
        return logs.size(context.tools.place.home.log(service.name)) if service.is_made else 0

    async def _last_lines(self, service: Service, context: Context, logged: int) -> list[str]:
        """See the base."""
        if not service.is_made:
            return await super()._last_lines(service, context, logged)
        log = context.tools.place.home.log(service.name)
        return await asyncio.to_thread(logs.tail, log, LOG_LINES, logged)


RUNTIME = SystemdRuntime()
