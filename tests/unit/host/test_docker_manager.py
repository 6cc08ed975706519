"""What the Docker Engine answers when it does not what is asked. A real one is asked in
`tests/contract/test_manager.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from vrooli.core.address import Address, UnixPath
from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    ProtocolError,
    StartFailed,
    Unreachable,
    VrooliError,
)
from vrooli.host.clock import SystemClock
from vrooli.host.docker_manager import DockerManager
from vrooli.host.memory.streams import MemoryStream, MemoryStreams

SOCKET = "/run/docker.sock"


def answer(status: int, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def engine(*answers: bytes, silent: bool = False) -> DockerManager:
    """One that answers each connection with the next of these, the last one for ever."""
    left = list(answers)

    async def play(stream: MemoryStream) -> None:
        await stream.read(65536)
        if silent:
            await asyncio.Event().wait()
        await stream.write(left.pop(0) if len(left) > 1 else left[0])

    streams = MemoryStreams()
    streams.serve(UnixPath(SOCKET), play)
    return DockerManager(streams, SystemClock(), lambda: SOCKET, answer=0.05 if silent else 5.0)


class Forbidden:
    """Port `Streams`: nobody may open anything."""

    async def open(self, address: Address) -> MemoryStream:
        """See the port."""
        raise Unreachable("permission denied", where=str(address)) from PermissionError(13, "no")


async def test_one_that_may_not_be_opened_says_how_it_may() -> None:
    manager = DockerManager(Forbidden(), SystemClock(), lambda: SOCKET)
    with pytest.raises(AccessDenied) as caught:
        await manager.look("web")
    assert SOCKET in str(caught.value)
    assert "group" in caught.value.next_step


async def test_one_that_hangs_is_not_waited_for() -> None:
    with pytest.raises(DeadlineExceeded, match="no answer"):
        await engine(silent=True).look("web")


@pytest.mark.parametrize(
    "said", [answer(200, b"[]"), answer(200, b"{}"), answer(200, b'{"State": 3}'), answer(500)]
)
async def test_what_is_no_container_is_no_answer(said: bytes) -> None:
    with pytest.raises(ProtocolError, match="the Docker Engine says"):
        await engine(said).look("web")


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda manager: manager.start("web"), StartFailed),
        (lambda manager: manager.signal("web", 1), ProtocolError),
    ],
)
async def test_a_refusal_is_told_in_the_words_of_the_engine(
    ask: Callable[[DockerManager], Awaitable[None]], error: type[VrooliError]
) -> None:
    with pytest.raises(error, match="no such port"):
        await ask(engine(answer(500, b'{"message": "no such\\nport"}')))


async def test_a_log_that_is_not_kept_is_empty() -> None:
    told = answer(200, b'{"Config": {"Tty": true}}')
    assert await engine(told, answer(501)).tail("web", 5) == []
    assert await engine(told, answer(200, b"a\nb\nc\n")).tail("web", 2) == ["b", "c"]
