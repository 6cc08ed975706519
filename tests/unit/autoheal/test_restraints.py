"""Maintenance windows and quarantine: who said so, for how long, and that it is kept."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vrooli.autoheal.events import Events
from vrooli.autoheal.history import History
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.restraints import LONGEST, Restraints
from vrooli.core.errors import UsageError
from vrooli.host.memory.clock import MemoryClock

NEVER = {"db": 0.0, "web": 0.0}


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    history = History(tmp_path / "spool", "boot", MemoryClock())
    await history.start()
    yield history
    await history.close()


def _restraints(history: History, clock: MemoryClock) -> Restraints:
    return Restraints(Ledger(history, Events(), clock, "boot"), clock)


async def test_a_window_holds_for_what_it_names_and_ends_by_the_clock(history: History) -> None:
    clock = MemoryClock()
    restraints = _restraints(history, clock)
    await restraints.begin(["db"], 600, "upgrade", "ann", until_green=False)
    assert restraints.maintenance("db") == "maintenance for 10 min more, by ann: upgrade"
    assert not restraints.maintenance("web")
    clock.jump(600)
    assert not restraints.maintenance("db")
    await restraints.sweep(set(), NEVER)
    assert restraints.windows() == []


async def test_a_window_without_names_covers_everything(history: History) -> None:
    restraints = _restraints(history, MemoryClock())
    await restraints.begin([], 60, "power", "ann", until_green=False)
    assert restraints.maintenance("anything")


async def test_it_ends_by_itself_when_what_failed_is_well_again(history: History) -> None:
    clock = MemoryClock()
    restraints = _restraints(history, clock)
    await restraints.begin(["db"], 3600, "upgrade", "ann", until_green=True)
    await restraints.sweep(set(), NEVER)
    assert restraints.maintenance("db"), "nothing has happened yet"
    failed = {**NEVER, "db": clock.wall()}
    await restraints.sweep({"db"}, failed)
    assert restraints.maintenance("db"), "it is still down"
    await restraints.sweep({"web"}, failed)
    assert not restraints.maintenance("db")


async def test_the_next_watchdog_knows_them(history: History) -> None:
    clock = MemoryClock()
    restraints = _restraints(history, clock)
    window = await restraints.begin(["db"], 600, "upgrade", "ann", until_green=True)
    await restraints.hold("web", "it eats data", "ann")
    after = _restraints(history, clock)
    await after.load()
    assert after.windows() == [window]
    assert after.quarantine("web") == "in quarantine, by ann: it eats data"
    await after.release("web", "bob")
    assert not after.quarantine("web")
    events = await history.records("event")
    assert [entry.data["by"] for entry in events] == ["bob", "ann", "ann"]


@pytest.mark.parametrize("seconds", [0, -1, LONGEST + 1, float("nan")])
async def test_a_window_has_a_bounded_length(history: History, seconds: float) -> None:
    with pytest.raises(UsageError, match="at most 30 days"):
        await _restraints(history, MemoryClock()).begin([], seconds, "", "ann", until_green=False)


async def test_what_is_not_there_cannot_be_ended(history: History) -> None:
    restraints = _restraints(history, MemoryClock())
    with pytest.raises(UsageError, match="no maintenance window"):
        await restraints.end("nothing", "ann")
    with pytest.raises(UsageError, match="not in quarantine"):
        await restraints.release("web", "ann")
