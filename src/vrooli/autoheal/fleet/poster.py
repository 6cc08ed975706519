"""Posts the history to the fleet's server, for as long as one is declared. Nobody waits for it, and
a server that is away costs nothing but its place in the spool.
"""

from collections.abc import Callable

from vrooli.autoheal.fleet.recipient import key_of
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.history import History
from vrooli.autoheal.shipper import Recipient, Shipper, Shipping
from vrooli.core.ports.clock import Clock
from vrooli.stack.model import FleetSettings

IDLE = 5.0
"""Seconds between looks at the settings while no server is declared."""


class Poster:
    """See the module.

    Args:
        history: where from.
        settings: those in force.
        recipient: the server that they declare.
        clock: time.
    """

    def __init__(
        self,
        history: History,
        settings: Callable[[], FleetSettings],
        recipient: Callable[[FleetSettings], Recipient],
        clock: Clock,
    ) -> None:
        self._history, self._settings, self._clock = history, settings, clock
        self._recipient = recipient
        self._shipper: Shipper | None = None

    async def run(self) -> None:
        """For ever."""
        while True:
            settings = self._settings()
            if settings.server:
                self._shipper = Shipper(self._history, self._recipient(settings), self._clock)
                if await guarded("posts to the fleet's server", self._shipper.run()):
                    continue  # with the settings of now
            self._shipper = None
            await self._clock.sleep(IDLE)

    def keys(self) -> tuple[str, ...]:
        """State keys of what the server has, for retention."""
        settings = self._settings()
        return (key_of(settings),) if settings.server else ()

    def status(self) -> Shipping | None:
        """How it goes; None when nothing is posted."""
        return self._shipper.status() if self._shipper is not None else None

    def trouble(self) -> list[str]:
        """What keeps the server from having our history."""
        shipping = self.status()
        if shipping is None or not shipping.error:
            return []
        return [f"{shipping.behind} records wait for the fleet's server: {shipping.error}"]

    def advice(self) -> list[str]:
        """None."""
        return []
