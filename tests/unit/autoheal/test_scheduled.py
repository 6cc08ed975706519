"""Maintenance at its times: which window is open when, also where clocks are changed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.events import Events
from vrooli.autoheal.history import History
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.planned import BEGAN, ENDED, worked_on
from vrooli.autoheal.restraints import Restraints
from vrooli.autoheal.scheduled import Scheduled
from vrooli.core.errors import ConfigError, UsageError
from vrooli.host.memory.clock import MemoryClock
from vrooli.stack import schedule
from vrooli.stack.model import Maintenance

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600.0, 86_400.0
SUNDAY = datetime(2026, 11, 29, 3, 0, tzinfo=UTC).timestamp()
UPDATES = Maintenance("updates", "0 3 * * SUN", 2 * HOUR, ("db",), why="updates")
NEVER = {"db": 0.0, "web": 0.0}


def scheduled(item: Maintenance, zone: tzinfo = UTC) -> Scheduled:
    return Scheduled(lambda: {item.name: item}, lambda _: zone)


def is_open(item: Maintenance, at: float, zone: tzinfo = UTC) -> bool:
    return bool(scheduled(item, zone).open(at))


def test_a_window_opens_at_its_time_and_closes_after_its_duration() -> None:
    assert not is_open(UPDATES, SUNDAY - 1)
    assert is_open(UPDATES, SUNDAY)
    assert is_open(UPDATES, SUNDAY + 2 * HOUR - 1)
    assert not is_open(UPDATES, SUNDAY + 2 * HOUR)
    assert is_open(UPDATES, SUNDAY + 7 * DAY)
    (window,) = scheduled(UPDATES).open(SUNDAY + 60)
    assert (window.since, window.until, window.subjects) == (SUNDAY, SUNDAY + 2 * HOUR, ("db",))
    assert (window.by, window.why, window.name) == ("vrooli.toml", "updates", "updates")


def test_the_same_object_asked_later_and_after_the_clock_was_set_back_says_the_same() -> None:
    one = scheduled(UPDATES)
    for at in (SUNDAY - 1, SUNDAY, SUNDAY + HOUR, SUNDAY + 3 * HOUR, SUNDAY - 8 * DAY, SUNDAY + 1):
        assert one.open(at) == scheduled(UPDATES).open(at)
        assert one.following(at) == scheduled(UPDATES).following(at)


@given(
    st.sampled_from(["every 1h", "*/20 * * * *", "30 2 * * *", "0 3 * * SUN", "15,45 1-3 * * *"]),
    st.sampled_from([60.0, HOUR, 5 * HOUR]),
    st.integers(0, 370 * 24 * 12),
    st.sampled_from([UTC, BERLIN, ZoneInfo("Australia/Lord_Howe")]),
)
def test_it_is_open_when_and_only_when_a_due_time_is_within_its_duration(
    text: str, duration: float, slots: int, zone: tzinfo
) -> None:
    now = SUNDAY + slots * 300.0
    due = schedule.parse(text).next_after(now - duration, zone)
    expected = due is not None and due <= now
    assert is_open(Maintenance("a", text, duration), now, zone) is expected


SPRING = datetime(2026, 3, 29, tzinfo=BERLIN)  # 02:00 becomes 03:00
AUTUMN = datetime(2026, 10, 25, tzinfo=BERLIN)  # 03:00 becomes 02:00
NIGHTLY = Maintenance("nightly", "30 2 * * *", HOUR)


def test_what_falls_into_the_skipped_hour_begins_right_after_it() -> None:
    at = SPRING.replace(hour=3).timestamp()
    assert [is_open(NIGHTLY, at + s, BERLIN) for s in (-1, 0, HOUR - 1, HOUR)] == [
        False, True, True, False
    ]  # fmt: skip


def test_what_falls_into_the_doubled_hour_begins_once_and_lasts_as_declared() -> None:
    at = AUTUMN.replace(hour=2, minute=30).timestamp()
    assert [is_open(NIGHTLY, at + s, BERLIN) for s in (-1, 0, HOUR - 1, HOUR)] == [
        False, True, True, False
    ]  # fmt: skip


def test_an_edit_is_in_force_at_once() -> None:
    declared = {"updates": UPDATES}
    one = Scheduled(lambda: declared, lambda _: UTC)
    assert one.open(SUNDAY)
    declared["updates"] = replace(UPDATES, duration=60.0)
    assert one.open(SUNDAY + 59)
    assert not one.open(SUNDAY + 60)
    declared.clear()
    assert not one.open(SUNDAY)


def test_a_zone_that_this_machine_has_lost_opens_nothing_and_is_looked_for_again() -> None:
    known = False

    def zone(_: str) -> tzinfo:
        if not known:
            raise ConfigError("this machine knows no such time zone", next_step="install it")
        return UTC

    one = Scheduled(lambda: {"updates": UPDATES}, zone)
    assert one.open(SUNDAY) == one.following(SUNDAY) == []
    known = True
    assert one.open(SUNDAY + 61)


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    history = History(tmp_path / "spool", "boot", MemoryClock())
    await history.start()
    yield history
    await history.close()


class Watch:
    """One watchdog's restraints; the next on the same history takes over."""

    def __init__(self, history: History, clock: MemoryClock, item: Maintenance) -> None:
        self.history = history
        ledger = Ledger(history, Events(), clock, "boot")
        self.declared = {item.name: item}
        self.restraints = Restraints(ledger, clock, Scheduled(lambda: self.declared, lambda _: UTC))

    async def events(self) -> list[tuple[str, str]]:
        """What was told, and by whom, the oldest first."""
        found = await self.history.records("event")
        return [(str(e.data["what"]), str(e.data["by"])) for e in reversed(found)]


