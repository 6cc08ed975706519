"""The managers of services, each made when it is first asked: a stack without containers opens no
socket of the Docker Engine, one without units no bus.
"""

import os
from collections.abc import Callable, Iterator, Mapping

from vrooli.core.home import Home
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.manager import Manager
from vrooli.core.ports.streams import Streams
from vrooli.host.bus import SYSTEM_BUS, DBus
from vrooli.main.operating_system import programs
from vrooli.main.places import runtime_folder
from vrooli.stack.model import Stack


class Managers(Mapping[str, Manager]):
    """By runtime.

    Args:
        stack: the one in force whenever a manager is asked: an edit may move it.
        streams: opens sockets.
        clock: of the pauses.
        home: where our own stops are remembered, and what we make; None for who only looks.
    """

    def __init__(
        self, stack: Callable[[], Stack], streams: Streams, clock: Clock, home: Home | None
    ) -> None:
        self._stack, self._streams, self._clock = stack, streams, clock
        self._home = home
        self._make = {"docker": self._docker, "systemd": self._systemd}
        self._made: dict[str, Manager] = {}
        self._bus: DBus | None = None

    def __getitem__(self, runtime: str) -> Manager:
        if runtime not in self._made:
            self._made[runtime] = self._make[runtime]()
        return self._made[runtime]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)

    def _docker(self) -> Manager:
        from vrooli.host.docker_manager import DockerManager

        return DockerManager(self._streams, self._clock, lambda: self._stack().docker)

    def _systemd(self) -> Manager:
        from vrooli.host.own_stops import OwnStops
        from vrooli.host.systemd_journal import Journal
        from vrooli.host.systemd_manager import SystemdManager
        from vrooli.host.systemd_units import SystemdUnits

        user = os.geteuid() != 0
        home = self._home
        own = OwnStops(home.own_stops if home is not None else None)
        journal = Journal(programs(os.environ), user)
        run = runtime_folder(os.environ) or f"/run/user/{os.geteuid()}"  # where it would be
        self._bus = DBus(f"unix:path={run}/bus" if user else SYSTEM_BUS)
        if home is None:
            return SystemdManager(self._bus, journal, self._clock, own)
        return SystemdUnits(self._bus, journal, self._clock, own, home.units)

    async def close(self) -> None:
        """Let go of what was opened."""
        if self._bus is not None:
            await self._bus.close()
