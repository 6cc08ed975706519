"""What our manager finds out about units of a real systemd, and does to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from tests.support.held_units import bus_of, main_pid, manager_of
from tests.support.systemd_host import SystemdHost, systemd_host
from vrooli.core.errors import StartFailed
from vrooli.core.ports.manager import Held
from vrooli.host.bus import DBus
from vrooli.host.systemd_manager import SystemdManager

PATIENCE = 30.0
T = TypeVar("T")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdHost]:
    """A machine that is up; each test has units of its own."""
    with systemd_host(tmp_path_factory.mktemp("units")) as made:
        yield made


@pytest.fixture
async def bus(host: SystemdHost) -> AsyncIterator[DBus]:
    """Its bus."""
    made = bus_of(host)
    yield made
    await made.close()


@pytest.fixture
def manager(host: SystemdHost, bus: DBus) -> SystemdManager:
    """Its systemd."""
    return manager_of(host, bus)


async def until(ask: Callable[[], Awaitable[T]], fits: Callable[[T], bool]) -> T:
    """The first answer that fits."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if fits(answer := await ask()):
                return answer
            await asyncio.sleep(0.05)


class Story:
    """What is told about one unit, while it is told."""

    def __init__(self, manager: SystemdManager, name: str) -> None:
        self.told: list[Held] = []
        self._manager, self._name = manager, name
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Story":
        self._task = asyncio.create_task(self._follow())
        await self.until(lambda _: True)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _follow(self) -> None:
        async for seen in self._manager.follow([self._name]):
            self.told.append(seen)

    async def until(self, fits: Callable[[Held], bool]) -> Held:
        """The first that fits and was told after the last one that was asked for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for place, seen in enumerate(self.told):
                    if fits(seen):
                        del self.told[: place + 1]
                        return seen
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "forgotten"])
async def test_how_a_unit_ended_while_nobody_looked(
    host: SystemdHost, manager: SystemdManager, kept: bool
) -> None:
    """systemd keeps one that is enabled in mind after its end, and forgets another."""
    name = f"alone-{kept}.service"
    host.add_unit(name)
    if kept:
        host.run("systemctl", "add-wants", "multi-user.target", name)
    assert not (await manager.look(name)).asked
    host.run("systemctl", "start", name)
    first = await manager.look(name)
    assert (first.phase, first.pid) == ("running", main_pid(host, name))
    host.run("systemctl", "stop", name)
    seen = await manager.look(name)
    assert (seen.phase, seen.asked, seen.run, seen.pid) == ("ended", True, first.run, 0)
    host.run("systemctl", "start", name)
    second = await manager.look(name)
    assert (second.phase, second.run != first.run) == ("running", True)
    host.run("kill", "-TERM", str(second.pid))
    seen = await until(lambda: manager.look(name), lambda x: x.phase == "ended")
    assert not seen.asked


async def test_a_stop_by_hand_is_told_as_one_and_an_end_by_itself_is_not(
    host: SystemdHost, manager: SystemdManager
) -> None:
    host.add_unit("web.service")
    async with Story(manager, "web.service") as story:
        host.run("systemctl", "start", "web.service")
        first = await story.until(lambda x: x.phase == "running")
        host.run("systemctl", "stop", "web.service")
        assert (await story.until(lambda x: x.phase == "ended")).asked
        host.run("systemctl", "start", "web.service")
        second = await story.until(lambda x: x.phase == "running")
        assert second.run != first.run
        host.run("kill", "-TERM", str(second.pid))
        assert not (await story.until(lambda x: x.phase == "ended")).asked
        host.run("systemctl", "start", "web.service")
        third = await story.until(lambda x: x.phase == "running")
        host.run("kill", "-KILL", str(third.pid))
        seen = await story.until(lambda x: x.phase == "failed")
        assert (seen.asked, seen.signal, seen.run) == (False, 9, third.run)


async def test_a_stop_by_hand_that_takes_too_long_is_one_although_systemd_calls_it_failed(
    host: SystemdHost, manager: SystemdManager
) -> None:
    stubborn = "ExecStart=sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.05; done'"
    host.add_unit("stubborn.service", stubborn, "TimeoutStopSec=300ms")
    async with Story(manager, "stubborn.service") as story:
        host.run("systemctl", "start", "stubborn.service")
        await story.until(lambda x: x.phase == "running")
        await until_said(manager, "stubborn.service", "ready")
        # Aside: what is told meanwhile must be heard meanwhile.
        await asyncio.to_thread(host.run, "systemctl", "stop", "stubborn.service")
        assert (await story.until(lambda x: x.phase == "failed")).asked


async def until_said(manager: SystemdManager, name: str, words: str) -> None:
    """Its journal has these words."""
    await until(lambda: manager.tail(name, 5), lambda lines: words in lines)


async def test_systemds_own_restart_is_told_and_so_is_that_it_gave_up(
    host: SystemdHost, manager: SystemdManager
) -> None:
    restart = ("Restart=always", "RestartSec=200ms")
    limit = ("StartLimitIntervalSec=60", "StartLimitBurst=2")
    host.add_unit("back.service", "ExecStart=sleep infinity", *restart, unit=limit)
    async with Story(manager, "back.service") as story:
        await manager.start("back.service")
        first = await story.until(lambda x: x.phase == "running")
        assert first.restarts == "always"
        host.run("kill", "-KILL", str(first.pid))
        waiting = await story.until(lambda x: x.phase == "restarting")
        assert (waiting.signal, waiting.asked) == (9, False)
        second = await story.until(lambda x: x.phase == "running")
        assert second.run != first.run
        host.run("kill", "-KILL", str(second.pid))
        failed = await story.until(lambda x: x.phase == "failed")
        assert "systemd gave up" in failed.message
        assert not failed.asked
        # It is started by us all the same: what had been counted is forgotten.
        await manager.start("back.service")
        assert (await story.until(lambda x: x.phase == "running")).pid


async def test_a_stop_by_hand_while_it_waits_for_its_restart(
    host: SystemdHost, manager: SystemdManager
) -> None:
    host.add_unit("slow.service", "ExecStart=false", "Restart=always", "RestartSec=60")
    async with Story(manager, "slow.service") as story:
        await manager.start("slow.service")
        await story.until(lambda x: x.phase == "restarting")
        host.run("systemctl", "stop", "slow.service")
        assert (await story.until(lambda x: x.phase == "ended")).asked


async def test_one_that_is_frozen_by_hand(host: SystemdHost, manager: SystemdManager) -> None:
    host.add_unit("still.service")
    await manager.start("still.service")
    run = (await manager.look("still.service")).run
    host.run("systemctl", "freeze", "still.service")
    seen = await manager.look("still.service")
    assert (seen.phase, seen.asked, seen.run) == ("running", True, run)
    host.run("systemctl", "thaw", "still.service")
    assert not (await manager.look("still.service")).asked


async def test_what_is_not_there_or_is_masked(host: SystemdHost, manager: SystemdManager) -> None:
    assert (await manager.look("nobody.service")).phase == "missing"
    with pytest.raises(StartFailed, match=r"nobody\.service"):
        await manager.start("nobody.service")
    await manager.stop("nobody.service", 5.0)
    await manager.signal("nobody.service", 10)
    host.add_unit("hidden.service")
    host.run("rm", "/etc/systemd/system/hidden.service")
    host.run("systemctl", "mask", "hidden.service")
    seen = await manager.look("hidden.service")
    assert (seen.phase, seen.asked) == ("ended", True)
    with pytest.raises(StartFailed, match="masked"):
        await manager.start("hidden.service")


async def test_what_cannot_start_says_so(host: SystemdHost, manager: SystemdManager) -> None:
    host.add_unit("broken.service", "Type=oneshot", "ExecStart=false")
    with pytest.raises(StartFailed, match="result exit-code"):
        await manager.start("broken.service")
    assert (await manager.look("broken.service")).code == 1


async def test_what_ignores_a_stop_is_killed(host: SystemdHost, manager: SystemdManager) -> None:
    stubborn = "ExecStart=sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.05; done'"
    host.add_unit("deaf.service", stubborn, "TimeoutStopSec=600")
    await manager.start("deaf.service")
    await until_said(manager, "deaf.service", "ready")
    await manager.stop("deaf.service", 0.2)
    seen = await manager.look("deaf.service")
    assert (seen.phase in ("ended", "failed"), seen.pid) == (True, 0)


async def test_a_signal_reaches_the_main_process(
    host: SystemdHost, manager: SystemdManager
) -> None:
    hears = "ExecStart=sh -c 'trap \"echo heard\" USR1; echo ready; while :; do sleep 0.05; done'"
    host.add_unit("ears.service", hears)
    await manager.start("ears.service")
    await until_said(manager, "ears.service", "ready")
    await manager.signal("ears.service", 10)
    await until_said(manager, "ears.service", "heard")
    assert await manager.tail("ears.service", 1) == ["heard"]
    assert await manager.tail("nobody.service", 10) == []


async def test_it_goes_on_when_the_bus_or_systemd_itself_is_started_anew(
    host: SystemdHost, manager: SystemdManager
) -> None:
    host.add_unit("lasting.service")
    async with Story(manager, "lasting.service") as story:
        await manager.start("lasting.service")
        running = await story.until(lambda x: x.phase == "running")
        host.run("systemctl", "daemon-reexec")
        host.run("systemctl", "restart", "dbus.service")
        host.run("systemctl", "kill", "--signal=KILL", "lasting.service")
        seen = await story.until(lambda x: x.phase == "failed")
        assert (seen.signal, seen.run) == (9, running.run)
