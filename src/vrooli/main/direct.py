"""Acting without a watchdog: a command takes its place for as long as it runs."""

import asyncio
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.board import Board
from vrooli.autoheal.status import StatusView
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import ConfigError, Refused, Unreachable, VrooliError
from vrooli.core.home import GO_ON_RECOVERING, Home
from vrooli.core.ports.keeper import Keeper
from vrooli.core.status import Status, worst
from vrooli.host.clock import SystemClock
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.locks import FileLock
from vrooli.host.processes import LocalProcesses
from vrooli.host.recorded import RecordedKeeper
from vrooli.host.start_keeper import Starter, answering, is_stopped, keeper_identity, reach_keeper
from vrooli.main.assemble import context_for
from vrooli.main.boot import start_protected
from vrooli.main.cut_short import cleaned
from vrooli.main.places import make_home, this_machine
from vrooli.stack import touching
from vrooli.stack.beside import end_beside
from vrooli.stack.compiled import read_compiled
from vrooli.stack.job_launch import end_jobs
from vrooli.stack.model import AUTOHEAL, Stack
from vrooli.stack.naming import resolve
from vrooli.stack.progress import Step
from vrooli.stack.supervisor import Outcome, Supervisor
from vrooli.stack.upgrading import Upgraded, Wish, around, carry_out, plan, upgrade_of
from vrooli.stack.wanted import Wanted

STOPS = ("stop", "down", "halt")
"""What takes things down: it must work where nothing can be started or written."""

ENDED = "it was ended in the middle: there is no watchdog to go on with it"
"""What Ctrl-C does here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation. `wish` says more about an upgrade."""

    action: str
    names: Sequence[str] = ()
    wish: Wish | None = None


def operate(
    home: Home,
    asked: Asked,
    environment: Mapping[str, str],
    start: Starter = start_protected,
) -> Iterator[dict[str, Any]]:
    """Up, down, start, stop, restart or upgrade by ourselves; progress lines, the last one
    `{"done": true}`.
    `halt` stops everything and leaves what is meant to run as it is.

    Raises:
        Busy: a watchdog or another command holds the home.
        UsageError: a name is not in the stack.
    """
    lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
    work = _Work(_Direct(home, environment, lines, start), asked, lines)
    work.start()
    try:
        while (line := lines.get()) is not None:
            yield line
    except KeyboardInterrupt:
        work.end()
        raise KeyboardInterrupt(ENDED) from None
    except GeneratorExit:  # whoever reads was interrupted
        work.end()
        raise
    work.join()
    if work.failed is not None:
        raise work.failed


def unwatched_status(home: Home, environment: Mapping[str, str]) -> dict[str, Any]:
    """The status as far as it can be known without a watchdog. Reading only.

    Raises:
        ConfigError: nothing was brought up here yet.
    """
    try:
        return asyncio.run(_status(home, environment))
    except ConfigError as error:
        if not home.recovery.exists():
            raise
        raise ConfigError(
            "the stack is being made anew here, and that is not done",
            where=str(home.root),
            next_step=GO_ON_RECOVERING,
        ) from error


class _Work(threading.Thread):
    """One operation beside whoever tells how far it is, and who has Ctrl-C."""

    def __init__(
        self, direct: "_Direct", asked: Asked, lines: "queue.Queue[dict[str, Any] | None]"
    ) -> None:
        super().__init__(name="operate")
        self._direct, self._asked, self._lines = direct, asked, lines
        self._begun = threading.Event()
        self._task: asyncio.Task[dict[str, Any]] | None = None
        self.failed: VrooliError | None = None

    def run(self) -> None:
        """See the base."""
        try:
            self._lines.put(asyncio.run(self._do()))
        except VrooliError as error:
            self.failed = error
        except asyncio.CancelledError:
            pass
        finally:
            self._begun.set()
            self._lines.put(None)

    def end(self) -> None:
        """Have it end early, in its order, and wait for that. Python ends its threads before it
        waits for ours, which could not clean up any more.
        """
        self._begun.wait()
        if self._task is not None:
            with suppress(RuntimeError):  # it has ended meanwhile
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        self.join()

    async def _do(self) -> dict[str, Any]:
        self._task = asyncio.create_task(self._direct.run(self._asked))
        self._begun.set()
        return await self._task


