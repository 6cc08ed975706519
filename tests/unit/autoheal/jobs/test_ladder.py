"""Running again, told as a heal."""

from dataclasses import replace

from vrooli.autoheal.heal import Heal
from vrooli.autoheal.heal import Outcome as Healed
from vrooli.autoheal.jobs import ladder, state
from vrooli.autoheal.jobs.run import Now, Outcome, Run
from vrooli.stack.model import Job

JOB = Job("a", ("x",), "0 4 * * *", retries=2)
FRESH = state.fresh(JOB, Now(0.0, 0.0, "one"))


def told(heal: Heal | None, outcome: Outcome, attempt: int, trigger: str = "again") -> Heal | None:
    """The heal after the attempt ended so, ten seconds after it began."""
    began = Now(1000.0 * attempt, 100.0 * attempt, "one")
    run = Run("id", trigger, 0.0, began, attempt)  # type: ignore[arg-type]
    run = replace(run.ended(outcome, began.wall + 10, str(outcome)), seconds=10.0)
    again = state.ended(JOB, FRESH, run, began).again
    return ladder.after(JOB, heal, run, again)


def first_failure() -> Heal:
    """The heal that a first failed run begins."""
    heal = told(None, Outcome.FAILED, 1, "schedule")
    assert heal is not None
    return heal


def test_a_run_that_goes_well_is_no_story() -> None:
    assert told(None, Outcome.OK, 1, "schedule") is None


def test_a_failure_that_will_be_run_again_begins_a_heal() -> None:
    heal = first_failure()
    assert (heal.subject, heal.symptom, heal.outcome) == ("job-a", "failed", None)
    assert heal.detected_at == 1010.0


def test_an_attempt_that_succeeds_heals_it() -> None:
    heal = told(first_failure(), Outcome.OK, 2)
    assert heal is not None
    assert (heal.outcome, heal.verified_after) == (Healed.HEALED, 100.0)
    assert [attempt.error for attempt in heal.attempts] == [""]


def test_attempts_that_fail_are_kept_and_the_last_one_ends_it() -> None:
    heal = told(first_failure(), Outcome.TIMEOUT, 2)
    assert heal is not None
    assert heal.outcome is None
    heal = told(heal, Outcome.FAILED, 3)
    assert heal is not None
    assert heal.outcome is Healed.INEFFECTIVE
    assert [attempt.error for attempt in heal.attempts] == ["timeout", "failed"]


def test_a_run_of_its_schedule_that_comes_first_leaves_it_open_whether_it_had_helped() -> None:
    heal = told(first_failure(), Outcome.OK, 1, "schedule")
    assert heal is not None
    assert heal.outcome is Healed.UNVERIFIABLE


def test_without_retries_there_is_no_ladder_to_climb() -> None:
    run = Run("id", "schedule", 0.0, Now(0.0, 0.0, "one")).ended(Outcome.FAILED, 10.0)
    assert ladder.after(replace(JOB, retries=0), None, run, None) is None
