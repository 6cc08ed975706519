"""Containers of a real Docker Engine: adopted, started, healed where the Engine does not, and left
alone where a person or the Engine has them in hand.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.support.docker_engine import IMAGE, DockerEngine, docker_engine
from tests.support.receiver import receiving
from tests.support.stack import VROOLI, LiveStack, gone, said

WAITS = "trap 'test -e /slow && sleep 4; exit 0' TERM; while :; do sleep 9 & wait; done"
SCRIPT = f"echo hello; {WAITS}"
HEALTH = (
    *("--health-cmd", "test ! -e /sick", "--health-interval", "200ms"),
    *("--health-retries", "2", "--health-timeout", "5s"),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    with docker_engine() as made:
        yield made


@pytest.fixture
def boxes(engine: DockerEngine, stack: LiveStack) -> Iterator[LiveStack]:
    """`box` without a policy and `kept` with one, which runs; and a process beside them."""
    engine.create("box", SCRIPT, *HEALTH)
    engine.create("kept", SCRIPT, "--restart", "always", *HEALTH)
    engine.docker("start", "kept")
    stack.add("web")
    for name in ("box", "kept"):
        stack.container(name, name, engine.socket)
    stack.write()
    stack.up()
    stack.until_ok()
    yield stack
    engine.docker("rm", "--force", "box", "kept")


def runs(engine: DockerEngine, *names: str) -> dict[str, str]:
    """When each began: another time is another run."""
    return {name: engine.state(name)["StartedAt"] for name in names}


def test_up_adopts_what_runs_starts_what_does_not_and_down_stops_both(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    before = runs(engine, "box", "kept")
    assert engine.state("kept")["Pid"] == boxes.pid("kept")
    assert boxes.service("box")["runtime"] == "docker"
    boxes.up()
    assert runs(engine, "box", "kept") == before
    logged = boxes.run("logs", "box")
    assert logged.stdout == "hello\n", said(logged)
    restarted = boxes.run("restart", "box")
    assert restarted.returncode == 0, said(restarted)
    after = runs(engine, "box", "kept")
    assert after["box"] != before["box"]
    assert after["kept"] == before["kept"]
    checked = boxes.run("config", "check")
    assert "`kept` first (`always`)" in checked.stderr, said(checked)
    boxes.remove("box")
    boxes.write()
    boxes.up()
    assert boxes.service("box") == {}
    assert runs(engine, "box", "kept") == after, "what the file does not name is left as it is"
    boxes.container("box", "box", engine.socket)
    boxes.write()
    boxes.up()
    boxes.until_ok()
    assert runs(engine, "box", "kept") == after
    boxes.down()
    assert [engine.state(name)["Status"] for name in ("box", "kept")] == ["exited", "exited"]
    assert engine.state("box")["ExitCode"] == 0, "it was asked, not killed"


@pytest.mark.parametrize("terminal", [(), ("--tty",)], ids=["streams", "terminal"])
def test_of_a_long_log_the_newest_lines_are_shown(
    engine: DockerEngine, stack: LiveStack, terminal: tuple[str, ...]
) -> None:
    ten_kilobytes = "x=0123456789; for n in 1 2 3 4 5 6 7 8 9 10; do x=$x$x; done"
    lines = "n=0; while test $n -lt 300; do n=$((n+1)); echo $n $x; done; echo the end"
    engine.create("talker", f"{ten_kilobytes}; {lines}; {WAITS}", *terminal)
    try:
        stack.container("talker", "talker", engine.socket)
        stack.write()
        stack.up()
        stack.until(lambda: _last(stack, "1") == ["the end"], "it has written all")
        shown = _last(stack, "301")
        assert shown[-1] == "the end"
        numbers = [int(line.split()[0]) for line in shown[:-1]]
        assert numbers == [*range(numbers[0], 301)], "the newest, whole, and none left out"
        assert sum(map(len, shown)) > 900_000
    finally:
        stack.run("down")
        engine.docker("rm", "--force", "talker")


def _last(stack: LiveStack, lines: str) -> list[str]:
    shown = stack.run("logs", "talker", "--lines", lines)
    assert shown.returncode == 0, said(shown)
    return shown.stdout.splitlines()


def test_the_engine_of_the_docker_command_is_taken_where_the_file_names_none(
    engine: DockerEngine, stack: LiveStack
) -> None:
    engine.create("kept", SCRIPT)
    engine.docker("start", "kept")
    try:
        before = runs(engine, "kept")
        stack.container("kept", "kept", None)
        stack.write()
        stack.environment["DOCKER_HOST"] = f"unix://{engine.socket}"
        checked = stack.run("config", "check")
        assert f"that of DOCKER_HOST: {engine.socket}" in checked.stderr, said(checked)
        stack.up()
        stack.until_ok()
        del stack.environment["DOCKER_HOST"]
        watchdog = stack.kill("autoheal")
        stack.until(lambda: stack.pid("autoheal") != watchdog, "another watchdog")
        assert stack.until_ok()
        assert runs(engine, "kept") == before
        stack.docker(engine.socket)
        stack.write()
        assert "stack.docker" not in stack.up().stderr, "it is the same one"
        stack.down()
    finally:
        engine.docker("rm", "--force", "kept")


def test_one_that_is_killed_is_healed_after_its_own_policy_if_it_has_one(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    before, web = runs(engine, "box", "kept"), boxes.pid("web")
    engine.kill("box")
    heal = boxes.until_healed("box")
    assert heal["cause"] == "killed by signal 9"
    assert [attempt["action"] for attempt in heal["attempts"]] == ["start"]
    after = runs(engine, "box", "kept")
    assert after["box"] != before["box"]
    assert (after["kept"], boxes.pid("web")) == (before["kept"], web)
    assert boxes.service("box")["restarts_24h"] == 1
    before = runs(engine, "kept")
    engine.kill("kept")
    boxes.until(lambda: runs(engine, "kept") != before, "the Engine starts it again")
    boxes.until_ok()
    assert engine.state("kept")["RestartCount"] == 1
    assert boxes.heals("kept") == []
    engine.docker("kill", "kept")  # by the Engine's own rule, its policy does not hold for that
    heal = boxes.until_healed("kept")
    assert [attempt["action"] for attempt in heal["attempts"]] == ["start"]


def test_one_that_is_sick_is_restarted_and_one_that_was_stopped_goes_on(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    before = runs(engine, "box", "kept")
    engine.docker("exec", "box", "touch", "/sick")
    boxes.until(lambda: runs(engine, "box")["box"] != before["box"], "it is restarted")
    engine.docker("exec", "box", "rm", "/sick")
    heal = boxes.until_healed("box")
    assert heal["symptom"] == "unresponsive"
    assert [attempt["action"] for attempt in heal["attempts"]] == ["restart"]
    assert runs(engine, "kept") == {"kept": before["kept"]}
    ran = runs(engine, "box")
    engine.kill("box", signal.SIGSTOP)
    heal = boxes.until_healed("box", times=2)
    assert (heal["symptom"], runs(engine, "box")) == ("stopped", ran)


def test_a_stop_by_hand_stands_also_when_nobody_watched(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    engine.docker("stop", "box")
    boxes.until(lambda: boxes.service("box").get("state") == "stopped", "it is taken in")
    assert boxes.service("box")["message"] == "stopped by `docker stop`"
    engine.docker("exec", "kept", "touch", "/slow")  # slower than what a stop is waited for
    boxes.kill("autoheal")
    engine.docker("stop", "kept")
    boxes.until(lambda: boxes.service("kept").get("state") == "stopped", "so is the other")
    assert "stopped by `docker stop`" in boxes.run("status").stdout
    assert boxes.heals("box") == boxes.heals("kept") == []
    engine.docker("start", "box")
    boxes.until(lambda: boxes.service("box").get("health") == "ok", "a start takes it back")
    before = runs(engine, "box")
    engine.docker("restart", "--time", "1", "box")
    assert runs(engine, "box") != before
    pid = engine.state("box")["Pid"]
    boxes.until(lambda: boxes.service("box").get("pid") == pid, "it is both")
    boxes.until(lambda: boxes.service("box").get("health") == "ok", "and well")
    started = boxes.run("start", "kept")
    assert started.returncode == 0, said(started)
    boxes.until_ok()
    engine.kill("box")
    boxes.until_healed("box")


def test_a_stop_by_hand_in_the_middle_of_a_heal_stands(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    engine.docker("exec", "box", "touch", "/slow")  # the heal takes seconds to stop it
    engine.docker("exec", "box", "touch", "/sick")
    boxes.until(lambda: boxes.outcomes("box") == [None], "it is being restarted")
    _stop_by_hand(engine, boxes, heals=1)
    engine.docker("start", "box")
    boxes.until(lambda: boxes.service("box").get("state") == "running", "a start takes it back")
    before = runs(engine, "box")
    engine.kill("box")  # what it finds is still there: it is sick, and verified in vain for long
    boxes.until(lambda: runs(engine, "box") != before, "the heal has started it")
    _stop_by_hand(engine, boxes, heals=2)
    kept = runs(engine, "kept")
    engine.docker("exec", "kept", "touch", "/sick")
    boxes.until(lambda: runs(engine, "kept") != kept, "another is healed meanwhile")
    assert engine.state("box")["Status"] == "exited"


def _stop_by_hand(engine: DockerEngine, boxes: LiveStack, heals: int) -> None:
    engine.docker("stop", "box")
    boxes.until(lambda: boxes.service("box").get("state") == "stopped", "it is taken in")
    assert boxes.service("box")["message"] == "stopped by `docker stop`"
    ends = ["unverifiable"] * heals
    boxes.until(lambda: boxes.outcomes("box") == ends, "the heal has ended")
    assert boxes.heals("box")[-1]["note"] == "an operator took over"
    assert engine.state("box")["Status"] == "exited"


def test_a_restart_loop_of_one_that_is_only_watched_pages_once_and_is_not_touched(
    engine: DockerEngine, stack: LiveStack
) -> None:
    script = "test -e /shared/sound && exec sleep 1000; sleep 0.3; exit 3"
    options = ("--restart", "always", f"--volume={stack.folder}:/shared")
    engine.create("loop", script, *options)
    engine.docker("start", "loop")
    try:
        with receiving() as receiver:
            stack.tell({"hook": {"url": receiver.url}})
            stack.check("container-health", interval=0.5)
            health = {"interval": 0.5, "failures": 2, "over": 0}
            stack.container(
                "loop", "loop", engine.socket, heal="watch", start_timeout=2, health=health
            )
            stack.write()
            stack.up()
            stack.until(lambda: receiver.of("page"), "it is paged")
            assert "loop fails: the Docker Engine starts it over and over" in receiver.got[0].title
            stack.until_result("scenario-loop", "critical", "exited with code 3")
            assert stack.result("container-health")["status"] == "ok", "it is told once"
            before = engine.state("loop")["RestartCount"]
            stack.touch("sound")
            stack.until(lambda: receiver.of("resolved"), "its end is told")
            assert [one.kind for one in receiver.got] == ["page", "resolved"]
            assert engine.state("loop")["RestartCount"] >= before > 0, "nobody started it anew"
            assert stack.heals("loop") == []
    finally:
        engine.docker("rm", "--force", "loop")


def test_a_watchdog_that_is_killed_in_a_heal_does_nothing_twice(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    before, kept = runs(engine, "box")["box"], runs(engine, "kept")
    engine.kill("box")
    boxes.until(lambda: runs(engine, "box")["box"] != before, "the heal has started it")
    started = runs(engine, "box")
    boxes.kill("autoheal")
    boxes.until_healed("box")
    assert runs(engine, "box") == started
    assert runs(engine, "kept") == kept
    assert boxes.outcomes("box") == ["healed"]


def test_an_engine_that_is_away_is_unknown_and_nothing_is_healed(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    engine.stop()
    boxes.until(lambda: boxes.service("box").get("health") == "unknown", "nobody knows")
    assert "the Docker Engine does not answer" in boxes.service("box")["message"]
    assert boxes.heals("box") == boxes.heals("kept") == []
    engine.start()
    boxes.until_healed("box")
    assert [heal["outcome"] for heal in boxes.heals("kept")] == []
    assert boxes.service("kept")["state"] == "running"


def test_a_down_that_cannot_stop_one_says_who_stays_and_what_to_do(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    engine.stop()
    refused = boxes.run("down")
    assert refused.returncode == 1
    assert "could not be stopped: keeper and watchdog stay up" in refused.stderr, said(refused)
    assert f"next: `{VROOLI} down` again" in refused.stderr
    assert boxes.status()["watchdog"]["running"]
    seen = boxes.service("box")
    assert seen["state"] == "running"
    assert "stopped by" not in seen["message"]
    engine.start()
    assert boxes.run("down").returncode == 0
    assert engine.state("kept")["Status"] == "exited"


def test_without_keeper_and_watchdog_commands_ask_the_engine_themselves(
    engine: DockerEngine, boxes: LiveStack
) -> None:
    before = runs(engine, "box", "kept")
    watchdog, keeper = boxes.pid("autoheal"), boxes.pid("keeper")
    os.kill(keeper, signal.SIGSTOP)  # else it replaces the watchdog before it is killed itself
    os.kill(watchdog, signal.SIGKILL)
    os.kill(keeper, signal.SIGKILL)
    boxes.until(lambda: gone(watchdog) and gone(keeper), "both are gone")
    told = {row["name"]: row for row in boxes.status()["services"]}
    assert [told[name]["state"] for name in ("box", "kept")] == ["running", "running"]
    boxes.up()
    assert runs(engine, "box", "kept") == before
    boxes.until_ok()
    assert boxes.heals("box") == []


def test_a_resource_in_a_container_is_asked_in_its_own_protocol(
    engine: DockerEngine, new_stack: Callable[..., LiveStack]
) -> None:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    stack = new_stack(prefix=engine.inside)
    port = stack.port("cache")
    program = ("redis-server", "--port", str(port), "--save", "")
    shared = [f"--volume={folder}:{folder}:ro" for folder in ("/usr", "/lib", "/lib64")]
    made = ("create", "--name", "cache", "--network", "host", *shared, IMAGE, *program)
    engine.docker(*made)
    try:
        keys = {"runtime": "docker", "container": "cache", "url": f"redis://127.0.0.1:{port}"}
        health = {"interval": 0.5, "failures": 2, "over": 0}
        stack.resource("cache", "redis", health=health, **keys)
        stack.docker(engine.socket)
        stack.write()
        assert "answers PING" in said(stack.up())
        ran = runs(engine, "cache")
        hang = ("redis-cli", "-p", str(port), "CLIENT", "PAUSE", "1000000")
        engine.docker("exec", "--detach", "cache", *hang)
        stack.until(lambda: runs(engine, "cache") != ran, "it runs, does not answer: restarted")
        stack.until(lambda: stack.status()["status"] == "ok", "it answers again")
    finally:
        engine.docker("rm", "--force", "cache")
