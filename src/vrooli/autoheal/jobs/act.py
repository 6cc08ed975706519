"""Carrying a decision about a job out, and writing down what came of it."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.jobs import ladder, state
from vrooli.autoheal.jobs.book import Book
from vrooli.autoheal.jobs.decide import Decision
from vrooli.autoheal.jobs.held import Held
from vrooli.autoheal.jobs.run import Now, Outcome, Run
from vrooli.autoheal.jobs.runner import Runner
from vrooli.autoheal.jobs.state import Again
from vrooli.autoheal.ledger import Ledger
from vrooli.core.errors import VrooliError

TRY_AGAIN = 5.0
"""Seconds until a refused run is tried again."""

NOTED_AFTER = 5.0
"""Seconds that a run may be refused before that is told: after a boot nothing is healthy yet."""


@dataclass
class Tools:
    """What acting needs.

    Attributes:
        spawn: runs work on the side, held so that it is not collected.
        news: told when something has happened to a job: it is to be considered anew.
    """

    runner: Runner
    book: Book
    ledger: Ledger
    checker: HostChecker
    spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
    news: Callable[[Held], None]


class Actor:
    """Acts on one job at a time; none of its methods waits for a run."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def act(self, held: Held, decision: Decision, now: Now) -> None:
        """Do what was decided."""
        if decision.verdict == "run":
            self.start(held, decision, None)
        elif decision.verdict == "refuse":
            self._refuse(held, decision.reason)
        elif decision.verdict == "skip":
            self._skip(held, decision, now)
        elif decision.verdict == "miss":
            await self._miss(held, decision, now)
        elif decision.verdict == "reckon":
            await self._reckon(held, decision, now)
        else:
            held.accepted()

    def start(
        self, held: Held, decision: Decision, begun: "asyncio.Future[Run] | None"
    ) -> "asyncio.Task[None]":
        """Start a run; `begun` is told when it is written down, or why it was not."""
        held.starting = True
        held.task = self._tools.spawn(self._run(held, decision, begun))
        return held.task

    def follow(self, held: Held, run: Run) -> None:
        """Take up a run that was started before this watchdog, or whose follower fell."""
        held.task = self._tools.spawn(self._follow(held, run))

    async def _run(
        self, held: Held, decision: Decision, begun: "asyncio.Future[Run] | None"
    ) -> None:
        """Numbered:

        1. whatever can fail without a trace
        2. the due time is spent, durably: whoever is killed from here on, it is not run twice
        3. the process, to its end
        """
        tools, before = self._tools, held.memory
        try:
            run, spec = await tools.runner.prepare(held.job, self._new(decision))
            held.remember(state.begun(before, run))
            await tools.book.begin(held.job, held.memory, run)
        except VrooliError as error:
            held.remember(before)
            if begun is None:
                self._refuse(held, error.what)
            else:
                begun.set_exception(error)
            return
        finally:
            held.starting = False
        held.accepted()
        tools.news(held)
        if begun is not None:
            begun.set_result(run)
        await self._ended(held, await tools.runner.run(held.job, run, spec))

    async def _follow(self, held: Held, run: Run) -> None:
        await self._ended(held, await self._tools.runner.follow(held.job, run))

    async def _ended(self, held: Held, run: Run) -> None:
        """Whoever hears of it judges the check at once. So that says how the run ended before the
        heal does, and counts as being seen to until then.
        """
        current, acting = held.memory.run, held.check.acting
        run = replace(run, skipped=current.skipped if current is not None else 0)
        held.remember(state.ended(held.job, held.memory, run, self._tools.runner.now()))
        held.check.acting |= acting
        again = held.memory.again
        await self._tools.book.end(held.job, held.memory, run)
        await self._tools.checker.update(held.check)
        await self._tell_heal(held, run, again)
        held.remember(held.memory)
        self._tools.news(held)

    async def _tell_heal(self, held: Held, run: Run, again: Again | None) -> None:
        in_flight = held.heal if held.heal is not None and held.heal.outcome is None else None
        heal = ladder.after(held.job, in_flight, run, again)
        if heal is not None:
            held.heal = heal
            await self._tools.ledger.heal(heal)

    def _refuse(self, held: Held, reason: str) -> None:
        now = self._tools.runner.now()
        wall = now.wall
        if not held.refused:
            held.since = wall
        held.refused, held.at = reason, now.monotonic + TRY_AGAIN
        if reason != held.noted and wall - held.since >= NOTED_AFTER:
            held.noted = reason
            self._tools.book.note(held.job, "refused", reason)

    def _skip(self, held: Held, decision: Decision, now: Now) -> None:
        run = held.memory.run
        count = 1 + decision.missed
        held.remember(state.skipped(held.memory, decision.due or now.wall, count, now))
        if run is not None and run.skipped == 0:  # the others are counted in the end of the run
            facts = {"due": decision.due, "run": run.id}
            self._tools.book.note(held.job, "skipped", decision.reason, **facts)

    async def _miss(self, held: Held, decision: Decision, now: Now) -> None:
        run = self._new(decision).ended(Outcome.MISSED, now.wall, held.refused or "nobody ran it")
        held.remember(state.missed(held.memory, run))
        held.accepted()
        await self._tools.book.end(held.job, held.memory, run)
        await self._tools.checker.update(held.check)

    async def _reckon(self, held: Held, decision: Decision, now: Now) -> None:
        held.remember(state.set_back(held.memory, now))
        self._tools.book.note(held.job, "set back", decision.reason)
        await self._tools.book.remember(held.job.name, held.memory)

    def _new(self, decision: Decision) -> Run:
        now = self._tools.runner.now()
        return Run(
            id=f"{int(now.wall * 1000):013d}-{os.urandom(3).hex()}",
            trigger=decision.trigger,
            due=decision.due,
            began=now,
            attempt=decision.attempt,
            made_up=decision.made_up,
            by=decision.by,
            missed=decision.missed,
        )
