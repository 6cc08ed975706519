"""Who else heals what the stack declares, in words."""

from dataclasses import replace

from tests.support.memory_watchdog import container, made
from vrooli.core.errors import Unreachable
from vrooli.core.limits import Limits
from vrooli.core.ports.manager import Held
from vrooli.stack.overlap import overlap, unanswered, unkept

BOX = container("box")


def test_a_policy_of_its_own_is_named_and_who_comes_second() -> None:
    (line,) = overlap(BOX, Held("box", "running", restarts="on-failure:3"))
    assert line == (
        "box: the Docker Engine restarts container `box` first (`on-failure:3`); vrooli acts when "
        "it gave up, or when it runs and its probe fails"
    )


def test_without_a_policy_or_when_it_is_never_touched_there_is_none() -> None:
    assert overlap(BOX, Held("box", "running")) == []
    assert overlap(replace(BOX, heal="watch"), Held("box", "running", restarts="always")) == []


def test_one_that_is_not_there_is_named() -> None:
    (line,) = overlap(BOX, Held("box", "missing"))
    assert line.startswith("box: there is no container `box`")


def test_a_manager_that_does_not_answer_is_named_with_its_address() -> None:
    error = Unreachable("connection refused", where="unix:/run/docker.sock")
    assert unanswered(BOX, error) == (
        "the Docker Engine could not be asked: unix:/run/docker.sock: connection refused"
    )


def test_of_what_we_make_nobody_else_is_the_healer() -> None:
    assert overlap(made("box"), Held("vrooli-test@box.service", "ended")) == []


def test_a_limit_that_nobody_would_keep_is_named() -> None:
    box = made("box", limits=Limits(memory=2**30, tasks=5, files=9))
    assert unkept(box, {"memory", "pids"}, root=True) == []
    (line,) = unkept(box, {"pids"}, root=True)
    assert line == "box: this machine has no control groups that keep its limits: `memory`"
    (line,) = unkept(box, (), root=False)
    assert line.endswith(
        "the systemd of this user has no control groups that keep its limits: `memory`, `tasks`"
    )
