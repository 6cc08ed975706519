"""A watchdog whose every move the test makes: nothing happens by itself, and what it decides can be
compared with what it says that it would decide.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from signal import SIGKILL
from typing import Any, TypeVar

from tests.support.memory_watchdog import MemoryWatchdog, stack_of
from tests.support.until import until
from vrooli.autoheal.plan import Planner
from vrooli.autoheal.replay import Replayed, replay
from vrooli.autoheal.tracker import Tracked
from vrooli.core.ports.keeper import nobody_waits
from vrooli.host.memory.clock import MemoryClock
from vrooli.stack.model import Health, Service
from vrooli.stack.progress import silent

T = TypeVar("T")


def service(name: str, port: int, **values: Any) -> Service:
    """One that is looked at when the test says so; a start that is not healthy at once fails."""
    health = Health("tcp", str(port), interval=3600.0, timeout=0.4, failures=1)
    return Service(
        name,
        name,
        "scenario",
        "scenario",
        health=health,
        command=(name,),
        start_timeout=0.0,
        **values,
    )


class TickingClock(MemoryClock):
    """Stands still but for a microsecond whenever it is asked: no two moments are the same."""

    TICK = 1e-6

    def monotonic(self) -> float:
        """Seconds that never jump."""
        self._monotonic += self.TICK
        self._wall += self.TICK
        return self._monotonic

    def _move_to(self, monotonic: float) -> None:
        super()._move_to(max(monotonic, self._monotonic))


class HandMadeWatchdog:
    """`db` on port 1, `web` on port 2, which needs it, `lone` on 3 and `ghost` on 4, in shadow."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vrooli-agreement-"))
        self.loop = asyncio.new_event_loop()
        self.clock = TickingClock()
        stack = stack_of(
            service("db", 1),
            service("web", 2, needs=("db",)),
            service("lone", 3),
            service("ghost", 4, heal="shadow"),
            stability=1.0,
            heal_budget=6,
            heal_window=100.0,
            delays=(0.0, 2.0, 30.0),
            decay=60.0,
        )
        self.dog = self.run(self._made(stack))
        self.planner = Planner(self.dog.board, self.dog.situations, self.clock)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """To its end, and until what it set off has come to rest."""
        return self.loop.run_until_complete(work)

    async def _made(self, stack: Any) -> MemoryWatchdog:
        dog = MemoryWatchdog(self.folder, stack, clock=self.clock)
        await dog.history.start()
        await dog.loop.start()
        self._hearing = asyncio.create_task(self._hear(dog))
        await dog.operations.run("up", (), silent)
        for tracked in dog.board.tracked.values():
            tracked.queued = False
            await dog.reactor.on_look(tracked, await dog.observer.look(tracked))
        return dog

    async def _hear(self, dog: MemoryWatchdog) -> None:
        async for ended in dog.keeper.exits(0, nobody_waits):
            dog.supervisor.note_exit(ended)
            await dog.reactor.on_exit(ended)

    async def rest(self) -> None:
        """Until no heal is acting."""
        board = self.dog.board
        for _ in range(5):  # what comes to rest may have set off something
            await until(lambda: not any(tracked.acting for tracked in board.tracked.values()))
            await asyncio.sleep(0.002)

    # What happens

    async def kill(self, name: str) -> None:
        """Its process ends."""
        if self.dog.supervisor.running(self.tracked(name).service):
            await self.dog.keeper.signal(self.dog.launch_id(name), SIGKILL)
        await self.rest()

    async def look(self, name: str) -> None:
        """It is looked at."""
        tracked = self.tracked(name)
        await self.dog.reactor.on_look(tracked, await self.dog.observer.look(tracked))
        await self.rest()

    async def operate(self, action: Any, name: str) -> None:
        """An operator stops or starts it."""
        await self.dog.operations.run(action, [name], silent)
        await self.rest()

    async def later(self, seconds: float) -> None:
        """Time passes."""
        await self.clock.advance(seconds)
        await self.rest()

    # What is decided

    def tracked(self, name: str) -> Tracked:
        """What the watchdog knows of it."""
        return self.dog.board.tracked[name]

    async def compare(self, name: str) -> None:
        """Ask what would be done about `name`, have it decided, and compare."""
        tracked = self.tracked(name)
        if tracked.failure is None or self.dog.board.busy(tracked):
            return
        await self.planner.look()
        said = self.planner.explain(name)
        planned = [row for row in self.planner.plan() if row["service"] == name]
        before = len(await self.decisions())
        await self.dog.reactor.consider(tracked)
        await self.rest()
        done = tracked.decision
        recorded = (await self.decisions())[before:]
        mine = [entry["data"] for entry in recorded if entry["subject"] == name]
        decided = (mine[0]["verdict"], mine[0]["rule"]) if mine else None
        if decided is None:
            assert done is not None, "a failure stands without a decision"
            decided = (done.verdict, done.rule)
        assert decided == (said["verdict"], said["rule"])
        assert [(row["verdict"], row["rule"]) for row in planned] == [decided]
        matching = [rule for rule in said["rules"] if rule["verdict"]]
        assert (matching[0]["rule"] if matching else "heal") == decided[1]

    async def decisions(self) -> list[dict[str, Any]]:
        """All that were recorded, the oldest first; those of this moment too."""
        await self.dog.history.put_state("a turn of the writer", 1)
        return await self.dog.ledger.decisions(0, 10_000)

    def replayed(self) -> list[Replayed]:
        """All of them, decided again by the same policy."""
        records = self.run(self.decisions())
        return replay(records, self.dog.supervisor.stack.autoheal)

    def close(self) -> None:
        """End it."""
        self._hearing.cancel()
        self.run(asyncio.wait({self._hearing}))
        self.run(self.dog.die())
        self.loop.close()
        shutil.rmtree(self.folder)
