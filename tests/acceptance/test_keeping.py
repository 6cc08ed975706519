"""Who keeps the keepers: watchdog and keeper replace each other, and services do not notice."""

import json
import os
import signal
import time

import pytest

from tests.support.stack import LiveStack, gone


@pytest.fixture
def pair(stack: LiveStack) -> LiveStack:
    """Two services, up."""
    stack.add("web")
    stack.add("other")
    stack.write()
    stack.up()
    return stack


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_keeper_that_is_gone_or_hangs_is_replaced_and_healing_goes_on(
    pair: LiveStack, number: int
) -> None:
    before, keeper = pair.pids("web", "other", "autoheal"), pair.pid("keeper")
    os.kill(keeper, number)
    pair.until(lambda: gone(keeper) and pair.pid("keeper") != keeper, "the next keeper is there")
    pair.until_ok()
    assert pair.pids("web", "other", "autoheal") == before
    pair.kill("web")
    pair.until_healed("web")
    assert pair.pid("other") == before["other"]
    assert len(pair.starts("web")) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_watchdog_that_is_gone_or_hangs_is_replaced_and_healing_goes_on(
    pair: LiveStack, number: int
) -> None:
    before, watchdog = pair.pids("web", "other", "keeper"), pair.kill("autoheal", number)
    pair.until(lambda: gone(watchdog), "the hung one is ended")
    pair.until_healed("autoheal")
    assert pair.pid("autoheal") != watchdog
    assert pair.pids("web", "other", "keeper") == before
    pair.kill("web")
    pair.until_healed("web")
    assert [len(pair.starts(name)) for name in ("web", "other")] == [2, 1]


def test_without_keeper_and_watchdog_services_run_on_and_up_adopts_them(pair: LiveStack) -> None:
    before = pair.pids("web", "other")
    watchdog, keeper = pair.pid("autoheal"), pair.pid("keeper")
    os.kill(keeper, signal.SIGSTOP)  # else it replaces the watchdog before it is killed itself
    os.kill(watchdog, signal.SIGKILL)
    os.kill(keeper, signal.SIGKILL)
    pair.until(lambda: gone(watchdog) and gone(keeper), "both are gone")
    assert not any(gone(pid) for pid in before.values())
    told = pair.up().stderr
    assert "the keeper was started again; the watchdog was started again" in told
    assert "nothing was changed" not in told
    pair.until_ok()
    assert pair.pids("web", "other") == before
    assert pair.heals("web") == pair.heals("other") == []
    pair.kill("web")
    pair.until_healed("web")


def test_a_heal_that_a_dying_watchdog_began_is_finished_once(stack: LiveStack) -> None:
    stack.add("web", "--delay", "3")
    stack.write()
    stack.up()
    stack.kill("web")
    stack.until(lambda: len(stack.starts("web")) == 2, "the heal has started it")
    stack.kill("autoheal")
    stack.until_healed("web")
    time.sleep(2)  # time for a second start that must not come
    assert len(stack.starts("web")) == 2, stack.story()
    assert stack.outcomes("web") == ["healed"]


def test_a_start_that_a_dying_watchdog_began_gets_its_time(stack: LiveStack) -> None:
    stack.add("web", "--delay", "3")
    stack.write()
    up = stack.start("up")
    stack.until(lambda: stack.starts("web"), "it is being started")
    stack.kill("autoheal")
    up.communicate(timeout=60)
    stack.until_ok()
    assert len(stack.starts("web")) == 1, stack.story()
    assert stack.heals("web") == []


def test_a_service_that_ends_while_nobody_watches_is_noticed_afterwards_with_its_exit(
    pair: LiveStack,
) -> None:
    watchdog = pair.kill("autoheal", signal.SIGSTOP)
    os.kill(pair.starts("web")[-1], signal.SIGKILL)
    os.kill(watchdog, signal.SIGKILL)
    heal = pair.until_healed("web")
    assert heal["cause"] == "killed by signal 9"
    assert len(pair.starts("web")) == 2


def test_a_reused_pid_is_never_signalled(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    stack.up()
    web = stack.pid("web")
    watchdog, keeper = stack.pid("autoheal"), stack.pid("keeper")
    for pid in (keeper, watchdog):
        os.kill(pid, signal.SIGSTOP)
    for pid in (keeper, watchdog, web):
        os.kill(pid, signal.SIGKILL)
    stack.until(lambda: all(gone(pid) for pid in (keeper, watchdog, web)), "all are gone")
    innocent = os.fork()
    if not innocent:
        os.execvp("sleep", ["sleep", "600"])
    try:
        _blame(stack, web, innocent)
        stack.up()
        stack.down()
        assert os.waitpid(innocent, os.WNOHANG) == (0, 0), "it was signalled"
    finally:
        os.kill(innocent, signal.SIGKILL)
        os.waitpid(innocent, 0)


def _blame(stack: LiveStack, old: int, new: int) -> None:
    """Doctor the keeper's record as if the system had given the pid of a dead service again."""
    record = stack.home / "keeper.json"
    text = record.read_text(encoding="utf-8")
    assert str(old) in text
    record.write_text(
        text.replace(f'"pid": {old},', f'"pid": {new},').replace(f'"pid":{old},', f'"pid":{new},'),
        encoding="utf-8",
    )
    assert str(new) in record.read_text(encoding="utf-8")
    json.loads(record.read_text(encoding="utf-8"))


def test_services_killed_together_with_the_watchdog_are_known_by_their_end(
    stack: LiveStack,
) -> None:
    stack.add("base")
    stack.add("web", needs=["base"])
    stack.write()
    stack.up()
    stack.until_ok()
    for pid in stack.pids("base", "web", "autoheal").values():
        os.kill(pid, signal.SIGKILL)
    for name in ("base", "web"):
        assert stack.until_healed(name)["cause"] == "killed by signal 9"
