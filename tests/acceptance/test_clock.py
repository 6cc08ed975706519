"""Somebody sets the clock an hour forward, and back: nothing happens, and nothing is lost."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.support.faked_clock import FakedClock, faked_clock
from tests.support.history_copy import spooled, until_copied
from tests.support.stack import LiveStack, gone, said

HOUR = 3600.0
SERVICES = ("postgres", "server", "web", "still")
OURS = ("autoheal", "keeper")

CLOSE = 60.0
"""Seconds by which two tellings of one time may differ on a slow machine; no hour hides in them."""


class Jumping:
    """A stack whose clock jumps, and a clock that does not."""

    def __init__(self, stack: LiveStack, clock: FakedClock) -> None:
        self.stack, self.clock = stack, clock
        self._up_at = time.monotonic()
        self._before = stack.pids(*SERVICES, *OURS)

    def jump(self, offset: float) -> None:
        """Set the clock; returns when everything was looked at with it, twice."""
        self.clock.set(offset)
        for _ in range(2):
            since = self.clock.now()
            self.stack.until(partial(self._looked_since, since), "all is looked at anew")

    def _looked_since(self, since: float) -> bool:
        try:
            rows = self.stack.get("autoheal", "/checks")["checks"]
        except OSError:  # a watchdog that is replaced is found out by `replaced`
            return False
        times = [row["looked_at"] for row in rows if row["category"] in ("resource", "scenario")]
        return all(at is not None and since < at <= self.clock.now() for at in times)

    def heal(self, name: str, times: int, wait: float) -> None:
        """Kill `name`: it is healed after `wait` seconds of backoff, the `times`-th time."""
        self.stack.kill(name)
        heal = self.stack.until_healed(name, times)
        assert wait <= heal["verified_after"] < wait + CLOSE

    def replaced(self) -> set[str]:
        """Whose process is another than at first."""
        now = self.stack.pids(*self._before)
        return {name for name, pid in now.items() if pid != self._before[name]}

    def assert_ages_are_sane(self) -> None:
        """What runs since the beginning does so for as long as it really does."""
        real = time.monotonic() - self._up_at
        seen = json.loads(self.clock.run("status", "--json").stdout)
        for row in seen["services"]:
            age = self.clock.now() - row["started_at"]
            at_most, at_least = real + CLOSE, 0 if row["restarts_24h"] else real - CLOSE
            assert at_least <= age <= at_most, row
        shown = self.clock.run("status")
        assert shown.returncode == 0, said(shown)
        assert not re.search(r"\s-\d", shown.stdout), said(shown)

    def assert_history_is_whole(self) -> None:
        """The numbers of the spool have no gap, and the server gets them all."""
        numbers = spooled(self.stack)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        asyncio.run(until_copied(self.stack, numbers[-1]))


Bring = Callable[..., Jumping]


@pytest.fixture
def bring(stack: LiveStack) -> Iterator[Bring]:
    """PostgreSQL, the server, `web` and `still`, brought up with a clock that can be set."""
    with faked_clock(stack) as clock:

        def up(**settings: float) -> Jumping:
            stack.autoheal(stability=0.5, sweep=1, **settings)
            stack.with_postgres_and_server()
            stack.add("web")
            stack.add("still")
            stack.write()
            clock.bring_up()
            assert {name for name in ("web", *OURS) if clock.shown_to(name)} == set(OURS)
            return Jumping(stack, clock)

        yield up


def test_each_failure_before_between_and_after_is_healed_once_and_nothing_else_restarted(
    bring: Bring,
) -> None:
    jumping = bring()
    stack = jumping.stack
    jumping.heal("web", 1, wait=0)
    for offset, name, times, wait in (
        (HOUR, "web", 2, 2),
        (0, "web", 3, 10),
        (-HOUR, "still", 1, 0),  # back to before the beginning
    ):
        untouched = stack.pids(*SERVICES)
        jumping.jump(offset)
        stack.until_ok()
        assert stack.pids(*SERVICES) == untouched
        jumping.assert_ages_are_sane()
        jumping.heal(name, times, wait)
        jumping.assert_history_is_whole()
    heals = stack.heals()
    assert [(heal["subject"], heal["outcome"]) for heal in heals] == [
        ("web", "healed"),
        ("web", "healed"),
        ("web", "healed"),
        ("still", "healed"),
    ]
    assert len({heal["id"] for heal in heals}) == len(heals)
    assert jumping.replaced() == {"web", "still"}
    assert [stack.service(name)["restarts_24h"] for name in SERVICES] == [0, 0, 3, 1]
    assert [len(stack.starts(name)) for name in ("web", "still")] == [4, 2]


@pytest.mark.parametrize("offset", [HOUR, -HOUR])
def test_the_budget_and_the_count_of_heals_outlive_a_jump_and_the_watchdog(
    bring: Bring, offset: float
) -> None:
    jumping = bring(heal_budget=2)
    stack = jumping.stack
    jumping.heal("web", 1, wait=0)
    jumping.heal("still", 1, wait=0)
    watchdog = stack.pid("autoheal")
    jumping.clock.set(offset)
    stack.kill("autoheal")
    stack.until(lambda: gone(watchdog), "it is gone")
    stack.until_healed("autoheal")
    assert jumping.replaced() == {"web", "still", "autoheal"}
    assert [len(stack.starts(name)) for name in ("web", "still")] == [2, 2]
    assert [stack.service(name)["restarts_24h"] for name in SERVICES] == [0, 0, 1, 1]
    stack.kill("web")
    stack.until(lambda: len(stack.heals("web")) == 2, "a decision")
    refused = stack.heals("web")[-1]
    assert (refused["outcome"], refused["rule"]) == ("refused", "budget")
