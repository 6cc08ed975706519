"""What every keeper does: the real one, and the one in memory that callers are tested with."""

import asyncio
import contextlib
import signal
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import pytest

from tests.support.keeper_home import KeeperHome
from vrooli.core.errors import DeadlineExceeded, Refused, StartFailed, Unreachable
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.host.clock import SystemClock
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.memory.keeper import Behaviour, MemoryKeeper

PATIENCE = 30.0

SCRIPTS = {
    "forever": "exec sleep 600",
    "exits": "exit 3",
    "stubborn": "trap '' TERM; echo ready; while :; do sleep 0.05; done",
    "family": "sleep 600 & sleep 600 & echo ready; wait",
    "daemon": "setsid sleep 600 & exit 0",
}
BEHAVIOURS = {
    "forever": Behaviour(),
    "exits": Behaviour(ends_after=0.0, code=3),
    "stubborn": Behaviour(ignores=frozenset({signal.SIGTERM})),
    "family": Behaviour(children=2),
    "daemon": Behaviour(ends_after=0.0, children=1),
    "missing": Behaviour(fails="command not found: no-such-program"),
}


class Kept(ABC):
    """A keeper under test, and processes for it that act alike on each."""

    keeper: KeeperClient | MemoryKeeper

    @abstractmethod
    def spec(self, kind: str) -> LaunchSpec:
        """A process of one of the kinds above."""

    @abstractmethod
    async def ready(self, kind: str) -> None:
        """Wait until it has become what its kind says."""

    @abstractmethod
    async def replace(self) -> None:
        """The keeper dies and another takes its place."""

    @abstractmethod
    async def close(self) -> None:
        """End everything."""


class RealKept(Kept):
    """The keeper's process."""

    def __init__(self) -> None:
        self.place = KeeperHome()

    async def open(self) -> "RealKept":
        """Start it."""
        self.keeper = await self.place.start()
        return self

    def spec(self, kind: str) -> LaunchSpec:
        if kind == "missing":
            return self.place.spec("no-such-program", service=kind)
        return self.place.shell(SCRIPTS[kind], service=kind, fingerprint="f1")

    async def ready(self, kind: str) -> None:
        await self.place.until_said("ready", kind)

    async def replace(self) -> None:
        self.place.kill_keeper()
        self.keeper = await self.place.start()

    async def close(self) -> None:
        await self.place.close()


class MemoryKept(Kept):
    """The shipped fake."""

    def __init__(self) -> None:
        self.memory = MemoryKeeper(SystemClock(), lambda spec: BEHAVIOURS[spec.service])
        self.keeper = self.memory

    def spec(self, kind: str) -> LaunchSpec:
        return LaunchSpec(kind, (kind,), "/", {}, "/dev/null", fingerprint="f1")

    async def ready(self, kind: str) -> None:
        await asyncio.sleep(0)

    async def replace(self) -> None:
        self.memory.crash()
        self.memory.restart()

    async def close(self) -> None:
        await self.memory.close()


