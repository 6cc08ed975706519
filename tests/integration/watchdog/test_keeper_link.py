"""The watchdog's connection to real keepers that are killed and stopped."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from tests.support.keeper_home import KeeperHome, alive
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.core.errors import Unreachable
from vrooli.core.launch import Exit
from vrooli.host.keeper_link import KeeperLink
from vrooli.host.processes import LocalProcesses
from vrooli.host.start_keeper import keeper_identity, main_keeper_command, reach_keeper


@pytest.fixture
async def place() -> AsyncIterator[KeeperHome]:
    """A home with a keeper."""
    place = KeeperHome()
    await place.start()
    yield place
    await place.close()


async def test_a_stopped_keeper_is_replaced_by_whoever_wants_one(place: KeeperHome) -> None:
    first = place.keeper()
    os.kill(first.pid, signal.SIGSTOP)
    async with asyncio.timeout(20), await reach_keeper(place.home) as client:
        assert (await client.ping())["identity"]["pid"] != first.pid


async def test_exits_of_the_next_keeper_are_not_skipped_by_the_position_in_the_last(
    place: KeeperHome,
) -> None:
    link = KeeperLink(place.home, LocalProcesses())
    seen: list[Exit] = []

    async def position(keeper: str) -> int:
        return 1000 if keeper == first else 0

    await link.connect()
    first = link.keeper_id

    async def follow() -> None:
        async for ended in link.follow(position):
            seen.append(ended)

    following = asyncio.create_task(follow())
    try:
        launch = await link.spawn(place.spec("sleep", "60"))
        place.kill_keeper()
        await until(lambda: link.keeper_id != first)
        await link.signal(launch.launch_id, signal.SIGKILL)
        await until(lambda: [e.launch.launch_id for e in seen] == [launch.launch_id])
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        await link.close()


async def test_a_keeper_that_is_followed_by_another_while_one_asks_it_is_gone(
    place: KeeperHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What watches exits and what beats both look after it; one of them is first."""
    link = KeeperLink(place.home, LocalProcesses())
    asked = await link.client()

    async def lost(deadline: float) -> dict[str, object]:
        link._client = None  # the other one has let go of it by now
        await asked.close()
        raise Unreachable("the keeper is gone")

    monkeypatch.setattr(asked, "ping", lost)
    assert not await link._alive()
    await link.close()


async def test_reaching_in_vain_leaves_no_connection_open(place: KeeperHome) -> None:
    link = KeeperLink(place.home, LocalProcesses(), place.spec("true"))
    other = await place.connect()
    await other.watch(place.spec("sleep", "60"))  # so that nobody else can be minded
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with contextlib.suppress(Exception):
            await link.connect()
    await asyncio.sleep(0)
    assert len(os.listdir("/proc/self/fd")) == before
    await other.unwatch()


STUCK = """
import asyncio, sys
from pathlib import Path
from vrooli.core.home import Home
from vrooli.host.keeper_link import KeeperLink
from vrooli.host.processes import LocalProcesses

link = KeeperLink(Home(Path(sys.argv[1]), Path(sys.argv[2])), LocalProcesses())
asked = iter(range(1000))
asyncio.run(link.beat(lambda: "no progress" if next(asked) > 2 else ""))
"""
"""Beats three times, and is stuck from then on."""


async def test_a_watchdog_that_knows_that_it_is_stuck_is_replaced(place: KeeperHome) -> None:
    folders = (str(place.home.root), str(place.home.run))
    command = (sys.executable, "-c", STUCK, *folders)
    keeper = place.clients[-1]
    first = await keeper.watch(place.spec(*command, service="autoheal"))
    endings = await eventually(keeper.watchdog_endings, "it was replaced")
    assert endings[0]["how"] == "hung: no heartbeat", place.said("autoheal")
    assert not alive(first.identity)


def holds(place: KeeperHome, pid: int) -> bool:
    """Whether that process keeps the home, and serves."""
    identity = keeper_identity(place.home)
    return identity is not None and identity.pid == pid and place.home.keeper_socket.exists()


async def test_a_keeper_that_took_over_is_not_ended_for_the_one_before(place: KeeperHome) -> None:
    link = KeeperLink(place.home, LocalProcesses())
    await link.connect()
    broken = await link.client()
    command = main_keeper_command(place.home, place.spec("sleep", "600", service="autoheal"))
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        await until(lambda: broken.closed and holds(place, process.pid))
        await link.replace("it hung up", broken)
        assert place.keeper().pid == process.pid
        assert process.poll() is None
        assert str(process.pid) in link.keeper_id
    finally:
        await link.close()
        process.kill()
        process.wait()
