"""Shipping: outages leave no gap, repetition is harmless, and one bad record stops nobody."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.clocks import TurnedClock
from tests.support.tiny_server import Asked, reply, serving
from tests.support.until import until
from vrooli.autoheal.history import History
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.retention import SHIPPED
from vrooli.autoheal.shipper import PATIENCE, OwnServer, Shipper
from vrooli.client.server import ServerClient
from vrooli.core.address import Address, HostPort

Verdict = Callable[[list[dict[str, Any]]], int]


class Copy:
    """A server that keeps records by (host, boot, seq), as the real one does."""

    def __init__(self, verdict: Verdict = lambda records: 200) -> None:
        self.verdict = verdict
        self.kept: dict[tuple[str, str, int], dict[str, Any]] = {}
        self.posts: list[int] = []
        self.duplicates = 0
        self.tokens: set[str] = set()

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        assert (asked.method, asked.path) == ("POST", "/api/v1/history")
        self.tokens.add(asked.headers.get("authorization", ""))
        body = asked.json()
        self.posts.append(len(body["records"]))
        status = self.verdict(body["records"])
        if status == 200:
            for record in body["records"]:
                key = (body["host"], record["boot"], record["seq"])
                self.duplicates += key in self.kept
                self.kept[key] = record
        await reply(writer, status, {"error": {"message": "said the server"}})

    @property
    def seqs(self) -> list[int]:
        return [key[2] for key in self.kept]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def history(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[History]:
    opened = History(tmp_path / "spool.db", "boot", clock)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("tok\n", encoding="ascii")
    return file


@asynccontextmanager
async def shipping(
    history: History, target: Address, token: Path, clock: TurnedClock
) -> AsyncIterator[Shipper]:
    assert isinstance(target, HostPort)
    shipper = Shipper(history, OwnServer(ServerClient(target, token), "host-1"), clock)
    task = asyncio.create_task(shipper.run())
    yield shipper
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def fill(history: History, count: int, kind: Kind = Kind.RESULT) -> list[int]:
    first = history.last_seq
    for number in range(count):
        history.append(Record(kind, "disk", "ok", float(number)))
    await history.put_state("barrier", count)
    await until(lambda: history.health().backlog == 0)
    return [entry.seq for entry in await history.after(first, 10_000)]


async def test_everything_arrives_once_in_full_batches(
    history: History, token: Path, clock: TurnedClock
) -> None:
    seqs = await fill(history, 1234)
    copy = Copy()
    async with serving(copy.answer) as target, shipping(history, target, token, clock) as shipper:
        await until(lambda: shipper.status().cursor == seqs[-1])
        assert copy.posts == [500, 500, 234]
        assert not [pause for pause in clock.sleeps if pause > 1]
        more = await fill(history, 3, Kind.HEAL)
        await until(lambda: len(copy.kept) == 1237)
    assert copy.seqs == [*seqs, *more]
    assert copy.duplicates == 0
    assert copy.tokens == {"Bearer tok"}
    assert copy.kept["host-1", "boot", more[0]] == {
        "boot": "boot",
        "seq": more[0],
        "at": (await history.records("heal"))[-1].at,
        "kind": "heal",
        "subject": "disk",
        "status": "ok",
        "value": 0.0,
        "data": {},
    }


async def test_outage_of_hours_leaves_no_gap_and_no_hammering(
    history: History, token: Path, clock: TurnedClock
) -> None:
    copy = Copy()
    async with serving(copy.answer) as target:
        pass
    assert isinstance(target, HostPort)
    seqs = await fill(history, 10)
    began = clock.wall()
    async with shipping(history, target, token, clock) as shipper:
        await until(lambda: clock.wall() - began > 5 * 3600)
        pauses = clock.sleeps[:]
        seqs += await fill(history, 700)
        assert "nobody answers" in shipper.status().error
        assert shipper.status().cursor == seqs[0] - 1
        assert shipper.status().behind == 710
        async with serving(copy.answer, target.port):
            await until(lambda: shipper.status().cursor == seqs[-1])
            assert shipper.status().error == ""
    assert copy.seqs == seqs
    assert copy.duplicates == 0
    assert all(0.5 <= pause <= 60 for pause in pauses)
    assert pauses[0] <= 1 < pauses[2]
    assert all(pause >= 30 for pause in pauses[6:])


@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 429, 500, 503])
async def test_server_that_is_not_ready_is_waited_for(
    history: History, token: Path, clock: TurnedClock, status: int
) -> None:
    seqs = await fill(history, 20)
    ready = asyncio.Event()
    copy = Copy(lambda records: 200 if ready.is_set() else status)
    async with serving(copy.answer) as target, shipping(history, target, token, clock) as shipper:
        await until(lambda: len(copy.posts) > 5)
        assert f"answered {status} said the server" in shipper.status().error
        ready.set()
        await until(lambda: shipper.status().cursor == seqs[-1])
    assert copy.seqs == seqs
    assert set(copy.posts) == {20}


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("bad", [{0}, {499}, {7, 8, 250}, set(range(3, 9))])
async def test_bad_records_are_set_aside_and_all_others_arrive(
    history: History, token: Path, clock: TurnedClock, status: int, bad: set[int]
) -> None:
    seqs = await fill(history, 600)
    poison = {seqs[number] for number in bad}
    copy = Copy(lambda records: status if poison & {r["seq"] for r in records} else 200)
    async with serving(copy.answer) as target, shipping(history, target, token, clock) as shipper:
        await until(lambda: shipper.status().cursor == history.last_seq >= seqs[-1])
        await until(lambda: shipper.status().set_aside == len(bad))
        await until(lambda: set(seqs) - set(copy.seqs) == poison)
    events = await history.records("event", "shipper")
    assert {event.data["seq"] for event in events} == poison
    assert copy.duplicates == 0
    assert len(copy.posts) <= 25 * len(bad) + 5


async def test_server_that_refuses_everything_does_not_empty_the_history(
    history: History, token: Path, clock: TurnedClock
) -> None:
    await fill(history, 100)
    sane = asyncio.Event()
    copy = Copy(lambda records: 200 if sane.is_set() else 422)
    async with serving(copy.answer) as target, shipping(history, target, token, clock) as shipper:
        await until(lambda: "refuses every record" in shipper.status().error)
        seen = len(copy.posts)
        await until(lambda: len(copy.posts) > seen + 5)
        assert shipper.status().set_aside == PATIENCE
        sane.set()
        await until(lambda: shipper.status().cursor == history.last_seq)
    assert len(copy.kept) == 100  # the ten events stand for the ten set aside


async def test_missing_token_waits_and_says_so(
    history: History, tmp_path: Path, clock: TurnedClock
) -> None:
    seqs = await fill(history, 1)
    copy = Copy()
    file = tmp_path / "later"
    async with serving(copy.answer) as target, shipping(history, target, file, clock) as shipper:
        await until(lambda: "token" in shipper.status().error)
        write(file)
        await until(lambda: copy.seqs == seqs)
    assert copy.posts == [1]


def write(file: Path) -> None:
    file.write_text("tok", encoding="ascii")


async def test_stack_without_a_server_ships_nothing(history: History, clock: TurnedClock) -> None:
    await fill(history, 1)
    await asyncio.wait_for(Shipper(history, None, clock).run(), 5)
    assert await history.get_state(SHIPPED) is None


async def test_large_records_are_posted_in_smaller_batches(
    history: History, token: Path, clock: TurnedClock
) -> None:
    for _ in range(100):
        history.append(Record(Kind.HEAL, "disk", data={"log": "ü" * 10_000}))
    await history.put_state("barrier", 1)
    copy = Copy()
    async with serving(copy.answer) as target, shipping(history, target, token, clock):
        await until(lambda: len(copy.kept) == 100)
    assert len(copy.posts) > 2


SHIP = """
import asyncio, sys, time
from pathlib import Path
from vrooli.autoheal.history import History
from vrooli.autoheal.shipper import OwnServer, Shipper
from vrooli.client.server import ServerClient, address_of

