"""A watchdog that does not get on falls silent, and one that does never does."""

import asyncio
from dataclasses import dataclass

from tests.support.clocks import TurnedClock
from tests.support.until import until
from vrooli.autoheal.progress import PATIENCE, Progress


@dataclass
class Works:
    """A part whose work the test counts."""

    done: int = 0


class Watched:
    """A progress with one part that must move every 30 s, and no canary."""

    def __init__(self, excused: bool = False) -> None:
        self.clock, self.part = TurnedClock(), Works()
        self.progress = Progress(self.clock, excused=lambda: excused)
        self.progress.expect("the sweep", lambda: self.part.done, lambda: 30.0)

    def live(self, seconds: float, *, working: bool, canary: bool = True) -> str:
        """So long, asked twice a second; the last answer."""
        why = ""
        for _ in range(round(seconds * 2)):
            self.clock.pass_time(0.5)
            self.part.done += working
            self.progress.canaries += canary  # its thread is not run here
            why = self.progress.stuck()
        return why


def test_one_that_works_is_never_stuck() -> None:
    assert Watched().live(10 * PATIENCE, working=True) == ""


def test_one_that_stops_working_is_stuck_after_its_time_and_not_before() -> None:
    watched = Watched()
    watched.live(5, working=True)
    assert watched.live(29 + PATIENCE, working=False) == ""
    said = watched.live(2, working=False)
    assert said == f"no progress for {31 + PATIENCE:.0f} s: the sweep"


def test_it_is_well_again_when_it_goes_on() -> None:
    watched = Watched()
    assert watched.live(40 + PATIENCE, working=False)
    assert watched.live(0.5, working=True) == ""


def test_threads_that_do_not_come_back_are_noticed() -> None:
    watched = Watched()
    watched.live(1, working=True)
    assert "the threads" in watched.live(20 + PATIENCE, working=True, canary=False)


def test_a_machine_that_slept_has_not_been_stuck() -> None:
    watched = Watched()
    watched.live(5, working=True)
    watched.clock.pass_time(86_400)
    assert watched.live(60, working=False) == ""


def test_who_waits_for_a_disk_is_excused() -> None:
    assert Watched(excused=True).live(10 * PATIENCE, working=False) == ""


async def test_the_canary_goes_through_a_thread() -> None:
    clock = TurnedClock()
    progress = Progress(clock, excused=lambda: False)
    task = asyncio.create_task(progress.run_canary())
    await until(lambda: len(clock.sleeps) >= 3)
    task.cancel()
    assert progress.canaries >= 3
