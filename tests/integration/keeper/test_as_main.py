"""The keeper as the main process of a service manager's unit."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.keeper_home import KeeperHome, alive, environment_of, until, waiting
from tests.support.minded import beats, current, watchdog
from vrooli.core.identity import Identity
from vrooli.core.launch import LaunchSpec
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import keeper_identity, main_keeper_command

USEC = 400_000
"""What the manager allows: a sign of life is due every 0.1 s."""


class ServiceManager:
    """Listens to what the main process of a unit has to say, as systemd does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify.sock"
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self.path))
        self.main: list[subprocess.Popen[bytes]] = []

    def start(self, place: KeeperHome, spec: LaunchSpec) -> Identity:
        """Start the unit and wait until it says that it is ready."""
        environment = {"NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": str(USEC), "TOWN": "Ulm"}
        place.home.root.mkdir(exist_ok=True)
        with place.log("keeper").open("ab") as log:
            command = main_keeper_command(place.home, spec)
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.main.append(process)
        waiting(lambda: "READY=1" in self.listen())
        identity = keeper_identity(place.home)
        assert identity is not None
        assert identity.pid == process.pid, place.said("keeper")
        return identity

    def listen(self) -> list[str]:
        """All that has been said, one message an item."""
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    async def hears(self, wanted: Callable[[str], bool]) -> None:
        """Wait for a message that is said from now on."""
        before = len(self.listen())
        await until(lambda: any(wanted(text) for text in self.listen()[before:]))

    async def never_hears_a_sign_of_life(self, seconds: float) -> None:
        """For so long, while it goes on talking."""
        before = len(self.listen())
        await asyncio.sleep(seconds)
        said = self.listen()[before:]
        assert said
        assert not [text for text in said if "WATCHDOG=1" in text]

    def close(self) -> None:
        """Leave nothing."""
        self._socket.close()
        for process in self.main:
            process.kill()
            process.wait()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    """One."""
    made = ServiceManager(tmp_path)
    yield made
    made.close()


async def test_it_says_that_it_is_ready_and_gives_signs_of_life_while_the_watchdog_beats(
    place: KeeperHome, manager: ServiceManager
) -> None:
    manager.start(place, watchdog(place))
    await manager.hears(lambda text: text.startswith("WATCHDOG=1") and "is well" in text)
    assert (await (await place.connect()).ping())["managed"] is True


async def test_it_gives_no_sign_of_life_for_a_watchdog_that_never_beats(
    place: KeeperHome, manager: ServiceManager
) -> None:
    manager.start(place, place.spec("sleep", "600", service="autoheal"))
    await manager.never_hears_a_sign_of_life(1.0)
    assert "no sign of life from the watchdog" in manager.heard[-1]


async def test_it_gives_signs_of_life_when_an_operator_wants_no_watchdog(
    place: KeeperHome, manager: ServiceManager
) -> None:
    manager.start(place, place.spec("sleep", "600", service="autoheal"))
    keeper = await place.connect()
    launch = await keeper.unwatch()
    assert launch is not None
    await keeper.signal(launch.launch_id, signal.SIGKILL)
    await manager.hears(lambda text: text.startswith("WATCHDOG=1"))


async def test_what_the_manager_tells_it_is_not_told_on(
    place: KeeperHome, manager: ServiceManager
) -> None:
    manager.start(place, watchdog(place))
    told = environment_of((await current(await place.connect())).pid)
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & set(told)
    assert told["TOWN"] == "Ulm"


@pytest.mark.parametrize("state", ["well", "stopped"])
async def test_it_takes_over_from_a_keeper_and_all_that_runs_runs_on(
    place: KeeperHome, keeper: KeeperClient, manager: ServiceManager, state: str
) -> None:
    before = place.keeper()
    service = await keeper.spawn(place.spec("sleep", "600"))
    dog = await keeper.watch(watchdog(place))
    await beats(place)
    if state == "stopped":
        os.kill(before.pid, signal.SIGSTOP)
    manager.start(place, watchdog(place))
    assert not alive(before)
    assert alive(service.identity)
    after = await place.connect()
    assert [launch.identity for launch in await after.launches()] == [service.identity]
    assert await current(after) == dog.identity
    await manager.hears(lambda text: text.startswith("WATCHDOG=1"))


async def test_killed_and_started_again_it_adopts_what_runs(
    place: KeeperHome, manager: ServiceManager
) -> None:
    first = manager.start(place, watchdog(place))
    keeper = await place.connect()
    service = await keeper.spawn(place.spec("sleep", "600"))
    dog = await current(keeper)
    await beats(place)
    place.kill_keeper()
    manager.heard.clear()
    second = manager.start(place, watchdog(place))
    assert second != first
    after = await place.connect()
    assert [launch.identity for launch in await after.launches()] == [service.identity]
    assert await current(after) == dog


async def test_stopped_by_the_manager_it_ends_and_leaves_all_running(
    place: KeeperHome, manager: ServiceManager
) -> None:
    identity = manager.start(place, watchdog(place))
    service = await (await place.connect()).spawn(place.spec("sleep", "600"))
    os.kill(identity.pid, signal.SIGTERM)
    assert await asyncio.to_thread(manager.main[0].wait, 20) == 0
    assert "STOPPING=1" in manager.listen()
    assert alive(service.identity)
