"""A watchdog's core on a keeper in memory: services are rows, as healthy as the test says."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.kinds import machine
from vrooli.autoheal.board import Board
from vrooli.autoheal.canary import Canary
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.events import Events
from vrooli.autoheal.history import History, Settings
from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.hosthealing import HostHealing
from vrooli.autoheal.jobs.book import Book
from vrooli.autoheal.jobs.jobs import JobParts, Jobs
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.loop import Loop, Parts
from vrooli.autoheal.operations import Operations
from vrooli.autoheal.policy import Symptom
from vrooli.autoheal.reactor import Reactor
from vrooli.autoheal.restraints import Restraints
from vrooli.autoheal.scheduled import Scheduled
from vrooli.autoheal.situation import Situations
from vrooli.autoheal.suspicion import Suspicion
from vrooli.autoheal.tracker import Tracked
from vrooli.autoheal.watch import Observer
from vrooli.core.address import Address, HostPort
from vrooli.core.errors import NobodyListens
from vrooli.core.home import Home
from vrooli.core.launch import Exit
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.keeper import CaughtUp
from vrooli.core.result import Result, not_applicable
from vrooli.host.clock import SystemClock
from vrooli.host.memory.executor import MemoryExecutor
from vrooli.host.memory.files import MemoryFiles
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.manager import MemoryManager
from vrooli.host.memory.processes import MemoryProcesses
from vrooli.host.memory.resolver import MemoryResolver
from vrooli.host.memory.routes import MemoryRoutes
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.memory.streams import MemoryStream
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.model import AutohealSettings, Health, Service, Stack
from vrooli.stack.runtime import Context
from vrooli.stack.supervisor import Supervisor
from vrooli.stack.wanted import Wanted

OWN_PORT = 3002
"""Of the watchdog's API."""


class Ports:
    """Port `Streams`: every port takes connections, except those in `closed`.

    Attributes:
        before: by port, what is awaited before a connection is taken.
        asked: the ports that somebody wanted to connect to, in order.
    """

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.closed: set[int] = set()
        self.before: dict[int, Callable[[], Awaitable[None]]] = {}

    async def open(self, address: Address) -> MemoryStream:
        """Connect."""
        port = address.port if isinstance(address, HostPort) else 0
        self.asked.append(port)
        if port in self.before:
            await self.before[port]()
        if port in self.closed:
            raise NobodyListens("connection refused", where=str(address))
        return MemoryStream.pair()[0]


class Exits:
    """The endings of the keeper in memory, as `KeeperLink` follows them.

    Attributes:
        before: awaited before the first of them comes.
    """

    def __init__(self, keeper: MemoryKeeper, before: Callable[[], Awaitable[object]]) -> None:
        self._keeper, self.before = keeper, before
        self.keeper_id = f"memory {id(keeper)}"

    async def follow(
        self, seen: Callable[[str], Coroutine[Any, Any, int]], caught_up: CaughtUp
    ) -> AsyncIterator[Exit]:
        """After the position that was seen."""
        await self.before()
        async for ended in self._keeper.exits(await seen(self.keeper_id), caught_up):
            yield ended


class NoMachine(HostChecker):
    """What looks at a machine fails, because there is none: that is no finding."""

    async def look(self, item: HostCheck) -> Result:
        """See the base."""
        result = await super().look(item)
        defect = result.message.startswith("could not look: the check failed")
        return not_applicable("there is no machine") if defect else result


async def at_once() -> None:
    """Endings are told without a delay."""


def scenario(name: str, port: int, **values: Any) -> Service:
    """A scenario that is probed at `port`."""
    health = Health("tcp", str(port), interval=0.5, timeout=0.4)
    return Service(name, name, "scenario", "scenario", health=health, command=(name,), **values)


def container(name: str, **values: Any) -> Service:
    """A scenario in a container of its name, as healthy as its manager says."""
    values.setdefault("health", Health("process", interval=0.5, timeout=0.4, failures=1))
    values = {"runtime": "docker", "held": name, "start_timeout": 5.0, **values}
    return Service(name, name, "scenario", "scenario", **values)


def made(name: str, **values: Any) -> Service:
    """A scenario for which a unit is made, as healthy as its manager says."""
    held = f"vrooli-test@{name}.service"
    return container(name, **{"runtime": "systemd", "held": held, "command": (name,), **values})


def stack_of(*services: Service, **settings: Any) -> Stack:
    """A stack of `services` with short windows."""
    chosen = {"stability": 0.2, "sweep": 0.5, **settings}
    return Stack("test", {s.name: s for s in services}, AutohealSettings(**chosen))


class OneGate:
    """The same reason for all, empty for none. `answers` is cleared for a look that hangs."""

    def __init__(self) -> None:
        self.closed = ""
        self.answers = asyncio.Event()
        self.answers.set()

    async def look(self, _: Symptom | None = None) -> None:
        """Nothing to see."""
        await self.answers.wait()

    def reason(self, _: Tracked) -> str:
        """As set."""
        return self.closed


