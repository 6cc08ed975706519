"""Port `Listeners`: the real one, and its twin."""

import os
import socket
from collections.abc import Iterator

import pytest

from vrooli.core.ports.listeners import Listener, Listeners
from vrooli.host.listeners import LocalListeners
from vrooli.host.memory.listeners import MemoryListeners


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which we listen ourselves."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture(params=["real", "memory"])
def listeners(request: pytest.FixtureRequest, port: int) -> Listeners:
    """Both know of it."""
    if request.param == "real":
        return LocalListeners()
    return MemoryListeners(Listener("127.0.0.1", port, os.getpid(), "python3", "me"))


def test_who_listens_is_named(listeners: Listeners, port: int) -> None:
    (found,) = [one for one in listeners.listening() if one.port == port]
    assert (found.host, found.pid) == ("127.0.0.1", os.getpid())
    assert found.process
    assert found.user
    assert found.container == ""


def test_what_is_ours_is_left_out(listeners: Listeners, port: int) -> None:
    assert port not in {one.port for one in listeners.listening({os.getpid()})}


def test_they_come_by_port(listeners: Listeners) -> None:
    ports = [one.port for one in listeners.listening()]
    assert ports == sorted(ports)
