"""Facts about real processes."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace

from tests.support.keeper_home import KeeperHome, next_exit, until
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.processes import LocalProcesses, own_identity


async def test_facts_of_a_process_that_sleeps_and_of_one_that_is_stopped(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    processes = LocalProcesses()
    launch = await keeper.spawn(place.spec("sleep", "600"))
    # In the middle of its exec it has no memory of its own.
    await until(lambda: (now := processes.facts(launch.identity)) is not None and now.rss_bytes > 0)
    facts = processes.facts(launch.identity)
    assert facts is not None
    assert facts.cpu_seconds < 60
    assert (facts.stopped, facts.traced) == (False, False)
    os.kill(launch.identity.pid, signal.SIGSTOP)
    await until(lambda: (found := processes.facts(launch.identity)) is not None and found.stopped)


async def test_the_age_of_a_process_is_told_by_a_clock_that_is_never_set(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    processes, ages = LocalProcesses(), []
    launch = await keeper.spawn(place.spec("sleep", "600"))
    for identity in (launch.identity, own_identity(), launch.identity):
        facts = processes.facts(identity)
        assert facts is not None
        ages.append(facts.age)
    young, ours, older = ages
    assert 0 <= young <= older < 60
    assert ours > young


async def test_a_process_that_is_gone_or_another_has_no_facts(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    processes = LocalProcesses()
    launch = await keeper.spawn(place.spec("sleep", "600"))
    identity = launch.identity
    assert processes.facts(replace(identity, start_ticks=identity.start_ticks - 1)) is None
    assert processes.facts(replace(identity, boot_id="another")) is None
    await keeper.signal(launch.launch_id, signal.SIGKILL)
    await next_exit(keeper, launch)
    assert processes.facts(identity) is None


def test_who_holds_a_port() -> None:
    processes = LocalProcesses()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        holder = processes.port_holder(port)
        assert holder is not None
        assert holder.pid == os.getpid()
        assert holder.name
        assert holder.user
        assert processes.port_holder(port, "127.0.0.2") is None
        assert processes.port_holder(port, "0.0.0.0") == holder
    assert processes.port_holder(port) is None


def test_a_port_that_a_service_of_a_stack_holds_is_told_with_it() -> None:
    code = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; import sys; sys.stdout.flush(); sys.stdin.read()"],
        env={"VROOLI_SERVICE": "web", "VROOLI_HOME": "/srv/stack"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        holder = LocalProcesses().port_holder(int(process.stdout.readline()))
        process.kill()
    assert holder is not None
    assert (holder.pid, holder.service, holder.home) == (process.pid, "web", "/srv/stack")


def test_a_port_held_on_all_addresses_is_held_on_each() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        holder = LocalProcesses().port_holder(server.getsockname()[1], "127.0.0.1")
        assert holder is not None
        assert holder.pid == os.getpid()


async def test_activity_grows_while_a_tree_works_and_rests_when_it_rests(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    processes = LocalProcesses()
    script = "while :; do head -c 1000000 /dev/zero > /dev/null; done & wait"
    busy = await keeper.spawn(place.shell(script, service="busy"))
    idle = await keeper.spawn(place.spec("sleep", "600", service="idle"))
    before, rest = (processes.tree_activity(item.identity.pid) for item in (busy, idle))
    await until(lambda: processes.tree_activity(busy.identity.pid) > before + 1)
    assert processes.tree_activity(idle.identity.pid) - rest < 0.5
    assert processes.tree_activity(0x3FFFFF) == 0.0
