"""A run is driven to its end, whatever becomes of those who drive it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.flow import ended, routine, step
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.core.errors import StorageError, Unreachable
from vrooli.flow.driver import Drained, Driver, End, Fenced, Parked, Waiting
from vrooli.flow.entries import Begun, Entry, Failure, Finished, Told
from vrooli.flow.interpreter import Broken, Call, Done
from vrooli.flow.journal import Journal, Written
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.journal import MemoryJournals


@dataclass
class Steps:
    """Executes steps: each as the test says, else at once with its own arguments.

    Attributes:
        done: paths and attempts, in order.
        ways: by path.
        running: paths of those under way.
        begun: when each began, as it was told.
    """

    done: list[tuple[str, int]] = field(default_factory=list)
    ways: dict[str, Callable[[Call], Any]] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    begun: dict[str, float] = field(default_factory=dict)

    def repeatable(self, call: Call) -> bool:
        return call.node.type == "ask"

    def lasting(self, call: Call) -> bool:
        return call.node.type == "stay"

    async def execute(self, call: Call, begun: float) -> Finished:
        self.begun[call.path] = begun
        self.done.append((call.path, call.attempt))
        self.running.add(call.path)
        try:
            way = self.ways.get(call.path)
            output = way(call) if way else call.arguments
            output = await output if asyncio.iscoroutine(output) else output
        finally:
            self.running.discard(call.path)
        if isinstance(output, Finished):
            return output
        if isinstance(output, Failure):
            return ended(call, failure=output)
        return ended(call, output)


class Bench:
    """One run that is driven as often as the test likes."""

    def __init__(self, *do: Any) -> None:
        self.routine = routine(*do)
        self.journals, self.clock, self.steps = MemoryJournals(), MemoryClock(), Steps()

    async def journal(self) -> Journal:
        return await self.journals.claim("run")

    def driver(self, journal: Journal) -> Driver:
        return Driver(self.routine, {}, journal, self.steps, self.clock)

    async def run(self) -> End:
        return await self.driver(await self.journal()).run()

    async def entries(self) -> Sequence[Told]:
        return await (await self.journal()).read()


async def never(call: Call) -> None:
    await asyncio.Event().wait()


async def test_a_run_is_driven_to_its_end_and_written_down() -> None:
    bench = Bench(step("a"), {"step": "b", "ask": {"x": "${steps.a}"}})
    assert await bench.run() == Done({"x": {}})
    assert [(one.path, type(one)) for one in await bench.entries()] == [
        ("a", Finished),
        ("b", Finished),
    ]


async def test_who_watches_is_told_of_a_repeatable_step_that_takes_longer() -> None:
    bench = Bench({"step": "b", "ask": {}})
    bench.steps.ways = {"b": never}
    journal = await bench.journal()
    task = asyncio.create_task(bench.driver(journal).run())
    await eventually(journal.read, "its beginning")
    assert [(one.path, type(one)) for one in await journal.read()] == [("b", Begun)]
    task.cancel()
    await asyncio.wait([task])
    bench.steps.ways = {}
    assert await bench.run() == Done({})
    assert bench.steps.done == [("b", 1), ("b", 1)]


async def test_what_was_done_is_not_done_again() -> None:
    bench = Bench(step("a"), step("b"))
    assert await bench.run() == await bench.run()
    assert bench.steps.done == [("a", 1), ("b", 1)]


async def test_a_step_that_is_not_repeatable_is_written_down_before_it_begins() -> None:
    bench = Bench({"parallel": [[step("a")], [{"step": "b", "ask": {}}]]})
    bench.steps.ways = {"a": never, "b": never}
    task = asyncio.create_task(bench.run())
    await until(lambda: bench.steps.running == {"a", "b"})
    assert [one.path for one in await bench.entries()] == ["a"]
    task.cancel()
    await asyncio.wait([task])
    assert not bench.steps.running


async def test_a_step_of_which_nobody_knows_whether_it_was_done_is_not_repeated() -> None:
    bench = Bench(step("a"))
    await (await bench.journal()).write(Begun("a", 1, "do", {}, 1.0))
    end = await bench.run()
    assert isinstance(end, Broken)
    assert end.failure.kind == "unknown-effect"
    assert bench.steps.done == []


async def test_a_repeatable_one_is() -> None:
    bench = Bench({"step": "a", "ask": {}})
    await (await bench.journal()).write(Begun("a", 1, "ask", {}, 1.0))
    assert await bench.run() == Done({})


async def test_a_lasting_one_goes_on_and_hears_when_it_began() -> None:
    bench = Bench({"step": "a", "stay": {}})
    bench.steps.ways = {"a": never}
    began = bench.clock.wall()
    task = asyncio.create_task(bench.run())
    await until(lambda: bench.steps.running == {"a"})
    (entry,) = await bench.entries()
    assert entry == Begun("a", 1, "stay", {}, began)
    task.cancel()
    await asyncio.wait([task])
    await bench.clock.advance(100)
    bench.steps.ways = {}
    assert await bench.run() == Done({})
    assert bench.steps.begun == {"a": began}
    assert [type(one) for one in await bench.entries()] == [Finished]


async def test_the_next_attempt_waits_for_its_time() -> None:
    bench = Bench(step("a", retry={"most": 2, "first": 5}))
    bench.steps.ways["a"] = lambda call: call.attempt - 1 or Failure("busy", "", retryable=True)
    task = asyncio.create_task(bench.run())
    await until(lambda: bench.steps.done == [("a", 1)])
    await bench.clock.advance(4.9)
    assert bench.steps.done == [("a", 1)]
    await bench.clock.advance(0.2)
    assert await task == Done(1)


async def test_a_long_pause_before_an_attempt_takes_nobodys_place() -> None:
    bench = Bench(step("a", retry={"most": 2, "first": 60}))
    began = bench.clock.wall()

    def way(call: Call) -> Any:
        failed = Failure("busy", "", retryable=True)
        return Finished("a", 1, "do", None, failed, began) if call.attempt == 1 else 7

    bench.steps.ways["a"] = way
    end = await bench.run()
    assert end == Waiting(began + 60, None)
    await bench.clock.advance(57)
    task = asyncio.create_task(bench.run())
    await bench.clock.advance(2.9)
    assert bench.steps.done == [("a", 1)], "what is left of it is waited for"
    await bench.clock.advance(0.2)
    assert await task == Done(7)
    assert bench.steps.done == [("a", 1), ("a", 2)]


async def test_a_failure_beside_it_ends_the_wait_for_the_next_attempt() -> None:
    waiting = [{"step": "a", "ask": {}, "retry": {"most": 2, "first": 500, "longest": 500}}]
    bench = Bench({"parallel": [waiting, [step("b")], [step("c")]]})
    failing = asyncio.Event()

    async def fail(call: Call) -> Failure:
        await failing.wait()
        return Failure("failed", call.path)

    bench.steps.ways = {"a": lambda call: Failure("busy", "", retryable=True), "b": fail}
    task = asyncio.create_task(bench.run())
    await until(lambda: ("a", 1) in bench.steps.done and bench.steps.running == {"b"})
    failing.set()
    end = await asyncio.wait_for(task, 30)
    assert isinstance(end, Broken)
    assert end.failure.kind == "failed"
    assert ("a", 2) not in bench.steps.done


async def test_a_pause_that_a_failure_ended_takes_nobodys_place() -> None:
    waiting = [{"step": "a", "ask": {}, "retry": {"most": 2, "first": 500, "longest": 500}}]
    bench = Bench({"parallel": [waiting, [{"step": "s", "stay": {}}], [step("c")]]})
    failing, parked = asyncio.Event(), asyncio.Event()

    def stay(call: Call) -> Any:
        parked.set()
        raise Parked(None, 0)

    async def fail(call: Call) -> Failure:
        await failing.wait()
        return Failure("failed", call.path)

    bench.steps.ways = {
        "a": lambda call: Failure("busy", "", retryable=True),
        "s": stay,
        "c": fail,
    }
    task = asyncio.create_task(bench.run())
    await until(lambda: ("a", 1) in bench.steps.done and parked.is_set())
    await until(lambda: bench.steps.running == {"c"})
    failing.set()
    assert await asyncio.wait_for(task, 30) == Waiting(None, 0)


async def test_what_runs_beside_a_failure_ends_and_is_written_down() -> None:
    bench = Bench({"parallel": [[step("a")], [step("b"), step("c")]]})
    release = asyncio.Event()

    async def slow(call: Call) -> str:
        await release.wait()
        return "ended"

    bench.steps.ways = {"a": lambda call: Failure("failed", "a"), "b": slow}
    task = asyncio.create_task(bench.run())
    await until(lambda: bench.steps.running == {"b"} and ("a", 1) in bench.steps.done)
    release.set()
    assert isinstance(await task, Broken)
    outputs = {one.path: one.output for one in await bench.entries() if isinstance(one, Finished)}
    assert outputs == {"a": None, "b": "ended"}


async def test_an_outage_of_the_journal_is_outlived_and_nothing_is_done_twice() -> None:
    bench = Bench(step("a"), step("b"))
    journal = await bench.journal()
    bench.steps.ways["a"] = lambda call: setattr(bench.journals, "failure", Unreachable("away"))
    task = asyncio.create_task(bench.driver(journal).run())
    await until(lambda: bench.steps.done == [("a", 1)])
    await bench.clock.advance(60)
    assert not task.done()
    bench.journals.failure = None
    await bench.clock.advance(60)
    assert await task == Done({})
    assert bench.steps.done == [("a", 1), ("b", 1)]


async def test_who_lost_the_run_stops_at_his_next_word() -> None:
    bench = Bench({"parallel": [[step("a")], [step("b")]]})
    bench.steps.ways["b"] = never
    journal = await bench.journal()
    await bench.journals.end("run")
    with pytest.raises(Fenced):
        await bench.driver(journal).run()
    assert not bench.steps.running


async def test_a_journal_that_is_broken_is_no_reason_to_go_on() -> None:
    bench = Bench(step("a"))
    journal = await bench.journal()
    broken = StorageError("broken", next_step="mend it")
    bench.steps.ways["a"] = lambda call: setattr(bench.journals, "failure", broken)
    with pytest.raises(StorageError):
        await bench.driver(journal).run()


@dataclass
class Forgetful:
    """A journal whose answers get lost: every entry is written, and told to be away once.

    Attributes:
        before: called before an entry is written.
    """

    journal: Journal
    before: Callable[[Entry], Any] = lambda entry: None
    told: set[tuple[str, type]] = field(default_factory=set)

    async def read(self) -> Sequence[Told]:
        return await self.journal.read()

    async def write(self, entry: Entry) -> Written:
        other = self.before(entry)
        if other is not None:
            await self.journal.write(other)
        written = await self.journal.write(entry)
        if (entry.path, type(entry)) not in self.told:
            self.told.add((entry.path, type(entry)))
            raise Unreachable("the answer got lost")
        return written


async def test_an_answer_that_got_lost_changes_nothing() -> None:
    bench = Bench(step("a"), {"step": "b", "do": {"x": "${steps.a}"}})
    bench.steps.ways["a"] = lambda call: "first"
    driving = asyncio.create_task(bench.driver(Forgetful(await bench.journal())).run())
    while not driving.done():
        await bench.clock.advance(1)
    assert await driving == Done({"x": "first"})
    assert bench.steps.done == [("a", 1), ("b", 1)]


async def test_an_end_that_was_there_before_counts() -> None:
    """Somebody with the same right, whose write came through after all."""
    bench = Bench(step("a"), {"step": "b", "do": {"x": "${steps.a}"}})

    def first(entry: Entry) -> Entry | None:
        ends = isinstance(entry, Finished) and entry.path == "a"
        return Finished("a", 1, "do", "theirs") if ends else None

    bench.steps.ways["a"] = lambda call: "ours"
    driving = asyncio.create_task(bench.driver(Forgetful(await bench.journal(), first)).run())
    while not driving.done():
        await bench.clock.advance(1)
    assert await driving == Done({"x": "theirs"})


async def test_a_step_that_turns_out_to_have_ended_is_not_begun() -> None:
    bench = Bench(step("a"))

    def first(entry: Entry) -> Entry:
        return Finished("a", 1, "do", "theirs")

    driving = asyncio.create_task(bench.driver(Forgetful(await bench.journal(), first)).run())
    while not driving.done():
        await bench.clock.advance(1)
    assert await driving == Done("theirs")
    assert bench.steps.done == []


async def test_an_output_that_cannot_be_stored_is_a_failure_of_its_step() -> None:
    bench = Bench(step("a"))
    bench.steps.ways["a"] = lambda call: float("nan")
    end = await bench.run()
    assert isinstance(end, Broken)
    assert (end.failure.kind, end.failure.where) == ("unstorable", "a")
    assert await bench.run() == end
    assert bench.steps.done == [("a", 1)]


async def test_arguments_that_cannot_be_stored_are_one_too() -> None:
    bench = Bench({"step": "a", "do": {"x": float("inf")}})
    end = await bench.run()
    assert isinstance(end, Broken)
    assert end.failure.kind == "unstorable"
    assert bench.steps.done == []


async def test_a_drain_lets_end_what_must_not_be_repeated_and_begins_nothing_more() -> None:
    """What may be repeated is cut off at once, and done by whoever goes on."""
    bench = Bench({"parallel": [[step("a")], [{"step": "b", "ask": {}}]]}, step("c"))
    may_end = asyncio.Event()
    bench.steps.ways = {"a": lambda call: may_end.wait(), "b": never}
    driver = bench.driver(await bench.journal())
    task = asyncio.create_task(driver.run())
    await until(lambda: bench.steps.running == {"a", "b"})
    assert driver.drain()
    assert driver.let_end == {"a"}
    await until(lambda: bench.steps.running == {"a"})
    may_end.set()
    with pytest.raises(Drained):
        await task
    assert [(one.path, type(one)) for one in await bench.entries()] == [("a", Finished)]
    bench.steps.ways.clear()
    assert await bench.run() == Done({})
    assert bench.steps.done == [("a", 1), ("b", 1), ("b", 1), ("c", 1)]


async def test_a_drain_of_what_may_be_repeated_waits_for_nothing() -> None:
    bench = Bench({"step": "a", "ask": {}})
    bench.steps.ways = {"a": never}
    driver = bench.driver(await bench.journal())
    task = asyncio.create_task(driver.run())
    await until(lambda: bench.steps.running == {"a"})
    assert not driver.drain()
    task.cancel()
    await asyncio.wait([task])


async def test_a_run_whose_last_step_ends_in_a_drain_has_ended() -> None:
    bench = Bench(step("a"))
    may_end = asyncio.Event()
    bench.steps.ways = {"a": lambda call: may_end.wait()}
    driver = bench.driver(await bench.journal())
    task = asyncio.create_task(driver.run())
    await until(lambda: bench.steps.running == {"a"})
    assert driver.drain()
    may_end.set()
    assert await task == Done(True)
