"""The dead-man ping: a sign of life to somebody outside, who alarms when it does not come.

It is sent only while this watchdog is well, so that silence means something: the machine, its
network, or all that should have kept it alive is gone.
"""

import asyncio
from collections.abc import Callable

from vrooli.autoheal.guard import guarded
from vrooli.core.errors import VrooliError
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import AutohealSettings
from vrooli.stack.references import resolved
from vrooli.stack.wire import http

SECONDS = 10.0
"""For one ping."""

IDLE = 5.0
"""Seconds between looks at the settings while there is none to send."""


class Pinger:
    """Sends it.

    Args:
        tools: streams, secrets and the clock.
        settings: those in force.
        well: whether this watchdog may be believed.
        deadline: seconds for one ping.

    Attributes:
        trouble: why the latest one did not arrive; empty when it did, or none was to be sent.
        sent_at: when the latest one arrived, Unix seconds.
    """

    def __init__(
        self,
        tools: ProbeTools,
        settings: Callable[[], AutohealSettings],
        well: Callable[[], bool],
        deadline: float = SECONDS,
    ) -> None:
        self._tools, self._settings, self._well = tools, settings, well
        self._deadline = deadline
        self.trouble = ""
        self.sent_at: float | None = None

    async def run(self) -> None:
        """For ever."""
        while True:
            settings = self._settings()
            if not settings.ping:
                self.trouble = ""
            elif self._well():
                await guarded("the ping outward", self.send(settings.ping))
            await self._tools.clock.sleep(settings.ping_interval if settings.ping else IDLE)

    async def send(self, said: str) -> None:
        """One ping to a URL, or to what a reference names. Never raises for a failure."""
        try:
            async with asyncio.timeout(self._deadline):
                url = await asyncio.to_thread(resolved, said, self._tools.place.secrets)
                answer = await http.get(self._tools.streams, *http.target(url))
        except TimeoutError:
            self.trouble = f"the ping outward was not answered within {self._deadline:g} s"
        except VrooliError as error:
            self.trouble = f"the ping outward fails: {error}"
        else:
            self.trouble = ""
            if not 200 <= answer.status < 300:
                self.trouble = f"the ping outward is answered by HTTP {answer.status}"
            else:
                self.sent_at = self._tools.clock.wall()
