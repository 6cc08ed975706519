"""The step `wait`."""

import asyncio
from typing import Any

import pytest

from tests.support.steps import call, executed, failure, output, tools
from vrooli.execution.executor import StepExecutor
from vrooli.flow.driver import Parked
from vrooli.flow.entries import Finished
from vrooli.host.memory.clock import MemoryClock

NOON = 1_800_014_400.0  # 2027-01-15T12:00:00Z


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock(wall=NOON)


def waiting(
    clock: MemoryClock, begun: float | None = None, **arguments: Any
) -> "asyncio.Task[Finished]":
    executor = StepExecutor("run-1", tools(clock=clock))
    return asyncio.create_task(executor.execute(call("wait", arguments, 1.0), begun or NOON))


async def ends_after(task: "asyncio.Task[Finished]", clock: MemoryClock, seconds: float) -> None:
    """Not before, and then."""
    await asyncio.sleep(0)
    await clock.advance(seconds - 0.5)
    assert not task.done()
    await clock.advance(0.5)
    output(await task)


async def test_seconds_from_its_beginning(clock: MemoryClock) -> None:
    await ends_after(waiting(clock, seconds=4.5), clock, 4.5)


async def test_until_a_time(clock: MemoryClock) -> None:
    await ends_after(waiting(clock, until="2027-01-15T14:00:05+02:00"), clock, 5)


@pytest.mark.parametrize("arguments", [{"seconds": 60}, {"until": "2027-01-15T12:01:00Z"}])
async def test_a_long_one_takes_nobody_s_place(clock: MemoryClock, arguments: Any) -> None:
    """It looks at no decision, so that none that came before keeps its run from being set down."""
    with pytest.raises(Parked) as parked:
        await waiting(clock, **arguments)
    assert (parked.value.until, parked.value.seen) == (NOON + 60, None)
    await clock.advance(60)
    assert output(await waiting(clock, NOON, **arguments))


async def test_a_beginning_before_a_crash_counts(clock: MemoryClock) -> None:
    await ends_after(waiting(clock, NOON - 100, seconds=104), clock, 4)
    assert output(await waiting(clock, NOON - 100, seconds=60)) == {
        "due": "2027-01-15T11:59:20+00:00"
    }


async def test_a_clock_that_is_set_meanwhile_counts(clock: MemoryClock) -> None:
    task = waiting(clock, seconds=4)
    await asyncio.sleep(0)
    clock.jump(-3600)
    await clock.advance(4)
    with pytest.raises(Parked):
        await task


@pytest.mark.parametrize("arguments", [{"seconds": 0}, {"until": "2020-01-01T00:00:00Z"}])
async def test_what_has_passed_ends_at_once(clock: MemoryClock, arguments: Any) -> None:
    assert output(await executed("wait", arguments, tools(clock=clock)))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"seconds": 1, "until": "2027-01-15T12:00:00Z"},
        {"signal": "x", "seconds": 1, "until": "2027-01-15T12:00:00Z"},
        {"signal": "Not a name"},
        {"seconds": -1},
        {"seconds": True},
        {"until": "tomorrow"},
        {"until": "2027-01-15T12:00:00"},
        {"until": "9999-01-15T12:00:00Z"},
        {"until": "0001-01-01T00:00:00+23:59"},
    ],
)
async def test_arguments_that_cannot_be(clock: MemoryClock, arguments: Any) -> None:
    assert failure(await executed("wait", arguments, tools(clock=clock))) == ("arguments", False)