async def test_it_holds_what_it_names_and_the_history_is_told_once(history: History) -> None:
    clock = MemoryClock(wall=SUNDAY - 60)
    watch = Watch(history, clock, UPDATES)
    await watch.restraints.sweep(set(), NEVER)
    assert await watch.events() == []
    clock.jump(90)
    assert "maintenance for 120 min more, by vrooli.toml: updates" in (
        watch.restraints.maintenance("db")
    )
    assert not watch.restraints.maintenance("web")
    for _ in range(3):
        await watch.restraints.sweep(set(), NEVER)
    after = Watch(history, clock, UPDATES)
    await after.restraints.load()
    assert after.restraints.maintenance("db"), "the next watchdog knows of it"
    await after.restraints.sweep(set(), NEVER)
    clock.jump(2 * HOUR)
    assert not after.restraints.maintenance("db")
    await after.restraints.sweep(set(), NEVER)
    await after.restraints.sweep(set(), NEVER)
    assert await after.events() == [(BEGAN, "vrooli.toml"), (ENDED, "the clock")]
    spans = worked_on(reversed(await history.records("event")), clock.wall())
    assert [(s.began, s.ended) for s in spans["db"]] == [(SUNDAY, SUNDAY + 2 * HOUR)]


async def test_what_opened_and_closed_while_nobody_watched_is_told_with_its_times(
    history: History,
) -> None:
    clock = MemoryClock(wall=SUNDAY + HOUR)
    await Watch(history, clock, UPDATES).restraints.sweep(set(), NEVER)
    clock.jump(10 * HOUR)
    late = Watch(history, clock, UPDATES)
    await late.restraints.load()
    await late.restraints.sweep(set(), NEVER)
    spans = worked_on(reversed(await history.records("event")), clock.wall())
    assert [(s.began, s.ended) for s in spans["db"]] == [(SUNDAY, SUNDAY + 2 * HOUR)]


async def test_one_that_waits_for_green_ends_when_what_failed_is_well_again(
    history: History,
) -> None:
    clock = MemoryClock(wall=SUNDAY + 60)
    watch = Watch(history, clock, replace(UPDATES, until_green=True))
    restraints = watch.restraints
    await restraints.sweep(set(), {**NEVER, "db": SUNDAY - 60})
    assert restraints.maintenance("db"), "that failure was before it"
    failed = {**NEVER, "db": SUNDAY + 30}
    await restraints.sweep({"db"}, failed)
    assert restraints.maintenance("db")
    await restraints.sweep(set(), failed)
    assert not restraints.maintenance("db")
    after = Watch(history, clock, replace(UPDATES, until_green=True))
    await after.restraints.load()
    await after.restraints.sweep(set(), failed)
    assert not after.restraints.maintenance("db"), "the next watchdog does not open it again"
    assert await after.events() == [(BEGAN, "vrooli.toml"), (ENDED, "all is well again")]
    clock.jump(7 * DAY)
    assert after.restraints.maintenance("db"), "next Sunday is another day"


async def test_a_person_ends_it_by_its_id(history: History) -> None:
    clock = MemoryClock(wall=SUNDAY + 60)
    restraints = Watch(history, clock, UPDATES).restraints
    (window,) = restraints.windows()
    assert [w.since for w in restraints.following()] == [SUNDAY + 7 * DAY]
    await restraints.end(window.id, "ann")
    assert restraints.windows() == []
    with pytest.raises(UsageError, match="no maintenance window"):
        await restraints.end(window.id, "ann")


async def test_one_that_is_edited_while_it_is_open_goes_on_as_it_is_declared_now(
    history: History,
) -> None:
    clock = MemoryClock(wall=SUNDAY + 60)
    watch = Watch(history, clock, UPDATES)
    await watch.restraints.sweep(set(), NEVER)
    watch.declared["updates"] = replace(UPDATES, duration=4 * HOUR)
    await watch.restraints.sweep(set(), NEVER)
    clock.jump(3 * HOUR)
    assert watch.restraints.maintenance("db")
    watch.declared.clear()
    await watch.restraints.sweep(set(), NEVER)
    assert not watch.restraints.maintenance("db")
    told = [what for what, _ in await watch.events()]
    assert told == [BEGAN, ENDED, BEGAN, ENDED]
