"""The budget of heals when failures come faster than heals begin."""

from dataclasses import replace
from pathlib import Path

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.stack.progress import silent


async def test_failures_of_one_moment_do_not_overrun_the_budget(tmp_path: Path) -> None:
    stack = stack_of(*(scenario(f"web-{port}", port) for port in (1, 2, 3)))
    stack = replace(stack, autoheal=replace(stack.autoheal, heal_budget=2))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        tracked = list(watchdog.board.tracked.values())
        for one in tracked:
            now = watchdog.clock.monotonic()
            one.failure = Failure(Symptom.UNRESPONSIVE, "no answer", watchdog.clock.wall(), now)
            await watchdog.reactor.consider(one)
        rules = [one.decision.rule for one in tracked if one.decision is not None]
        assert rules == ["heal", "heal", "budget"]
