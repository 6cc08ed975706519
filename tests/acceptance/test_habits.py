"""Services with bad habits: they fork, daemonise, ignore signals, leave, hang or crash for ever."""

import os
import signal
import socket
import time

from tests.support.stack import LiveStack, gone, said


def test_the_children_of_a_service_end_with_it(stack: LiveStack) -> None:
    stack.add("web", "--children", "3", stop_timeout=1)
    stack.write()
    stack.up()
    children = stack.children("web")
    assert len(children) == 3
    assert not any(gone(pid) for pid in children)
    stack.down()
    stack.until(lambda: all(gone(pid) for pid in children), "the children are gone")


def test_the_children_of_a_killed_service_are_gone_before_the_next_start(
    stack: LiveStack,
) -> None:
    stack.add("web", "--children", "2", stop_timeout=1)
    stack.write()
    stack.up()
    children = stack.children("web")
    stack.kill("web")
    stack.until_healed("web")
    assert all(gone(pid) for pid in children)
    assert len(stack.children("web")) == 4


def test_a_service_that_daemonises_is_told_so_and_nothing_of_it_is_left(
    stack: LiveStack,
) -> None:
    stack.add("web", "--daemonise", start_timeout=5)
    stack.write()
    ended = stack.run("up")
    assert ended.returncode == 1, said(ended)
    assert "exited with code 0 before it was healthy" in ended.stderr
    assert "foreground" in ended.stderr
    stack.run("stop", "web")
    stack.until(lambda: all(gone(pid) for pid in stack.children("web")), "no daemon is left")


def test_a_service_that_ignores_term_is_killed_after_its_stop_timeout(stack: LiveStack) -> None:
    stack.add("web", "--ignore-term", stop_timeout=1)
    stack.write()
    stack.up()
    pid, began = stack.pid("web"), time.monotonic()
    stack.down()
    assert gone(pid)
    assert time.monotonic() - began >= 1.0


def test_a_service_that_leaves_by_itself_is_started_again_and_its_exit_recorded(
    stack: LiveStack,
) -> None:
    stack.add("web", "--exit-when", "leave")
    stack.write()
    stack.up()
    leave = stack.touch("leave")
    stack.until(lambda: stack.heals("web"), "it left")
    leave.unlink()
    stack.until_healed("web")
    assert stack.heals("web")[0]["cause"] == "exited with code 0"


def test_a_service_that_accepts_and_never_answers_is_restarted(stack: LiveStack) -> None:
    stack.add("web", "--mute-while", "mute")
    stack.add("other")
    stack.write()
    stack.up()
    hung, other = stack.pid("web"), stack.pid("other")
    mute = stack.touch("mute")
    stack.until(lambda: gone(hung), "the hung process is ended")
    mute.unlink()
    heal = stack.until_healed("web")
    assert heal["symptom"] == "unresponsive" or len(stack.heals("web")) > 1, stack.story()
    assert stack.heals("web")[0]["symptom"] == "unresponsive"
    assert stack.pid("other") == other


def test_a_stopped_service_is_woken_without_a_restart(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    stack.up()
    pid = stack.kill("web", signal.SIGSTOP)
    heal = stack.until_healed("web")
    assert heal["symptom"] == "stopped"
    assert [attempt["action"] for attempt in heal["attempts"]] == ["resume"]
    assert stack.pid("web") == pid
    assert stack.service("web")["restarts_24h"] == 0


def test_a_hopeless_crasher_is_tried_less_and_less_and_recovers_alone_when_mended(
    stack: LiveStack,
) -> None:
    mended = stack.touch("mended")
    stack.add("web", "--crash-unless", "mended")
    stack.add("other")
    stack.write()
    stack.up()
    other = stack.pid("other")
    mended.unlink()
    stack.kill("web")
    began = time.monotonic()
    stack.until(lambda: len(stack.starts("web")) >= 4, "two more tries after the first")
    assert time.monotonic() - began >= 11.0, "0 s, 2 s and 10 s apart, not sooner"
    assert len(stack.starts("web")) == 4
    seen = stack.service("web")
    assert seen["state"] in ("failed", "starting")
    status = stack.run("status")
    assert status.returncode == 2, said(status)
    mended.touch()
    assert stack.run("restart", "web").returncode == 0
    stack.until_ok()
    assert stack.pid("other") == other
    assert len(stack.starts("web")) == 5


def test_a_mended_crasher_recovers_without_anybody_saying_so(stack: LiveStack) -> None:
    mended = stack.touch("mended")
    stack.add("web", "--crash-unless", "mended")
    stack.write()
    stack.up()
    mended.unlink()
    stack.kill("web")
    stack.until(lambda: len(stack.starts("web")) >= 3, "it was tried in vain")
    mended.touch()
    stack.until_healed("web")
    assert "ineffective" in stack.outcomes("web")


def test_the_cause_is_healed_and_its_victims_are_left_alone(stack: LiveStack) -> None:
    stack.add("base", "--mute-while", "mute")
    relies = str(stack.port("base"))
    stack.add("web", "--relies-on", relies, needs=["base"])
    stack.add("shop", "--relies-on", relies, needs=["web"])
    stack.write()
    stack.up()
    before = stack.pids("web", "shop")
    mute = stack.touch("mute")
    stack.until(lambda: len(stack.starts("base")) >= 2, "the cause is restarted")
    stack.until(lambda: stack.service("web").get("state") == "blocked", "its victim is blocked")
    mute.unlink()
    stack.until_healed("base")
    assert stack.pids("web", "shop") == before
    assert [len(stack.starts(name)) for name in ("web", "shop")] == [1, 1]
    assert stack.heals("web") == stack.heals("shop") == []


def test_a_port_that_a_stranger_took_is_waited_for_until_it_is_free(stack: LiveStack) -> None:
    mended = stack.touch("mended")
    stack.add("web", "--crash-unless", "mended")
    stack.write()
    stack.up()
    mended.unlink()
    stack.kill("web")
    stack.until(lambda: len(stack.starts("web")) >= 2, "it was tried in vain")
    with socket.create_server(("127.0.0.1", stack.port("web"))):
        mended.touch()
        holder = f"(pid {os.getpid()}"
        stack.until(lambda: holder in stack.service("web")["message"], "the holder is named")
        assert stack.service("web")["state"] == "failed"
    stack.until_ok()
