"""The watchdog is always there: killed, stopped, spinning or silent, it is replaced."""

import asyncio
import os
import signal
import time
from typing import Any

import pytest

from tests.support.keeper_home import KeeperHome, alive, next_exit, until
from tests.support.minded import beats, current, watchdog
from vrooli.core.errors import Busy, Refused, StartFailed
from vrooli.host.keeper import proc
from vrooli.host.keeper_client import KeeperClient


async def ending(keeper: KeeperClient, seq: int = 1) -> dict[str, Any]:
    """The ending with this number, once it has been made good."""
    async with asyncio.timeout(40):
        while True:
            found = [item for item in await keeper.watchdog_endings(seq - 1) if item["seq"] == seq]
            if found and found[0]["replaced_after_seconds"] is not None:
                return found[0]
            await asyncio.sleep(0.01)


async def test_a_killed_watchdog_is_replaced(place: KeeperHome, keeper: KeeperClient) -> None:
    service = await keeper.spawn(place.spec("sleep", "600"))
    first = await keeper.watch(watchdog(place))
    await beats(place)
    os.kill(first.identity.pid, signal.SIGKILL)
    ended = await ending(keeper)
    assert ended["how"] == "killed by signal 9"
    assert 0.1 <= ended["replaced_after_seconds"] < 20
    assert await current(keeper) != first.identity
    await beats(place)
    assert alive(service.identity)
    assert len(await keeper.launches()) == 1


async def test_a_stopped_watchdog_is_replaced(place: KeeperHome, keeper: KeeperClient) -> None:
    first = await keeper.watch(watchdog(place))
    await beats(place)
    os.kill(first.identity.pid, signal.SIGSTOP)
    assert (await ending(keeper))["how"] == "hung: stopped"
    assert not alive(first.identity)
    await beats(place)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
async def test_a_spinning_or_silent_watchdog_is_replaced(
    place: KeeperHome, keeper: KeeperClient, number: int
) -> None:
    first = await keeper.watch(watchdog(place), heartbeat_timeout=1.0)
    await beats(place)
    os.kill(first.identity.pid, number)
    assert (await ending(keeper))["how"] == "hung: no heartbeat"
    assert not alive(first.identity)
    await beats(place)


async def test_a_watchdog_in_a_debugger_is_left_alone(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    """A traced process stops at its tracer's wish; here that is a small program of our own."""
    first = await keeper.watch(watchdog(place))
    await beats(place)
    tracer = await keeper.spawn(place.python(TRACER, str(first.identity.pid)))
    await until(lambda: "traced" in place.said())
    began = time.monotonic()
    while time.monotonic() - began < 2.5:  # longer than any patience with one that is not traced
        stat = proc.read_stat(first.identity.pid)
        assert stat is not None
        assert stat.state in "tT"
        await asyncio.sleep(0.1)
    assert await keeper.watchdog_endings() == []
    await keeper.signal(tracer.launch_id, signal.SIGKILL)
    await next_exit(keeper, tracer)


TRACER = """
import ctypes, os, sys, time
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
zero = ctypes.c_void_p(0)
assert libc.ptrace(16, pid, zero, zero) == 0, os.strerror(ctypes.get_errno())
os.waitpid(pid, 0)
print('traced', flush=True)
time.sleep(600)
"""


async def test_a_crashing_watchdog_is_tried_less_and_less_often(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    await keeper.watch(place.shell("exit 7", service="autoheal"))
    endings = [await ending(keeper, seq) for seq in range(1, 5)]
    assert {item["how"] for item in endings} == {"exited with code 7"}
    waits = [item["replaced_after_seconds"] for item in endings]
    assert all(wait >= floor for wait, floor in zip(waits, (0.1, 0.2, 0.4, 0.8), strict=True))


async def test_a_watchdog_that_cannot_start_is_told_to_who_asked(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    with pytest.raises(StartFailed, match="command not found"):
        await keeper.watch(place.spec("no-such-program", service="autoheal"))
    assert (await keeper.ping())["watching"] is False
    await keeper.watch(watchdog(place))
    assert (await keeper.ping())["watching"] is True


async def test_after_unwatch_it_stays_down(place: KeeperHome, keeper: KeeperClient) -> None:
    first = await keeper.watch(watchdog(place))
    assert await keeper.unwatch() == first
    await keeper.signal(first.launch_id, signal.SIGTERM)
    await until(lambda: not alive(first.identity))
    await asyncio.sleep(0.5)
    assert (await keeper.ping())["watchdog"] is None
    assert await keeper.unwatch() is None
    assert await keeper.watchdog_endings() == []


async def test_the_next_keeper_minds_the_same_watchdog(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    first = await keeper.watch(watchdog(place))
    await beats(place)
    place.kill_keeper()
    successor = await place.start()
    async with asyncio.timeout(30):
        while not (await successor.ping())["watching"]:  # noqa: ASYNC110 - the watchdog tells it
            await asyncio.sleep(0.01)
    assert await current(successor) == first.identity
    assert await successor.launches() == []
    await beats(place)
    os.kill(first.identity.pid, signal.SIGKILL)
    assert (await ending(successor))["how"] == "ended, status unknown"
    await beats(place)
    assert await current(successor) != first.identity


async def test_a_recorded_watchdog_is_not_started_twice(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    silent = place.spec("sleep", "600", service="autoheal")
    first = await keeper.watch(silent)
    place.kill_keeper()
    successor = await place.start()
    again = await successor.watch(silent)
    assert (again.identity, again.launch_id) == (first.identity, first.launch_id)


async def test_a_second_watchdog_is_refused(place: KeeperHome, keeper: KeeperClient) -> None:
    await keeper.watch(watchdog(place))
    with pytest.raises(Busy, match="another watchdog is minded"):
        await keeper.watch(watchdog(place), adopt=True)
    with pytest.raises(Refused, match="is not the watchdog"):
        await keeper.heartbeat()


async def test_a_caller_that_is_the_watchdog_is_adopted(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    mine = await keeper.watch(watchdog(place), adopt=True)
    assert mine.identity.pid == os.getpid()
    assert mine.adopted
    assert await keeper.heartbeat() is True
    assert await keeper.unwatch() == mine
    assert await keeper.heartbeat() is False


async def test_a_stopped_keeper_does_not_blame_the_watchdog(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    first = await keeper.watch(watchdog(place), heartbeat_timeout=1.0)
    await beats(place)
    pid = place.keeper().pid
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(2.5)
    os.kill(pid, signal.SIGCONT)
    await beats(place, 5)
    await asyncio.sleep(1.0)
    assert await keeper.watchdog_endings() == []
    assert await current(keeper) == first.identity
