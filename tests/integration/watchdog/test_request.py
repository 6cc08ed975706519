"""An operator's request to a watchdog that goes away in the middle of it."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.support.tiny_server import Asked, reply, serving
from tests.support.until import until
from vrooli.core.errors import Busy, CutOff, Refused
from vrooli.core.home import Home
from vrooli.host.locks import FileLock
from vrooli.main.request import ATTEMPTS, Request
from vrooli.main.turn import Turn


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose watchdog the test is."""
    found = Home(tmp_path, tmp_path)
    found.secrets.mkdir()
    found.operator_token.write_text("tok-123\n", encoding="ascii")
    return found


class Dying:
    """Answers that it is well, and dies of every operation after having taken it on."""

    def __init__(self) -> None:
        self.asked = 0
        self.requests: set[str] = set()

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """One request."""
        if asked.path == "/health":
            await reply(writer, 200, {"status": "ok"})
            return
        self.asked += 1
        self.requests.add(asked.json()["request"])
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        writer.transport.abort()


async def test_watchdogs_that_die_of_it_one_after_the_other_are_not_asked_for_ever(
    home: Home,
) -> None:
    watchdog, told = Dying(), []

    def ask() -> None:
        for line in Request(home, "up", (), {}).begin():
            told.append(line["message"])

    async with serving(watchdog.answer, home.watchdog_socket):
        with pytest.raises(CutOff, match="in the middle of up"):
            await asyncio.to_thread(ask)
    assert (watchdog.asked, len(watchdog.requests)) == (ATTEMPTS, 1), "it is the same request"
    assert told == ["it ended in the middle of `up`; the next one is asked again"] * (ATTEMPTS - 1)
    FileLock(home.turn_lock, "somebody").take()  # it is nobody's turn any more


async def test_nothing_is_started_unwatched_when_nobody_starts_the_next_watchdog(
    home: Home,
) -> None:
    async with serving(Dying().answer, home.watchdog_socket):
        lines = await asyncio.to_thread(Request(home, "up", (), {}).begin)
    with pytest.raises(Refused, match="nobody starts it again"):
        await asyncio.to_thread(list, lines)
    assert not home.keeper_socket.exists()


async def test_a_down_keeps_its_turn_until_it_has_ended(home: Home) -> None:
    request = Request(home, "down", (), {})
    async with serving(Dying().answer, home.watchdog_socket):
        await asyncio.to_thread(request.begin)
        with pytest.raises(Busy):
            FileLock(home.turn_lock, "somebody").take()
    request.turn.release()


async def test_who_waits_for_its_turn_is_told_for_whom(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = Turn(home), Turn(home)
    said: list[str] = []

    def waiting() -> bool:
        said.append(capsys.readouterr().err)
        return "waiting for it" in "".join(said)

    with first:
        waiter = threading.Thread(target=second.take)
        waiter.start()
        await until(waiting)
        assert waiter.is_alive()
    await asyncio.to_thread(waiter.join)
    second.release()
    assert "another command on this stack runs already (pid " in "".join(said)