@pytest.fixture(params=["real", "memory"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    """Each implementation in turn."""
    kept = await RealKept().open() if request.param == "real" else MemoryKept()
    yield kept
    await kept.close()


async def ending(kept: Kept, launch: Launch, after: int = 0) -> Exit:
    """How a launch ended, waiting for it."""
    async with asyncio.timeout(PATIENCE):
        async for ended in kept.keeper.exits(after):
            if ended.launch.launch_id == launch.launch_id:
                return ended
    raise AssertionError("the stream ended")


async def nobody_left(kept: Kept, launch: Launch) -> None:
    """Wait until no process of a launch is alive."""
    async with asyncio.timeout(PATIENCE):
        while await kept.keeper.survivors(launch.launch_id):  # noqa: ASYNC110 - asks another process
            await asyncio.sleep(0.01)


async def test_what_was_spawned_is_listed_as_it_was_asked_for(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("forever"))
    assert (launch.service, launch.fingerprint, launch.adopted) == ("forever", "f1", False)
    assert list(await kept.keeper.launches()) == [launch]
    assert list(await kept.keeper.survivors(launch.launch_id)) == [launch.identity]


async def test_an_exit_tells_its_code_and_leaves_the_list(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("exits"))
    ended = await ending(kept, launch)
    assert (ended.code, ended.signal, ended.known) == (3, None, True)
    assert await kept.keeper.launches() == []


async def test_an_exit_tells_the_signal(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("forever"))
    assert await kept.keeper.signal(launch.launch_id, signal.SIGKILL) == 1
    ended = await ending(kept, launch)
    assert (ended.code, ended.signal) == (None, 9)


async def test_exits_are_numbered_and_none_comes_twice(kept: Kept) -> None:
    first = await ending(kept, await kept.keeper.spawn(kept.spec("exits")))
    second = await ending(kept, await kept.keeper.spawn(kept.spec("exits")), after=first.seq)
    assert second.seq == first.seq + 1
    seen = []
    async for ended in kept.keeper.exits(first.seq):
        seen.append(ended.seq)
        break
    assert seen == [second.seq]


async def test_what_has_ended_is_remembered_and_asking_does_not_wait(kept: Kept) -> None:
    assert list(await kept.keeper.remembered()) == []
    endings = [await ending(kept, await kept.keeper.spawn(kept.spec("exits"))) for _ in range(3)]
    await kept.keeper.spawn(kept.spec("forever"))
    assert list(await kept.keeper.remembered()) == endings


async def test_a_signal_to_nobody_reaches_nobody(kept: Kept) -> None:
    assert await kept.keeper.signal("0123456789abcdef", signal.SIGTERM) == 0
    assert await kept.keeper.signal("0123456789abcdef", signal.SIGKILL, tree=True) == 0
    assert list(await kept.keeper.survivors("0123456789abcdef")) == []


async def test_a_tree_is_reached_whole(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("family"))
    await kept.ready("family")
    assert len(await kept.keeper.survivors(launch.launch_id)) == 3
    assert await kept.keeper.signal(launch.launch_id, signal.SIGKILL, tree=True) == 3
    await nobody_left(kept, launch)
    assert (await ending(kept, launch)).signal == 9


async def test_what_a_service_leaves_behind_is_found_and_ended(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("daemon"))
    assert (await ending(kept, launch)).code == 0
    assert len(await kept.keeper.survivors(launch.launch_id)) == 1
    assert await kept.keeper.signal(launch.launch_id, signal.SIGTERM, tree=True) == 1
    await nobody_left(kept, launch)


async def test_who_ignores_term_still_ends_by_kill(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("stubborn"))
    await kept.ready("stubborn")
    assert await kept.keeper.signal(launch.launch_id, signal.SIGTERM) == 1
    assert [item.launch_id for item in await kept.keeper.launches()] == [launch.launch_id]
    await kept.keeper.signal(launch.launch_id, signal.SIGKILL, tree=True)
    assert (await ending(kept, launch)).signal == 9


async def test_a_missing_program_fails_to_start_with_its_name(kept: Kept) -> None:
    with pytest.raises(StartFailed, match="command not found: no-such-program"):
        await kept.keeper.spawn(kept.spec("missing"))
    assert await kept.keeper.launches() == []


async def test_run_waits_for_the_end(kept: Kept) -> None:
    ended = await kept.keeper.run(kept.spec("exits"), timeout=PATIENCE)
    assert ended.code == 3
    assert await kept.keeper.launches() == []


async def test_run_kills_what_does_not_end_in_time(kept: Kept) -> None:
    with pytest.raises(DeadlineExceeded, match=r"forever did not end within 0\.2 s"):
        await kept.keeper.run(kept.spec("forever"), timeout=0.2)
    assert await kept.keeper.launches() == []


async def test_run_kills_when_its_caller_gives_up(kept: Kept) -> None:
    task = asyncio.create_task(kept.keeper.run(kept.spec("forever"), timeout=PATIENCE))
    while not await kept.keeper.launches():  # noqa: ASYNC110 - asks another process
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await kept.keeper.launches() == []


async def test_who_is_cancelled_before_it_has_started_leaves_nothing(kept: Kept) -> None:
    task = asyncio.create_task(kept.keeper.run(kept.spec("forever"), timeout=PATIENCE))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await kept.keeper.spawn(kept.spec("stubborn"))
    await kept.ready("stubborn")  # by then the one that was asked for earlier would be there
    assert [launch.service for launch in await kept.keeper.launches()] == ["stubborn"]


async def test_the_next_keeper_adopts_and_guesses_nothing(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("forever"))
    await kept.replace()
    (adopted,) = await kept.keeper.launches()
    assert (adopted.launch_id, adopted.identity) == (launch.launch_id, launch.identity)
    assert adopted.adopted
    assert await kept.keeper.signal(launch.launch_id, signal.SIGTERM) == 1
    ended = await ending(kept, launch)
    assert not ended.known
    assert ended.describe() == "ended, status unknown"


async def test_the_watchdog_is_no_service_and_comes_back(kept: Kept) -> None:
    watchdog = await kept.keeper.watch(kept.spec("forever"))
    assert await kept.keeper.launches() == []
    assert (await kept.keeper.watch(kept.spec("forever"))) == watchdog
    await kept.keeper.signal(watchdog.launch_id, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        while not _replaced(await kept.keeper.watchdog_endings()):  # noqa: ASYNC110 - asks another process
            await asyncio.sleep(0.01)
    (ended,) = await kept.keeper.watchdog_endings()
    assert (ended["seq"], ended["how"]) == (1, "killed by signal 9")
    assert 0 <= SystemClock().monotonic() - ended["monotonic"] < PATIENCE
    successor = await kept.keeper.unwatch()
    assert successor is not None
    assert successor.identity != watchdog.identity
    assert (await kept.keeper.ping())["watching"] is False


def _replaced(endings: object) -> bool:
    return (
        isinstance(endings, list)
        and bool(endings)
        and endings[0]["replaced_after_seconds"] is not None
    )


async def test_shutdown_waits_for_the_services_to_be_stopped(kept: Kept) -> None:
    launch = await kept.keeper.spawn(kept.spec("forever"))
    with pytest.raises(Refused, match="still running: forever"):
        await kept.keeper.shutdown()
    await kept.keeper.signal(launch.launch_id, signal.SIGKILL)
    await ending(kept, launch)
    await kept.keeper.shutdown()
    with pytest.raises(Unreachable):
        await kept.keeper.launches()


@pytest.mark.parametrize("seen", [0, 1, 2])
async def test_a_listener_is_told_when_it_has_taken_what_was_remembered(
    kept: Kept, seen: int
) -> None:
    for _ in range(2):
        await ending(kept, await kept.keeper.spawn(kept.spec("exits")))
    told: list[str] = []
    stream = kept.keeper.exits(seen, lambda: told.append("caught up"))

    async def listen() -> None:
        async for ended in stream:
            told.append(str(ended.seq))

    task = asyncio.create_task(listen())
    async with asyncio.timeout(PATIENCE):
        while "caught up" not in told:  # noqa: ASYNC110 - asks another process
            await asyncio.sleep(0.01)
        await kept.keeper.spawn(kept.spec("exits"))
        while "3" not in told:  # noqa: ASYNC110 - asks another process
            await asyncio.sleep(0.01)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert told == [*["1", "2"][seen:], "caught up", "3"]


async def test_leaving_ends_what_runs_and_then_the_keeper(kept: Kept) -> None:
    told: list[str] = []

    async def follow() -> None:
        async for ended in kept.keeper.exits():
            told.append(ended.launch.service)

    for kind in ("forever", "family"):
        await kept.keeper.spawn(kept.spec(kind))
    await kept.ready("family")
    task = asyncio.create_task(follow())
    await asyncio.sleep(0.05)
    await kept.keeper.leave("the test is over")
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Unreachable):
            await task
    assert sorted(told) == ["family", "forever"]
    with pytest.raises(Unreachable):
        await kept.keeper.launches()


async def test_the_stream_of_exits_ends_with_the_keeper(kept: Kept) -> None:
    async def follow() -> None:
        async for _ in kept.keeper.exits():
            raise AssertionError("nothing has ended")

    task = asyncio.create_task(follow())
    await asyncio.sleep(0.05)
    await kept.keeper.shutdown()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Unreachable):
            await task
