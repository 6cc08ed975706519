"""Signals reach the recorded process and its descendants, all of them, and nobody else."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import vrooli
from tests.support.keeper_home import KeeperHome, alive, environment_of, next_exit, until, waiting
from vrooli.core.identity import Identity
from vrooli.core.launch import Launch
from vrooli.host.keeper import proc
from vrooli.host.keeper_client import KeeperClient

# Forks twice, leads a session of its own, and forgets its environment if told to.
DAEMON = """
import os, sys, time
if os.fork(): time.sleep(float(sys.argv[2])); os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
env = {} if sys.argv[1] == 'clean' else os.environ
os.execve('/bin/sleep', ['sleep', '600'], env)
"""
# Forks twice; which of its processes are there when its end is told is a matter of luck.
HASTY = """
import os, random, time
if os.fork(): os._exit(0)
time.sleep(random.random() * 0.008)
os.setsid()
if os.fork(): os._exit(0)
time.sleep(600)
"""
# Each process has one successor, 5 ms later, in a session of its own: new ones come all the time,
# but never more than 400, since what doubles would take the machine along with it.
STORM = """
import os, time
for number in range(400):
    if os.fork(): break
    os.setsid()
    time.sleep(0.005)
time.sleep(60)
"""


async def nobody_left(keeper: KeeperClient, launch: Launch) -> None:
    async with asyncio.timeout(30):
        while await keeper.survivors(launch.launch_id):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


async def daemonised(keeper: KeeperClient, launch: Launch, count: int) -> None:
    """Wait until so many processes are left, the last of which is what DAEMON turns into."""
    async with asyncio.timeout(30):
        while True:
            found = await keeper.survivors(launch.launch_id)
            if len(found) == count and _name(found[-1]) == "sleep":
                return
            await asyncio.sleep(0.01)


def _name(identity: Identity) -> str:
    try:
        return Path(f"/proc/{identity.pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:  # one between the two forks
        return ""


async def test_a_daemon_is_found_by_its_marker_and_ended(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.python(DAEMON, "marked", "0"))
    assert (await next_exit(keeper, launch)).code == 0
    await daemonised(keeper, launch, count=1)
    assert await keeper.signal(launch.launch_id, signal.SIGTERM, tree=True) == 1
    await nobody_left(keeper, launch)


async def test_a_daemon_that_lost_its_environment_is_found_by_its_tag(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    """As PostgreSQL's backends do, whose postmaster was killed; also under the next keeper."""
    launch = await keeper.spawn(place.python(DAEMON, "clean", "0"))
    assert (await next_exit(keeper, launch)).code == 0
    await daemonised(keeper, launch, count=1)
    (daemon,) = await keeper.survivors(launch.launch_id)
    assert environment_of(daemon.pid) == {}
    stat = proc.read_stat(daemon.pid)
    assert stat is not None
    assert stat.session != launch.identity.pid
    assert await keeper.signal(launch.launch_id, signal.SIGTERM, tree=True) == 1
    await nobody_left(keeper, launch)


async def test_a_tag_outlives_the_keeper(place: KeeperHome, keeper: KeeperClient) -> None:
    launch = await keeper.spawn(place.python(DAEMON, "clean", "600"))
    await daemonised(keeper, launch, count=2)
    place.kill_keeper()
    successor = await place.start()
    os.kill(launch.identity.pid, signal.SIGKILL)
    await next_exit(successor, launch)
    (daemon,) = await successor.survivors(launch.launch_id)
    assert await successor.signal(launch.launch_id, signal.SIGKILL, tree=True) == 1
    await until(lambda: not alive(daemon))


async def test_a_process_without_marker_is_found_by_its_session(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.shell("env -i sleep 600 & exit 0"))
    await next_exit(keeper, launch)
    (survivor,) = await keeper.survivors(launch.launch_id)
    stat = proc.read_stat(survivor.pid)
    assert stat is not None
    assert stat.session == launch.identity.pid
    assert await keeper.signal(launch.launch_id, signal.SIGKILL, tree=True) == 1


async def test_children_in_sessions_of_their_own_belong_to_their_parent(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.shell("env -i setsid sleep 600 & echo ready; wait"))
    await place.until_said("ready")
    async with asyncio.timeout(30):
        while len(await keeper.survivors(launch.launch_id)) < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert await keeper.signal(launch.launch_id, signal.SIGKILL, tree=True) == 2
    await nobody_left(keeper, launch)


async def test_a_tree_that_goes_on_forking_is_killed_whole(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.python(STORM))
    async with asyncio.timeout(60):
        while len(await keeper.survivors(launch.launch_id)) < 60:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert await keeper.signal(launch.launch_id, signal.SIGKILL, tree=True) >= 60
    await nobody_left(keeper, launch)
    assert (await next_exit(keeper, launch)).signal == signal.SIGKILL
    assert (await keeper.ping())["launches"] == 0


