"""Before somebody else is blamed, we look at ourselves."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.support.memory_watchdog import OWN_PORT, MemoryWatchdog, Ports, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.canary import Canary, is_loopback
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.suspicion import Asked, Suspicion, peer_of
from vrooli.core.address import HostPort
from vrooli.core.errors import Unreachable
from vrooli.core.result import Result, critical, ok
from vrooli.core.status import Status
from vrooli.host.clock import SystemClock
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.files import MemoryFiles
from vrooli.host.memory.resolver import MemoryResolver
from vrooli.host.memory.routes import MemoryRoutes
from vrooli.stack.model import Health, Service
from vrooli.stack.progress import silent

REMOTE, NAMED, OTHER = "198.51.100.7", "api.example", "203.0.113.9"
UP = {"/sys/class/net/eth0/operstate": "up", "/sys/class/net/lo/operstate": "unknown"}
DOWN = {**UP, "/sys/class/net/eth0/operstate": "lowerlayerdown"}
FAILED = critical("no answer within 2 s")


class Machine:
    """One whose network the test breaks."""

    def __init__(self, links: dict[str, str] | None = None) -> None:
        self.clock, self.ports, self.routes = MemoryClock(), Ports(), MemoryRoutes()
        self.lag, self.store = LoopLag(self.clock), ""
        self.canary = Canary(
            MemoryFiles(UP if links is None else links),
            self.routes,
            MemoryResolver({NAMED: [REMOTE]}),
            self.ports,
            lambda: HostPort("0.0.0.0", OWN_PORT),
        )
        self.suspicion = Suspicion(self.lag, self.canary, lambda: self.store, self.clock)

    async def weigh(self, result: Result = FAILED, peer: str = REMOTE) -> Result:
        return await self.suspicion.weigh(result, Asked(self.clock.monotonic(), 2.0, peer))

    def breaks(self, why: Callable[[], Awaitable[None]]) -> None:
        """What happens to whoever connects to ourselves."""
        self.ports.before[OWN_PORT] = why


async def no_descriptors() -> None:
    raise Unreachable("too many open files")


@pytest.mark.parametrize("peer", [REMOTE, NAMED, "nobody.knows", "::1", "localhost", ""])
async def test_on_a_sound_network_a_failure_is_the_peers(peer: str) -> None:
    assert await Machine().weigh(peer=peer) == FAILED


async def test_without_a_link_nothing_is_said_about_others_and_much_about_what_runs_here() -> None:
    machine = Machine(DOWN)
    weighed = await machine.weigh()
    assert weighed.status is Status.UNKNOWN
    assert weighed.message == "this machine has no link (eth0): no answer within 2 s"
    assert await machine.weigh(peer="127.0.0.1") == FAILED
    assert await machine.weigh(peer="") == FAILED
    assert (await Machine({}).weigh()).status is Status.UNKNOWN


async def test_without_a_way_to_somebody_nothing_is_said_about_him() -> None:
    machine = Machine()
    machine.routes.cut.add(REMOTE)
    for peer in (REMOTE, NAMED):
        weighed = await machine.weigh(peer=peer)
        assert weighed.status is Status.UNKNOWN
        assert f"knows no way to {peer}" in weighed.message
    assert await machine.weigh(peer=OTHER) == FAILED
    assert await machine.weigh(peer="nobody.knows") == FAILED
    machine.routes.down = True
    assert (await machine.weigh(peer="nobody.knows")).status is Status.UNKNOWN


async def test_while_somebody_else_answers_the_network_is_not_to_blame() -> None:
    machine = Machine(DOWN)
    began = machine.clock.monotonic()
    await machine.clock.advance(1.0)
    for reached in (ok("HTTP 200"), critical("HTTP 500", http_status=500)):
        assert (await machine.weigh(reached, OTHER)) == reached
    asked = Asked(began, 2.0, REMOTE)
    assert await machine.suspicion.weigh(FAILED, asked) == FAILED
    await machine.clock.advance(1.0)
    assert (await machine.weigh()).status is Status.UNKNOWN, "that answer was of before"


async def test_what_answered_was_reached_whatever_the_network_says() -> None:
    machine = Machine(DOWN)
    refused = critical("refuses our password", answered=True)
    assert await machine.weigh(refused) == refused


async def test_when_we_cannot_connect_to_ourselves_no_look_says_anything() -> None:
    machine = Machine()
    machine.breaks(no_descriptors)
    for peer in (REMOTE, "127.0.0.1", "localhost"):
        weighed = await machine.weigh(peer=peer)
        assert weighed.status is Status.UNKNOWN
        assert "cannot connect to itself (too many open files)" in weighed.message
    assert await machine.weigh(peer="") == FAILED, "it asked nobody"


async def test_an_api_that_has_no_port_does_not_make_us_blind() -> None:
    machine = Machine()
    machine.ports.closed.add(OWN_PORT)
    assert await machine.weigh() == FAILED


async def test_an_own_loop_that_is_late_explains_any_failure() -> None:
    clock, machine = SystemClock(), Machine()
    lag = LoopLag(clock)
    suspicion = Suspicion(lag, machine.canary, lambda: "", clock)
    measuring = asyncio.create_task(lag.measure())
    await asyncio.sleep(0)
    began = clock.monotonic()
    time.sleep(0.8)  # the loop stands still
    await until(lambda: lag.worst_since(began) > 0)
    measuring.cancel()
    weighed = await suspicion.weigh(FAILED, Asked(began, 1.0))
    assert weighed.status is Status.UNKNOWN
    assert "the watchdog itself was late" in weighed.message
    assert await suspicion.weigh(FAILED, Asked(began, 10.0)) == FAILED


async def test_only_what_judges_by_our_own_records_depends_on_them() -> None:
    machine = Machine()
    machine.store = "the disk is full"
    assert await machine.weigh() == FAILED
    recalled = Asked(machine.clock.monotonic(), 2.0, recalls=True)
    weighed = await machine.suspicion.weigh(FAILED, recalled)
    assert (weighed.status, "the disk is full" in weighed.message) == (Status.UNKNOWN, True)


@pytest.mark.parametrize(
    ("health", "values", "peer"),
    [
        (Health("http", "https://api.example:444/x"), {}, "api.example"),
        (Health("http", "/x"), {"port": 1}, "localhost"),
        (Health("http", "/x"), {"port": 1, "host": REMOTE}, "localhost"),
        (Health("tcp", "1"), {"port": 1, "host": REMOTE, "runtime": "external"}, REMOTE),
        (Health("kind"), {"host": REMOTE, "runtime": "external"}, REMOTE),
        (Health("kind"), {"url": "env:DB", "runtime": "external"}, ""),
        (Health("exec"), {"port": 1}, ""),
        (Health("process"), {}, ""),
    ],
)
def test_whom_a_probe_asks(health: Health, values: dict[str, object], peer: str) -> None:
    service = Service("web", "web", "scenario", "scenario", health=health, **values)  # type: ignore[arg-type]  # names and values match
    assert peer_of(service) == peer


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "127.8.8.8", "::1", "0.0.0.0"])
def test_what_is_loopback(host: str) -> None:
    assert is_loopback(host)
    assert not is_loopback(f"{host or 'x'}.example")


async def test_nothing_is_healed_while_we_cannot_look_and_what_ended_is(tmp_path: Path) -> None:
    stack = stack_of(scenario("hung", 1), scenario("gone", 2))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        hung, gone = watchdog.board.tracked["hung"], watchdog.board.tracked["gone"]
        await until(lambda: hung.healthy and gone.healthy)
        watchdog.ports.before[OWN_PORT] = no_descriptors
        watchdog.ports.closed.add(1)
        await watchdog.keeper.signal(watchdog.launch_id("gone"), SIGKILL)
        await until(lambda: watchdog.started("gone") == 2)
        await until(lambda: hung.result is not None and hung.result.status is Status.UNKNOWN)
        await asyncio.sleep(1.5)  # some looks more than it takes to confirm a failure
        assert (hung.failure, watchdog.started("hung")) == (None, 1)
        del watchdog.ports.before[OWN_PORT]
        await until(lambda: watchdog.started("hung") == 2)
        assert gone.healthy or gone.acting


async def test_a_failure_that_time_would_confirm_is_not_confirmed_by_an_unknown_look(
    tmp_path: Path,
) -> None:
    slow = Health("tcp", "1", interval=60.0, timeout=1.0, failures=2, over=5.0)
    service = Service("db", "db", "scenario", "scenario", health=slow, command=("db",), port=1)
    async with MemoryWatchdog(tmp_path, stack_of(service)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        db, look = watchdog.board.tracked["db"], watchdog.reactor.on_look
        await until(lambda: db.healthy)
        for _ in range(2):
            await look(db, critical("no answer"))
        db.looks = type(db.looks)(db.looks.failed, db.looks.since - 10.0)  # time passes
        await look(db, Result(Status.UNKNOWN, "could not look"))
        assert db.failure is None
        await look(db, critical("no answer"))
        assert db.failure is not None
