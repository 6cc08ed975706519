"""The keeper's own death, its record, and two of them at once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import vrooli
from tests.support.keeper_home import KeeperHome, alive, environment_of, next_exit, until
from vrooli.core.errors import StartFailed, Unreachable
from vrooli.core.home import Home
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import end_hung_keeper, keeper_command, keeper_identity, start_keeper


async def test_services_outlive_a_killed_keeper(place: KeeperHome, keeper: KeeperClient) -> None:
    lives = await keeper.spawn(place.spec("sleep", "600", service="lives"))
    dies = await keeper.spawn(place.spec("sleep", "600", service="dies"))
    place.kill_keeper()
    with pytest.raises(Unreachable):
        await keeper.launches()
    os.kill(dies.identity.pid, signal.SIGKILL)
    await until(lambda: not alive(dies.identity))
    successor = await place.start()
    (adopted,) = await successor.launches()
    assert adopted.identity == lives.identity
    assert not (await next_exit(successor, dies)).known
    os.kill(lives.identity.pid, signal.SIGKILL)
    ended = await next_exit(successor, lives)
    assert (ended.known, ended.launch.adopted) == (False, True)


async def test_an_end_by_signal_leaves_services_and_no_socket(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.spec("sleep", "600"))
    os.kill(place.keeper().pid, signal.SIGTERM)
    await until(lambda: keeper_identity(place.home) is None)
    assert not place.home.keeper_socket.exists()
    assert alive(launch.identity)
    (adopted,) = await (await place.start()).launches()
    assert adopted.launch_id == launch.launch_id


async def test_a_hangup_means_nothing(place: KeeperHome, keeper: KeeperClient) -> None:
    os.kill(place.keeper().pid, signal.SIGHUP)
    assert (await keeper.ping())["launches"] == 0


async def test_there_is_one_keeper_a_home(place: KeeperHome, keeper: KeeperClient) -> None:
    first = place.keeper()
    clients = await asyncio.gather(*(place.start() for _ in range(4)))
    pids = {(await client.ping())["identity"]["pid"] for client in clients}
    assert pids == {first.pid}
    run = subprocess.run(
        keeper_command(place.home, detach=False), capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0
    assert "holds" in json.loads(run.stderr)["message"]
    assert (await keeper.ping())["identity"]["pid"] == first.pid


async def test_a_keeper_drops_the_marker_of_the_launch_it_was_started_in(
    place: KeeperHome,
) -> None:
    place.home.root.mkdir()
    env = {"PATH": "/usr/bin:/bin", "VROOLI_LAUNCH": "0123456789abcdef:0123456789abcdef"}
    command = keeper_command(place.home, detach=True)
    subprocess.run(command, env=env, timeout=60, check=True)
    assert "VROOLI_LAUNCH" not in environment_of(place.keeper().pid)


async def test_many_starts_at_once_make_one_keeper(place: KeeperHome) -> None:
    clients = await asyncio.gather(*(place.start() for _ in range(5)))
    pids = {(await client.ping())["identity"]["pid"] for client in clients}
    assert len(pids) == 1


async def test_a_socket_left_behind_is_replaced(place: KeeperHome, keeper: KeeperClient) -> None:
    place.kill_keeper()
    assert place.home.keeper_socket.exists()
    successor = await place.start()
    assert (await successor.ping())["launches"] == 0
    assert place.home.keeper_socket.stat().st_mode & 0o777 == 0o600
    assert place.home.run.stat().st_mode & 0o777 == 0o700


async def test_a_stopped_keeper_is_unreachable_at_once_and_can_be_ended(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.spec("sleep", "600"))
    os.kill(place.keeper().pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="did not answer"):
        await keeper.ping(deadline=0.3)
    assert time.monotonic() - began < 5
    assert await end_hung_keeper(place.home)
    (adopted,) = await (await place.start()).launches()
    assert adopted.launch_id == launch.launch_id


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"launches": 3}', '{"launches": [{}]}', "[" * 100_000]
)
async def test_a_corrupt_record_is_set_aside(place: KeeperHome, content: str) -> None:
    place.home.root.mkdir()
    place.home.keeper_record.write_text(content, encoding="utf-8")
    client = await place.start()
    assert await client.launches() == []
    aside = place.home.root / "keeper.json.corrupt"
    assert aside.read_text(encoding="utf-8") == content
    assert "corrupt" in place.home.log("keeper").read_text(encoding="utf-8")
    assert (await client.run(place.shell("exit 2"), timeout=30)).code == 2


async def test_launches_of_an_earlier_boot_have_ended(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.spec("sleep", "600"))
    place.kill_keeper()
    text = place.home.keeper_record.read_text(encoding="utf-8")
    assert launch.identity.boot_id in text
    place.home.keeper_record.write_text(
        text.replace(launch.identity.boot_id, "00000000-0000-0000-0000-000000000000"),
        encoding="utf-8",
    )
    successor = await place.start()
    assert not (await next_exit(successor, launch)).known
    assert await successor.launches() == []


async def test_a_home_that_cannot_be_written_is_named(place: KeeperHome) -> None:
    place.folder.joinpath("home").write_text("a file", encoding="utf-8")
    with pytest.raises(Exception, match="cannot write here"):
        await start_keeper(place.home)


async def test_a_run_folder_of_somebody_else_is_refused(place: KeeperHome) -> None:
    place.home.run.write_text("not a folder", encoding="utf-8")
    with pytest.raises(StartFailed, match="the keeper did not start") as caught:
        await place.start()
    assert str(place.home.run) in str(caught.value)


async def test_a_socket_path_that_is_too_long_is_named(place: KeeperHome) -> None:
    home = Home(place.home.root, place.folder / ("x" * 100))
    home.root.mkdir()
    with pytest.raises(StartFailed, match="longer than 107 bytes"):
        await start_keeper(home)


FULL_DISK = """
import asyncio, ctypes, os, sys
sys.path.insert(0, {source!r}); sys.path.insert(0, {tests!r})
from pathlib import Path
from vrooli.host.keeper import linux
from tests.support.keeper_home import KeeperHome, next_exit

