"""Whatever the routine, and whatever happens to who runs it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.any_routine import Fate, Live, Structure
from tests.support.clocks import TurnedClock
from vrooli.flow.driver import Driver, End
from vrooli.flow.entries import Begun, Entry, Finished, Told
from vrooli.flow.interpreter import Broken, Call, Done, Interpreter
from vrooli.flow.journal import Journal, Written
from vrooli.flow.model import Routine
from vrooli.flow.replay import differences
from vrooli.host.memory.journal import MemoryJournals

SEEDS = st.integers(0, 2**32 - 1)
FATES = st.builds(Fate, SEEDS, st.sampled_from([0, 0, 10, 30]))
LOOKS = 0.1
"""Of the moments of a run, at how many its journal is looked at."""

any_case = settings(suppress_health_check=[HealthCheck.too_slow])

Answer = tuple[list[tuple[str, int, float, str]], Done | Broken | None]


def answer(interpreter: Interpreter) -> Answer:
    calls, end = interpreter.next()
    told = [(call.path, call.attempt, call.pause, repr(call.arguments)) for call in calls]
    return told, end


@any_case
@given(SEEDS, FATES, SEEDS)
def test_what_a_build_wrote_itself_it_would_write_again(
    structure: int, fate: Fate, order: int
) -> None:
    """Wherever the run stands: nothing in its journal is strange to the build that wrote it."""
    random = Random(order)
    live = Live(Structure(Random(structure), ("do", "ask")).routine(), fate, random)
    journals: list[list[Entry]] = []

    def look(interpreter: Interpreter) -> None:
        if random.random() < LOOKS:
            begun = [
                Begun(call.path, call.attempt, call.node.type, call.arguments, 0.0)
                for call in live.under_way.values()
            ]
            journals.append([*live.ended, *begun])

    live.play(look)
    for journal in journals:
        assert differences(live.routine, 5, journal) == []


@any_case
@given(SEEDS, FATES, SEEDS)
def test_the_answer_depends_on_what_is_in_the_journal_alone(
    structure: int, fate: Fate, order: int
) -> None:
    """Not on when it came, how often the interpreter was asked, or since when it lives."""
    random = Random(order)
    live = Live(Structure(Random(structure), ("do", "ask")).routine(), fate, random)

    def look(interpreter: Interpreter) -> None:
        expected = answer(interpreter)
        assert answer(interpreter) == expected, "asked again"
        if random.random() < 0.7:
            return
        fresh = Interpreter(live.routine, 5)
        news: list[Finished | Call] = [*live.ended, *live.under_way.values()]
        random.shuffle(news)
        for one in news:
            if isinstance(one, Finished):
                fresh.finish(one)
            else:
                fresh.begin(one.path, one.attempt)
        assert answer(fresh) == expected, "made anew"

    live.play(look)


@any_case
@given(SEEDS, FATES, SEEDS, SEEDS)
def test_who_is_faster_does_not_matter(structure: int, fate: Fate, one: int, two: int) -> None:
    routine = Structure(Random(structure), ("do", "ask")).routine()
    ends = [Live(routine, fate, Random(seed)).play(lambda _: None) for seed in (one, two)]
    assert same(*ends)


def same(one: End | None, two: End | None) -> bool:
    """Of things that fail beside each other, the first may keep another from beginning, and so
    from failing.
    """
    if one is None or two is None or (isinstance(one, Broken) and isinstance(two, Broken)):
        return True
    return one == two


class Killed(Exception):
    """kill -9, as far as Python can."""


@dataclass
class Machine:
    """Runs the driver, which may die at any of its words to the world.

    Attributes:
        fate: what becomes of steps.
        random: decides when it dies, and who is faster.
        mercy: words until it dies.
        effects: executions, by path and attempt.
        types: of the steps that were executed.
    """

    fate: Fate
    random: Random
    mercy: int = 10**9
    effects: Counter[tuple[str, int]] = field(default_factory=Counter)
    journals: MemoryJournals = field(default_factory=MemoryJournals)

    def repeatable(self, call: Call) -> bool:
        return call.node.type == "ask"

    def lasting(self, call: Call) -> bool:
        return False

    async def execute(self, call: Call, begun: float) -> Finished:
        await self.word()
        self.effects[call.path, call.attempt] += 1
        await self.word()
        return self.fate.end(call)

    async def word(self) -> None:
        for _ in range(self.random.choice([0, 0, 1, 2, 5])):
            await asyncio.sleep(0)
        self.mercy -= 1
        if self.mercy < 0:
            raise Killed

    async def drive(self, routine: Routine) -> End:
        journal = Durable(self, await self.journals.claim("run"))
        return await Driver(routine, 5, journal, self, TurnedClock()).run()


@dataclass
class Durable:
    """The journal, as who may die at any moment writes it."""

    machine: Machine
    journal: Journal

    async def read(self) -> Sequence[Told]:
        return await self.journal.read()

    async def write(self, entry: Entry) -> Written:
        await self.machine.word()
        written = await self.journal.write(entry)
        await self.machine.word()
        return written


async def drive_and_die(routine: Routine, machine: Machine, deaths: int) -> End:
    """To its end, with so many deaths before it."""
    for _ in range(deaths):
        machine.mercy = machine.random.choice([0, 1, 2, 3, 5, 8, 13, 21, 34])
        done = {path_of(one) for one in await entries(machine)}
        before = Counter(machine.effects)
        try:
            return await machine.drive(routine)
        except Killed:
            again = {key for key in done if machine.effects[key] > before[key]}
            assert not again, "what had ended is done again"
    machine.mercy = 10**9
    return await machine.drive(routine)


async def entries(machine: Machine) -> list[Finished]:
    found = await (await machine.journals.claim("run")).read()
    return [one for one in found if isinstance(one, Finished)]


def path_of(entry: Finished | Begun) -> tuple[str, int]:
    return entry.path, entry.attempt


@any_case
@given(SEEDS, FATES, SEEDS, st.integers(1, 6))
def test_killed_at_any_point_it_comes_to_the_same_end(
    structure: int, fate: Fate, order: int, deaths: int
) -> None:
    made = Structure(Random(structure), ("ask",))
    routine = made.routine()
    unharmed = Live(routine, fate, Random(0)).play(lambda _: None)
    if unharmed is None:
        return
    machine = Machine(fate, Random(order))
    end = asyncio.run(drive_and_die(routine, machine, deaths))
    assert same(end, unharmed)
    assert made.forks or end == unharmed


@any_case
@given(SEEDS, FATES, SEEDS, st.integers(0, 6))
def test_killed_at_any_point_it_does_nothing_twice(
    structure: int, fate: Fate, order: int, deaths: int
) -> None:
    """Of steps that must not be repeated; and the journal says what happened."""
    routine = Structure(Random(structure), ("do",)).routine()
    if Live(routine, fate, Random(0)).play(lambda _: None) is None:
        return
    machine = Machine(fate, Random(order))
    asyncio.run(drive_and_die(routine, machine, deaths))
    assert not {key for key, times in machine.effects.items() if times > 1}
    found = {path_of(one): one for one in asyncio.run(entries(machine))}
    assert machine.effects.keys() <= found.keys(), "at the end nothing is open"
    for (path, attempt), one in found.items():
        unknown = one.failure is not None and one.failure.kind == "unknown-effect"
        assert machine.effects[path, attempt] == 1 or unknown
        if attempt > 1:
            before = found[path, attempt - 1].failure
            assert before is not None
            assert before.retryable
