"""The address of the watchdog's API is edited while it runs."""

import socket
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.ports import free_port
from tests.support.stack import LiveStack


@pytest.fixture
def stack() -> Iterator[LiveStack]:
    """A stack of one service; up."""
    stack = LiveStack()
    stack.add("web")
    stack.write()
    stack.up()
    yield stack
    stack.close()


def edit(stack: LiveStack, **keys: object) -> str:
    """Change `[autoheal]` and bring that up; what the command says."""
    if "port" in keys:
        stack.ports["autoheal"] = int(str(keys["port"]))
    stack.autoheal(stability=0.5, sweep=1, **keys)
    stack.write()
    return stack.up().stderr


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a watchdog serves there."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_an_edited_port_is_served_at_once_and_nothing_is_restarted(stack: LiveStack) -> None:
    before, old, new = stack.pids("web", "autoheal"), stack.ports["autoheal"], free_port()
    told = edit(stack, port=new)
    assert told.count("~ autoheal") == told.count("~ autoheal: port (no restart)") == 1
    assert answers(new)
    stack.until(lambda: not answers(old), "the old port is closed")
    assert stack.pids("web", "autoheal") == before
    assert stack.until_ok()["watchdog"]["trouble"] == []


def test_a_new_port_that_is_taken_is_waited_for_while_the_old_one_serves(stack: LiveStack) -> None:
    old, new = stack.ports["autoheal"], free_port()
    with socket.create_server(("127.0.0.1", new)):
        assert "~ autoheal: port" in edit(stack, port=new)
        (trouble,) = stack.status()["watchdog"]["trouble"]
        assert f"cannot be had at 127.0.0.1:{new}" in trouble
        assert f"serves at 127.0.0.1:{old}" in trouble
        assert answers(old)
    stack.until(lambda: answers(new), "it has moved")
    assert stack.status()["watchdog"]["trouble"] == []


def test_an_edited_host_is_served_on_the_same_port(stack: LiveStack) -> None:
    port = stack.ports["autoheal"]
    assert not answers(port, "127.0.0.2")
    edit(stack, host="0.0.0.0")
    assert answers(port, "127.0.0.2")
    edit(stack, host="192.0.2.1")  # of nobody (RFC 5737)
    assert answers(port)
    (trouble,) = stack.status()["watchdog"]["trouble"]
    assert f"serves at 0.0.0.0:{port}" in trouble
    edit(stack, host="127.0.0.1")
    assert answers(port)
    assert not answers(port, "127.0.0.2")
    assert stack.until_ok()["watchdog"]["trouble"] == []
