"""One run as a process: started by the keeper, ended when it takes too long, and found again by the
next watchdog.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from vrooli.autoheal.jobs.run import Now, Outcome, Run
from vrooli.core.errors import DeadlineExceeded, Unreachable, VrooliError
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.stack import logs
from vrooli.stack.aside import Aside
from vrooli.stack.job_launch import GRACE, end_jobs, job_spec, prepare
from vrooli.stack.model import Job
from vrooli.stack.runtime import Context
from vrooli.stack.trees import end_tree

_log = logging.getLogger(__name__)

LEFTOVER_GRACE = 5.0
"""Seconds between TERM and KILL for what a run leaves behind."""

LOOK = 1.0
"""Seconds between two looks at the clock and at the size of the log."""

SEARCH = 15.0
"""Seconds between two questions whether the keeper still knows a run; also how long an unknown one
is searched: the keeper gives a process ten seconds to start."""

DISK = 2.0
"""Seconds that a look at a log may take before its disk is taken to hang."""

SAID_LINES, SAID_WIDTH = 5, 200
"""Of the output of a run that failed: enough to see what is wrong, small enough for the history."""


class Runner:
    """Runs jobs of one stack.

    Args:
        context: of the stack.
        boot: the boot that monotonic times belong to.
        rotate: has logs that are too large rotated, without waiting for it.
    """

    def __init__(self, context: Context, boot: str, rotate: Callable[[], Awaitable[None]]) -> None:
        self._context, self._boot, self._rotate = context, boot, rotate
        self._tools, self._aside = context.tools, Aside()
        self._launches: dict[str, Launch] = {}
        self._stopped: set[str] = set()

    def now(self) -> Now:
        """This moment."""
        return Now(self._tools.clock.wall(), self._tools.clock.monotonic(), self._boot)

    async def prepare(self, job: Job, run: Run) -> tuple[Run, LaunchSpec]:
        """All that can fail without a trace: references, folders. The run knows then where its
        output begins.

        Raises:
            SecretError, ConfigError: a reference cannot be resolved.
            StorageError, StartFailed: a folder cannot be made.
            DeadlineExceeded: the disk of its log hangs.
        """
        context, place = self._context, self._tools.place
        spec = job_spec(job, context.stack, place, context.environment, run.id)
        await context.executor.run(prepare(job, place), lambda title: None)
        path = self.log(job)
        size = await self._aside.answer(f"log {job.name}", lambda: logs.size(path), DISK)
        return replace(run, log_from=size), spec

    async def run(self, job: Job, run: Run, spec: LaunchSpec) -> Run:
        """Start it and wait for its end."""
        try:
            self._launches[run.id] = await self._tools.keeper.spawn(spec)
        except Unreachable as error:  # it may have started all the same
            _log.warning("job %s: %s", job.name, error)
        except VrooliError as error:
            return run.ended(Outcome.FAILED, self._tools.clock.wall(), error.what)
        return await self.follow(job, run)

    async def follow(self, job: Job, run: Run) -> Run:
        """Wait for the end of a run, also of one that a watchdog before us has started. Numbered:

        1. find its launch; when the keeper does not know it for long enough, it is lost
        2. wait for its exit; look at the clock, and keep its log small
        3. when its time is up, end it
        4. end what it has left behind
        """
        searched = self._tools.clock.monotonic()
        while True:
            try:
                ended = await self._step(job, run)
            except VrooliError as error:  # the keeper is being replaced, or it cannot be killed
                _log.warning("job %s: %s", job.name, error)
                await self._tools.clock.sleep(LOOK)
                continue
            if ended is not None:
                return await self._over(job, run, ended)
            if run.id in self._launches:
                searched = self._tools.clock.monotonic()
            elif self._lost(run, searched):
                at = self._tools.clock.wall()
                return run.ended(Outcome.LOST, at, "it is gone, and nobody saw how it ended")

    async def stop(self, run: Run) -> None:
        """End it because an operator wants so; `follow` gives the outcome."""
        self._stopped.add(run.id)
        launch = self._launches.get(run.id)
        if launch is not None:
            await end_tree(launch, self._tools.keeper, self._tools.clock, GRACE)

    def log(self, job: Job) -> Path:
        """Where its runs write."""
        return self._tools.place.home.log(job.check_id)

    async def tail(self, job: Job, lines: int, since: int = 0) -> list[str]:
        """The end of its log, of what was written from byte `since` on.

        Raises:
            DeadlineExceeded: the disk of it hangs.
        """
        path = self.log(job)
        key = f"end of log {job.name} {lines} {since}"
        return await self._aside.answer(key, lambda: logs.tail(path, lines, since), DISK)

    async def stop_undeclared(self, names: frozenset[str]) -> list[str]:
        """End runs of jobs that are not among `names`; whose they were."""
        return await end_jobs(self._tools, names)

    async def _step(self, job: Job, run: Run) -> Exit | None:
        launch = self._launches.get(run.id)
        if launch is None:
            return await self._search(run)
        ended = await self._exit(launch, run)
        late = self._tools.clock.monotonic() >= run.began.monotonic + job.timeout
        if ended is None:
            await self._rotate()
        if ended is None and late:
            await end_tree(launch, self._tools.keeper, self._tools.clock, GRACE)
        return ended

    async def _search(self, run: Run) -> Exit | None:
        """Its launch when it lives (remembered here), or its exit when the keeper knows it."""
        keeper = self._tools.keeper
        for launch in await keeper.launches():
            if launch.fingerprint == run.id:
                self._launches[run.id] = launch
                return None
        for ended in await keeper.remembered():
            if ended.launch.fingerprint == run.id:
                return ended
        await self._tools.clock.sleep(LOOK / 4)
        return None

    async def _exit(self, launch: Launch, run: Run) -> Exit | None:
        exits = self._context.exits
        try:
            async with asyncio.timeout(LOOK):
                return await exits.wait(launch.launch_id)
        except TimeoutError:
            pass
        if self._context.processes.facts(launch.identity) is None:
            # Told by nobody: the keeper that reaped it may be gone, and its record with it.
            self._launches.pop(run.id, None)
        return None

    def _lost(self, run: Run, since: float) -> bool:
        another_boot = run.began.boot != self._boot
        return another_boot or self._tools.clock.monotonic() - since >= SEARCH

    async def _over(self, job: Job, run: Run, ended: Exit) -> Run:
        await self._end_leftovers(job, ended.launch)
        over = run.exited(ended, job.timeout, stopped=run.id in self._stopped)
        self._launches.pop(run.id, None)
        self._stopped.discard(run.id)
        if over.outcome in (Outcome.FAILED, Outcome.TIMEOUT):
            over = replace(over, said=await self._said(job, run))
        return over

    async def _end_leftovers(self, job: Job, launch: Launch) -> None:
        while True:
            try:
                await end_tree(launch, self._tools.keeper, self._tools.clock, LEFTOVER_GRACE)
                return
            except VrooliError as error:
                _log.warning("job %s: what it left behind: %s", job.name, error)
                await self._tools.clock.sleep(LOOK)

    async def _said(self, job: Job, run: Run) -> tuple[str, ...]:
        try:
            lines = await self.tail(job, SAID_LINES, run.log_from)
        except DeadlineExceeded:
            return ()
        return tuple(line[:SAID_WIDTH] for line in lines)
