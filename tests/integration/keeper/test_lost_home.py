"""A keeper whose home is gone stops all that it has started, and ends."""

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.keeper_home import KeeperHome, alive, next_exit, until
from vrooli.core.errors import Refused, Unreachable
from vrooli.core.identity import Identity
from vrooli.host.keeper.place import CERTAIN, LOOK
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import keeper_command

STUBBORN = "trap '' TERM INT; while :; do sleep 1; done"
LEAVES_ONE = "setsid sh -c 'trap \"\" HUP; sleep 600' & echo $!; exit 0"


def gone(identity: Identity) -> bool:
    return not alive(identity)


async def test_all_is_stopped_the_latest_start_first_and_that_is_said(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    order, pid = place.folder / "order", place.keeper().pid
    for name in ("first", "second", "third"):
        script = f"trap 'echo {name} >> {order}; exit' TERM; echo up; while :; do sleep 0.1; done"
        await keeper.spawn(place.shell(script, service=name))
        await place.until_said("up", name)
    shutil.rmtree(place.home.root)
    await until(lambda: not os.path.exists(f"/proc/{pid}"))
    assert order.read_text(encoding="ascii").split() == ["third", "second", "first"]
    assert not place.home.keeper_socket.exists()
    first, last = place.home.last_words.read_text(encoding="utf-8").splitlines()
    assert f"the home {place.home.root} was deleted while its stack ran" in first
    assert f"all that ran in {place.home.root} was stopped" in last
    assert place.home.last_words.stat().st_mode & 0o777 == 0o600


async def test_who_ignores_the_signals_and_what_was_left_behind_are_killed(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    stubborn = await keeper.spawn(place.shell(STUBBORN, service="stubborn"))
    leaver = await keeper.spawn(place.shell(LEAVES_ONE, service="leaver"))
    await next_exit(keeper, leaver)
    (left, *_) = await keeper.survivors(leaver.launch_id)
    keeper_pid = place.keeper().pid
    shutil.rmtree(place.home.root)
    await until(lambda: not os.path.exists(f"/proc/{keeper_pid}"))
    assert gone(stubborn.identity)
    assert gone(left)


async def test_nothing_is_started_any_more_while_it_leaves(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    stubborn = await keeper.spawn(place.shell(STUBBORN, service="stubborn"))
    await keeper.leave("a test wants it")
    with pytest.raises(Refused, match="stops all that it has started"):
        await keeper.spawn(place.spec("true"))
    await until(lambda: keeper.closed)
    assert gone(stubborn.identity)
    with pytest.raises(Unreachable):
        await place.connect()


async def test_a_lock_that_was_removed_alone_is_taken_again(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    place.home.stack_json.touch()
    lives = await keeper.spawn(place.spec("sleep", "600"))
    pid = place.keeper().pid
    place.home.keeper_lock.unlink()
    await until(lambda: place.home.keeper_lock.exists() and place.keeper().pid == pid)
    second = await asyncio.create_subprocess_exec(*keeper_command(place.home, detach=False))
    assert await second.wait() == 0  # "a keeper holds it already"
    assert alive(lives.identity)
    assert (await keeper.ping())["launches"] == 1


async def test_who_finds_another_keeper_on_its_lock_ends_and_leaves_all_to_it(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    place.home.stack_json.touch()
    lives = await keeper.spawn(place.spec("sleep", "600"))
    pid = place.keeper().pid
    os.kill(pid, signal.SIGSTOP)  # so that the other one is the first
    place.home.keeper_lock.unlink()
    place.home.keeper_socket.unlink()
    other = await place.start()
    os.kill(pid, signal.SIGCONT)
    await until(lambda: not os.path.exists(f"/proc/{pid}"))
    assert alive(lives.identity)
    assert [launch.launch_id for launch in await other.launches()] == [lives.launch_id]
    assert (await (await place.connect()).ping())["identity"]["pid"] == place.keeper().pid


async def test_a_home_that_comes_back_in_time_stops_nothing(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    lives = await keeper.spawn(place.spec("sleep", "600"))
    away = place.folder / "away"
    place.home.root.rename(away)
    await asyncio.sleep(CERTAIN + 3 * LOOK)
    away.rename(place.home.root)
    await keeper.spawn(place.spec("true", service="later"))
    assert alive(lives.identity)
    record = json.loads(place.home.keeper_record.read_text(encoding="utf-8"))
    assert lives.launch_id in {launch["launch_id"] for launch in record["launches"]}
    assert "was moved away" in _log(place.home.logs)


def _log(logs: Path) -> str:
    return (logs / "keeper.log").read_text(encoding="utf-8")
