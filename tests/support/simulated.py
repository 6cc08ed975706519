"""Whole trees of runs in memory: journal, ledger, decisions, runs within runs. Whoever drives them
may die at each of its words to the store, and what it wrote before stays.
"""

import asyncio
import itertools
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any

from tests.support.any_routine import Fate
from tests.support.clocks import TurnedClock
from tests.support.flow import ended
from vrooli.execution.step_type import StepFailed
from vrooli.flow.budget import OverBudget, place_of
from vrooli.flow.driver import Driver, Parked, Waiting
from vrooli.flow.entries import Entry, Failure, Finished, Told
from vrooli.flow.failed import Failed, failure_of
from vrooli.flow.interpreter import Broken, Call, Done
from vrooli.flow.journal import Written
from vrooli.flow.model import Routine
from vrooli.flow.notes import Note, Notebook, Turn, is_note
from vrooli.flow.stored import Stored, stored

ASIDE = 10
"""Tokens that a request may come to at most."""

REPEATABLE, LASTING = ("ask", "talk", "sub"), ("stay", "nap", "sub")


class Killed(Exception):
    """kill -9, as far as Python can."""


@dataclass
class Run:
    """A row of it, and all that hangs on it.

    Attributes:
        above: the run that started it.
        steps: counted, with those below.
        spent: tokens, likewise.
        reserved: likewise.
        most_steps: limits; None for none.
        most_tokens: likewise.
        asked: questions that wait, by path and attempt.
        decided: those that do not any more.
    """

    id: str
    routine: Routine
    inputs: Any
    above: "Run | None" = None
    fence: int = 0
    end: Done | Broken | None = None
    rows: dict[tuple[str, int], Stored] = field(default_factory=dict)
    steps: int = 0
    spent: int = 0
    reserved: int = 0
    most_steps: int | None = None
    most_tokens: int | None = None
    open: dict[str, int] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)
    asked: set[tuple[str, int]] = field(default_factory=set)
    decided: set[tuple[str, int]] = field(default_factory=set)

    def way(self) -> "Iterator[Run]":
        """It and all above it."""
        one: Run | None = self
        while one is not None:
            yield one
            one = one.above


@dataclass
class World:
    """The store, and the process that works on it.

    Attributes:
        routines: what a step of type `sub` may run.
        fate: what becomes of steps.
        random: decides when the process dies, and who is faster.
        pauses: whether a run rests at a limit, and gets another one; else it fails.
        harmless: no tool is used that may not be used twice, and no failure of a run below is
            tried again: of what fails in it side by side, the faster one says whether it may be.
        most_steps: limit of the root, and of some below it.
        most_tokens: likewise.
        mercy: words until it dies.
        effects: executions of steps and notes, by run, path and number.
        once: those of them that must not be twice.
    """

    routines: list[Routine]
    fate: Fate
    random: Random
    pauses: bool = True
    harmless: bool = False
    most_steps: int | None = None
    most_tokens: int | None = None
    mercy: int = 10**9
    runs: dict[str, Run] = field(default_factory=dict)
    effects: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    once: set[tuple[str, str, int]] = field(default_factory=set)
    clock: TurnedClock = field(default_factory=TurnedClock)

    def of(self, id: str, routine: Routine, inputs: Any, above: Run | None = None) -> Run:
        """The run of that id; made once, with limits of its own where the whole has some."""
        if id not in self.runs:
            own = self.number(id) % 3 == 0 or above is None
            steps = self.most_steps if own else None
            tokens = self.most_tokens if own else None
            new = Run(id, routine, inputs, above, most_steps=steps, most_tokens=tokens)
            self.runs[id] = new
        return self.runs[id]

    def number(self, *of: Any) -> int:
        """The same whenever it is asked."""
        return zlib.crc32(f"{self.fate.seed} {of}".encode())

    async def word(self) -> None:
        """To the world: others may be faster, and it may be the last one."""
        for _ in range(self.random.choice([0, 0, 0, 1, 2])):
            await asyncio.sleep(0)
        self.mercy -= 1
        if self.mercy < 0:
            raise Killed

    async def settle(self, run: Run) -> Done | Broken:
        """Drive it to its end, whatever it waits for on its way."""
        while run.end is None:
            run.fence += 1
            book = Notebook(run.id, _Journal(self, run, run.fence), self.clock)
            steps = _Steps(self, run, book)
            driver = Driver(run.routine, run.inputs, book, steps, self.clock)
            try:
                end = await driver.run()
            except OverBudget as error:
                await self.word()
                self.over(run, error)
                continue
            await self.word()
            if isinstance(end, Waiting):
                self.time_goes_by(run, end)
            elif isinstance(end, Done | Broken):
                self.close(run, end)
            await self.word()
        return run.end

    def time_goes_by(self, run: Run, waiting: Waiting) -> None:
        """What it waits for comes, one way or the other."""
        if waiting.until is not None and (not run.asked or self.random.random() < 0.5):
            self.clock.jump(max(0.0, waiting.until - self.clock.wall()))
        else:
            one = self.random.choice(sorted(run.asked))
            run.asked.discard(one)
            run.decided.add(one)

    def over(self, run: Run, error: OverBudget) -> None:
        """It is given more, or has failed."""
        if not self.pauses:
            self.close(run, Broken(error.failure))
            return
        for one in run.way():
            if one.most_steps is not None:
                one.most_steps += 3
            if one.most_tokens is not None:
                one.most_tokens += 3 * ASIDE

    def close(self, run: Run, end: Done | Broken) -> None:
        """It has ended, with all below it; what they have set aside is free."""
        for one in self.runs.values():
            if run in one.way() and one.end is None:
                one.end = end if one is run else Broken(Failure("cancelled", "from above"))
                for up in one.way():
                    up.reserved -= sum(one.open.values())
                one.open.clear()

    def reserve(self, run: Run, key: str) -> bool:
        """See `execution.spending.Spending`."""
        if key in run.open or key in run.settled:
            return key in run.open
        for one in run.way():
            if one.most_tokens is not None and one.spent + one.reserved + ASIDE > one.most_tokens:
                if self.pauses:
                    raise OverBudget("no token left", where=place_of("tokens"))
                raise StepFailed("budget", "no token left", where=place_of("tokens"))
        run.open[key] = ASIDE
        for one in run.way():
            one.reserved += ASIDE
        return True

    def spend(self, run: Run, key: str, real: int) -> None:
        """Settle it; the same twice is nothing new."""
        if key in run.settled:
            return
        aside = run.open.pop(key, 0)
        run.settled[key] = real
        for one in run.way():
            one.reserved -= aside
            one.spent += real


