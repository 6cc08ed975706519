"""Shipping to whom also hears how this host is: at its pace, and with nothing set aside wrongly."""

import asyncio
import itertools
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.clocks import TurnedClock
from tests.support.until import until
from vrooli.autoheal.fleet.picture import LONGEST, MOST, picture
from vrooli.autoheal.history import History
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.shipper import BATCH, Shipper, Shipping
from vrooli.client.wire import Response
from vrooli.core.errors import StorageError
from vrooli.core.status import Status

EVERY = 15.0


class Far:
    """A recipient that notes when it got how many records, and answers as the test says."""

    name, key, every = "fleet", "fleet:x", EVERY

    def __init__(self, clock: TurnedClock) -> None:
        self.clock, self.posts = clock, list[tuple[float, int]]()
        self.verdict: Callable[[list[dict[str, Any]]], int] = lambda records: 200
        self.told: list[Shipping] = []

    def wanted(self) -> bool:
        return True

    async def post(self, records: list[dict[str, Any]], shipping: Shipping) -> Response:
        await asyncio.sleep(0)
        self.posts.append((self.clock.monotonic(), len(records)))
        self.told.append(shipping)
        return Response(self.verdict(records), json.dumps({"detail": "no"}).encode())


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def history(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[History]:
    opened = History(tmp_path / "spool.db", "boot", clock)
    await opened.start()
    yield opened
    await opened.close()


@asynccontextmanager
async def shipping(history: History, far: Far, clock: TurnedClock) -> AsyncIterator[Shipper]:
    shipper = Shipper(history, far, clock)
    task = asyncio.create_task(shipper.run())
    yield shipper
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def fill(history: History, count: int) -> None:
    for number in range(count):
        history.append(Record(Kind.RESULT, "disk", "ok", float(number)))
    await history.put_state("barrier", count)


def gaps(far: Far) -> list[float]:
    times = [at for at, _ in far.posts]
    return [after - before for before, after in itertools.pairwise(times)]


async def test_an_empty_spool_is_a_sign_of_life_at_its_pace(
    history: History, clock: TurnedClock
) -> None:
    far = Far(clock)
    async with shipping(history, far, clock) as shipper:
        await until(lambda: len(far.posts) > 5)
        assert shipper.status().behind == 0
    assert {count for _, count in far.posts} == {0}
    assert set(gaps(far)) == {EVERY}


async def test_what_waits_in_whole_batches_goes_at_once(
    history: History, clock: TurnedClock
) -> None:
    far = Far(clock)
    await fill(history, 2 * BATCH + 3)
    async with shipping(history, far, clock):
        await until(lambda: len(far.posts) > 4)
    assert [count for _, count in far.posts[:4]] == [BATCH, BATCH, 3, 0]
    assert gaps(far)[:3] == [0.0, EVERY, EVERY]


async def test_a_spool_that_was_emptied_is_not_asked_in_a_circle(
    history: History, clock: TurnedClock
) -> None:
    far = Far(clock)
    await fill(history, 1)
    async with shipping(history, far, clock):
        await until(lambda: len(far.posts) > 1)
        await fill(history, 1)
        await history.change(lambda c: c.execute("DELETE FROM records").rowcount)
        await history.change(lambda c: c.execute("UPDATE sqlite_sequence SET seq = seq + 5000"))
        await fill(history, 0)
        seen = len(far.posts)
        await until(lambda: len(far.posts) > seen + 4)
    assert min(gaps(far)[seen:]) >= EVERY


async def test_a_report_that_is_refused_itself_sets_no_record_aside(
    history: History, clock: TurnedClock
) -> None:
    far = Far(clock)
    far.verdict = lambda records: 422
    await fill(history, 5)
    async with shipping(history, far, clock) as shipper:
        await until(lambda: len(far.posts) > 20)
        assert "the server answered 422 no" in shipper.status().error
        assert shipper.status().set_aside == 0
        far.verdict = lambda records: 200
        await until(lambda: shipper.status().behind == 0)
    assert sum(count for _, count in far.posts[20:]) >= 5


async def test_one_bad_record_is_set_aside_and_said_so_by_the_fleet(
    history: History, clock: TurnedClock
) -> None:
    far = Far(clock)
    await fill(history, 5)
    bad = (await history.after(0, 5))[2].seq
    far.verdict = lambda records: 422 if bad in [one["seq"] for one in records] else 200
    async with shipping(history, far, clock) as shipper:
        await until(lambda: shipper.status().set_aside == 1)
        await until(lambda: shipper.status().cursor > bad)
    (event,) = await history.records("event", "fleet")
    assert event.data["seq"] == bad


def test_a_picture_is_bounded_and_the_worst_stays() -> None:
    bad = {"name": "n", "status": "critical", "message": "x\0" * LONGEST + "\nmore"}
    rest = [{"name": f"w{n}", "status": "unknown", "message": ""} for n in range(2 * MOST)]
    seen = picture(Status.CRITICAL, [*rest, bad])
    assert seen["status"] == "critical"
    assert len(seen["problems"]) == MOST
    first = seen["problems"][0]
    assert (first["status"], len(first["message"])) == ("critical", LONGEST)
    assert "\0" not in first["message"]


def damaged(path: Path) -> None:
    """In place, as a failing disk does."""
    for file in (path, path.with_name("spool.db-wal")):
        with file.open("r+b") as handle:
            handle.write(b"?" * os.fstat(handle.fileno()).st_size)


def removed(path: Path) -> None:
    for file in path.parent.glob("spool.db*"):
        file.unlink()


@pytest.mark.parametrize("damage", [damaged, removed])
async def test_another_spool_is_begun_anew_and_what_went_with_the_first_is_counted(
    history: History, clock: TurnedClock, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """Its numbers begin at the milliseconds of the clock, far above those of the one before."""
    far = Far(clock)
    shipper = Shipper(history, far, clock)
    await history.commit(Record(Kind.EVENT, "web", "ok"))
    while shipper.status().cursor < history.last_seq:
        await shipper.step(far)
    had = history.last_seq
    for _ in range(3):
        await history.commit(Record(Kind.EVENT, "web", "ok"))
    clock.pass_time(86_400)
    await replaced(history, tmp_path / "spool.db", damage)
    assert history.last_seq > had + 80_000_000
    assert shipper.status().behind == 0, "nobody knows yet"
    assert history.before is not None
    lost = history.before.last_seq - had
    assert lost >= 3
    clock.pass_time(EVERY)
    while shipper.status().cursor < history.last_seq:
        await shipper.step(far)
        clock.pass_time(EVERY)
    assert far.told[-1].behind < 10
    assert shipper.status().lost == far.told[-1].lost == lost
    events = [entry.data["message"] for entry in await history.records(Kind.EVENT, "fleet")]
    assert events == [f"{lost} records went with a damaged history before they could be posted"]
    posted = sum(count for _, count in far.posts) - 1
    assert posted == len(await history.after(0, BATCH)) > 0, "all of the other one"
    again = Shipper(history, far, clock)
    await again.step(far)
    assert again.status().lost == lost, "it is counted once"


async def test_what_was_damaged_before_we_began_tells_what_it_had_not_posted(
    tmp_path: Path, clock: TurnedClock
) -> None:
    path, far = tmp_path / "spool.db", Far(clock)
    first = History(path, "boot", clock)
    await first.start()
    await fill(first, 1)
    await first.put_state(far.key, first.last_seq)
    await fill(first, 4)
    await first.close()
    with closing(sqlite3.connect(path)) as connection:  # an index that is wrong, and nothing else
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'records_age'")
        connection.commit()
    history = History(path, "boot", clock)
    await history.start()
    shipper = Shipper(history, far, clock)
    await shipper.step(far)
    assert shipper.status().lost == 4
    await history.close()


async def test_a_place_in_a_spool_that_is_replaced_while_it_is_posted_is_not_kept(
    history: History, clock: TurnedClock, tmp_path: Path
) -> None:
    class Slow(Far):
        async def post(self, records: list[dict[str, Any]], shipping: Shipping) -> Response:
            if not self.posts:
                clock.pass_time(86_400)
                await replaced(history, tmp_path / "spool.db", removed)
            return await super().post(records, shipping)

    far = Slow(clock)
    shipper = Shipper(history, far, clock)
    await history.commit(Record(Kind.EVENT, "web", "ok"))
    await shipper.step(far)
    assert await history.get_state(far.key) is None
    clock.pass_time(EVERY)
    for _ in range(3):
        await shipper.step(far)
        clock.pass_time(EVERY)
    assert shipper.status().lost == 1, "nobody knows that it was posted"


async def replaced(history: History, path: Path, damage: Callable[[Path], None]) -> None:
    """The watchdog goes on with another spool, in which is a record."""
    damage(path)
    while history.generation == 1:
        await history.commit(Record(Kind.EVENT, "web", "ok"))
        with suppress(StorageError):
            await history.counts("event")  # who reads meets it first
    await history.commit(Record(Kind.EVENT, "web", "ok"))
