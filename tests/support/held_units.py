"""Units on a machine with a real systemd, and our manager that asks it over that machine's bus."""

from collections.abc import Sequence

from tests.support.systemd_host import SystemdHost
from vrooli.core.ports.programs import Answer
from vrooli.host.bus import DBus
from vrooli.host.clock import SystemClock
from vrooli.host.own_stops import OwnStops
from vrooli.host.systemd_journal import Journal
from vrooli.host.systemd_manager import SystemdManager


class HostPrograms:
    """Runs programs on that machine."""

    def __init__(self, host: SystemdHost) -> None:
        self._host = host

    def run(self, argv: Sequence[str], timeout: float = 30.0) -> Answer:
        """See the port."""
        ended = self._host.run(*argv, check=False, seconds=timeout)
        return Answer(ended.returncode, ended.stdout, ended.stderr)


def bus_of(host: SystemdHost) -> DBus:
    """The bus of that machine."""
    return DBus(f"unix:path={host.mounted('/run/dbus/system_bus_socket')}")


def manager_of(host: SystemdHost, bus: DBus) -> SystemdManager:
    """Its systemd."""
    return SystemdManager(bus, Journal(HostPrograms(host)), SystemClock(), OwnStops(None))


def main_pid(host: SystemdHost, name: str) -> int:
    """Of its main process, as that machine counts."""
    return int(host.show(name, "MainPID")["MainPID"])
