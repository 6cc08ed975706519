"""A run that is paused, resumed, killed, cancelled and retried at any moment."""

import asyncio
from collections import Counter
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.any_routine import Fate, Live, Structure
from tests.support.clocks import TurnedClock
from vrooli.flow.again import counting, failed, given_up
from vrooli.flow.driver import Driver, End, Parked, Paused, Waiting
from vrooli.flow.entries import Entry, Finished
from vrooli.flow.interpreter import Broken, Call, Done
from vrooli.host.memory.journal import MemoryJournals

SEEDS = st.integers(0, 2**32 - 1)
TURNS = 40
"""Of the loop, after which all that can happen by itself has happened."""

INPUTS = 5
TYPES = ("do", "do", "do", "do", "stay")
FEWEST = 8
"""Steps of a routine, so that there is something to steer."""


class Steered(RuleBasedStateMachine):
    """Steps of type `do` must not be executed twice, `stay` is lasting and waits for a decision."""

    @initialize(structure=SEEDS, seed=SEEDS, failing=st.sampled_from([0, 0, 20]))
    def begin(self, structure: int, seed: int, failing: int) -> None:
        self.fate = Fate(seed, failing)
        for number in range(structure, structure + 50):
            self.routine = Structure(Random(number), TYPES).routine()
            live = Live(self.routine, self.fate, Random(0))
            self.unharmed = live.play(lambda _: None)
            if len(live.ended) >= FEWEST:
                break
        self.loop = asyncio.new_event_loop()
        self.journals = MemoryJournals()
        self.clock = TurnedClock()
        self.effects: Counter[tuple[str, int]] = Counter()
        self.open: dict[tuple[str, int], asyncio.Future[None]] = {}
        self.decided: set[tuple[str, int]] = set()
        self.done: set[tuple[str, int]] = set()
        self.harmed = self.pausing = False
        self.task: asyncio.Task[End] | None = None
        self.end: End | None = None
        self.go_on()

    # -- its executor ------------------------------------------------------------------------------

    def repeatable(self, call: Call) -> bool:
        return False

    def lasting(self, call: Call) -> bool:
        return call.node.type == "stay"

    async def execute(self, call: Call, begun: float) -> Finished:
        key = call.path, call.attempt
        if self.lasting(call):
            if key not in self.decided:
                raise Parked(None, len(self.decided))
            return self.fate.end(call)
        self.effects[key] += 1
        self.open[key] = self.loop.create_future()
        try:
            await self.open[key]
        finally:
            del self.open[key]
        return self.fate.end(call)

    # -- what happens ------------------------------------------------------------------------------

    @precondition(lambda self: self.task is None and isinstance(self.end, Paused | Waiting))
    @rule()
    def go_on(self) -> None:
        self.end, self.pausing = None, False
        self.driver, self.task = self.loop.run_until_complete(self._driven())
        self._turn()

    async def _driven(self) -> tuple[Driver, asyncio.Task[End]]:
        journal = await self.journals.claim("run")
        driver = Driver(self.routine, INPUTS, journal, self, self.clock)
        return driver, asyncio.ensure_future(driver.run())

    @precondition(lambda self: self.open)
    @rule(place=SEEDS)
    def one_ends(self, place: int) -> None:
        keys, before = sorted(self.open), sum(self.effects.values())
        self.open[keys[place % len(keys)]].set_result(None)
        self._turn()
        assert not self.pausing or before == sum(self.effects.values()), "no new step is begun"

    @precondition(lambda self: self.open)
    @rule(places=st.lists(SEEDS, min_size=1, max_size=5))
    def some_end(self, places: list[int]) -> None:
        for place in places:
            if self.open:
                self.one_ends(place)

    @rule()
    def all_is_decided(self) -> None:
        if isinstance(self.end, Done | Broken):
            return
        entries = self._entries()
        self.decided |= {(one.path, one.attempt) for one in entries if one.type == "stay"}
        if self.task is not None:
            self.driver.stir(len(self.decided))
        self._turn()

    @precondition(lambda self: self.task)
    @rule()
    def it_is_paused(self) -> None:
        self.driver.pause()
        self.pausing = True
        self._turn()
        assert self.task is None or self.open, "only what runs keeps it from being paused"

    @precondition(lambda self: self.task and self.pausing)
    @rule()
    def its_pause_is_taken_back(self) -> None:
        self.pausing = False
        self.driver.go_on()
        self._turn()

    @precondition(lambda self: self.task)
    @rule()
    def its_process_dies(self) -> None:
        self.harmed = self.harmed or bool(self.open)
        self._die()
        self.go_on()

    @precondition(lambda self: self.task)
    @rule()
    def it_is_cancelled_and_retried(self) -> None:
        self.harmed = self.harmed or bool(self.open)
        self._die()
        self.loop.run_until_complete(self.journals.end("run"))
        self._again()

    @precondition(lambda self: isinstance(self.end, Broken))
    @rule()
    def it_is_retried(self) -> None:
        self.harmed = True
        self._again()

    def _again(self) -> None:
        entries = self._entries()
        stay = {one.path for one in entries} - failed(self.routine, INPUTS, entries)
        again = given_up(entries, stay)
        self.loop.run_until_complete(self.journals.again("run", again))
        self.go_on()

    def _die(self) -> None:
        assert self.task is not None
        self.task.cancel()
        self.loop.run_until_complete(asyncio.wait([self.task]))
        self.task = None

    def _turn(self) -> None:
        async def turns() -> None:
            for _ in range(TURNS):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())
        if self.task is not None and self.task.done():
            self.end, self.task = self.task.result(), None
            if isinstance(self.end, Done | Broken):
                self.loop.run_until_complete(self.journals.end("run"))

    def _entries(self) -> list[Entry]:
        return counting(self.loop.run_until_complete(self.journals.read("run")))

    # -- what holds --------------------------------------------------------------------------------

    @invariant()
    def each_completed_step_was_executed_once(self) -> None:
        if not hasattr(self, "loop"):
            return
        assert max(self.effects.values(), default=1) == 1
        ended = [one for one in self._entries() if isinstance(one, Finished)]
        completed = Counter(one.path for one in ended if one.failure is None)
        assert max(completed.values(), default=1) == 1
        now = {(one.path, one.attempt) for one in ended if one.failure is None}
        assert self.done <= now, "what was completed stays so"
        self.done = now
        later = {path for path, attempt in self.effects if attempt > dict(now).get(path, 10**9)}
        assert not later, "what was completed is not executed again"

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        for _ in range(2000):
            if isinstance(self.end, Done | Broken):
                break
            self.all_is_decided()
            if self.open:
                self.one_ends(0)
            elif self.task is None and not isinstance(self.end, Done | Broken):
                self.go_on()
        if not self.harmed and isinstance(self.unharmed, Done):
            assert self.end == self.unharmed
        if self.task is not None:
            self._die()
        self.loop.close()


TestSteered = Steered.TestCase
TestSteered.settings = settings(
    max_examples=40, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