class MemoryWatchdog:
    """One watchdog. The next one on the same `folder` and `keeper` takes over after its death;
    `exits_after` is awaited before it hears of endings.
    """

    def __init__(
        self,
        folder: Path,
        stack: Stack,
        keeper: MemoryKeeper | None = None,
        clock: Clock | None = None,
        boot: str = "boot",
        exits_after: Callable[[], Awaitable[object]] = at_once,
        manager: MemoryManager | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.keeper = keeper or MemoryKeeper(self.clock)
        self.manager = manager or MemoryManager(self.clock)
        self.ports = Ports()
        self.executor = MemoryExecutor()
        self.gate = OneGate()
        home = Home(folder / "home", folder / "run")
        home.logs.mkdir(parents=True, exist_ok=True)
        self.history_path = home.spool
        self.history = History(home.spool, boot, self.clock, Settings(commit_seconds=1.0))
        tools = ProbeTools(
            Place(home, machine(root=False), MemorySecrets()), self.ports, self.keeper, self.clock
        )
        context = Context(stack, tools, MemoryProcesses(), self.executor, {})
        context.managers = {"docker": self.manager, "systemd": self.manager}
        self.supervisor = Supervisor(context)
        self.board = Board(self.supervisor, Wanted(home.wanted_json, home.wanted_stand_in))
        self.events = Events()
        self.ledger = Ledger(self.history, self.events, self.clock, boot)
        lag = LoopLag(self.clock)
        self.routes = MemoryRoutes()
        self.store_trouble = ""
        self.suspicion = Suspicion(lag, self._canary(), lambda: self.store_trouble, self.clock)
        self.observer = Observer(self.board, self.clock, self.suspicion)
        self.restraints = Restraints(self.ledger, self.clock, self._scheduled())
        self.situations = Situations(self.board, self.restraints, self.gate, self.clock)
        self.reactor = Reactor(
            self.board, self.ledger, self.situations, look=self.observer.look, clock=self.clock
        )
        healing = HostHealing(self.board, self.ledger, self.restraints, self.executor, self.clock)
        self.checker = NoMachine(self.board, self._facts, self.ledger, healing, self.suspicion)
        self.jobs = Jobs(self._job_parts(self.checker, boot))
        self.operations = Operations(self.board, self.reactor, self.ledger, self.clock, self.jobs)
        self.loop = self._loop(self.checker, healing, lag, Exits(self.keeper, exits_after))
        self._running: set[asyncio.Task[None]] = set()

    def _loop(self, checker: HostChecker, healing: HostHealing, lag: LoopLag, exits: Exits) -> Loop:
        return Loop(
            Parts(
                board=self.board,
                reactor=self.reactor,
                situations=self.situations,
                observer=self.observer,
                host_checker=checker,
                host_healing=healing,
                ledger=self.ledger,
                lag=lag,
                exits=exits,
                operations=self.operations,
                restraints=self.restraints,
                clock=self.clock,
            )
        )

    def _scheduled(self) -> Scheduled:
        return Scheduled(lambda: self.supervisor.stack.maintenance, lambda _: UTC)

    def _canary(self) -> Canary:
        """A machine with a link, and a port of its own that takes connections."""
        files = MemoryFiles({"/sys/class/net/eth0/operstate": "up"})
        own = HostPort("127.0.0.1", OWN_PORT)
        return Canary(files, self.routes, MemoryResolver(), self.ports, lambda: own)

    def _job_parts(self, checker: HostChecker, boot: str) -> JobParts:
        return JobParts(
            board=self.board,
            book=Book(self.history, self.events, self.clock),
            ledger=self.ledger,
            checker=checker,
            boot=boot,
            zone=lambda name: UTC,
            spawn=self.reactor.spawn,
            rotate=at_once,
        )

    async def __aenter__(self) -> "MemoryWatchdog":
        await self.history.start()
        await self.loop.start()
        await self.jobs.start()
        self._running = {
            asyncio.create_task(self.loop.run()),
            asyncio.create_task(self.jobs.run()),
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def die(self) -> None:
        """End at once; what it started runs on."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        await self.reactor.close()
        await self.history.close()

    @contextmanager
    def slow_disk(self) -> Iterator[None]:
        """Nothing can be written to the history."""
        with closing(sqlite3.connect(self.history_path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def launch_id(self, name: str) -> str:
        """Of what runs now."""
        return self.supervisor.context.launches[name].launch_id

    def started(self, name: str) -> int:
        """How often `name` was spawned."""
        return sum(1 for spec in self.keeper.spawned if spec.service == name)

    async def heals(self, name: str) -> list[dict[str, Any]]:
        """Its heals, the newest first."""
        return [heal for heal in await self.ledger.heals(0, 100) if heal["subject"] == name]

    def _facts(self) -> Any:
        """There is no machine to look at; what does not look at it, works."""
        return SimpleNamespace(stack=self.supervisor.stack)
