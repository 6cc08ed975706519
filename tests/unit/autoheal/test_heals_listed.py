"""In which order heals are listed, and of what."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from vrooli.autoheal.archive import Archive, Page
from vrooli.autoheal.heal import Heal, Outcome, newest
from vrooli.autoheal.pieces import Span
from vrooli.autoheal.record import Entry
from vrooli.autoheal.status import StatusView
from vrooli.core.errors import Refused, UnknownName


def heal(name: str, noticed: float, wall: float | None = None) -> Heal:
    """One that was noticed at that monotonic second."""
    at = 1000.0 + noticed if wall is None else wall
    return Heal(name, name, "exited", "killed", "heal", at, noticed)


def entry(seq: int, one: Heal, boot: str = "b") -> Entry:
    return Entry(seq, boot, 0.0, "heal", one.subject, "", None, one.to_json())


async def test_what_was_noticed_last_comes_first_however_many_are_asked_for(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of()) as watchdog:
        ledger = watchdog.ledger
        waited = heal("waited", 10.0)
        for one in (heal("a", 5.0), heal("b", 20.0), heal("c", 30.0), waited):
            for _ in range(6):
                await ledger.heal(one)
        await ledger.heal(waited.ended(Outcome.HEALED, 2000.0))
        every = [found["id"] for found in await ledger.heals(0, 100)]
        assert every == ["c", "b", "waited", "a"]
        for limit in range(1, 5):
            assert [found["id"] for found in await ledger.heals(0, limit)] == every[:limit]
        some = await ledger.heals(0, 100, subjects={"a", "c"})
        assert [found["id"] for found in some] == ["c", "a"]


def test_a_clock_that_was_set_back_and_a_reboot_put_none_behind_older_ones() -> None:
    older = entry(1, heal("older", 900.0, wall=9000.0), boot="first")
    set_back = entry(2, heal("set back", 5.0, wall=100.0), boot="second")
    assert [found["id"] for found in newest([set_back, older])] == ["set back", "older"]


async def test_a_check_means_its_service_and_what_is_unknown_is_refused(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1))) as watchdog:
        archive = Archive(watchdog.history, watchdog.board, watchdog.clock)
        assert "web" in await archive.names("scenario-web")
        with pytest.raises(UnknownName, match="nothing is known of `wev`; did you mean `web`"):
            await archive.names("wev")


async def test_what_a_person_asked_for_in_vain_says_why(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1))) as watchdog:
        await watchdog.operations.run("up", (), lambda _: None)
        with pytest.raises(Refused, match="reload_signal"):
            await watchdog.reactor.act(watchdog.board.tracked["web"], "reload", "ada")
        rows = StatusView(watchdog.board, watchdog.clock, dict).status()["services"]
        (last,) = [row["last_heal"] for row in rows if row["name"] == "web"]
        assert last["outcome"] == "refused"
        assert last["cause"].startswith("asked for by ada: ")
        assert "reload_signal" in last["cause"]


async def test_every_heal_of_a_month_is_found_once_page_by_page(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1))) as watchdog:
        ledger, now = watchdog.ledger, watchdog.clock.wall()
        for number in range(120):
            begun = heal(f"{number:03d}", float(number))
            begun = replace(begun, subject="web" if number % 2 else "db")
            outcome = Outcome.RELAPSED if number % 10 == 0 else Outcome.HEALED
            await ledger.heal(begun)
            await ledger.heal(begun.ended(outcome, now))
        await ledger.heal(replace(heal("goes on", 500.0), subject="web"))
        archive = Archive(watchdog.history, watchdog.board, watchdog.clock)
        span = Span(now - 86_400.0, now + 86_400.0)

        async def every(name: str = "", outcome: str = "") -> list[str]:
            ids: list[str] = []
            before: int | None = 0
            while before is not None:
                page = Page(25, before)
                told = await archive.ended_heals(name, span, page, outcome)
                assert len(told["heals"]) <= 25
                ids += [one["id"] for one in told["heals"]]
                before = told["next"]
            return ids

        assert await every() == [f"{number:03d}" for number in reversed(range(120))]
        assert len(await every("scenario-web")) == 60
        assert await every(outcome="relapsed") == [f"{n:03d}" for n in range(110, -1, -10)]
        assert await every("web", "relapsed") == []
