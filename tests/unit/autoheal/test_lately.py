"""How long what happened counts."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.looks import facts_of
from vrooli.autoheal.check import Look
from vrooli.autoheal.checks.log_pattern import CHECK, LogPattern
from vrooli.autoheal.lately import PARTS, Counts, lately
from vrooli.core.result import Result, ok
from vrooli.core.status import Status
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.files import MemoryFiles
from vrooli.stack.model import Thresholds

WINDOW = 300.0


class Looks:
    """Looks one after the other, `every` seconds apart."""

    def __init__(self, every: float) -> None:
        self.now, self.every = 1000.0, every
        self.before: Result | None = None
        self.counts: Counts = []

    def found(self, new: int) -> int:
        """One more, which found `new`; what counts now."""
        self.now += self.every
        self.counts = lately(self.before, new, self.now, WINDOW)
        self.before = ok("", counts=self.counts, new=new)
        return sum(count for _, count in self.counts)


def test_a_burst_counts_for_the_window_and_no_longer() -> None:
    looks = Looks(every=2.0)
    assert looks.found(5) == 5
    assert [looks.found(0) for _ in range(149)] == [5] * 149
    assert [looks.found(0) for _ in range(20)][-1] == 0


def test_however_seldom_is_looked_two_looks_see_it() -> None:
    looks = Looks(every=3600.0)
    assert [looks.found(new) for new in (5, 0, 0, 2, 3, 0, 0)] == [5, 5, 0, 2, 5, 3, 0]


@given(st.lists(st.integers(0, 3), max_size=200), st.floats(0.5, 400.0))
def test_no_more_is_carried_on_than_the_window_has_parts(new: list[int], every: float) -> None:
    looks, came = Looks(every), []
    for count in new:
        total = looks.found(count)
        came.append((looks.now, count))
        assert len(looks.counts) <= PARTS + 2
        assert total >= sum(n for at, n in came if looks.now - at < WINDOW)
        late = WINDOW * (1 + 1 / PARTS) + every
        assert total <= sum(n for at, n in came if looks.now - at <= late)


def test_a_burst_of_lines_is_critical_for_as_long_as_its_window(tmp_path: Any) -> None:
    clock, options = MemoryClock(), LogPattern("/log", "ERROR", window="1m")
    facts = replace(
        facts_of({}, tmp_path), tools=replace(facts_of({}, tmp_path).tools, clock=clock)
    )
    limits = Thresholds(1.0, 2.0)

    def looked(text: str, before: Result | None) -> Result:
        there = replace(facts, files=MemoryFiles({"/log": text}))
        found = CHECK.run(Look(there, "own", limits, options, before=before))
        assert isinstance(found, Result)
        return found

    result = looked("", None)
    text = 5 * "ERROR no more orders\n"
    for _ in range(12):
        clock._move_to(clock.monotonic() + 5.0)
        result = looked(text, result)
        assert result.status is Status.CRITICAL
        assert result.message.startswith("5 lines match within 1m: ERROR no more orders")
    clock._move_to(clock.monotonic() + 15.0)
    assert looked(text, result).status is Status.OK
