"""Stretches in the spool: any batch gives the same, and readers know what is not rolled up yet."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.clocks import TurnedClock
from vrooli.autoheal import rollup, spool, stretches
from vrooli.autoheal.history import History
from vrooli.autoheal.pieces import Span
from vrooli.autoheal.queries import Window, slots
from vrooli.autoheal.record import Kind, Record, to_row
from vrooli.autoheal.retention import DAY, Limits, Retention
from vrooli.autoheal.stretch import Stretch, begin, said_by

ALL = Span(-1.0, 10_000.0)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.floats(0, 2000),  # in any order: clocks jump
        st.sampled_from(["ok", "warning", "critical", "unknown"]),
        st.sampled_from([{}, {"applicable": False}, {"starting": True}, {"every": 300}]),
    ),
    max_size=40,
)


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    opened = History(tmp_path / "spool.db", "boot", TurnedClock())
    await opened.start()
    yield opened
    await opened.close()


def result(at: float, status: str = "ok", subject: str = "a", **data: Any) -> Record:
    return Record(Kind.RESULT, subject, status, data=data, at=at)


def read(connection: sqlite3.Connection, subject: str = "a", window: Span = ALL) -> list[Stretch]:
    new = stretches.fresh(connection, rollup.cursor_of(connection))
    return stretches.of(connection, subject, window, new)


async def test_results_become_stretches(history: History) -> None:
    for at in (100.0, 130.0, 160.0):
        await history.commit(result(at, every=30.0, message="fine"))
    await history.commit(result(190.0, "critical", every=30.0, message="gone\nfor good"))
    await rollup.roll_up(history)
    assert await history.read(read) == [
        Stretch("ok", 100.0, 160.0, 30.0, "fine"),
        Stretch("critical", 190.0, 190.0, 30.0, "gone"),
    ]


async def test_what_is_not_rolled_up_yet_is_seen_all_the_same(history: History) -> None:
    await history.commit(result(100.0))
    await rollup.roll_up(history)
    await history.commit(result(110.0))
    await history.commit(result(120.0, "critical"))
    before = await history.read(read)
    await rollup.roll_up(history)
    assert before == await history.read(read)
    assert [(s.state, s.began, s.ended) for s in before] == [
        ("ok", 100.0, 110.0),
        ("critical", 120.0, 120.0),
    ]


async def test_an_incident_that_began_before_the_window_keeps_its_beginning(
    history: History,
) -> None:
    for at, status in ((100, "ok"), (150, "warning"), (200, "critical"), (250, "critical")):
        await history.commit(result(float(at), status))
    await rollup.roll_up(history)
    found = await history.read(lambda c: read(c, window=Span(240.0, 300.0)))
    assert [(s.state, s.began) for s in found] == [("ok", 100), ("warning", 150), ("critical", 200)]


@given(ROWS, st.integers(1, 7))
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_batch_gives_what_one_look_after_the_other_gives(
    tmp_path: Path, rows: list[tuple[str, float, str, dict[str, Any]]], step: int
) -> None:
    with _spool(tmp_path) as connection:
        for subject, at, status, data in rows:
            spool.insert(connection, to_row(result(at, status, subject, **data), "boot"))
            if step == 1:
                spool.transaction(connection, partial(rollup.fold, step=step))
        fresh = {subject: read(connection, subject) for subject in ("a", "b")}
        while spool.transaction(connection, partial(rollup.fold, step=step)):
            pass
        for subject in ("a", "b"):
            looks = [said_by(at, status, d) for name, at, status, d in rows if name == subject]
            expected: list[Stretch] = []
            for look in looks:
                longer = expected[-1].with_look(look) if expected else None
                expected[-1:] = [longer] if longer else [*expected[-1:], begin(look)]
            mine = read(connection, subject)
            assert mine == fresh[subject]
            assert mine == expected


@given(ROWS)
@hypothesis_settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hours_hold_what_their_minutes_hold(
    tmp_path: Path, rows: list[tuple[str, float, str, dict[str, Any]]]
) -> None:
    with _spool(tmp_path) as connection:
        for subject, at, status, _ in rows:
            row = Record(Kind.RESULT, subject, status, at % 7, at=at * 10)
            spool.insert(connection, to_row(row, "boot"))
        spool.transaction(connection, rollup.fold)
        for subject in ("a", "b"):
            minutes = slots(connection, 60, subject, Window(limit=1000))
            for hour in slots(connection, 3600, subject, Window(limit=1000)):
                mine = [m for m in minutes if m.start // 3600 * 3600 == hour.start]
                assert hour.n == sum(m.n for m in mine)
                assert hour.critical == sum(m.critical for m in mine)
                assert hour.measured == sum(m.measured or 0 for m in mine)
                assert hour.max == max(m.max or 0 for m in mine)
                assert hour.sum == pytest.approx(sum(m.sum or 0 for m in mine))
            assert sum(m.n for m in minutes) == sum(name == subject for name, *_ in rows)


async def test_stretches_and_hours_stay_a_year_and_are_bounded(history: History) -> None:
    clock = TurnedClock()
    now = clock.wall()
    for age in (366 * DAY, 300 * DAY, 10.0):
        await history.commit(result(now - age))
    await rollup.roll_up(history)
    await Retention(history, clock, shipping=False).run()
    assert await history.read(_ages) == (2, 2)
    bounded = Limits(stretches=1)
    await Retention(history, clock, shipping=False, limits=bounded).run()
    assert await history.read(_ages) == (1, 2)


async def test_a_spool_of_the_version_before_keeps_its_minutes_as_hours(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spool.db"
    with closing(sqlite3.connect(path)) as old:
        for statement in spool.MIGRATIONS[0]:
            old.execute(statement)
        for minute, value in ((60, 1.0), (61, 5.0), (119, None), (120, 7.0)):
            row = ("a", minute, 2, 1, 0, 1, 0, value, value, value)
            old.execute(f"INSERT INTO minutes VALUES ({', '.join('?' * 10)})", row)
        old.execute("PRAGMA user_version = 1")
        old.commit()
    with closing(spool.open_spool(path, 1.0).connection) as connection:
        first, second = slots(connection, 3600, "a", Window(limit=10))
        assert (first.start, first.n, first.min, first.max, first.sum) == (3600, 6, 1.0, 5.0, 6.0)
        assert (second.start, second.n, second.critical, second.mean) == (7200, 2, 1, 3.5)


def _ages(connection: sqlite3.Connection) -> tuple[int, int]:
    counts = ("SELECT count(*) FROM stretches", "SELECT count(*) FROM hours")
    one, other = (connection.execute(query).fetchone()[0] for query in counts)
    return one, other


class _spool:
    """A new spool, closed and removed at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> sqlite3.Connection:
        self._connection = spool.open_spool(self._folder / "spool.db", 1.0).connection
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        for file in self._folder.glob("spool.db*"):
            file.unlink()
