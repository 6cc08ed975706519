"""In which order heals are listed, and of what."""

from pathlib import Path

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from vrooli.autoheal.archive import Archive
from vrooli.autoheal.heal import Heal, Outcome, newest
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
