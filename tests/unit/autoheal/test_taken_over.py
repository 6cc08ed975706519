"""An operator stops a service by way of its manager at an awkward moment: it stays stopped."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, container, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.tracker import Tracked
from vrooli.host.clock import SystemClock
from vrooli.host.memory.manager import MemoryManager
from vrooli.stack.model import Health
from vrooli.stack.progress import silent

PAUSED = {"asked": True, "message": "paused"}

Act = Callable[[], None]
Up = Callable[..., AbstractAsyncContextManager[MemoryWatchdog]]


class SlowManager(MemoryManager):
    """A stop takes as long as the test lets it, and the news of what happens may be lost.

    Attributes:
        stopping: what is being stopped.
        told: whether all that happened was told.
    """

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.stopping: list[str] = []
        self.told = True
        self.stops = asyncio.Event()
        self.stops.set()

    async def stop(self, name: str, seconds: float) -> None:
        """See the base."""
        self.stopping.append(name)
        await self.stops.wait()
        await super().stop(name, seconds)

    def unheard(self, happens: Act) -> None:
        """Nobody is told: who looks sees it."""
        self.told = False
        listening, self._listening = self._listening, set()
        happens()
        self._listening = listening


@pytest.fixture
def manager() -> SlowManager:
    made = SlowManager()
    made.add("box", healthy=True)
    return made


@pytest.fixture
def up(tmp_path: Path, manager: SlowManager) -> Up:
    """A watchdog that has brought `box` and the `web` that it needs up."""

    @asynccontextmanager
    async def made(interval: float = 0.5, **settings: Any) -> AsyncIterator[MemoryWatchdog]:
        health = Health("process", interval=interval, timeout=0.4, failures=1)
        box = container("box", needs=("web",), health=health)
        stack = stack_of(box, scenario("web", 1), **settings)
        async with MemoryWatchdog(tmp_path, stack, manager=manager) as watchdog:
            await watchdog.operations.run("up", (), silent)
            await until(lambda: box_of(watchdog).healthy)
            yield watchdog

    return made


@pytest.fixture(params=["heard", "unheard"])
def stop(request: pytest.FixtureRequest, manager: SlowManager) -> Act:
    """`docker stop box`."""

    def by_hand() -> None:
        manager.stop_by_hand("box")

    return by_hand if request.param == "heard" else lambda: manager.unheard(by_hand)


def box_of(watchdog: MemoryWatchdog) -> Tracked:
    return watchdog.board.tracked["box"]


def waits(watchdog: MemoryWatchdog, rule: str) -> bool:
    decision = box_of(watchdog).decision
    return decision is not None and decision.rule == rule


async def quiet(watchdog: MemoryWatchdog) -> None:
    """Some looks and sweeps have gone by, and nothing goes on."""
    sweeps = watchdog.loop.sweeps
    await until(lambda: watchdog.loop.sweeps >= sweeps + 2)
    assert box_of(watchdog).failure is None
    assert not watchdog.board.busy(box_of(watchdog))
    assert box_of(watchdog).backoff.level == 0


async def left_alone(watchdog: MemoryWatchdog, starts: int, *outcomes: str) -> None:
    """It is known that an operator stopped it; it was not started more often than that."""
    await until(lambda: not watchdog.board.wanted.running("box"))
    await quiet(watchdog)
    assert watchdog.board.stopped_by == {"box": "docker stop"}
    assert watchdog.manager.started == ["box"] * starts
    assert (await watchdog.manager.look("box")).phase == "ended"
    heals = await watchdog.heals("box")
    assert [heal["outcome"] for heal in heals if heal["rule"] == "heal"] == [*outcomes]


async def test_while_its_failure_waits_for_the_next_heal(
    up: Up, manager: SlowManager, stop: Act
) -> None:
    async with up(delays=(600.0,), interval=60.0) as watchdog:
        manager.becomes("box", healthy=False)
        await until(lambda: waits(watchdog, "backoff"))
        stop()
        box_of(watchdog).backoff = Backoff()  # its time has come
        await watchdog.reactor.consider(box_of(watchdog))
        await left_alone(watchdog, 1, "unverifiable")


async def test_while_that_is_known_and_not_written_down_yet(up: Up, manager: SlowManager) -> None:
    async with up(delays=(600.0,)) as watchdog:
        box = box_of(watchdog)
        manager.becomes("box", healthy=False)
        await until(lambda: waits(watchdog, "backoff"))
        manager.unheard(lambda: manager.stop_by_hand("box"))
        watchdog.supervisor.note_held(box.service, await manager.look("box"))
        box.backoff = Backoff()
        await watchdog.reactor.consider(box)
        assert waits(watchdog, "in-hand")
        await left_alone(watchdog, 1)


async def test_while_it_waits_for_what_it_needs(up: Up, manager: SlowManager, stop: Act) -> None:
    async with up(interval=60.0) as watchdog:
        watchdog.ports.closed.add(1)
        await until(lambda: not watchdog.board.tracked["web"].healthy)
        manager.becomes("box", healthy=False)
        await until(lambda: waits(watchdog, "root-cause"))
        stop()
        watchdog.ports.closed.clear()
        await left_alone(watchdog, 1)


async def test_while_its_failure_is_being_confirmed(
    up: Up, manager: SlowManager, stop: Act
) -> None:
    async with up() as watchdog:
        asked, answers = asyncio.Event(), asyncio.Event()

        async def hang() -> None:
            asked.set()
            await answers.wait()

        watchdog.ports.before[1] = hang  # the look at what it needs, before it is blamed
        manager.becomes("box", healthy=False)
        await asked.wait()
        stop()
        answers.set()
        begun = ["unverifiable"] if not manager.told else []  # it finds out before it acts
        await left_alone(watchdog, 1, *begun)


async def test_while_its_heal_stops_it(up: Up, manager: SlowManager, stop: Act) -> None:
    manager.stops.clear()
    async with up() as watchdog:
        manager.becomes("box", healthy=False)
        await until(lambda: manager.stopping == ["box"])
        stop()
        manager.stops.set()
        await left_alone(watchdog, 1, "unverifiable")


async def test_while_its_heal_is_verified(up: Up, manager: SlowManager, stop: Act) -> None:
    manager.add("box")  # as nothing says how it is, it must stay up for a while
    async with up() as watchdog:
        manager.end("box", code=1)
        await until(lambda: len(manager.started) == 2)
        stop()
        await left_alone(watchdog, 2, "unverifiable")


async def test_while_its_heal_must_last(up: Up, manager: SlowManager, stop: Act) -> None:
    async with up(stability=600.0) as watchdog:
        manager.end("box", code=1)
        await until(lambda: box_of(watchdog).healthy and len(manager.started) == 2)
        stop()
        await left_alone(watchdog, 2, "unverifiable")


async def test_while_an_operation_starts_it(up: Up, manager: SlowManager, stop: Act) -> None:
    manager.add("box")
    async with up() as watchdog:
        restart = asyncio.create_task(watchdog.operations.run("restart", ("box",), silent))
        await until(lambda: len(manager.started) == 2)
        stop()
        assert (await restart).failed == ("box",)
        await left_alone(watchdog, 2)


async def test_while_its_watchdog_is_replaced_in_a_heal(
    up: Up, tmp_path: Path, manager: SlowManager
) -> None:
    manager.add("box")
    async with up() as first:
        manager.end("box", code=1)
        await until(lambda: len(manager.started) == 2)
    manager.stop_by_hand("box")
    async with MemoryWatchdog(
        tmp_path, first.supervisor.stack, first.keeper, manager=manager
    ) as second:
        await left_alone(second, 2, "unverifiable")


async def test_one_that_stands_still_is_not_stopped_by_a_heal(up: Up, manager: SlowManager) -> None:
    async with up(delays=(600.0,), interval=60.0) as watchdog:
        manager.becomes("box", healthy=False)
        await until(lambda: waits(watchdog, "backoff"))
        manager.unheard(lambda: manager.becomes("box", **PAUSED))
        box_of(watchdog).backoff = Backoff()
        await watchdog.reactor.consider(box_of(watchdog))
        await until(lambda: box_of(watchdog).failure is None)
        await quiet(watchdog)
        assert (manager.stopped, manager.started) == ([], ["box"])
        manager.becomes("box", asked=False, message="")
        await until(lambda: waits(watchdog, "backoff"))


@pytest.mark.parametrize("told", [True, False])
async def test_nor_while_it_is_verified(up: Up, manager: SlowManager, told: bool) -> None:
    manager.add("box")
    async with up() as watchdog:
        manager.end("box", code=1)
        await until(lambda: len(manager.started) == 2)
        if told:
            manager.becomes("box", **PAUSED)
        else:
            manager.unheard(lambda: manager.becomes("box", **PAUSED))
        await until(lambda: not watchdog.board.busy(box_of(watchdog)))
        await quiet(watchdog)
        assert (manager.stopped, len(manager.started)) == ([], 2)
        assert [heal["outcome"] for heal in await watchdog.heals("box")] == ["unverifiable"]
        manager.becomes("box", asked=False, message="")
        await until(lambda: box_of(watchdog).healthy)
