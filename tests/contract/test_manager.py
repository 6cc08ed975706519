"""Ports `Manager` (the twin, the Docker Engine, systemd) and `UnitMaker` (the twin, systemd)."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.docker_engine import DockerEngine, docker_engine
from tests.support.held_units import bus_of, maker_of, unit_spec
from tests.support.systemd_host import SystemdHost, systemd_host
from vrooli.core.errors import StartFailed, Unreachable
from vrooli.core.ports.manager import Held, Manager
from vrooli.core.ports.units import UnitMaker, UnitSpec
from vrooli.host.bus import DBus
from vrooli.host.clock import SystemClock
from vrooli.host.docker_manager import DockerManager
from vrooli.host.memory.manager import MemoryManager
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.unit_names import made_unit

PATIENCE = 60.0  # seconds; only a broken test waits so long


class World(Protocol):
    """What happens to what a manager holds, past the port."""

    @property
    def manager(self) -> Manager:
        """The port."""

    def add(self, name: str, restarts: str = "") -> None:
        """One that runs until it is told to end, and has said `hello` each time."""

    def crash(self, name: str) -> None:
        """KILL to its main process."""

    def start(self, name: str) -> None:
        """By hand."""

    def stop(self, name: str) -> None:
        """By hand."""

    def remove(self, name: str) -> None:
        """By hand."""

    def go_away(self) -> None:
        """The manager ends."""

    def come_back(self) -> None:
        """It is there again."""


@dataclass(frozen=True)
class Makers:
    """One who makes units, and what happens to them past the port."""

    world: World
    maker: UnitMaker
    spec: UnitSpec


class Memory:
    """The twin."""

    def __init__(self) -> None:
        self.manager = self._manager = MemoryManager(SystemClock())
        self.add, self.start = self._add, self._manager.run
        self.stop, self.remove = self._manager.stop_by_hand, self._manager.remove_by_hand
        self.go_away, self.come_back = self._manager.go_away, self._manager.come_back

    def _add(self, name: str, restarts: str = "") -> None:
        self._manager.add(name, restarts)
        self._manager.logs[name] = ["hello"]

    def crash(self, name: str) -> None:
        self._manager.end(name, signal=signal.SIGKILL)
        if self._restarts(name):
            self._manager.run(name)

    def _restarts(self, name: str) -> bool:
        return bool(self._manager._held[name].restarts)


class Docker:
    """A real Engine."""

    SCRIPT = "echo hello; trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done"

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine
        socket = str(engine.socket)
        self.manager = DockerManager(AsyncioStreams(), SystemClock(), lambda: socket)
        self.go_away, self.come_back = engine.stop, engine.start
        self._made: list[str] = []

    def add(self, name: str, restarts: str = "") -> None:
        self._made.append(name)
        self._engine.create(name, self.SCRIPT, *(("--restart", restarts) if restarts else ()))

    def crash(self, name: str) -> None:
        self._engine.kill(name)

    def start(self, name: str) -> None:
        self._engine.docker("start", name)

    def stop(self, name: str) -> None:
        self._engine.docker("stop", name)

    def remove(self, name: str) -> None:
        self._engine.docker("rm", "--force", name)

    def clean(self) -> None:
        self._engine.docker("rm", "--force", *self._made, check=False)


class Systemd:
    """A real one, of a machine of its own. What it is asked about is enabled: it keeps that in mind
    after its end.
    """

    SCRIPT = "echo hello; trap 'exit 0' TERM; while :; do sleep 1000 & wait $$!; done"
    BUS = ("dbus.socket", "dbus.service")

    def __init__(self, host: SystemdHost, bus: DBus) -> None:
        self._host = host
        self.manager = maker_of(host, bus)

    def add(self, name: str, restarts: str = "") -> None:
        policy = [f"Restart={restarts}"] if restarts else []
        self._host.add_unit(f"{name}.service", f'ExecStart=sh -c "{self.SCRIPT}"', *policy)
        self._systemctl("add-wants", "multi-user.target", f"{name}.service")

    def crash(self, name: str) -> None:
        self._systemctl("kill", "--kill-whom=main", "--signal=KILL", name)

    def start(self, name: str) -> None:
        self._systemctl("start", name)

    def stop(self, name: str) -> None:
        self._systemctl("stop", name)

    def remove(self, name: str) -> None:
        self._systemctl("stop", name)
        self._host.run("sh", "-c", f"rm $(find /etc/systemd/system -name {name}.service)")
        self._systemctl("daemon-reload")

    def go_away(self) -> None:
        self._systemctl("stop", *self.BUS)

    def come_back(self) -> None:
        self._systemctl("start", *self.BUS)

    def _systemctl(self, *words: str) -> None:
        self._host.run("systemctl", *words)


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    with docker_engine() as made:
        yield made


@pytest.fixture(params=["memory", "docker", "systemd"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "memory":
        yield Memory()
        return
    if request.param == "systemd":
        with systemd_host(tmp_path) as host:
            bus = bus_of(host)
            yield Systemd(host, bus)
            await bus.close()
        return
    made = Docker(request.getfixturevalue("engine"))
    yield made
    made.clean()


async def until(manager: Manager, name: str, fits: Callable[[Held], bool]) -> Held:
    """The first look that fits."""
    async with asyncio.timeout(PATIENCE):
        while not fits(held := await manager.look(name)):  # noqa: ASYNC110 -- its world is elsewhere
            await asyncio.sleep(0.02)
    return held


class Heard:
    """What a follower has told, in order."""

    def __init__(self) -> None:
        self._told: list[Held] = []
        self._news = asyncio.Event()

    async def listen(self, following: AsyncIterator[Held]) -> None:
        async for held in following:
            self._told.append(held)
            self._news.set()

    async def until(self, fits: Callable[[Held], bool]) -> Held:
        """The first thing told that fits, now or later; all before it is forgotten."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self._news.clear()
                while self._told:
                    if fits(held := self._told.pop(0)):
                        return held
                await self._news.wait()