async def test_other_services_are_never_in_the_tree(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    one = await keeper.spawn(place.spec("sleep", "600", service="one"))
    two = await keeper.spawn(place.spec("sleep", "600", service="two"))
    await keeper.signal(one.launch_id, signal.SIGKILL, tree=True)
    await next_exit(keeper, one)
    assert alive(two.identity)
    assert alive(place.keeper())


async def test_a_reused_number_is_never_signalled(place: KeeperHome, keeper: KeeperClient) -> None:
    """The record is doctored so that its start time is another's, as after a reuse."""
    launch = await keeper.spawn(place.spec("sleep", "600"))
    place.kill_keeper()
    record = json.loads(place.home.keeper_record.read_text(encoding="utf-8"))
    record["launches"][0]["identity"]["start_ticks"] -= 1
    place.home.keeper_record.write_text(json.dumps(record), encoding="utf-8")
    successor = await place.start()
    assert not (await next_exit(successor, launch)).known
    assert await successor.launches() == []
    assert await successor.signal(launch.launch_id, signal.SIGKILL) == 0
    assert alive(launch.identity)


async def test_a_session_of_a_reused_number_is_anothers(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    stranger = os.posix_spawn("/bin/sleep", ["sleep", "600"], {}, setsid=True)
    try:
        stat = proc.read_stat(stranger)
        assert stat is not None
        launch = await keeper.spawn(place.spec("sleep", "600"))
        place.kill_keeper()
        record = json.loads(place.home.keeper_record.read_text(encoding="utf-8"))
        identity = record["launches"][0]["identity"]
        identity["pid"], identity["start_ticks"] = stranger, stat.start_ticks - 1
        place.home.keeper_record.write_text(json.dumps(record), encoding="utf-8")
        successor = await place.start()
        pids = {found.pid for found in await successor.survivors(launch.launch_id)}
        assert pids == {launch.identity.pid}, "found by its marker; the stranger is not"
    finally:
        os.kill(stranger, signal.SIGKILL)
        os.waitpid(stranger, 0)


async def test_the_keeper_does_not_carry_the_marker_of_who_started_it(
    place: KeeperHome,
) -> None:
    outer = KeeperHome()
    try:
        client = await outer.start()
        code = (
            "import asyncio, sys; from pathlib import Path;"
            "sys.path.insert(0, sys.argv[1]);"
            "from vrooli.core.home import Home; from vrooli.host.start_keeper import start_keeper;"
            "h = Home(Path(sys.argv[2]), Path(sys.argv[3]));"
            "asyncio.run(start_keeper(h))"
        )
        source = os.path.dirname(os.path.dirname(vrooli.__file__))
        home = place.home
        home.root.mkdir()
        spec = outer.python(code, source, str(home.root), str(home.run))
        launch = await client.spawn(spec)
        assert (await next_exit(client, launch)).code == 0, outer.said()
        inner = place.keeper()
        assert "VROOLI_LAUNCH" not in environment_of(inner.pid)
        await client.signal(launch.launch_id, signal.SIGKILL, tree=True)
        assert alive(inner)
    finally:
        await outer.close()


async def test_a_child_that_comes_while_one_looks_is_found(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    for _ in range(60):
        launch = await keeper.spawn(place.spec(sys.executable, "-S", "-c", HASTY))
        await next_exit(keeper, launch)
        assert await keeper.survivors(launch.launch_id)
        await keeper.signal(launch.launch_id, signal.SIGKILL, tree=True)
        await nobody_left(keeper, launch)


async def test_orphans_are_reaped(place: KeeperHome, keeper: KeeperClient) -> None:
    script = "(for i in 1 2 3 4 5 6 7 8; do (setsid true &) ; done) & wait; sleep 0.2"
    await keeper.run(place.shell(script), timeout=30)
    pid = place.keeper().pid
    await until(lambda: not _children(pid))


def _children(pid: int) -> list[int]:
    return [stat.pid for stat in proc.all_stats().values() if stat.ppid == pid]


async def test_a_stopped_service_is_ended_by_kill(place: KeeperHome, keeper: KeeperClient) -> None:
    launch = await keeper.spawn(place.spec("sleep", "600"))
    await keeper.signal(launch.launch_id, signal.SIGSTOP)
    waiting(lambda: _state(launch.identity) == "T")
    assert [item.launch_id for item in await keeper.launches()] == [launch.launch_id]
    await keeper.signal(launch.launch_id, signal.SIGKILL)
    assert (await next_exit(keeper, launch)).signal == 9


def _state(identity: Identity) -> str:
    stat = proc.read_stat(identity.pid)
    return stat.state if stat is not None else ""