class _Direct:
    """One operation."""

    def __init__(
        self,
        home: Home,
        environment: Mapping[str, str],
        lines: "queue.Queue[dict[str, Any] | None]",
        start: Starter,
    ) -> None:
        self._home, self._environment, self._lines = home, environment, lines
        self._start = start

    async def run(self, asked: Asked) -> dict[str, Any]:
        action = asked.action
        if action not in STOPS:  # which must work on a disk that takes nothing
            make_home(self._home)
        stack = read_compiled(self._home.stack_json)
        chosen = resolve(stack, asked.names)
        lock = FileLock(self._home.watchdog_lock, "a watchdog or another command")
        lock.take()
        try:
            left = RecordedKeeper(self._home, LocalProcesses())
            if action in STOPS and keeper_identity(self._home) is None and not left.left:
                # Nothing runs: a keeper started for that would be what is left afterwards.
                return await self._with_keeper(left, stack, asked, chosen)
            nothing = keeper_identity(self._home) is None and not left.left
            async with await reach_keeper(self._home, self._start) as keeper:
                try:
                    return await self._with_keeper(keeper, stack, asked, chosen)
                finally:
                    if nothing and action == "upgrade":
                        with suppress(Unreachable, Refused):  # something runs now
                            await keeper.shutdown()
        finally:
            lock.release()

    async def _with_keeper(
        self, keeper: Keeper, stack: Stack, asked: Asked, chosen: set[str]
    ) -> dict[str, Any]:
        machine = this_machine(self._home)
        supervisor = Supervisor(context_for(stack, self._home, machine, keeper, self._environment))
        await supervisor.refresh()
        follower = asyncio.create_task(_follow(supervisor, keeper))
        try:
            await self._clean(supervisor, asked)
            gone = supervisor.undeclared()
            await supervisor.stop_undeclared(gone)
            for name in gone:
                self._report(Step(name, "stopped", "it is not declared any more"))
            wanted = Wanted(self._home.wanted_json, self._home.wanted_stand_in)
            if asked.action == "upgrade":
                done = await self._upgrade(supervisor, wanted, asked)
            else:
                done = Upgraded(await self._act(supervisor, wanted, asked.action, chosen), "")
        finally:
            follower.cancel()
        outcomes = done.outcomes
        failed = [name for name, outcome in outcomes.items() if outcome.error is not None]
        changed = len(gone) + sum(1 for outcome in outcomes.values() if outcome.changed)
        end = {"done": True, "ok": not failed, "changed": changed, "failed": failed}
        return {**end, "note": done.note or wanted.trouble}

    async def _clean(self, supervisor: Supervisor, asked: Asked) -> None:
        """A disk that takes nothing keeps nobody from stopping what runs."""
        try:
            for service, said in await cleaned(supervisor.context):
                self._report(Step(service, "preparing", said))
        except VrooliError:
            if asked.action not in STOPS:
                raise

    async def _upgrade(self, supervisor: Supervisor, wanted: Wanted, asked: Asked) -> Upgraded:
        wish = asked.wish or Wish()
        about = around(supervisor.stack, resolve(supervisor.stack, asked.names), wanted.running)
        upgrade = upgrade_of(about.service, supervisor.context, wish)
        if not await plan(upgrade, about.service, self._report) or wish.dry_run:
            return Upgraded({}, "")
        return await carry_out(upgrade, about, supervisor, self._report)

    async def _act(
        self, supervisor: Supervisor, wanted: Wanted, action: str, chosen: set[str]
    ) -> dict[str, Outcome]:
        stack, report = supervisor.stack, self._report
        if action == "halt":
            await end_jobs(supervisor.context.tools)
            await end_beside(supervisor.context.tools)
            return await supervisor.stop(stack.services, report)
        if action in ("stop", "down"):
            affected = touching.stopped(stack, chosen, wanted)
            everything = action == "down" and chosen == set(stack.services)
            wanted.stop_all() if everything else wanted.stop(chosen, affected)
            if everything:
                await end_jobs(supervisor.context.tools)
                await end_beside(supervisor.context.tools)
            return await supervisor.stop(affected, report)
        needed = touching.started(stack, chosen, wanted)
        wanted.start(needed, stack.services)
        if action == "restart":
            await supervisor.check(chosen)
            await supervisor.stop(chosen, report)
        return await supervisor.start(needed, report)

    def _report(self, step: Any) -> None:
        self._lines.put(step.to_json())


async def _follow(supervisor: Supervisor, keeper: Keeper) -> None:
    with suppress(Unreachable, Refused):
        async for ended in keeper.exits():
            supervisor.note_exit(ended)


async def _status(home: Home, environment: Mapping[str, str]) -> dict[str, Any]:
    stack = read_compiled(home.stack_json)
    machine = this_machine(home)
    keeper = await _keeper_of(home)
    supervisor = Supervisor(context_for(stack, home, machine, keeper, environment))
    await supervisor.refresh()
    board = Board(supervisor, Wanted(home.wanted_json, home.wanted_stand_in))
    board.tracked = {name: Tracked(service) for name, service in stack.services.items()}
    await asyncio.gather(*(_look(board, tracked) for tracked in board.tracked.values()))
    minded = isinstance(keeper, KeeperClient) and bool((await keeper.ping())["watching"])
    recovering = home.recovery.exists()
    itself = {**_itself(home, keeper), "expected": minded, "recovering": recovering}
    seen = StatusView(board, SystemClock(), lambda: itself).status()
    for row in seen["services"]:
        if row["name"] == AUTOHEAL:
            row["state"], row["health"] = "failed" if row["pid"] else "stopped", "unknown"
    up = any(tracked.result is not None for tracked in board.tracked.values())
    verdict = worst([Status(seen["status"]), Status.WARNING]) if up else Status.UNKNOWN
    if isinstance(keeper, KeeperClient):
        await keeper.close()
    return {**seen, "status": str(verdict)}


async def _keeper_of(home: Home) -> KeeperClient | RecordedKeeper:
    """The keeper that answers; else what the last one has left."""
    if not is_stopped(home):
        with suppress(Unreachable):
            return await answering(home)
    return RecordedKeeper(home, LocalProcesses())


def _itself(home: Home, keeper: KeeperClient | RecordedKeeper) -> dict[str, Any]:
    """The watchdog's part of the status, told by others."""
    itself: dict[str, Any] = {"running": False, "pid": None}
    if isinstance(keeper, RecordedKeeper) and keeper.left:
        hangs = keeper_identity(home) is not None
        what = "the keeper does not answer" if hangs else "there is no keeper"
        itself["pid"] = keeper.watchdog.identity.pid if keeper.watchdog is not None else None
        itself["trouble"] = [f"{what}: how a service ends is not noticed"]
    return itself


async def _look(board: Board, tracked: Tracked) -> None:
    service = tracked.service
    running = service.managed and board.supervisor.running(service)
    if service.heal != "off" and (running or not service.managed):
        tracked.result = await board.supervisor.look(service)
