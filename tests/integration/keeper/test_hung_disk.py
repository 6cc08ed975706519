"""The keeper on a home whose disk hangs: it starts nothing there, and notices all that ends."""

import asyncio
import json
import os
import signal

import pytest

from tests.support.hung_disk import hung_disk
from tests.support.keeper_home import KeeperHome, alive, next_exit, until
from tests.support.root import mounts
from vrooli.core.errors import StartFailed
from vrooli.host.keeper.place import CERTAIN, LOOK
from vrooli.host.keeper_client import KeeperClient

pytestmark = mounts


def recorded(place: KeeperHome) -> set[str]:
    """What a keeper that takes over would find."""
    text = place.home.keeper_record.read_text(encoding="utf-8")
    return {launch["launch_id"] for launch in json.loads(text)["launches"]}


def errands(keeper: int) -> list[int]:
    """Its children that are no service: at most one that writes the record, one that looks."""
    children = f"/proc/{keeper}/task/{keeper}/children"
    with open(children, encoding="ascii") as file:
        pids = [int(pid) for pid in file.read().split()]
    return [
        pid for pid in pids if os.readlink(f"/proc/{pid}/exe") == os.readlink(f"/proc/{keeper}/exe")
    ]


async def test_a_hung_disk_hides_no_end_and_the_record_is_written_when_it_is_back(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    spec = place.spec("sleep", "600")
    launches = [await keeper.spawn(spec) for _ in range(4)]
    pid = place.keeper().pid
    with hung_disk(place.home.root):
        for launch in launches[:3]:
            os.kill(launch.identity.pid, signal.SIGKILL)
            assert (await next_exit(keeper, launch)).signal == signal.SIGKILL
        said = (await keeper.ping())["record_error"]
        assert "does not answer" in said
        assert 1 <= len(errands(pid)) <= 2
        assert [launch.launch_id for launch in await keeper.launches()] == [launches[3].launch_id]
    await until(lambda: recorded(place) == {launches[3].launch_id})
    assert (await keeper.ping())["record_error"] is None
    await until(lambda: not errands(pid))


async def test_a_start_on_a_hung_disk_fails_in_time_and_holds_up_nobody(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    lives = await keeper.spawn(place.spec("sleep", "600", service="lives"))
    with hung_disk(place.home.root):
        within = place.spec("true", log_path=str(place.home.root / "x.log"))
        with pytest.raises(StartFailed, match="could not be started within"):
            await keeper.spawn(within)
        os.kill(lives.identity.pid, signal.SIGKILL)
        assert (await next_exit(keeper, lives)).known


async def test_a_keeper_that_ends_leaves_no_child_that_hangs(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    lives = await keeper.spawn(place.spec("sleep", "600"))
    pid = place.keeper().pid
    with hung_disk(place.home.root):
        os.kill(lives.identity.pid, signal.SIGKILL)
        await next_exit(keeper, lives)
        await keeper.ping()
        hanging = errands(pid)
        assert hanging
        os.kill(pid, signal.SIGTERM)
        await until(lambda: not os.path.exists(f"/proc/{pid}"))
        await until(lambda: not any(os.path.exists(f"/proc/{child}") for child in hanging))


async def test_a_home_that_hangs_is_not_taken_for_a_lost_one(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    lives = await keeper.spawn(place.spec("sleep", "600"))
    with hung_disk(place.home.root):
        await asyncio.sleep(CERTAIN + 3 * LOOK)
        assert alive(lives.identity)
    assert [launch.launch_id for launch in await keeper.launches()] == [lives.launch_id]
