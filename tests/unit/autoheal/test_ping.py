"""The sign of life to somebody outside."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support.clocks import TurnedClock
from tests.support.kinds import Vault, machine
from tests.support.tiny_server import Asked, reply, serving
from tests.support.until import until
from vrooli.autoheal.ping import Pinger
from vrooli.core.address import HostPort
from vrooli.core.home import Home
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.model import AutohealSettings


class Outside:
    """A service that expects pings, and a pinger for it."""

    def __init__(self, folder: Path, address: HostPort) -> None:
        self.url = f"http://{address.host}:{address.port}/ping/secret-id"
        self.settings, self.well = AutohealSettings(), True
        self.clock, self.vault = TurnedClock(), Vault()
        place = Place(Home(folder, folder), machine(), self.vault)
        self.tools = ProbeTools(place, AsyncioStreams(), MemoryKeeper(self.clock), self.clock)
        self.pinger = self.make()

    def make(self, deadline: float = 10.0) -> Pinger:
        """A pinger for it."""
        return Pinger(self.tools, lambda: self.settings, lambda: self.well, deadline)

    async def run_until(self, condition: Callable[[], bool]) -> None:
        """Let it run."""
        task = asyncio.create_task(self.pinger.run())
        await until(condition)
        task.cancel()


ANSWERS = {"status": 200}
ASKED: list[Asked] = []


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """One that answers 200."""
    ANSWERS["status"] = 200
    ASKED.clear()

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        ASKED.append(asked)
        await reply(writer, ANSWERS["status"])

    async with serving(answer) as address:
        assert isinstance(address, HostPort)
        yield Outside(tmp_path, address)


async def test_it_is_sent_at_its_interval_while_the_watchdog_is_well(outside: Outside) -> None:
    outside.settings = AutohealSettings(ping=outside.url, ping_interval=90.0)
    await outside.run_until(lambda: len(ASKED) >= 3)
    assert {(asked.method, asked.path) for asked in ASKED} == {("GET", "/ping/secret-id")}
    assert set(outside.clock.sleeps) == {90.0}
    assert outside.pinger.trouble == ""
    assert outside.pinger.sent_at is not None


async def test_one_that_is_not_well_is_silent(outside: Outside) -> None:
    outside.settings, outside.well = AutohealSettings(ping=outside.url), False
    await outside.run_until(lambda: len(outside.clock.sleeps) >= 5)
    assert ASKED == []
    assert outside.pinger.trouble == ""


async def test_none_is_sent_where_none_is_wanted(outside: Outside) -> None:
    await outside.run_until(lambda: len(outside.clock.sleeps) >= 5)
    assert ASKED == []


async def test_a_reference_is_resolved(outside: Outside) -> None:
    outside.vault.known["env:PING"] = outside.url
    await outside.pinger.send("env:PING")
    assert len(ASKED) == 1


async def test_a_failure_is_told_without_the_url_and_forgotten_when_it_is_over(
    outside: Outside,
) -> None:
    ANSWERS["status"] = 404
    await outside.pinger.send(outside.url)
    assert outside.pinger.trouble == "the ping outward is answered by HTTP 404"
    await outside.pinger.send("http://127.0.0.1:1/ping/secret-id")
    assert "connection refused" in outside.pinger.trouble
    assert "secret-id" not in outside.pinger.trouble
    ANSWERS["status"] = 200
    await outside.pinger.send(outside.url)
    assert outside.pinger.trouble == ""


async def test_a_peer_that_never_answers_is_given_up(outside: Outside) -> None:
    pinger = outside.make(deadline=0.2)

    async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(600)

    async with serving(never) as address:
        assert isinstance(address, HostPort)
        await pinger.send(f"http://{address.host}:{address.port}/")
    assert pinger.trouble == "the ping outward was not answered within 0.2 s"