async def main(root):
    place = KeeperHome(root)
    try:
        keeper = await place.start()
        first = await keeper.spawn(place.spec("sleep", "600"))
        with open(root / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)) > 0:
                    pass
            except OSError:
                pass
        second = await keeper.spawn(place.spec("sleep", "600"))
        said = (await keeper.ping())["record_error"]
        assert said and "No space left" in said, said
        assert len(await keeper.launches()) == 2
        await keeper.signal(second.launch_id, 9)
        assert (await next_exit(keeper, second)).signal == 9
        (root / "filler").unlink()
        third = await keeper.spawn(place.spec("sleep", "600"))
        assert (await keeper.ping())["record_error"] is None
        place.kill_keeper()
        keeper = await place.start()
        found = {{launch.launch_id for launch in await keeper.launches()}}
        assert found == {{first.launch_id, third.launch_id}}
    finally:
        await place.close()
    print("held")

uid, gid = os.geteuid(), os.getegid()
if uid != 0:
    # Somebody else than root gets root's power over mounts in a user namespace of his own.
    assert ctypes.CDLL(None).unshare(0x10000000) == 0
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {{uid}} 1")
    Path("/proc/self/gid_map").write_text(f"0 {{gid}} 1")
linux.unshare_mounts()
root = Path(sys.argv[1])
linux.mount("tmpfs", str(root), "tmpfs", 0, "size=64k")
asyncio.run(main(root))
"""


async def test_a_full_disk_loses_nothing_that_runs(tmp_path: Path) -> None:
    source = str(Path(vrooli.__file__).parent.parent)
    tests = str(Path(__file__).parents[3])
    code = FULL_DISK.format(source=source, tests=tests)
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert run.stdout == "held\n", run.stderr
