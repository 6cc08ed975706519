"""A network that is really cut: in a network namespace, a service elsewhere is looked at."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.kinds import machine
from tests.support.root import mounts
from vrooli.autoheal.canary import Canary
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.suspicion import Asked, Suspicion, peer_of
from vrooli.core.address import HostPort
from vrooli.core.home import Home
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.readfiles import LocalFiles
from vrooli.host.resolver import SystemResolver
from vrooli.host.routes import KernelRoutes
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.model import Health, Service
from vrooli.stack.probe import probe

NEIGHBOUR = "198.51.100.7"
"""An address of the cable's network, which nobody has."""


async def look() -> str:
    """Status and message of a look at a service at `NEIGHBOUR`, weighed."""
    clock, streams = SystemClock(), AsyncioStreams()
    with socket.create_server(("127.0.0.1", 0)) as api:
        own = HostPort("127.0.0.1", api.getsockname()[1])
        canary = Canary(LocalFiles(), KernelRoutes(), SystemResolver(), streams, lambda: own)
        suspicion = Suspicion(LoopLag(clock), canary, lambda: "", clock)
        place = Place(Home(Path("/h"), Path("/r")), machine(root=False), MemorySecrets())
        health = Health("tcp", "80", timeout=0.5)
        service = Service(
            "far", "far", "resource", "tcp", "external", host=NEIGHBOUR, port=80, health=health
        )
        began = clock.monotonic()
        seen = await probe(service, ProbeTools(place, streams, MemoryKeeper(clock), clock))
        weighed = await suspicion.weigh(seen, Asked(began, health.timeout, peer_of(service)))
        return f"{weighed.status}: {weighed.message}"


def experiment() -> None:
    """Run in a network namespace of its own: with the cable, without it, and with it again."""
    said = []
    for command in (
        "mount -t sysfs sysfs /sys; ip link set lo up; "
        "ip link add near type veth peer name wall; ip link set wall up; "
        "ip address add 198.51.100.1/24 dev near; ip link set near up",
        "ip link set wall down",
        "ip link set wall up",
        "ip link set near down",
    ):
        subprocess.run(["sh", "-ec", command], check=True)
        said.append(asyncio.run(look()))
    print(json.dumps(said))


@mounts
def test_a_cable_that_is_pulled_makes_a_neighbour_unknown_and_not_critical() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from tests.integration.watchdog.test_canary import experiment\n"
        "experiment()"
    )
    command = ["unshare", "-n", "-m", "--propagation", "private", sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    plugged, pulled, again, off = json.loads(ended.stdout)
    assert plugged.startswith("critical: "), "there is a way, and nobody at its end"
    assert again.startswith("critical: ")
    assert pulled.startswith("unknown: this machine has no link (near, wall): ")
    assert off.startswith("unknown: this machine has no link (near, wall): ")
