"""The pager on a whole watchdog in memory: who pages, who does not, and when it is over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.looks import look
from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.notices import settings
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.check import Check
from vrooli.autoheal.checks.fleet_hosts import CHECK as FLEET_HOSTS
from vrooli.autoheal.digest import Period
from vrooli.autoheal.digester import Digester
from vrooli.autoheal.notices import SpoolStore
from vrooli.autoheal.pager import Pager
from vrooli.autoheal.paging_board import PagingBoard
from vrooli.autoheal.paging_words import Where
from vrooli.core.result import Result, critical, ok, unknown, warning
from vrooli.host.memory.clock import MemoryClock
from vrooli.notify.delivery import Delivery
from vrooli.notify.message import Severity
from vrooli.notify.postbox import Postbox
from vrooli.stack.model import CheckSettings, NotifySettings, Stack

WHERE = Where("test", "here")


class Paged:
    """A watchdog with a pager that looks when the test says."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self.watchdog = MemoryWatchdog(folder, stack)
        self.store = SpoolStore(self.watchdog.history)
        clock = self.watchdog.clock
        self.postbox = Postbox(self.store, settings, clock, "host")
        board = PagingBoard(self.watchdog.board, self.watchdog.restraints)
        events, ledger = self.watchdog.events, self.watchdog.ledger
        self.pager = Pager(board, events, ledger, self.postbox, clock, WHERE)

    def look(
        self, name: str, result: Result, at: float, service: str = "", *, own: bool = False
    ) -> None:
        """A check has looked."""
        check = Check(name, f"the {name}", "", "system", 5.0, "", None, lambda _: result)
        check = replace(check, declared=own)
        settings = CheckSettings(name)
        self.watchdog.board.checks[name] = HostCheck(check, name, settings, service, "", result, at)

    @property
    def subjects(self) -> list[str]:
        """Of open incidents."""
        return [one.subject for one in self.postbox.box.incidents.values()]

    def told(self) -> list[str]:
        """Kinds and subjects of what is to be sent."""
        rows: list[Delivery] = list(self.postbox.box.deliveries.values())
        return [f"{one.message.kind} {one.message.subject}" for one in rows]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Judge again and again until then."""

        async def judged() -> bool:
            await self.pager.judge()
            return condition()

        await eventually(judged, f"told so far: {self.told()}")


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Brings stacks up."""
    running: list[MemoryWatchdog] = []

    async def start(*services: Any, resolve_after: float = 0.0, **autoheal: Any) -> Paged:
        stack = stack_of(*services, **autoheal)
        declared = NotifySettings(resolve_after=resolve_after)
        stack = Stack(stack.name, stack.services, stack.autoheal, notify=declared)
        paged = Paged(tmp_path / str(len(running)), stack)
        await paged.watchdog.__aenter__()
        running.append(paged.watchdog)
        return paged

    yield start
    for one in running:
        await one.die()


async def test_a_check_that_is_critical_for_two_looks_pages_and_ends(make: Any) -> None:
    paged = await make()
    paged.look("system-disk", critical("97 %"), 1.0)
    await paged.pager.judge()
    await paged.pager.judge()
    assert paged.told() == []
    paged.look("system-disk", critical("97 %"), 2.0)
    await paged.pager.judge()
    await paged.pager.judge()
    assert paged.told() == ["page system-disk"]
    paged.look("system-disk", unknown("no answer"), 3.0)
    await paged.pager.judge()
    assert paged.subjects == ["system-disk"]
    paged.look("system-disk", warning("91 %"), 4.0)
    await paged.pager.judge()
    assert paged.told() == ["page system-disk", "resolved system-disk"]


async def test_a_check_of_ones_own_that_finds_nothing_out_for_long_pages_once(make: Any) -> None:
    paged = await make()
    clock = paged.pager.clock = MemoryClock()

    async def looks(times: int, result: Result) -> None:
        for _ in range(times):
            await clock.advance(70.0)
            paged.look("own", result, clock.wall(), own=True)
            await paged.pager.judge()

    await looks(9, unknown("no such program"))
    await looks(1, ok("fine"))
    await looks(9, unknown("no such program"))
    await looks(1, unknown("the network is down", waits=True))
    assert paged.told() == []
    await looks(2, unknown("no such program"))
    assert paged.told() == ["page own:unknown"]
    page = paged.postbox.incident("own:unknown")
    assert page.title == "[test@here] own cannot be looked at: no such program"
    assert page.severity is Severity.WARNING
    await looks(2, critical("bad"))
    assert paged.told() == ["page own:unknown", "resolved own:unknown", "page own"]


async def test_what_the_product_brings_may_be_unknown(make: Any) -> None:
    paged = await make()
    clock = paged.pager.clock = MemoryClock()
    for _ in range(20):
        await clock.advance(70.0)
        paged.look("system-gpu", unknown("who knows"), clock.wall())
        await paged.pager.judge()
    assert paged.told() == []


