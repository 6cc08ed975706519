"""Mistakes that people make: each is named, with what to do about it, and breaks nothing."""

import os
import socket
from pathlib import Path

from tests.support.leftovers import processes_of
from tests.support.ports import free_port
from tests.support.stack import LiveStack, said


def test_a_taken_port_is_refused_with_its_holder_and_how_to_choose_another(
    stack: LiveStack,
) -> None:
    stack.add("web")
    stack.write()
    with socket.create_server(("127.0.0.1", stack.port("web"))):
        ended = stack.run("up")
    assert ended.returncode == 1, said(ended)
    assert f"port {stack.port('web')} is taken" in ended.stderr
    assert f"(pid {os.getpid()}, " in ended.stderr
    assert "set `port` under [scenarios.web]" in ended.stderr
    assert stack.starts("web") == []


def test_a_port_taken_while_a_service_is_down_is_waited_for_and_its_holder_left_alone(
    stack: LiveStack,
) -> None:
    stack.add("web")
    stack.write()
    with socket.create_server(("127.0.0.1", stack.port("web"))):
        assert stack.run("up").returncode == 1
        stack.until(lambda: any(stack.outcomes("web")), "a first attempt")
        failed = stack.heals("web")[0]
        assert "is taken" in failed["note"] + failed["cause"]
    stack.until_ok()
    assert len(stack.starts("web")) == 1


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_one(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    stack.up()
    before = stack.pids("web", "autoheal")
    stack.add("web", start_timeot=3)
    stack.write()
    ended = stack.run("up")
    assert ended.returncode == 2, said(ended)
    lines = stack.file.read_text(encoding="utf-8").splitlines()
    line = next(i for i, text in enumerate(lines, 1) if "start_timeot" in text)
    assert f"{stack.file}:{line}" in ended.stderr
    assert "scenarios.web.start_timeot" in ended.stderr
    assert "`start_timeout`" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert stack.pids("web", "autoheal") == before


def test_a_cycle_of_needs_is_named(stack: LiveStack) -> None:
    stack.add("one", needs=["two"])
    stack.add("two", needs=["three"])
    stack.add("three", needs=["one"])
    stack.write()
    ended = stack.run("up")
    assert ended.returncode == 2, said(ended)
    named = ("one -> two -> three -> one", "two -> three -> one -> two")
    assert any(cycle in ended.stderr for cycle in (*named, "three -> one -> two -> three"))
    assert not stack.home.exists()


def test_a_command_that_does_not_exist_is_named(stack: LiveStack) -> None:
    stack.add("web", command=["no-such-program", "--now"])
    stack.write()
    ended = stack.run("up")
    assert ended.returncode == 1, said(ended)
    assert "no-such-program" in ended.stderr
    assert "Traceback" not in ended.stderr + stack.log("autoheal")


def test_a_service_that_never_becomes_healthy_shows_the_end_of_its_log(stack: LiveStack) -> None:
    (stack.folder / "sick").touch()
    lines = [f"--say=line {number}" for number in range(30)]
    stack.add("web", "--sick-while", "sick", *lines, start_timeout=1)
    stack.write()
    ended = stack.run("up")
    assert ended.returncode == 1, said(ended)
    assert "HTTP 503" in ended.stderr
    shown = [line.strip().removeprefix("| ") for line in ended.stderr.splitlines() if "|" in line]
    assert shown == [f"line {number}" for number in range(10, 30)]
    assert "vrooli logs web" in ended.stderr


def test_a_service_that_crashes_at_its_start_shows_how_it_ended(stack: LiveStack) -> None:
    stack.add("web", "--say=cannot find my keys", "--crash-unless", "mended")
    stack.write()
    ended = stack.run("up")
    assert ended.returncode == 1, said(ended)
    assert "exited with code 3" in ended.stderr
    assert "cannot find my keys" in ended.stderr


def test_a_home_that_cannot_be_written_is_a_mistake_of_the_caller(stack: LiveStack) -> None:
    stack.touch("file")
    stack.home = stack.folder / "file" / "home"
    stack.environment["VROOLI_HOME"] = str(stack.home)
    stack.add("web")
    stack.write()
    ended = stack.run("up")
    assert ended.returncode == 2, said(ended)
    assert str(stack.folder / "file") in ended.stderr
    assert "VROOLI_HOME" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert processes_of(stack.home) == {}
    stack.environment["VROOLI_HOME"] = str(stack.folder / "h")  # for the cleaning up


def test_a_name_that_is_not_in_the_stack_is_answered_by_the_nearest(stack: LiveStack) -> None:
    stack.add("website")
    stack.write()
    stack.up()
    ended = stack.run("restart", "webiste")
    assert ended.returncode == 2, said(ended)
    assert "`website`" in ended.stderr


def test_what_is_not_running_can_be_asked_about(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    for arguments in (["status"], ["status", "--json"], ["logs", "web"]):
        ended = stack.run(*arguments)
        assert ended.returncode in (2, 3), said(ended)
        assert "Traceback" not in ended.stderr
    assert stack.run("down").returncode == 0


def test_down_of_a_stack_that_never_was_up_makes_nothing(tmp_path: Path, stack: LiveStack) -> None:
    stack.add("web", port=False, command=["sleep", str(free_port())])
    stack.write()
    assert stack.run("down").returncode == 0
    assert processes_of(stack.home) == {}
