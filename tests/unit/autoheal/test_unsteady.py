"""What fails every other look is never confirmed to fail, and is seen and told all the same."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.notices import settings
from tests.support.waiting import eventually
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.check import Check
from vrooli.autoheal.flap import LOOKS
from vrooli.autoheal.notices import SpoolStore
from vrooli.autoheal.pager import Pager
from vrooli.autoheal.paging_board import PagingBoard
from vrooli.autoheal.paging_words import Where
from vrooli.autoheal.plan import Planner
from vrooli.autoheal.status import StatusView
from vrooli.core.result import Result, critical, ok
from vrooli.notify.postbox import Postbox
from vrooli.stack.model import CheckSettings, NotifySettings

GOOD, BAD = ok("HTTP 200"), critical("HTTP 503")


class Unsteady:
    """A watchdog that looks when the test says, and its pager: `web`, which needs `db`."""

    def __init__(self, watchdog: MemoryWatchdog) -> None:
        self.watchdog = watchdog
        clock = watchdog.clock
        self.postbox = Postbox(SpoolStore(watchdog.history), settings, clock, "host")
        board = PagingBoard(watchdog.board, watchdog.restraints)
        where = Where("test", "here")
        ledger, events = watchdog.ledger, watchdog.events
        self.pager = Pager(board, events, ledger, self.postbox, clock, where)
        self.view = StatusView(watchdog.board, clock, dict)
        self.planner = Planner(watchdog.board, watchdog.situations, clock)

    async def looks(self, name: str, *results: Result) -> None:
        """A service is looked at, one look after the other, and the pager after each."""
        for result in results:
            await self.watchdog.reactor.on_look(self.watchdog.board.tracked[name], result)
            await self.pager.judge()

    async def until_told(self) -> None:
        """What it needs is looked at first."""

        async def judged() -> bool:
            await self.pager.judge()
            return bool(self.told())

        await eventually(judged, "somebody is told")

    def told(self) -> list[str]:
        """What people are told."""
        waiting = self.postbox.box.deliveries.values()
        return [f"{one.message.kind} {one.message.title}" for one in waiting]

    def row(self, name: str) -> dict[str, Any]:
        """Of the status."""
        found: dict[str, Any] = {row["name"]: row for row in self.view.status()["services"]}[name]
        return found


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Unsteady]:
    """Nothing is looked at unless the test does."""
    rarely = replace(scenario("x", 1).health, interval=3600.0)
    services = [scenario("db", 1), scenario("web", 2, needs=("db",))]
    stack = stack_of(*(replace(one, health=rarely) for one in services), sweep=3600.0)
    stack = replace(stack, notify=NotifySettings(resolve_after=0.0))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), lambda _: None)
        unsteady = Unsteady(watchdog)
        for name in ("db", "web"):
            await unsteady.looks(name, GOOD)
        yield unsteady


async def test_a_service_that_comes_and_goes_is_a_warning_and_pages_once(seen: Unsteady) -> None:
    await seen.looks("web", *[BAD, GOOD] * LOOKS)
    await seen.until_told()
    (told,) = seen.told()
    assert told.startswith("page [test@here] web flaps: it comes and goes: ")
    assert told.endswith("looks failed, the last of them: HTTP 503")
    row = seen.row("web")
    assert (row["state"], row["health"]) == ("running", "warning")
    assert "; comes and goes: 10 of the latest 21 looks failed" in row["message"]
    assert str(seen.view.verdict()) == "warning"
    assert seen.watchdog.started("web") == 1


async def test_explain_says_so_and_by_which_rule_it_would_be_left_alone(seen: Unsteady) -> None:
    await seen.looks("web", *[BAD, GOOD] * LOOKS)
    found = seen.planner.explain("web")
    assert found["rule"] == "flapping"
    assert found["flapping"].startswith("comes and goes: 10 of the latest 21")
    assert seen.planner.explain("db")["flapping"] == ""


async def test_its_end_is_told_once_when_it_has_been_steady(seen: Unsteady) -> None:
    await seen.looks("web", *[BAD, GOOD] * LOOKS)
    await seen.until_told()
    await seen.looks("web", GOOD, GOOD, GOOD)
    assert len(seen.told()) == 1
    assert seen.row("web")["health"] == "warning"
    await seen.looks("web", *[GOOD] * LOOKS)
    assert seen.row("web")["health"] == "ok"
    assert [line.partition(" ")[0] for line in seen.told()] == ["page", "resolved"]
    await seen.looks("web", BAD, GOOD, GOOD, GOOD)
    assert len(seen.told()) == 2


async def test_what_comes_and_goes_with_what_it_needs_does_not_page(seen: Unsteady) -> None:
    for _ in range(LOOKS):
        await seen.looks("web", BAD, GOOD)
        await seen.looks("db", BAD, GOOD)
    assert [line.split()[2] for line in seen.told()] == ["db"]


async def test_nobody_is_told_in_maintenance(seen: Unsteady) -> None:
    await seen.watchdog.restraints.begin((), 600.0, "new disk", "ada", until_green=False)
    await seen.looks("web", *[BAD, GOOD] * LOOKS)
    assert seen.told() == []


async def test_an_operator_begins_it_anew(seen: Unsteady) -> None:
    await seen.looks("web", *[BAD, GOOD] * LOOKS)
    await seen.watchdog.operations.run("restart", ["web"], lambda _: None)
    await seen.looks("web", GOOD)
    assert seen.row("web")["health"] == "ok"


async def test_a_check_that_comes_and_goes_is_a_warning_and_pages_once(seen: Unsteady) -> None:
    results = [GOOD, *[BAD, GOOD] * LOOKS]
    left = [*results]
    check = Check("own", "mine", "", "own", 5.0, "", None, lambda _: left.pop(0))
    item = HostCheck(check, "own", CheckSettings("own"))
    seen.watchdog.board.checks["own"] = item
    for _ in results:
        await seen.watchdog.checker.update(item)
        await seen.pager.judge()
    (told,) = seen.told()
    assert told.startswith("page [test@here] own flaps: it comes and goes: ")
    assert item.result is not None
    assert item.result.status == "warning"
    left += [GOOD] * LOOKS
    for _ in range(LOOKS):
        await seen.watchdog.checker.update(item)
        await seen.pager.judge()
    assert [line.partition(" ")[0] for line in seen.told()] == ["page", "resolved"]