@dataclass
class _Journal:
    world: World
    run: Run
    fence: int

    async def read(self) -> Sequence[Told]:
        await self.world.word()
        return [row.entry() for row in self.run.rows.values()]

    async def write(self, entry: Entry) -> Written:
        await self.world.word()
        written = self._write(stored(entry))
        await self.world.word()
        return written

    def _write(self, row: Stored) -> Written:
        run, key = self.run, (row.path, row.attempt)
        if run.end is not None or run.fence != self.fence:
            return Written.FENCED
        known = run.rows.get(key)
        if known is not None and (known.status != "begun" or row.status == "begun"):
            return Written.DUPLICATE
        if known is None and not is_note(row.path):
            way = list(run.way())
            if any(one.most_steps is not None and one.steps >= one.most_steps for one in way):
                return Written.OVER
            for one in way:
                one.steps += 1
        run.rows[key] = row
        return Written.DONE


@dataclass
class _Steps:
    """Executes those of one run."""

    world: World
    run: Run
    book: Notebook

    def repeatable(self, call: Call) -> bool:
        return call.node.type in REPEATABLE

    def lasting(self, call: Call) -> bool:
        return call.node.type in LASTING

    async def execute(self, call: Call, begun: float) -> Finished:
        await self.world.word()
        try:
            end = await self._execute(call, begun)
        except OverBudget:
            raise
        except Failed as error:
            end = ended(call, failure=failure_of(error))
        await self.world.word()
        return end

    async def _execute(self, call: Call, begun: float) -> Finished:
        match call.node.type:
            case "stay":
                self._decided(call)
            case "nap":
                due = begun + 5 + self.world.number("nap", call.path) % 100
                if self.world.clock.wall() < due:
                    raise Parked(due)
            case "talk":
                await self._talk(call)
            case "sub":
                return await self._sub(call)
            case _:
                self._does(call.path, call.attempt, once=call.node.type == "do")
        return self.world.fate.end(call)

    def _does(self, path: str, number: int, *, once: bool) -> None:
        key = (self.run.id, path, number)
        self.world.effects[key] += 1
        if once:
            self.world.once.add(key)

    def _decided(self, call: Call) -> None:
        key = (call.path, call.attempt)
        if key not in self.run.decided:
            self.run.asked.add(key)
            raise Parked(None, len(self.run.decided))

    async def _sub(self, call: Call) -> Finished:
        world, number = self.world, self.world.number("sub", call.path, call.attempt)
        routine = world.routines[number % len(world.routines)]
        id = f"{self.run.id}>{call.path}#{call.attempt}"
        child = world.of(id, routine, number % 9, self.run)
        end = await world.settle(child)
        if isinstance(end, Broken):
            again = end.failure.retryable and not world.harmless
            return ended(call, failure=replace(end.failure, retryable=again))
        return ended(call, end.value)

    async def _talk(self, call: Call) -> None:
        notes, world = self.book.of(call.path), self.world
        for turn in range(1, 2 + world.number("turns", call.path) % 3):
            model = Note(f"model[{turn}]", "model", call.arguments, repeatable=True)
            said = await notes.once(model, partial(self._asked, call, turn))
            if not world.harmless:
                tool = Note(f"tool[{turn}]", "tool", said, repeatable=False)
                await notes.once(tool, partial(self._used, call, turn))

    async def _asked(self, call: Call, number: int, turn: Turn) -> int:
        world, key = self.world, f"{turn.key}:{turn.number}"
        await world.word()
        keys = (key if number == 1 else f"{key}~{number}" for number in itertools.count(1))
        key = next(one for one in keys if world.reserve(self.run, one))
        await world.word()
        self._does(f"{call.path}/model[{number}]", turn.number, once=False)
        # By the attempt of the step: asked again after a death, it is away again.
        fails = world.number("model", call.path, number, call.attempt) % 100 < world.fate.failing
        real = 0 if fails else world.number("real", key) % (ASIDE + 1)
        await world.word()
        world.spend(self.run, key, real)
        await world.word()
        if fails:
            raise Failed("unreachable", "the model is away", retryable=True)
        return real

    async def _used(self, call: Call, number: int, turn: Turn) -> int:
        await self.world.word()
        self._does(f"{call.path}/tool[{number}]", turn.number, once=True)
        await self.world.word()
        return number