@contextlib.asynccontextmanager
async def following(world: World, *names: str) -> AsyncIterator[Heard]:
    heard = Heard()
    task = asyncio.create_task(heard.listen(world.manager.follow(names)))
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_what_is_not_there_is_missing_and_not_startable(world: World) -> None:
    held = await world.manager.look("nobody")
    assert (held.phase, held.run, held.pid, held.asked) == ("missing", "", 0, False)
    with pytest.raises(StartFailed):
        await world.manager.start("nobody")
    await world.manager.stop("nobody", 1.0)
    assert await world.manager.tail("nobody", 5) == []


async def test_a_start_makes_a_run_and_the_next_one_another(world: World) -> None:
    world.add("web", "always")
    before = await world.manager.look("web")
    assert (before.phase, before.run, before.since) == ("ended", "", 0.0)
    await world.manager.start("web")
    first = await world.manager.look("web")
    assert (first.phase, first.code, first.restarts) == ("running", None, "always")
    assert first.pid
    assert abs(first.since - SystemClock().wall()) < PATIENCE
    await world.manager.start("web")
    assert (await world.manager.look("web")).run == first.run
    await world.manager.stop("web", 5.0)
    await world.manager.start("web")
    assert (await world.manager.look("web")).run != first.run


async def test_our_own_stop_ends_it_and_nobody_asked(world: World) -> None:
    world.add("web", "always")
    await world.manager.start("web")
    run = (await world.manager.look("web")).run
    await world.manager.stop("web", 5.0)
    held = await until(world.manager, "web", lambda held: held.phase == "ended")
    assert (held.run, held.pid, held.code, held.asked) == (run, 0, 0, False)


async def test_a_stop_by_hand_is_told_from_a_crash(world: World) -> None:
    world.add("web")
    world.start("web")
    world.stop("web")
    held = await until(world.manager, "web", lambda held: held.phase == "ended")
    assert held.asked
    world.start("web")
    assert not (await world.manager.look("web")).asked
    world.crash("web")
    held = await until(world.manager, "web", lambda held: held.phase == "failed")
    assert (held.signal, held.code, held.asked) == (signal.SIGKILL, None, False)


async def test_a_follower_hears_how_it_is_and_what_happens(world: World) -> None:
    world.add("web")
    world.add("other")
    world.start("web")
    async with following(world, "web") as heard:
        first = await heard.until(lambda held: held.phase == "running")
        world.start("other")
        world.crash("web")
        ended = await heard.until(lambda held: held.phase == "failed")
        assert (ended.run, ended.signal) == (first.run, signal.SIGKILL)
        world.start("web")
        assert (await heard.until(lambda held: held.phase == "running")).run != first.run
        world.stop("web")
        await heard.until(lambda held: held.phase == "ended" and held.asked)
        world.remove("web")
        await heard.until(lambda held: held.phase == "missing")


