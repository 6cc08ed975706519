"""Whether a job runs now."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from vrooli.autoheal.jobs import state
from vrooli.autoheal.jobs.decide import ON_TIME, SET_BACK, Decision, Situation, decide, next_due
from vrooli.autoheal.jobs.run import Now, Outcome, Run
from vrooli.autoheal.jobs.state import JobState
from vrooli.stack.model import Job

BEGAN = datetime(2026, 5, 4, 3, 30, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
NIGHTLY = Job("nightly", ("x",), "0 4 * * *")
DUE = BEGAN + HOUR / 2


def at(seconds: float, boot: str = "one") -> Now:
    """So many seconds after a job was declared, at half past three."""
    return Now(BEGAN + seconds, 1000.0 + seconds, boot)


def decided(job: Job, memory: JobState, seconds: float, **more: object) -> Decision:
    """The decision then."""
    return decide(job, memory, Situation(at(seconds), UTC, **more))  # type: ignore[arg-type]


def run_of(decision: Decision, now: Now) -> Run:
    """The run that a decision asks for."""
    return Run(
        "id", decision.trigger, decision.due, now, decision.attempt, decision.made_up
    )  # fmt: skip


def begun(job: Job, memory: JobState, seconds: float) -> JobState:
    """Its memory after it has started then."""
    decision = decided(job, memory, seconds)
    assert decision.verdict == "run"
    return state.begun(memory, run_of(decision, at(seconds)))


def over(job: Job, memory: JobState, seconds: float, outcome: Outcome) -> JobState:
    """Its memory after the run in flight has ended then."""
    assert memory.run is not None
    run = memory.run.ended(outcome, at(seconds).wall)
    return state.ended(job, memory, run, at(seconds))


FRESH = state.fresh(NIGHTLY, at(0))


def test_a_new_job_waits_for_its_first_time_and_has_nothing_to_catch_up() -> None:
    decision = decided(NIGHTLY, FRESH, 0)
    assert (decision.verdict, decision.rule, decision.wait) == ("wait", "not-yet", HOUR / 2)
    assert next_due(NIGHTLY, FRESH, at(0), UTC) == DUE


def test_it_runs_when_its_time_has_come_and_once_only() -> None:
    decision = decided(NIGHTLY, FRESH, HOUR / 2)
    assert (decision.verdict, decision.trigger, decision.due) == ("run", "schedule", DUE)
    memory = over(NIGHTLY, begun(NIGHTLY, FRESH, HOUR / 2), HOUR, Outcome.OK)
    assert decided(NIGHTLY, memory, HOUR).verdict == "wait"
    assert next_due(NIGHTLY, memory, at(HOUR), UTC) == DUE + DAY


def test_times_that_passed_are_caught_up_by_one_run_for_the_latest() -> None:
    decision = decided(NIGHTLY, FRESH, 3 * DAY + HOUR)
    assert (decision.verdict, decision.trigger) == ("run", "catch-up")
    assert (decision.due, decision.missed) == (DUE + 3 * DAY, 3)


def test_who_does_not_catch_up_misses_them() -> None:
    punctual = replace(NIGHTLY, catch_up=False)
    assert decided(punctual, FRESH, HOUR / 2 + ON_TIME).verdict == "run"
    decision = decided(punctual, FRESH, HOUR / 2 + ON_TIME + 1)
    assert (decision.verdict, decision.due) == ("miss", DUE)
    memory = state.missed(FRESH, run_of(decision, at(HOUR)).ended(Outcome.MISSED, 0.0))
    assert decided(punctual, memory, HOUR).verdict == "wait"


def test_a_time_that_comes_while_it_runs_is_skipped() -> None:
    often = replace(NIGHTLY, schedule="every 1m")
    memory = begun(often, FRESH, MINUTE)
    assert decided(often, memory, 1.5 * MINUTE).verdict == "wait"
    decision = decided(often, memory, 3 * MINUTE)
    assert (decision.verdict, decision.missed) == ("skip", 1)
    memory = state.skipped(memory, decision.due or 0.0, 2, at(3 * MINUTE))
    assert memory.run is not None
    assert memory.run.skipped == 2
    memory = over(often, memory, 3.2 * MINUTE, Outcome.OK)
    assert decided(often, memory, 3.2 * MINUTE).wait == pytest.approx(0.8 * MINUTE)


def test_nothing_runs_while_the_stack_is_down_and_it_is_caught_up_later() -> None:
    decision = decided(NIGHTLY, FRESH, HOUR, down=True)
    assert (decision.verdict, decision.rule) == ("wait", "down")
    assert decided(NIGHTLY, FRESH, HOUR).trigger == "catch-up"


def test_without_its_needs_it_is_refused_and_its_time_is_not_spent() -> None:
    decision = decided(NIGHTLY, FRESH, HOUR / 2, unmet=("db",))
    assert (decision.verdict, decision.rule) == ("refuse", "needs")
    assert decision.reason == "it needs db, which is not healthy"
    assert decided(NIGHTLY, FRESH, HOUR / 2 + 9).due == DUE


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMEOUT])
def test_a_failed_run_is_run_again_after_growing_delays_and_then_stays_failed(
    outcome: Outcome,
) -> None:
    job = replace(NIGHTLY, retries=2, retry_delay=10.0)
    memory, seconds, delays = FRESH, HOUR / 2, []
    for attempt in (1, 2, 3):
        decision = decided(job, memory, seconds)
        assert (decision.due, decision.attempt) == (DUE, attempt)
        memory = over(job, begun(job, memory, seconds), seconds, outcome)
        wait = decided(job, memory, seconds).wait or 0.0
        delays.append(wait)
        seconds += wait
    assert delays[:2] == [10.0, 20.0]
    assert memory.again is None
    assert delays[2] > DAY / 2


def test_delays_do_not_grow_for_ever() -> None:
    job = replace(NIGHTLY, retries=20, retry_delay=3600.0)
    run = Run("id", "again", DUE, at(0), attempt=20).ended(Outcome.FAILED, 0.0)
    again = state.ended(job, FRESH, run, at(0)).again
    assert again is not None
    assert again.delay == state.LONGEST_DELAY


def test_the_next_due_time_ends_the_waiting_for_another_attempt() -> None:
    job = replace(NIGHTLY, schedule="every 1m", retries=5, retry_delay=600.0)
    memory = over(job, begun(job, FRESH, MINUTE), 1.1 * MINUTE, Outcome.FAILED)
    assert memory.again is not None
    decision = decided(job, memory, 2 * MINUTE)
    assert (decision.attempt, decision.trigger) == (1, "schedule")
    assert begun(job, memory, 2 * MINUTE).again is None


def test_a_reboot_has_waited_long_enough_for_another_attempt() -> None:
    job = replace(NIGHTLY, retries=1, retry_delay=600.0)
    memory = over(job, begun(job, FRESH, HOUR / 2), HOUR / 2, Outcome.FAILED)
    later = Now(at(HOUR / 2).wall + 30, 5.0, "two")
    assert decide(job, memory, Situation(later, UTC)).attempt == 2


@pytest.mark.parametrize("outcome", [Outcome.LOST, Outcome.STOPPED])
def test_a_run_that_was_cut_off_is_made_up_for_once(outcome: Outcome) -> None:
    memory = over(NIGHTLY, begun(NIGHTLY, FRESH, HOUR / 2), HOUR, outcome)
    decision = decided(NIGHTLY, memory, HOUR)
    assert (decision.verdict, decision.trigger, decision.due) == ("run", "catch-up", DUE)
    memory = over(NIGHTLY, begun(NIGHTLY, memory, HOUR), 2 * HOUR, outcome)
    assert decided(NIGHTLY, memory, 2 * HOUR).verdict == "wait"


def test_a_run_that_was_cut_off_is_not_made_up_for_by_who_does_not_catch_up() -> None:
    punctual = replace(NIGHTLY, catch_up=False)
    memory = over(punctual, begun(punctual, FRESH, HOUR / 2), HOUR, Outcome.LOST)
    assert decided(punctual, memory, HOUR).verdict == "wait"


def test_a_run_by_hand_spends_no_due_time_and_is_not_run_again() -> None:
    job = replace(NIGHTLY, retries=3)
    memory = state.begun(FRESH, Run("id", "manual", None, at(10)))
    memory = over(job, memory, 20, Outcome.FAILED)
    assert memory.again is None
    assert decided(job, memory, HOUR / 2).due == DUE


def test_a_clock_that_is_set_back_runs_nothing_twice() -> None:
    memory = over(NIGHTLY, begun(NIGHTLY, FRESH, HOUR / 2), HOUR / 2 + 5, Outcome.OK)
    for back in (1.0, HOUR, SET_BACK - 10):
        now = Now(DUE + 5 - back, 1000.0 + HOUR, "one")
        assert decide(NIGHTLY, memory, Situation(now, UTC)).verdict == "wait"
        now = Now(DUE + 1, 1000.0 + HOUR + back, "one")
        assert decide(NIGHTLY, memory, Situation(now, UTC)).verdict == "wait"


def test_a_clock_that_was_wrong_by_years_does_not_stop_a_job_for_years() -> None:
    memory = replace(FRESH, last_due=FRESH.last_due + 4000 * DAY)
    decision = decided(NIGHTLY, memory, 0)
    assert (decision.verdict, decision.rule) == ("reckon", "set-back")
    memory = state.set_back(memory, at(0))
    assert decided(NIGHTLY, memory, HOUR / 2).due == DUE


def test_an_interval_passes_also_when_the_clock_is_set_back() -> None:
    job = replace(NIGHTLY, schedule="every 5m")
    memory = over(job, begun(job, FRESH, 5 * MINUTE), 5 * MINUTE + 1, Outcome.OK)
    seen = []
    for minutes in range(5, 30):
        mono = 1000.0 + minutes * MINUTE + 5
        now = Now(BEGAN + minutes * MINUTE - HOUR, mono, "one")
        decision = decide(job, memory, Situation(now, UTC))
        if decision.verdict == "run":
            seen.append(decision.due or 0.0)
            memory = state.begun(memory, run_of(decision, now))
            assert memory.run is not None
            memory = state.ended(job, memory, memory.run.ended(Outcome.OK, now.wall), now)
    assert len(seen) in (3, 4, 5)
    assert seen == [memory.last_due - 5 * MINUTE * n for n in reversed(range(len(seen)))]
    assert seen[0] == DUE - 25 * MINUTE + 5 * MINUTE


def test_a_clock_that_jumps_ahead_is_caught_up_with_once() -> None:
    memory = over(NIGHTLY, begun(NIGHTLY, FRESH, HOUR / 2), HOUR, Outcome.OK)
    now = Now(at(HOUR).wall + 10 * DAY, at(HOUR).monotonic, "one")
    decision = decide(NIGHTLY, memory, Situation(now, UTC))
    assert (decision.trigger, decision.missed) == ("catch-up", 9)


def test_an_edited_schedule_reckons_from_now_on() -> None:
    earlier = replace(NIGHTLY, schedule="35 3 * * *")
    memory = state.taken_on(earlier, FRESH, at(HOUR))
    assert decided(earlier, memory, HOUR).verdict == "wait"
    assert state.taken_on(NIGHTLY, FRESH, at(HOUR)) == FRESH
    elsewhere = replace(NIGHTLY, timezone="Europe/Berlin")
    assert state.taken_on(elsewhere, FRESH, at(HOUR)).last_due == at(HOUR).wall


@pytest.mark.parametrize(
    ("day", "shown"),
    [("2026-03-29", ["03:00+0200"]), ("2026-10-25", ["02:30+0200"])],
)
def test_on_the_days_of_changed_clocks_it_runs_once(day: str, shown: list[str]) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    job = replace(NIGHTLY, schedule="30 2 * * *")
    wall = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=berlin).timestamp()
    memory, found = state.fresh(job, Now(wall, 0.0, "one")), []
    for minute in range(0, 6 * 60):
        now = Now(wall + minute * MINUTE, minute * MINUTE, "one")
        decision = decide(job, memory, Situation(now, berlin))
        if decision.verdict == "run":
            found.append(f"{datetime.fromtimestamp(now.wall, berlin):%H:%M%z}")
            memory = state.begun(memory, run_of(decision, now))
            assert memory.run is not None
            memory = state.ended(job, memory, memory.run.ended(Outcome.OK, now.wall), now)
    assert found == shown


def test_what_is_remembered_is_read_back() -> None:
    job = replace(NIGHTLY, retries=1)
    running = begun(job, FRESH, HOUR / 2)
    failed = over(job, running, HOUR, Outcome.FAILED)
    for memory in (FRESH, running, failed):
        assert JobState.from_json(memory.to_json()) == memory
