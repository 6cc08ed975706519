"""The watchdog's poster against a real server on a real PostgreSQL: nothing lost or doubled."""

import asyncio
import secrets
import signal
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.clocks import TurnedClock
from tests.support.kinds import Vault, machine
from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.server import Server
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.autoheal.fleet.hosts import judged
from vrooli.autoheal.fleet.picture import picture
from vrooli.autoheal.fleet.poster import Poster
from vrooli.autoheal.fleet.recipient import FleetServer, key_of
from vrooli.autoheal.history import History
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.shipper import Recipient
from vrooli.autoheal.status import StatusView
from vrooli.client.fleet import FleetClient
from vrooli.core.fleet import standing
from vrooli.core.home import Home
from vrooli.core.status import Status
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.streams import AsyncioStreams
from vrooli.main.watchdog_fleet import poster_for
from vrooli.stack.aside import Aside
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.model import FleetSettings

TOKEN = "env:FLEET"


class Far:
    """Another host: its spool, and what it knows of the server."""

    def __init__(self, folder: Path, served: Server, fleet: FleetClient) -> None:
        self.served, self.fleet, self.name = served, fleet, f"h{secrets.token_hex(4)}"
        self.clock, self.vault = TurnedClock(time.time()), Vault()  # the server keeps what is new
        self.vault.known[TOKEN] = str(fleet.add_host(self.name)["token"])
        self.settings = FleetSettings(served.url, TOKEN)
        place = Place(Home(folder, folder), machine(), self.vault)
        self.tools = ProbeTools(place, AsyncioStreams(), MemoryKeeper(self.clock), self.clock)
        self.history = History(folder / "spool.db", "boot", self.clock)
        self.poster = Poster(self.history, lambda: self.settings, self.recipient, self.clock)

    def recipient(self, settings: FleetSettings) -> Recipient:
        problem = {"name": "web", "status": "critical", "message": "gone\nlong log"}
        return FleetServer(
            settings,
            lambda: self.settings,
            self.tools,
            {"host": "machine-1", "stack": "shop"},
            lambda: "home-1",
            lambda: picture(Status.CRITICAL, [problem]),
            Aside(),
        )

    async def fill(self, count: int) -> None:
        """Write records, durably."""
        for number in range(count):
            self.history.append(Record(Kind.RESULT, "disk", "ok", float(number)))
        await self.history.put_state("barrier", count)

    async def kept(self) -> list[int]:
        """Numbers in the spool."""
        return [entry.seq for entry in await self.history.after(0, 10_000)]

    def copied(self) -> list[int]:
        """Numbers that the server has, the lowest first."""
        found: list[int] = []
        query: dict[str, Any] = {"limit": 1000}
        while True:
            page = self.fleet.history(self.name, **query)
            found += [row["seq"] for row in page["records"]]
            if page["next_cursor"] is None:
                return found[::-1]
            query["cursor"] = page["next_cursor"]

    def seen(self) -> dict[str, Any]:
        """What the server says of it."""
        return next(host for host in self.fleet.hosts() if host["name"] == self.name)

    async def until_copied(self) -> None:
        """All that is in the spool, and each once."""

        async def same() -> bool:
            return await asyncio.to_thread(self.copied) == await self.kept()

        await eventually(same, "the server has what the spool has")

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[None]:
        """While the poster runs."""
        task = asyncio.create_task(self.poster.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    @property
    def cursor(self) -> int:
        """The highest number that the server is known to have; 0 before it is asked."""
        shipping = self.poster.status()
        return shipping.cursor if shipping is not None else 0

    @property
    def trouble(self) -> str:
        """What the status says."""
        return "".join(self.poster.trouble())


@pytest.fixture
async def far(tmp_path: Path, served: Server, fleet: FleetClient) -> AsyncIterator[Far]:
    found = Far(tmp_path, served, fleet)
    await found.history.start()
    yield found
    await found.history.close()


async def test_a_server_that_is_killed_in_the_middle_has_everything_once(far: Far) -> None:
    """Killed with posts on their way, three times; each time some were stored unheard."""
    await far.fill(3000)
    served = far.served
    async with far.posting():
        for more in (1, 2, 3):
            began = far.cursor
            await until(lambda began=began: far.cursor > began)  # type: ignore[misc] # a default
            assert served.process is not None
            served.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(served.process.wait)
            await far.fill(700 * more)
            await until(lambda: "nobody answers" in far.trouble or "refused" in far.trouble)
            await asyncio.to_thread(served.start)
            await asyncio.to_thread(served.wait, "/health")
        await far.until_copied()
    assert len(far.copied()) == 3000 + 4200
    assert far.seen()["lost"] == 0


async def test_what_is_posted_twice_is_there_once(far: Far) -> None:
    await far.fill(20)
    async with far.posting():
        await far.until_copied()
    key = key_of(far.settings)
    await far.history.put_state(key, (await far.kept())[0] - 1)
    far.poster = Poster(far.history, lambda: far.settings, far.recipient, far.clock)
    async with far.posting():
        await until(lambda: far.cursor == far.history.last_seq)
        await far.until_copied()


async def test_a_host_with_nothing_to_tell_gives_a_sign_of_life(far: Far) -> None:
    async with far.posting():
        await until(lambda: far.seen()["last_seen"] is not None)
        first = far.seen()
        await until(lambda: far.seen()["last_seen"] > first["last_seen"])
    assert (first["machine"], first["stack"], first["status"]) == ("machine-1", "shop", "critical")
    assert first["problems"] == [{"name": "web", "status": "critical", "message": "gone"}]
    assert first["seq"] is None
    assert min(pause for pause in far.clock.sleeps) >= 0.5


async def test_a_revoked_token_loses_nothing_and_the_next_one_goes_on(far: Far) -> None:
    await far.fill(5)
    async with far.posting():
        await far.until_copied()
        far.fleet.revoke_host(far.name)
        await far.fill(5)
        await until(lambda: "was revoked" in far.trouble)
        assert "5 records wait for the fleet's server" in far.trouble
        assert len(far.copied()) == 5
        far.vault.known[TOKEN] = str(far.fleet.add_host(far.name)["token"])
        await far.until_copied()
        await until(lambda: not far.trouble)


async def test_a_token_of_another_machine_says_what_to_do(far: Far) -> None:
    report = {"host": "other", "stack": "s", "version": "1", "status": "ok", "records": []}
    other = FleetClient(
        far.fleet.target, replace(far.fleet.bearer, token=lambda: far.vault.known[TOKEN])
    )
    other.post_records(report)
    await far.fill(1)
    async with far.posting():
        await until(lambda: f"`vrooli host revoke {far.name}`" in far.trouble)
    assert far.copied() == []
    assert "vrh_" not in far.trouble


async def test_a_second_stack_of_a_machine_is_told_to_have_a_token_of_its_own(far: Far) -> None:
    report = {"host": "machine-1", "home": "home-2", "stack": "blog", "version": "1"}
    other = FleetClient(
        far.fleet.target, replace(far.fleet.bearer, token=lambda: far.vault.known[TOKEN])
    )
    other.post_records({**report, "status": "ok", "records": []})
    await far.fill(1)
    async with far.posting():
        await until(lambda: "another stack of this machine, `blog`" in far.trouble)
    assert "`vrooli host add ANOTHER-NAME`" in far.trouble
    assert far.copied() == []
    found = far.seen()
    result = judged([(found, standing(found))], was_well=True)
    assert result.status is Status.WARNING
    assert result.message.startswith(f"{far.name}: stack shop of its machine came with its token")
    assert "`vrooli host add NAME`" in result.message


async def test_what_was_deleted_before_it_was_posted_is_counted_and_told(far: Far) -> None:
    await far.fill(30)
    async with far.posting():
        await far.until_copied()
    await far.fill(20)
    gone = (await far.kept())[32:45]
    query = "DELETE FROM records WHERE seq BETWEEN ? AND ?"
    await far.history.change(lambda c: c.execute(query, (gone[0], gone[-1])).rowcount)
    async with far.posting():
        await until(lambda: far.seen()["lost"] == 13)
    (event,) = await far.history.records("event", "fleet")
    assert event.data["message"] == "13 records were deleted before they could be posted"
    assert not set(gone) & set(far.copied())


async def test_an_edit_of_the_file_takes_hold_while_it_runs(far: Far) -> None:
    declared, far.settings = far.settings, FleetSettings()
    await far.fill(3)
    async with far.posting():
        await until(lambda: len(far.clock.sleeps) > 3)
        assert (far.poster.status(), far.poster.keys()) == (None, ())
        far.settings = declared
        await far.until_copied()
        assert far.poster.keys() == (f"fleet:{far.served.url}",)
        far.settings = FleetSettings()
        await until(lambda: far.poster.status() is None)


@asynccontextmanager
async def tls_before(port: int, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """A proxy that speaks TLS as localhost: its address, and its certificate."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    make += ["-keyout", str(key), "-out", str(certificate), "-days", "1"]
    subprocess.run(make, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, before = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, before), copy(behind, writer))

    server = await asyncio.start_server(passed_on, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}", certificate


async def test_over_tls_it_posts_to_whom_it_trusts_alone(
    far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await far.fill(3)
    async with tls_before(far.served.port, tmp_path) as (url, certificate):
        far.settings = FleetSettings(url, TOKEN)
        async with far.posting():
            await until(lambda: "its certificate is not trusted" in far.trouble)
            assert far.seen()["last_seen"] is None
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            await far.until_copied()


async def test_a_watchdog_tells_its_verdict_and_what_is_wrong(far: Far, tmp_path: Path) -> None:
    web = scenario("web", 7, runtime="external", heal="watch")
    stack = replace(stack_of(web), fleet=far.settings)
    async with MemoryWatchdog(tmp_path / "other", stack) as watchdog:
        watchdog.ports.closed.add(7)
        board = watchdog.board
        view = StatusView(board, watchdog.clock, dict)
        await until(lambda: view.verdict() is Status.CRITICAL)
        board.supervisor.context.tools = replace(far.tools, clock=watchdog.clock)
        poster = poster_for(board, watchdog.history, machine(), watchdog.clock)
        task = asyncio.create_task(poster.run())
        await until(lambda: far.seen()["last_seen"] is not None)
        task.cancel()
    seen = far.seen()
    assert (seen["machine"], seen["stack"], seen["status"]) == ("test", "test", "critical")
    kept = (board.supervisor.context.tools.place.home.root / "home-id").read_text().strip()
    assert seen["home"] == kept
    assert [one["name"] for one in seen["problems"]] == ["web"]
    assert seen["problems"][0]["status"] == "critical"
    assert seen["problems"][0]["message"]
