"""The jobs of the stack, in the watchdog: which are there, and when each is to be considered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from vrooli.autoheal.board import Board
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.jobs import state
from vrooli.autoheal.jobs.act import Actor, Tools
from vrooli.autoheal.jobs.book import Book
from vrooli.autoheal.jobs.check import job_check
from vrooli.autoheal.jobs.decide import Decision, decide
from vrooli.autoheal.jobs.held import Held
from vrooli.autoheal.jobs.run import Run
from vrooli.autoheal.jobs.runner import Runner
from vrooli.autoheal.jobs.state import JobState
from vrooli.autoheal.jobs.view import View
from vrooli.autoheal.ledger import Ledger
from vrooli.core.errors import Busy, Refused, StartFailed, UnknownName
from vrooli.core.nearest import did_you_mean
from vrooli.stack.model import Job, Stack
from vrooli.stack.progress import Report, Step

_log = logging.getLogger(__name__)

LONGEST_SLEEP = 5.0
"""Seconds after which every job is considered anew: so soon a clock that was set is noticed."""

SHORTEST_SLEEP = 0.01
"""Seconds; whatever a clock says, the watchdog has other work."""

DOWN_LOOK = 1.0
"""Seconds until the stack may be up again."""


@dataclass
class JobParts:
    """What jobs work with.

    Attributes:
        boot: the boot that monotonic times belong to.
        zone: a time zone by its name, local time for the empty one.
        spawn: runs work on the side, held so that it is not collected.
        rotate: has logs that are too large rotated, without waiting for it.
    """

    board: Board
    book: Book
    ledger: Ledger
    checker: HostChecker
    boot: str
    zone: Callable[[str], tzinfo]
    spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
    rotate: Callable[[], Awaitable[None]]


class Jobs:
    """Runs the jobs. Every method runs on the watchdog's loop."""

    def __init__(self, parts: JobParts) -> None:
        self._board, self._kick = parts.board, asyncio.Event()
        runner = Runner(parts.board.supervisor.context, parts.boot, parts.rotate)
        self._view = View(parts.board, runner.now, parts.zone)
        self._tools = Tools(
            runner, parts.book, parts.ledger, parts.checker, parts.spawn, self._news
        )
        self._actor = Actor(self._tools)
        self._held: dict[str, Held] = {}
        self._watching = False

    # -- what the watchdog does ----------------------------------------------------------------

    async def start(self) -> None:
        """Take on what is declared; nothing runs yet."""
        await self.replace(self._board.supervisor.stack)

    async def run(self) -> None:
        """For ever: 1. consider the jobs whose time has come, or to which something happened;
        2. sleep until the next of these times. Begins after the watchdog's loop, which watches the
        checks that it finds there.
        """
        self._watching = True
        for held in self._held.values():
            self._watch(held)
        while True:
            self._kick.clear()
            for held in [*self._held.values()]:
                await self._consider(held)
            now = self._tools.runner.now().monotonic
            pause = min((held.at - now for held in self._held.values()), default=LONGEST_SLEEP)
            try:
                async with asyncio.timeout(max(SHORTEST_SLEEP, pause)):
                    await self._kick.wait()
            except TimeoutError:
                continue

    async def replace(self, stack: Stack) -> None:
        """Take on an edited stack. A run of what is gone from it is ended; one of what changed
        goes on as it was started.
        """
        memories = await self._tools.book.load()
        for name in [name for name in self._held if name not in stack.jobs]:
            await self._let_go(self._held.pop(name))
        for name in memories.keys() - stack.jobs.keys():
            await self._tools.book.remember(name, None)
        for name, job in stack.jobs.items():
            await self._take_on(job, memories.get(name))
        declared = frozenset(job.launch_name for job in stack.jobs.values())
        self._tools.spawn(self._stop_undeclared(declared))
        self._kick.set()

    async def stop_all(self, report: Report) -> None:
        """End what runs: the stack goes down."""
        running = [held for held in self._held.values() if held.busy]
        for held in running:
            report(Step(held.job.check_id, "stopping"))
        for held in running:
            await self._stop(held)
            report(Step(held.job.check_id, "stopped"))

    def came_up(self) -> None:
        """What their checks found while the stack was down says nothing any more; they are looked
        at anew, at once.
        """
        for held in self._held.values():
            held.check.result = None
            self._news(held)

    # -- what operators ask for ----------------------------------------------------------------

    async def run_now(self, name: str, who: str) -> Run:
        """Run a job now, beside its schedule, because `who` asks; returns when it is under way.

        Raises:
            UsageError: there is no such job.
            Busy: it runs already.
            Refused: the stack is down, or a service that it needs is not healthy.
            VrooliError: it cannot be prepared or written down.
        """
        held = self._find(name)
        if held.busy:
            advice = "`vrooli job list` shows since when"
            raise Busy("it runs already", where=held.job.check_id, next_step=advice)
        self._require_ready(held)
        begun: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        task = self._actor.start(held, Decision("run", "run", trigger="manual", by=who), begun)
        either: set[asyncio.Future[Any]] = {task, begun}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not begun.done():
            raise StartFailed(
                "it could not be started", next_step="`vrooli logs autoheal` says why"
            )
        return begun.result()

    def rows(self) -> list[dict[str, Any]]:
        """Every job, as the API tells it."""
        return [self._view.row(held) for held in self._held.values()]

    def row(self, name: str) -> dict[str, Any]:
        """One of them; `UsageError` when there is none."""
        return self._view.row(self._find(name))

    async def log(self, name: str, lines: int) -> list[str]:
        """The end of what it wrote; `DeadlineExceeded` when the disk of it hangs."""
        return await self._tools.runner.tail(self._find(name).job, lines)

    async def history(self, name: str, limit: int, since: float) -> Sequence[dict[str, Any]]:
        """What happened to it, the newest first."""
        return await self._tools.book.history(self._find(name).job, limit, since)

    # -- inside --------------------------------------------------------------------------------

    async def _take_on(self, job: Job, memory: JobState | None) -> None:
        now, held = self._tools.runner.now(), self._held.get(job.name)
        if held is not None:
            held.job = job
            held.remember(state.taken_on(job, held.memory, now))
        else:
            held = self._hold(job, state.taken_on(job, memory, now))
            held.heal = await self._tools.ledger.load_heal(job.check_id)
        held.at = 0.0
        await self._tools.book.remember(job.name, held.memory)

    def _hold(self, job: Job, memory: JobState) -> Held:
        check = job_check(job, lambda: self._view.result(held))
        held = self._held[job.name] = Held(job, memory, check)
        held.remember(memory)
        if self._watching:
            self._watch(held)
        return held

    def _watch(self, held: Held) -> None:
        self._board.checks[held.job.check_id] = held.check
        held.watcher = self._tools.spawn(self._tools.checker.watch(held.check))

    async def _let_go(self, held: Held) -> None:
        self._board.checks.pop(held.job.check_id, None)
        if held.watcher is not None:
            held.watcher.cancel()
        await self._stop(held)
        await self._tools.book.remember(held.job.name, None)

    async def _stop(self, held: Held) -> None:
        self._follow(held)
        while held.busy and held.task is not None:
            if held.memory.run is not None:
                stop = self._tools.runner.stop(held.memory.run)
                await guarded(held.job.check_id, stop)
            await asyncio.wait({held.task}, timeout=1.0)

    async def _stop_undeclared(self, declared: frozenset[str]) -> None:
        for name in await self._tools.runner.stop_undeclared(declared):
            _log.warning("%s ran and is not declared any more; it was ended", name)

    def _news(self, held: Held) -> None:
        held.at = 0.0
        self._kick.set()

    async def _consider(self, held: Held) -> None:
        now = self._tools.runner.now().monotonic
        if now < held.at:
            return
        held.at = now + LONGEST_SLEEP  # also when what follows fails
        self._follow(held)
        if not held.starting:  # else it tells when that is done
            await guarded(held.job.check_id, self._decide(held))

    async def _decide(self, held: Held) -> None:
        if held.check.result is None:
            await self._tools.checker.update(held.check)
        situation = self._view.situation(held)
        decision = decide(held.job, held.memory, situation)
        wait = DOWN_LOOK if situation.down else decision.wait
        if wait is not None:
            held.at = situation.now.monotonic + min(wait, LONGEST_SLEEP)
        await self._actor.act(held, decision, situation.now)

    def _follow(self, held: Held) -> None:
        """Take up a run of before our time, or one whose follower fell."""
        if held.memory.run is not None and not held.followed:
            self._actor.follow(held, held.memory.run)

    def _require_ready(self, held: Held) -> None:
        situation, where = self._view.situation(held), held.job.check_id
        if situation.down:
            raise Refused("the stack is down", where=where, next_step="`vrooli up` starts it")
        if situation.unmet:
            needs = ", ".join(situation.unmet)
            raise Refused(
                f"it needs {needs}, which is not healthy",
                where=where,
                next_step="`vrooli status` says why",
                retryable=True,
            )

    def _find(self, name: str) -> Held:
        if name not in self._held:
            raise UnknownName(
                f"there is no job `{name}`{did_you_mean(name, self._held)}",
                name,
                next_step="`vrooli job list` shows them",
            )
        return self._held[name]
