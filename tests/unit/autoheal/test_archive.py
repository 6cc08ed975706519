"""Answers about the past: from what a watchdog wrote down, as a user would ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain, pairwise
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.seeded import looks, seed
from tests.support.until import until
from vrooli.autoheal import sought
from vrooli.autoheal.archive import Archive, Page
from vrooli.autoheal.catalogue import all_checks, checks_of
from vrooli.autoheal.pieces import Span
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.restraints import Restraints
from vrooli.core.errors import UsageError
from vrooli.core.result import Result, critical, ok
from vrooli.stack.progress import silent

HOUR, DAY = 3600.0, 86_400.0
NOW = 1_750_000_020.0
PAGE = Page(100)


@asynccontextmanager
async def archive_of(folder: Path, *records: Any) -> AsyncIterator[Archive]:
    """An archive of a stack with `web`, `shop` and its watchdog, on a spool with a past."""
    stack = stack_of(scenario("web", 1), scenario("shop", 2), scenario("autoheal", 3))
    watchdog = MemoryWatchdog(folder, stack)
    seed(watchdog.history_path, chain(*records))
    watchdog.board.checks = checks_of(stack, all_checks())
    await watchdog.history.start()
    await watchdog.loop.start()
    yield Archive(watchdog.history, watchdog.board, watchdog.clock)
    await watchdog.history.close()


def pulse(began: float, ended: float) -> Any:
    return looks("scenario-autoheal", began, ended, 10.0)


def outage(began: float, seconds: float) -> list[Record]:
    """Of `web`: its looks of a day up to now, down from `began` on for `seconds`."""
    return [
        *looks("scenario-web", NOW - DAY, began, 10.0),
        *looks("scenario-web", began, began + seconds, 10.0, "critical", message="no answer"),
        *looks("scenario-web", began + seconds, NOW, 10.0),
    ]


def heal(detected: float, at: float, outcome: str | None, **fields: Any) -> Record:
    data = {
        "id": f"{int(detected * 1000)}-web",
        "subject": "web",
        "cause": "exited with code 1",
        "rule": "heal",
        "detected_at": detected,
        "detected_monotonic": detected,
        "attempts": [{"action": "start", "at": detected, "error": ""}],
        "verified_after": None,
        "outcome": outcome,
    }
    return Record(Kind.HEAL, "web", outcome or "in flight", None, {**data, **fields}, at)


async def test_an_incident_has_its_length_its_cause_and_its_heals(tmp_path: Path) -> None:
    began = NOW - 2 * HOUR
    # The end of a heal is written down after its stability, when the incident is long over.
    heals = [heal(began, began, None), heal(began, began + 400, "healed", verified_after=49.0)]
    async with archive_of(tmp_path, outage(began, 60.0), heals) as archive:
        found = await archive.incidents("", Span(NOW - DAY, NOW), PAGE)
    [incident] = found["incidents"]
    assert incident["check"] == "scenario-web"
    assert (incident["seconds"], incident["down_seconds"], incident["worst"]) == (
        60,
        60,
        "critical",
    )
    assert incident["cause"] == "exited with code 1"
    assert [one["outcome"] for one in incident["heals"]] == ["healed"]
    assert found["next"] is None


async def test_pages_of_incidents_are_the_whole(tmp_path: Path) -> None:
    flaps = [
        record
        for number in range(10)
        for record in (
            *looks("scenario-web", NOW - 1000 + number * 100, NOW - 950 + number * 100, 10.0),
            *looks(
                "scenario-web",
                NOW - 950 + number * 100,
                NOW - 900 + number * 100,
                10.0,
                "critical",
            ),
        )
    ]
    async with archive_of(tmp_path, flaps) as archive:
        span = Span(NOW - HOUR, NOW)
        offset: Any = 0
        seen: list[dict[str, Any]] = []
        while offset is not None:
            page = await archive.incidents("web", span, Page(3, offset))
            seen += page["incidents"]
            offset = page["next"]
    assert len(seen) == 10
    assert [one["began"] for one in seen] == sorted((one["began"] for one in seen), reverse=True)
    assert seen[0]["ended"] is None


async def test_uptime_of_each_window(tmp_path: Path) -> None:
    records = (outage(NOW - 2 * HOUR, 864.0), pulse(NOW - DAY, NOW))
    async with archive_of(tmp_path, *records) as archive:
        rows = await archive.uptime("web", [Span(NOW - DAY, NOW), Span(NOW - HOUR, NOW)])
    [row] = rows
    assert (row["check"], row["service"]) == ("scenario-web", "web")
    day, hour = row["windows"]
    assert day["percent"] == pytest.approx(99.0, abs=0.02)
    assert (day["incidents"], day["longest_incident_seconds"]) == (1, pytest.approx(864, abs=10))
    assert (hour["percent"], hour["incidents"]) == (100.0, 0)
    assert day["unknown_seconds"] == 0


async def test_time_without_a_watchdog_is_unknown_also_for_what_looks_once_a_day(
    tmp_path: Path,
) -> None:
    ran = (pulse(NOW - DAY, NOW - 20 * HOUR), pulse(NOW - 10 * HOUR, NOW))
    seldom = looks("system-disk", NOW - DAY, NOW, 12 * HOUR)
    async with archive_of(tmp_path, *ran, seldom) as archive:
        [row] = await archive.uptime("system-disk", [Span(NOW - DAY, NOW)])
    [day] = row["windows"]
    assert day["unknown_seconds"] == pytest.approx(10 * HOUR, abs=15)
    assert day["up_seconds"] == pytest.approx(14 * HOUR, abs=15)


async def test_what_began_before_the_window_is_whole_and_changes_nothing_for_others(
    tmp_path: Path,
) -> None:
    ran = (pulse(NOW - DAY, NOW - 5 * HOUR), pulse(NOW - 4 * HOUR, NOW))
    down = looks("scenario-shop", NOW - 6 * HOUR, NOW, HOUR, "critical")
    well = looks("scenario-web", NOW - DAY, NOW, HOUR)
    late = Span(NOW - HOUR, NOW)
    before = looks("scenario-shop", NOW - DAY, NOW - 6 * HOUR, HOUR)
    async with archive_of(tmp_path, *ran, before, down, well) as archive:
        [incident] = (await archive.incidents("", late, PAGE))["incidents"]
        rows = await archive.uptime("", [late])
        alone = [(await archive.uptime(one["check"], [late]))[0] for one in rows]
    assert incident["began"] == NOW - 6 * HOUR
    assert incident["unknown_seconds"] == pytest.approx(HOUR, abs=30), "no watchdog ran"
    assert rows == alone


async def test_a_disk_that_fills_says_when_it_is_full(tmp_path: Path) -> None:
    def used(at: float) -> float:
        return 68.0 + 10.0 * (at - NOW) / DAY

    filling = looks("system-disk", NOW - 5 * DAY, NOW, 300.0, value=used)
    steady = looks("system-load", NOW - 5 * DAY, NOW, 300.0, value=0.5)
    async with archive_of(tmp_path, filling, steady) as archive:
        found = await archive.trends("", Span(NOW - 7 * DAY, NOW), Span(NOW - 6 * HOUR, NOW))
    disk, load = found
    assert (disk["check"], load["check"]) == ("system-disk", "system-load")
    assert disk["words"].endswith("full in 3.2 days")
    assert disk["trend"]["slope_per_day"] == pytest.approx(10.0, rel=0.01)
    assert load["words"] == "steady"
    assert 12 <= len(disk["points"]) <= 84


async def test_what_fills_within_hours_is_told_although_the_week_was_quiet(
    tmp_path: Path,
) -> None:
    quiet = looks("system-disk", NOW - 6 * DAY, NOW - 4 * HOUR, 300.0, value=50.0)
    fast = looks(
        "system-disk", NOW - 4 * HOUR, NOW, 60.0, value=lambda at: 90 + 5 * (at - NOW) / HOUR
    )
    async with archive_of(tmp_path, quiet, fast) as archive:
        week, recent = Span(NOW - 7 * DAY, NOW), Span(NOW - 4 * HOUR, NOW)
        [alone] = await archive.trends("system-disk", week, None)
        [both] = await archive.trends("system-disk", week, recent)
    assert "full" not in alone["words"]
    assert both["words"].endswith("full in 2.0 h")


@pytest.mark.parametrize(
    ("step", "rows", "looked"), [("raw", 25, 1), ("minute", 25, 6), ("hour", 25, 360)]
)
async def test_rows_come_in_pages_without_a_gap(
    tmp_path: Path, step: Any, rows: int, looked: int
) -> None:
    async with archive_of(tmp_path, looks("scenario-web", NOW - 3 * DAY, NOW, 10.0)) as archive:
        first = await archive.rows("web", step, Span(NOW - 3 * DAY, NOW), 10)
        second = await archive.rows("web", step, Span(NOW - 3 * DAY, first["next"]), 15)
        whole = await archive.rows("web", step, Span(NOW - 3 * DAY, NOW), rows)
    assert first["rows"] + second["rows"] == whole["rows"]
    assert len(whole["rows"]) == rows
    assert whole["rows"][1].get("looks", 1) == looked


async def test_days_are_those_of_this_machine(tmp_path: Path) -> None:
    values = looks("system-disk", NOW - 3 * DAY, NOW, 600.0, value=50.0)
    async with archive_of(tmp_path, values) as archive:
        found = await archive.rows("system-disk", "day", Span(NOW - 10 * DAY, NOW), 2)
    assert [row["looks"] for row in found["rows"]][1] == 144
    assert found["rows"][0]["mean"] == 50.0
    assert found["next"] == found["rows"][1]["at"]


async def test_the_step_fits_what_is_known(tmp_path: Path) -> None:
    async with archive_of(tmp_path, looks("scenario-web", NOW - 5 * HOUR, NOW, 10.0)) as archive:
        found = await archive.rows("web", None, Span(NOW - 30 * DAY, NOW), 5)
        never = await archive.rows("shop", None, Span(NOW - 30 * DAY, NOW), 5)
    assert found["step"] == "minute"
    assert (never["rows"], never["summary"]["percent"]) == ([], None)


async def test_a_check_that_the_stack_no_longer_has_is_remembered(tmp_path: Path) -> None:
    async with archive_of(tmp_path, looks("scenario-gone", NOW - HOUR, NOW, 10.0)) as archive:
        [row] = await archive.uptime("scenario-gone", [Span(NOW - HOUR, NOW)])
        assert row["windows"][0]["percent"] == 100.0
        assert "scenario-gone" not in {r["check"] for r in await archive.uptime("", [Span(0, NOW)])}


async def test_an_unknown_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    async with archive_of(tmp_path) as archive:
        asked = (
            archive.incidents("shpo", Span(0, NOW), PAGE),
            archive.timeline("shpo", Span(0, NOW), PAGE),
            archive.rows("shpo", None, Span(0, NOW), 1),
            archive.uptime("shpo", [Span(0, NOW)]),
            archive.trends("shpo", Span(0, NOW), None),
        )
        for question in asked:
            with pytest.raises(UsageError, match="did you mean `shop`"):
                await question


async def test_pages_of_the_timeline_are_the_whole(tmp_path: Path) -> None:
    said = {"from": "ok", "to": "critical", "why": "no answer"}
    happened = [
        Record(Kind.TRANSITION, "scenario-web", "critical", None, said, NOW - 100 + n)
        for n in range(10)
    ]
    async with archive_of(tmp_path, happened, outage(NOW - HOUR, 60)) as archive:
        before: Any = 0
        seen: list[dict[str, Any]] = []
        while before is not None:
            page = await archive.timeline("web", Span(NOW - DAY, NOW), Page(4, before))
            seen += page["entries"]
            before = page["next"]
    assert [one["at"] for one in seen] == [NOW - 91 - n for n in range(10)]
    assert {one["words"] for one in seen} == {"ok -> critical: no answer"}


async def test_the_timeline_is_searched_by_kind_and_words(tmp_path: Path) -> None:
    happened = [
        Record(Kind.TRANSITION, "scenario-web", "ok", None, {"from": "ok", "to": word}, NOW - 9 + n)
        for n, word in enumerate(("Red", "blue", "REDDISH", "green"))
    ]
    happened.append(Record(Kind.EVENT, "red", "", None, {"what": "painted"}, NOW - 5))
    span = Span(NOW - DAY, NOW)
    async with archive_of(tmp_path, happened) as archive:
        page = await archive.timeline("", span, Page(2), text="red")
        assert [one["subject"] for one in page["entries"]] == ["red", "scenario-web"]
        rest = await archive.timeline("", span, Page(2, page["next"]), text="red")
        assert [one["words"] for one in rest["entries"]] == ["ok -> Red"]
        assert rest["next"] is None
        events = await archive.timeline("", span, PAGE, kind="event")
        assert [one["words"] for one in events["entries"]] == ["painted"]


async def test_a_search_that_finds_little_goes_on_with_the_next_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sought, "AT_ONCE", 2)
    monkeypatch.setattr(sought, "MOST_READ", 4)
    happened = [
        Record(Kind.EVENT, f"number {n}", "", None, {"what": "x"}, NOW - 9) for n in range(6)
    ]
    span = Span(NOW - DAY, NOW)
    async with archive_of(tmp_path, happened) as archive:
        page = await archive.timeline("", span, PAGE, text="number 1")
        assert page["entries"] == []
        rest = await archive.timeline("", span, Page(100, page["next"]), text="number 1")
    assert [one["subject"] for one in rest["entries"]] == ["number 1"]


async def test_a_crash_and_a_stop_in_the_timeline_of_a_real_watchdog(tmp_path: Path) -> None:
    stack = stack_of(scenario("web", 1), scenario("shop", 2))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        archive = Archive(watchdog.history, watchdog.board, watchdog.clock)
        began = watchdog.clock.wall()
        await watchdog.operations.run("up", (), silent)
        await until(lambda: watchdog.board.tracked["web"].healthy)
        await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
        await until(lambda: watchdog.started("web") == 2)
        await until(lambda: bool((h := watchdog.board.tracked["web"].heal) and h.outcome))
        await watchdog.operations.run("restart", ("shop",), silent)
        await watchdog.operations.run("stop", ("shop",), silent)
        await until(lambda: not _applicable(watchdog, "shop"))
        await watchdog.history.put_state("barrier", 1)
        span = Span(began - 1, watchdog.clock.wall())
        story = (await archive.timeline("web", span, Page(1000)))["entries"][::-1]
        wrong = (await archive.incidents("", span, PAGE))["incidents"]
        [shop] = await archive.uptime("shop", [span])
    words = [entry["words"] for entry in story]
    for one, other in pairwise(_STORY):
        assert _index(words, one) < _index(words, other), words
    assert {entry["subject"] for entry in story} <= {"web", "scenario-web", "operator"}
    assert [(one["check"], one["cause"]) for one in wrong] == [
        ("scenario-web", "killed by signal 9")
    ]
    assert [h["outcome"] for h in wrong[0]["heals"]] == ["healed"]
    # What an operator restarted and stopped was never down.
    assert shop["windows"][0]["down_seconds"] == 0
    assert shop["windows"][0]["off_seconds"] > 0


async def test_what_fails_in_a_maintenance_window_is_not_down(tmp_path: Path) -> None:
    watchdog = MemoryWatchdog(tmp_path, stack_of(scenario("web", 1), scenario("shop", 2)))
    await watchdog.history.start()
    await watchdog.loop.start()
    ledger, clock = watchdog.ledger, watchdog.clock
    archive = Archive(watchdog.history, watchdog.board, clock)
    restraints = Restraints(ledger, clock)
    began = clock.wall()

    async def look(result: Result) -> None:
        for check in ("scenario-web", "scenario-shop"):
            ledger.result(check, result, 5.0)
        await asyncio.sleep(0.02)

    await look(ok("fine"))
    window = await restraints.begin(["web"], 60.0, "upgrade", "ada", until_green=False)
    await look(critical("no answer"))
    await look(ok("fine"))
    await restraints.end(window.id, "ada")
    await look(critical("no answer"))
    await look(ok("fine"))
    await watchdog.history.put_state("barrier", 1)
    span = Span(began, clock.wall())
    web, shop = (await archive.uptime("", [span]))[:2]
    told = (await archive.timeline("web", span, PAGE))["entries"]
    await watchdog.history.close()
    [with_window], [without] = web["windows"], shop["windows"]
    assert with_window["off_seconds"] > 0
    assert (with_window["incidents"], without["incidents"]) == (1, 2)
    assert [entry["words"] for entry in reversed(told)] == [
        "maintenance began, by ada: upgrade",
        "maintenance ended, by ada: upgrade",
    ]


_STORY = (
    "up shop, web",
    "up: done",
    "running -> failed: killed by signal 9",
    "heal begins: killed by signal 9",
    "start: done",
    "passes again",
    "healed",
)


def _index(words: list[str], begin: str) -> int:
    return next(i for i, said in enumerate(words) if said.startswith(begin))


def _applicable(watchdog: MemoryWatchdog, name: str) -> bool:
    result = watchdog.board.tracked[name].result
    return result is None or result.applicable
