"""What is deleted and what is not: ages, guards against clocks, and the server's share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clocks import TurnedClock
from vrooli.autoheal.history import History
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.retention import (
    DAY,
    SHIPPED,
    Baseline,
    Limits,
    Purged,
    Retention,
    advance,
)

HOUR = 3600.0


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def history(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[History]:
    async with opened(tmp_path, clock) as found:
        yield found


@asynccontextmanager
async def opened(path: Path, clock: TurnedClock, boot: str = "boot") -> AsyncIterator[History]:
    found = History(path / "spool.db", boot, clock)
    await found.start()
    yield found
    await found.close()


async def add(history: History, clock: TurnedClock, age: float, kind: Kind, n: int = 1) -> None:
    for _ in range(n):
        history.append(Record(kind, "disk", "ok", 1.0, at=clock.wall() - age))
    await history.put_state("barrier", 1)


async def left(history: History, kind: Kind = Kind.RESULT) -> int:
    return sum(n for by_status in (await history.counts(kind)).values() for n in by_status.values())


async def test_a_job_keeps_its_latest_events_only(history: History, clock: TurnedClock) -> None:
    for number in range(30):
        for subject in ("job-tick", "job-seldom", "spool")[: 1 if number < 25 else 3]:
            history.append(Record(Kind.EVENT, subject, value=number, at=clock.wall()))
    await history.put_state("barrier", 1)
    limits = Limits(job_events=10, batch=7)
    purged = await Retention(history, clock, shipping=False, limits=limits).run()
    assert purged.others == 20
    kept = await history.records("event", "job-tick")
    assert [entry.value for entry in kept] == list(range(29, 19, -1))
    assert len(await history.records("event", "job-seldom")) == 5
    assert len(await history.records("event", "spool")) == 5


async def test_each_kind_has_its_time(history: History, clock: TurnedClock) -> None:
    others = (Kind.TRANSITION, Kind.HEAL, Kind.EVENT)
    for kind in others:
        await add(history, clock, 366 * DAY, kind)
        await add(history, clock, 364 * DAY, kind)
    await add(history, clock, 25 * HOUR, Kind.RESULT, 3)
    await add(history, clock, 23 * HOUR, Kind.RESULT, 2)
    await add(history, clock, 31 * DAY, Kind.RESULT)
    purged = await Retention(history, clock, shipping=False).run()
    assert purged == Purged(results=4, minutes=1, others=3)
    assert await left(history) == 2
    assert [await left(history, kind) for kind in others] == [1, 1, 1]
    # The raw results are gone, their minutes stay.
    assert sum(minute.n for minute in await history.minutes("disk")) == 5


async def test_deletes_in_batches_and_gives_the_space_back(
    history: History, clock: TurnedClock, tmp_path: Path
) -> None:
    await add(history, clock, 25 * HOUR, Kind.RESULT, 5000)
    await history.run(lambda c: None)
    purged = await Retention(history, clock, shipping=False, limits=Limits(batch=700)).run()
    assert purged.results == 5000
    free = await history.run(lambda c: c.execute("PRAGMA freelist_count").fetchone()[0])
    assert free == 0


async def test_what_the_server_lacks_stays(history: History, clock: TurnedClock) -> None:
    await add(history, clock, 25 * HOUR, Kind.RESULT, 2)
    await add(history, clock, 400 * DAY, Kind.HEAL)
    shipped = history.last_seq
    await add(history, clock, 25 * HOUR, Kind.RESULT, 3)
    await add(history, clock, 400 * DAY, Kind.HEAL)
    await history.put_state(SHIPPED, shipped)
    retention = Retention(history, clock, shipping=True)
    assert await retention.run() == Purged(results=2, others=1)
    await history.put_state(SHIPPED, history.last_seq)
    assert await retention.run() == Purged(results=3, others=1)


async def test_what_another_server_lacks_stays_too_within_its_bounds(
    history: History, clock: TurnedClock
) -> None:
    await add(history, clock, 25 * HOUR, Kind.RESULT, 2)
    shipped = history.last_seq
    await add(history, clock, 25 * HOUR, Kind.RESULT, 3)
    await add(history, clock, 8 * DAY, Kind.RESULT, 4)
    await history.put_states({SHIPPED: history.last_seq, "far": shipped})
    keys = ["far"]
    retention = Retention(history, clock, shipping=True, others=lambda: tuple(keys))
    assert await retention.run() == Purged(results=6, unshipped=4)
    keys.clear()  # it is declared no more
    assert await retention.run() == Purged(results=3)


async def test_outage_of_a_week_costs_results_but_no_heals(
    history: History, clock: TurnedClock
) -> None:
    await add(history, clock, 8 * DAY, Kind.RESULT, 4)
    await add(history, clock, 6 * DAY, Kind.RESULT, 3)
    await add(history, clock, 400 * DAY, Kind.HEAL)
    purged = await Retention(history, clock, shipping=True).run()
    assert purged == Purged(results=4, unshipped=4)
    assert (await left(history), await left(history, Kind.HEAL)) == (3, 1)
    await history.put_state("barrier", 2)
    event = await history.latest("event", "spool")
    assert event is not None
    assert event.data["unshipped"] == 4


async def test_too_many_unshipped_results_cost_the_oldest(
    history: History, clock: TurnedClock
) -> None:
    await add(history, clock, 60, Kind.RESULT, 30)
    limits = Limits(unshipped_rows=10, batch=7)
    purged = await Retention(history, clock, shipping=True, limits=limits).run()
    assert purged.unshipped == 20
    kept = await history.records("result")
    assert len(kept) == 10
    assert min(entry.seq for entry in kept) == 1_700_000_000_021


async def test_file_is_bounded_whatever_the_clock_says(
    history: History, clock: TurnedClock
) -> None:
    await add(history, clock, -1000 * DAY, Kind.RESULT, 30)  # dated in the future
    limits = Limits(rows=12)
    purged = await Retention(history, clock, shipping=False, limits=limits).run()
    assert (purged.results, purged.unshipped) == (18, 0)
    assert await left(history) == 12


async def test_result_is_rolled_up_before_it_goes(history: History, clock: TurnedClock) -> None:
    await add(history, clock, 2 * DAY, Kind.RESULT, 9)
    await Retention(history, clock, shipping=False).run()
    assert await left(history) == 0
    assert sum(minute.n for minute in await history.minutes("disk")) == 9


@pytest.mark.parametrize("jump", [HOUR, DAY, 400 * DAY, -HOUR])
async def test_clock_jump_deletes_nothing_fresh(
    history: History, clock: TurnedClock, jump: float
) -> None:
    retention = Retention(history, clock, shipping=False)
    await retention.run()
    await add(history, clock, 0, Kind.RESULT, 5)
    clock.pass_time(23.5 * HOUR)
    await retention.run()
    clock.jump(jump)
    assert await retention.run() == Purged()
    assert await left(history) == 5
    # A day of real time later they are old by any clock (an hour set back makes it an hour more).
    clock.pass_time(25.5 * HOUR)
    assert (await retention.run()).results == 5


async def test_clock_set_forward_and_back_leaves_no_trace(
    history: History, clock: TurnedClock
) -> None:
    retention = Retention(history, clock, shipping=False)
    await retention.run()
    await add(history, clock, 23 * HOUR, Kind.RESULT, 5)
    clock.jump(400 * DAY)
    assert await retention.run() == Purged()
    clock.jump(-400 * DAY)
    assert await retention.run() == Purged()
    clock.pass_time(2 * HOUR)
    assert (await retention.run()).results == 5


async def test_reboot_with_a_clock_far_ahead_deletes_nothing_at_once(
    tmp_path: Path, clock: TurnedClock
) -> None:
    async with opened(tmp_path, clock) as history:
        await Retention(history, clock, shipping=False).run()
        await add(history, clock, 0, Kind.HEAL, 2)
        await add(history, clock, 0, Kind.RESULT, 2)
    after = TurnedClock(clock.wall() + 800 * DAY, monotonic=5.0)
    async with opened(tmp_path, after, "boot-2") as history:
        assert await Retention(history, after, shipping=False).run() == Purged()
        assert (await left(history), await left(history, Kind.HEAL)) == (2, 2)


moves = st.tuples(st.floats(0, 2 * DAY), st.floats(-400 * DAY, 400 * DAY))


@given(st.lists(moves, max_size=20), st.integers(0, 19))
def test_no_result_goes_before_a_day_of_real_time(
    steps: list[tuple[float, float]], written_at: int
) -> None:
    wall, mono = 1.7e9, 0.0
    baseline = advance(None, "boot", wall, mono)
    written: tuple[float, float] | None = None
    for number, (passed, jump) in enumerate(steps):
        if number == written_at:
            written = (wall, mono)
        wall, mono = wall + passed + jump, mono + passed
        baseline = advance(baseline, "boot", wall, mono)
        if written and baseline.wall - baseline.slack - DAY > written[0]:
            # Jumps below the threshold are not seen as jumps; each may cost a minute.
            assert mono - written[1] >= DAY - 60 * len(steps)


def test_busy_minute_is_no_jump() -> None:
    before = Baseline("boot", 1000.0, 10.0)
    assert advance(before, "boot", 1360.0, 310.0).slack == 0.0
    assert advance(before, "boot", 1361.0, 310.0).slack == 61.0