async def test_a_host_that_posts_no_more_pages_once_and_its_return_is_told(
    make: Any, tmp_path: Path
) -> None:
    """Watched every 15 seconds of a simulated hour, of which it is silent for a quarter."""
    paged, clock = await make(), MemoryClock()
    posted = began = clock.wall()
    told = []
    while clock.wall() - began < 3600:
        await clock.advance(15.0)
        if not 600 < clock.wall() - began < 1500:
            posted = clock.wall()
        hosts = [
            ["web-1", 9000, clock.wall() - posted],
            ["web-2", 9000, 3],
            ["old", 9, 9, "revoked"],
        ]
        case = {"server": 4000, "hosts": hosts}
        found = await asyncio.to_thread(look, FLEET_HOSTS, case, tmp_path)
        paged.look("fleet-hosts", found, clock.wall())
        await paged.pager.judge()
        told.append((clock.wall() - began, tuple(paged.told())))
    page, both = ("page fleet-hosts",), ("page fleet-hosts", "resolved fleet-hosts")
    first = {seen: at for at, seen in reversed(told)}
    assert list(first) == [both, page, ()]
    assert first[page] == 600 + 300 + 15  # two looks
    assert first[both] == 1500


async def test_a_check_between_two_good_looks_does_not_page(make: Any) -> None:
    paged = await make()
    for at, result in enumerate([critical("97 %"), ok("1 %"), critical("97 %")], start=1):
        paged.look("system-disk", result, float(at))
        await paged.pager.judge()
    assert paged.subjects == []


async def test_what_is_no_longer_declared_ends_its_incident(make: Any) -> None:
    paged = await make()
    for at in (1.0, 2.0):
        paged.look("system-disk", critical("97 %"), at)
        await paged.pager.judge()
    del paged.watchdog.board.checks["system-disk"]
    await paged.pager.judge()
    assert paged.told() == ["page system-disk", "resolved system-disk"]


async def test_it_must_be_well_for_a_while_before_its_end_is_told(make: Any) -> None:
    paged = await make(resolve_after=3600.0)
    for at, result in enumerate([critical("1"), critical("1"), ok("1"), critical("1")], start=1):
        paged.look("system-disk", result, float(at))
        await paged.pager.judge()
    assert paged.told() == ["page system-disk"]


async def test_of_a_failing_pair_only_the_cause_pages(make: Any) -> None:
    """Both run elsewhere; the dependent is seen failing first, and its need is looked at before it
    pages."""
    down = {"runtime": "external", "heal": "watch"}
    paged = await make(scenario("db", 1, **down), scenario("web", 2, needs=("db",), **down))
    paged.watchdog.ports.closed.update({1, 2})
    await paged.until(lambda: "db" in paged.subjects)
    for _ in range(5):
        await paged.pager.judge()
    assert paged.told() == ["page db"]
    paged.watchdog.ports.closed.clear()
    await paged.until(lambda: not paged.subjects)
    assert paged.told() == ["page db", "resolved db"]


async def test_what_it_needs_is_looked_at_before_a_service_pages(make: Any) -> None:
    """Its need is looked at once a minute: the latest look is old, and says that all is well."""
    down = {"runtime": "external", "heal": "watch"}
    rarely = replace(scenario("db", 1).health, interval=60.0)
    db = replace(scenario("db", 1, **down), health=rarely)
    paged = await make(db, scenario("web", 2, needs=("db",), **down), sweep=3600.0)
    board = paged.watchdog.board
    await paged.until(lambda: all(one.healthy for one in board.tracked.values()))
    paged.watchdog.ports.closed.update({1, 2})
    await paged.until(lambda: not board.tracked["db"].healthy)
    await paged.pager.judge()
    assert paged.subjects == []


async def test_a_service_that_is_not_critical_pages_as_a_warning(make: Any) -> None:
    paged = await make(scenario("web", 1, runtime="external", heal="watch", critical=False))
    paged.watchdog.ports.closed.add(1)
    await paged.until(lambda: "web" in paged.subjects)
    incident = paged.postbox.incident("web")
    assert incident.severity is Severity.WARNING


async def test_a_check_of_a_resource_that_fails_itself_does_not_page(make: Any) -> None:
    paged = await make(scenario("db", 1, runtime="external", heal="watch"))
    paged.watchdog.ports.closed.add(1)
    await paged.until(lambda: "db" in paged.subjects)
    for at in (1.0, 2.0, 3.0):
        paged.look("postgres-connections", critical("refused"), at, service="db")
        await paged.pager.judge()
    assert paged.subjects == ["db"]