class Clock:
    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
    sleep = staticmethod(asyncio.sleep)

async def main():
    spool, token, url = sys.argv[1:]
    history = History(Path(spool), "boot-2", Clock())
    await history.start()
    server = OwnServer(ServerClient(address_of(url), Path(token)), "host-1")
    await Shipper(history, server, Clock()).run()

asyncio.run(main())
"""


def ended(child: "subprocess.Popen[bytes]", copy: Copy) -> bool:
    return child.poll() is not None or len(copy.kept) == 1600


async def test_kill_9_between_post_and_cursor_repeats_and_leaves_no_gap(
    tmp_path: Path, token: Path, clock: TurnedClock
) -> None:
    history = History(tmp_path / "spool.db", "boot", clock)
    await history.start()
    seqs = await fill(history, 1600)
    await history.close()
    copy = Copy()
    child: subprocess.Popen[bytes] | None = None
    kills = 0

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal kills
        if len(copy.posts) in (0, 2, 4) and child is not None:
            # Stored, and the sender never hears of it.
            child.send_signal(signal.SIGKILL)
            await asyncio.to_thread(child.wait)
            kills += 1
        await copy.answer(asked, writer)

    async with serving(answer) as target:
        command = [sys.executable, "-c", SHIP, str(tmp_path / "spool.db"), str(token)]
        while len(copy.kept) < 1600:
            with subprocess.Popen([*command, f"http://{target}"]) as child:
                try:
                    await until(partial(ended, child, copy))
                finally:
                    child.kill()
    assert kills == 3
    assert copy.duplicates == 1500
    assert sorted(copy.seqs) == seqs
