"""What is paged of a job at every moment of its being run again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.memory_watchdog import MemoryWatchdog, stack_of
from tests.support.until import until
from vrooli.autoheal.paging import CONFIRMED, CheckFacts, Verdict, judge_check
from vrooli.core.launch import LaunchSpec
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import Behaviour, MemoryKeeper
from vrooli.stack.model import Job
from vrooli.stack.progress import silent

JOB = Job("a", ("x",), "every 2s", cwd="/", retries=1, retry_delay=0.1)


def keeper(*codes: int) -> MemoryKeeper:
    """Runs end with these codes, one after the other, and well when there are no more."""
    left = [*codes]

    def next_one(_: LaunchSpec) -> Behaviour:
        return Behaviour(ends_after=0.0, code=left.pop(0) if left else 0)

    return MemoryKeeper(SystemClock(), next_one)


class Judged:
    """A watchdog whose every event has its job judged, as the pager does that hears it.

    Attributes:
        pages: what a person would have been told, in order.
        outcomes: of the heals that were told.
    """

    def __init__(self, watchdog: MemoryWatchdog) -> None:
        self.watchdog = watchdog
        self.pages: list[Verdict] = []
        self.outcomes: list[str] = []
        self._in_vain = ""
        self._publish: Callable[[str, dict[str, Any]], None] = watchdog.events.publish
        watchdog.events.publish = self._judge  # type: ignore[method-assign]

    def _judge(self, kind: str, data: dict[str, Any]) -> None:
        self._publish(kind, data)
        if kind == "heal" and data["outcome"]:
            self.outcomes.append(data["outcome"])
            self._in_vain = data["note"] if data["outcome"] == "ineffective" else ""
        check = self.watchdog.board.checks.get("job-a")
        if check is not None:
            facts = CheckFacts(check.result, CONFIRMED, "", check.acting, None, self._in_vain)
            verdict = judge_check(facts, 0.0)
            self.pages += [verdict] if verdict.says == "page" else []


async def _judged(folder: Path, *codes: int) -> Judged:
    """Until its first failure has come to its end."""
    stack = replace(stack_of(), jobs={"a": JOB})
    async with MemoryWatchdog(folder, stack, keeper(*codes)) as watchdog:
        judged = Judged(watchdog)
        await watchdog.operations.run("up", (), silent)
        await until(lambda: bool(judged.outcomes))
        return judged


async def test_a_retry_that_succeeds_is_paged_at_no_moment(tmp_path: Path) -> None:
    judged = await _judged(tmp_path, 1)
    assert judged.outcomes[0] == "healed"
    assert judged.pages == []


async def test_when_all_retries_fail_the_page_tells_of_the_last(tmp_path: Path) -> None:
    judged = await _judged(tmp_path, 1, 1)
    assert judged.outcomes[0] == "ineffective"
    assert "next at" in judged.pages[0].reason
    assert "runs again" not in judged.pages[0].reason