async def test_during_maintenance_nobody_is_paged_and_ends_are_told(make: Any) -> None:
    paged = await make(scenario("web", 1, runtime="external", heal="watch"))
    restraints = paged.watchdog.restraints
    paged.watchdog.ports.closed.add(1)
    await paged.until(lambda: "web" in paged.subjects)
    await restraints.begin((), 600.0, "new disk", "ada", until_green=False)
    for at in (1.0, 2.0, 3.0):
        paged.look("system-disk", critical("97 %"), at)
        await paged.pager.judge()
    assert paged.subjects == ["web"]
    paged.watchdog.ports.closed.clear()
    await paged.until(lambda: not paged.subjects)
    assert paged.told() == ["page web", "resolved web"]
    await restraints.end(restraints.windows()[0].id, "ada")
    await paged.pager.judge()
    assert paged.subjects == ["system-disk"]


async def test_when_too_much_fails_at_once_it_is_paged_once(make: Any) -> None:
    """All that wait for one to be tried are one page; the one that is tried in vain is its own."""
    names = [f"web-{number}" for number in range(8)]
    services = [scenario(name, port) for port, name in enumerate(names, start=1)]
    paged = await make(*(replace(one, start_timeout=0.5) for one in services))
    watchdog = paged.watchdog
    await watchdog.operations.run("up", (), lambda _: None)
    watchdog.ports.closed.update(range(1, 9))
    await paged.until(lambda: "common-cause" in paged.subjects)
    for _ in range(20):
        await paged.pager.judge()
    own = [subject for subject in paged.subjects if subject != "common-cause"]
    assert len(own) <= 1
    watchdog.ports.closed.clear()
    await paged.until(lambda: not paged.subjects)
    assert paged.told().count("page common-cause") == 1
    assert paged.told().count("resolved common-cause") == 1


async def test_heals_that_work_but_are_too_many_page_once(make: Any) -> None:
    paged = await make(scenario("web", 1), chronic=2, delays=(0.0,))
    watchdog = paged.watchdog
    await watchdog.operations.run("up", (), lambda _: None)
    for times in (1, 2, 3):
        await watchdog.keeper.signal(watchdog.launch_id("web"), 9)

        async def healed(times: int = times) -> bool:
            found = [heal["outcome"] for heal in await watchdog.heals("web")]
            return found == ["healed"] * times

        await eventually(healed, f"healed {times} times")
        await paged.pager.judge()
    assert paged.told() == ["page web:chronic"]
    incident = paged.postbox.incident("web:chronic")
    assert "web was healed 2 times in 24 hours" in incident.title
    watchdog.board.tracked["web"].heals.clear()  # a day later
    await paged.pager.judge()
    assert paged.told() == ["page web:chronic", "resolved web:chronic"]


async def test_heals_that_a_person_asked_for_are_not_too_many(make: Any) -> None:
    paged = await make(scenario("web", 1), chronic=2, delays=(0.0,))
    watchdog = paged.watchdog
    await watchdog.operations.run("up", (), lambda _: None)
    web = watchdog.board.tracked["web"]
    for _ in range(3):
        await watchdog.reactor.act(web, "restart", "ada")
    assert [heal["outcome"] for heal in await watchdog.heals("web")] == ["done"] * 3
    web.heals.extend([watchdog.clock.wall()] * 2)  # of two that did not help
    await paged.pager.judge()
    assert paged.told() == []


async def test_nor_does_the_next_watchdog_count_those(tmp_path: Path) -> None:
    stack = stack_of(scenario("web", 1))
    async with MemoryWatchdog(tmp_path, stack) as first:
        await first.operations.run("up", (), lambda _: None)
        await first.reactor.act(first.board.tracked["web"], "restart", "ada")
        await until(lambda: not first.board.tracked["web"].acting)
    async with MemoryWatchdog(tmp_path, stack, first.keeper) as after:
        assert not after.board.tracked["web"].heals
        assert not after.board.tracked["web"].starts, "nothing had failed"


async def test_heals_go_into_the_digest_and_page_nobody(make: Any) -> None:
    paged = await make(scenario("web", 1))
    watchdog, clock = paged.watchdog, paged.watchdog.clock
    await watchdog.operations.run("up", (), lambda _: None)
    since = clock.wall()
    await watchdog.keeper.signal(watchdog.launch_id("web"), 9)
    await until(lambda: watchdog.started("web") == 2)

    async def healed() -> bool:
        return [heal["outcome"] for heal in await watchdog.heals("web")] == ["healed"]

    await eventually(healed, "it is healed")
    await paged.pager.judge()
    assert paged.told() == []
    digester = Digester(watchdog.history, watchdog.ledger, paged.store, paged.postbox, clock, WHERE)
    period = Period(since, clock.wall() + 1)
    await digester.post(period)
    (posted,) = paged.postbox.box.deliveries.values()
    assert posted.message.kind == "digest"
    assert "- web: healed (killed by signal 9)" in posted.message.body
    await digester.post(Period(period.until, period.until + 1))
    assert len(paged.postbox.box.deliveries) == 1
