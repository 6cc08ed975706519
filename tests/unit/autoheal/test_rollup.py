"""Minutes: every result in exactly one, whatever the clock and the batches do."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.clocks import TurnedClock
from vrooli.autoheal import spool
from vrooli.autoheal.history import History
from vrooli.autoheal.queries import Slot, Window, slots
from vrooli.autoheal.record import Kind, Record, to_row
from vrooli.autoheal.rollup import fold, roll_up


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    opened = History(tmp_path / "spool.db", "boot", TurnedClock())
    await opened.start()
    yield opened
    await opened.close()


def result(at: float, value: float | None, status: str = "ok", subject: str = "disk") -> Record:
    return Record(Kind.RESULT, subject, status, value, at=at)


async def test_minute_holds_counts_and_extremes(history: History) -> None:
    await history.commit(result(60.0, 5.0))
    await history.commit(result(61.0, None, "critical"))
    await history.commit(result(119.9, 1.0, "warning"))
    await history.commit(result(120.0, 9.0, "unknown"))
    await history.commit(Record(Kind.HEAL, "disk", "healed", 100.0, at=61.0))
    await roll_up(history)
    assert await history.minutes("disk") == [
        Slot("disk", 60, 3, 1, 1, 1, 0, 1.0, 5.0, 6.0, 2),
        Slot("disk", 120, 1, 0, 0, 0, 1, 9.0, 9.0, 9.0, 1),
    ]
    assert [m.start for m in await history.minutes("disk", since=120)] == [120]
    assert [m.start for m in await history.minutes("disk", until=120)] == [60]


async def test_nothing_is_counted_twice(history: History) -> None:
    await history.commit(result(60.0, None))
    await roll_up(history)
    await roll_up(history)
    await history.commit(result(61.0, 2.0))
    await roll_up(history)
    await roll_up(history)
    assert await history.minutes("disk") == [Slot("disk", 60, 2, 2, 0, 0, 0, 2.0, 2.0, 2.0, 1)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.floats(0, 600),  # in any order: clocks jump
            st.one_of(st.none(), st.floats(-100, 100)),
            st.sampled_from(["ok", "warning", "critical", "unknown"]),
        ),
        max_size=40,
    ),
    st.integers(1, 7),
)
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_order_and_any_batch_give_the_same_minutes(
    tmp_path: Path, rows: list[tuple[str, float, float | None, str]], step: int
) -> None:
    path = tmp_path / "spool.db"
    path.unlink(missing_ok=True)
    connection = spool.open_spool(path, 1.0).connection
    for subject, at, value, status in rows:
        spool.insert(connection, to_row(result(at, value, status, subject), "boot"))
        if step == 1:
            spool.transaction(connection, partial(fold, step=step))
    while spool.transaction(connection, partial(fold, step=step)):
        pass
    for subject in ("a", "b"):
        mine = [row for row in rows if row[0] == subject]
        found = slots(connection, 60, subject, Window(limit=1000))
        assert sum(minute.n for minute in found) == len(mine)
        for minute in found:
            inside = [row for row in mine if minute.start <= row[1] < minute.start + 60]
            values = [row[2] for row in inside if row[2] is not None]
            assert minute.n == len(inside)
            assert minute.critical == sum(row[3] == "critical" for row in inside)
            assert minute.min == min(values, default=None)
            assert minute.max == max(values, default=None)
            assert minute.sum == (pytest.approx(sum(values)) if values else None)
    connection.close()
    for file in tmp_path.glob("spool.db*"):
        file.unlink()


async def test_failure_in_the_middle_changes_nothing(history: History) -> None:
    await history.commit(result(60.0, 1.0))

    def broken(connection: object) -> None:
        fold(connection)  # type: ignore[arg-type]  # it is a connection
        raise ValueError("killed here")

    with pytest.raises(Exception, match="killed here"):
        await history.run(broken)
    assert await history.minutes("disk") == []
    await roll_up(history)
    assert [minute.n for minute in await history.minutes("disk")] == [1]


async def test_clock_jumps_lose_and_duplicate_nothing(tmp_path: Path) -> None:
    clock = TurnedClock()
    history = History(tmp_path / "spool.db", "boot", clock)
    await history.start()
    for jump in (0.0, 3600.0, -7200.0, 3600.0):
        clock.jump(jump)
        for _ in range(10):
            clock.pass_time(5)
            await history.commit(Record(Kind.RESULT, "disk", "ok"))
        await roll_up(history)
    assert sum(minute.n for minute in await history.minutes("disk")) == 40
    await history.close()
