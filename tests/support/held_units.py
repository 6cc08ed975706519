"""Units on a machine with a real systemd, and our manager that asks it over that machine's bus."""

import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.systemd_host import SystemdHost
from vrooli.core.launch import LaunchSpec
from vrooli.core.limits import NO_LIMITS, Limits
from vrooli.core.ports.programs import Answer
from vrooli.core.ports.units import UnitSpec
from vrooli.host.bus import DBus
from vrooli.host.clock import SystemClock
from vrooli.host.own_stops import OwnStops
from vrooli.host.systemd_journal import Journal
from vrooli.host.systemd_manager import SystemdManager
from vrooli.host.systemd_units import SystemdUnits


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


def maker_of(host: SystemdHost, bus: DBus) -> SystemdUnits:
    """Its systemd, which makes units for us. What we write for it has to have one path on both
    machines: there as well, its tree is found where it lies here.
    """
    host.run("mkdir", "-p", str(host.root.parent))
    host.run("ln", "-sfn", "/", str(host.root))
    own = OwnStops(None)
    folder = host.path("/var/lib/units")
    return SystemdUnits(bus, Journal(HostPrograms(host)), SystemClock(), own, folder)


def unit_spec(
    logs: Path, service: str, *argv: str, limits: Limits = NO_LIMITS, **change: Any
) -> UnitSpec:
    """One that runs `argv`, and writes to a log in a folder that both machines know by one path."""
    env = {"PATH": "/usr/bin:/bin", **change.pop("env", {})}
    log = str(logs / f"{service}.log")
    launch = LaunchSpec(service, argv, "/srv", env, log, fingerprint="abc123")
    return UnitSpec(replace(launch, **change), limits, signal.SIGTERM, 5.0)