async def test_a_policy_brings_it_back_as_another_run(world: World) -> None:
    world.add("web", "always")
    world.start("web")
    async with following(world, "web") as heard:
        first = await heard.until(lambda held: held.phase == "running")
        world.crash("web")
        again = await heard.until(lambda held: held.phase == "running" and held.run != first.run)
        assert again.pid != first.pid
        assert (first.restarted, again.restarted) == (0, 1)
        world.stop("web")
        await heard.until(lambda held: held.phase == "ended")
        world.start("web")
        assert (await heard.until(lambda held: held.phase == "running")).restarted == 0


async def test_signals_reach_it_and_what_it_logged_is_kept(world: World) -> None:
    world.add("web")
    await world.manager.start("web")
    await until(world.manager, "web", lambda held: held.phase == "running")
    async with asyncio.timeout(PATIENCE):
        while await world.manager.tail("web", 1) != ["hello"]:  # noqa: ASYNC110 -- as above
            await asyncio.sleep(0.02)
    assert await world.manager.tail("web", 0) == []
    await world.manager.signal("web", signal.SIGKILL)
    held = await until(world.manager, "web", lambda held: held.phase == "failed")
    assert held.signal == signal.SIGKILL
    assert not held.asked


async def test_a_manager_that_is_away_is_waited_for_by_followers_only(world: World) -> None:
    world.add("web")
    world.start("web")
    async with following(world, "web") as heard:
        await heard.until(lambda held: held.phase == "running")
        world.go_away()
        with pytest.raises(Unreachable):
            await world.manager.look("web")
        world.come_back()
        held = await heard.until(lambda held: held.name == "web")
        assert not held.asked, "it ended with its manager, if it did"


MADE = made_unit("vrooli-shop", "web")
PROGRAM = ("sleep", "1000")


@pytest.fixture(params=["memory", "systemd"])
async def makers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Makers]:
    if request.param == "memory":
        memory = Memory()
        yield Makers(memory, memory.manager, unit_spec(tmp_path, "web", *PROGRAM))
        return
    with systemd_host(tmp_path) as host:
        bus = bus_of(host)
        systemd = Systemd(host, bus)
        spec = unit_spec(host.path("/var/log"), "web", *PROGRAM)
        yield Makers(systemd, systemd.manager, spec)
        await bus.close()


async def test_what_we_make_is_there_while_it_runs_and_then_it_is_not_missing(
    makers: Makers,
) -> None:
    maker = makers.maker
    assert (await maker.look(MADE)).phase == "ended"
    await maker.remove(MADE)
    async with following(makers.world, MADE) as heard:
        await maker.make(MADE, makers.spec)
        first = await heard.until(lambda held: held.phase == "running")
        assert (first.mark, first.restarts) == (makers.spec.launch.fingerprint, "")
        with pytest.raises(StartFailed):
            await maker.make(MADE, makers.spec)
        assert (await maker.look(MADE)).run == first.run
        await maker.stop(MADE, 5.0)
        assert not (await heard.until(lambda held: held.phase == "ended")).asked
        await maker.remove(MADE)
        other = replace(makers.spec, launch=replace(makers.spec.launch, fingerprint="def456"))
        await maker.make(MADE, other)
        second = await heard.until(lambda held: held.phase == "running")
        assert (second.mark, second.run != first.run) == ("def456", True)
        makers.world.crash(MADE)
        failed = await heard.until(lambda held: held.phase == "failed")
        assert (failed.signal, failed.asked) == (signal.SIGKILL, False)
        await maker.make(MADE, other)  # what is left of a failure is in nobody's way
        await heard.until(lambda held: held.phase == "running")
        makers.world.stop(MADE)
        assert (await heard.until(lambda held: held.phase == "ended")).asked
        await maker.make(MADE, other)
        assert not (await heard.until(lambda held: held.phase == "running")).asked
        await maker.stop(MADE, 5.0)
        await maker.remove(MADE)
        assert (await maker.look(MADE)).phase == "ended"
