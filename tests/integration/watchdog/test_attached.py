"""`vrooli up --foreground` beside other commands and the death of the watchdog."""

import signal
from collections.abc import Iterator

import pytest

from tests.support.stack import LiveStack


@pytest.fixture
def stack() -> Iterator[LiveStack]:
    """A stack of one service."""
    stack = LiveStack()
    stack.add("web")
    stack.write()
    yield stack
    stack.close()


def test_it_stays_when_the_watchdog_is_replaced_and_leaves_when_all_is_down(
    stack: LiveStack,
) -> None:
    up = stack.start("up", "--foreground")
    stack.until(lambda: stack.service("web").get("health") == "ok", "it is up")
    web = stack.pid("web")
    for number in (signal.SIGTERM, signal.SIGKILL):
        until_another(stack, stack.kill("autoheal", number))
        assert stack.until_ok()["status"] == "ok"
    assert stack.pid("web") == web
    assert up.poll() is None
    stack.down()
    told = up.communicate(timeout=60)[0]
    assert up.returncode == 0, told


def until_another(stack: LiveStack, killed: int) -> None:
    """Wait for the next watchdog."""
    stack.until(
        lambda: stack.service("autoheal").get("pid") not in (None, killed),
        "the watchdog is replaced",
    )
