"""What the check of a job says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vrooli.autoheal.jobs import state
from vrooli.autoheal.jobs.check import OVERDUE, Seen, judge
from vrooli.autoheal.jobs.run import Now, Outcome, Run
from vrooli.core.status import Status
from vrooli.stack.model import Job

WALL = datetime(2026, 5, 4, 3, 30, tzinfo=UTC).timestamp()
NOW = Now(WALL, 1000.0, "one")
JOB = Job("a", ("x",), "0 4 * * *", retries=2)
RUN = Run("id", "schedule", WALL - 60, Now(WALL - 60, 940.0, "one"))
FRESH = state.fresh(JOB, NOW)
SEEN = Seen(JOB, FRESH, WALL, UTC, down=False, refused="", since=0.0, next_due=WALL + 1800)


def after(outcome: Outcome, reason: str = "", job: Job = JOB) -> Seen:
    """A job whose last run ended so, after a second and a half."""
    run = replace(RUN.ended(outcome, WALL, reason), seconds=1.5)
    return replace(SEEN, job=job, state=state.ended(job, FRESH, run, NOW))


def test_before_its_first_run_it_is_well_and_says_when_that_is() -> None:
    found = judge(SEEN)
    assert found.status is Status.OK
    assert found.message == "has not run yet; next at 2026-05-04 04:00:00"
    assert found.value is None


def test_after_a_good_run_it_is_well_and_measures_the_run() -> None:
    found = judge(after(Outcome.OK))
    assert (found.status, found.value, found.unit) == (Status.OK, 1.5, "s")
    assert found.message.startswith("ok after 1.5 s, at 2026-05-04 03:30:00; next at ")
    assert found.details == {"run": "id", "outcome": "ok"}


@pytest.mark.parametrize(
    ("outcome", "reason", "said"),
    [
        (Outcome.FAILED, "exited with code 3", "failed: exited with code 3 after 1.5 s"),
        (Outcome.TIMEOUT, "", "took longer than 1h and was ended"),
        (Outcome.LOST, "nobody knows", "lost: nobody knows"),
        (Outcome.MISSED, "nobody ran it", "missed: it was due at 2026-05-04 03:29:00 and nobody"),
    ],
)
def test_what_did_not_go_well_is_critical_or_a_warning_as_declared(
    outcome: Outcome, reason: str, said: str
) -> None:
    found = judge(after(outcome, reason))
    assert found.status is Status.CRITICAL
    assert said in found.message
    assert judge(after(outcome, reason, replace(JOB, critical=False))).status is Status.WARNING


def test_what_an_operator_stopped_is_no_failure() -> None:
    assert judge(after(Outcome.STOPPED, "stopped by an operator")).status is Status.OK


def test_the_next_attempt_is_announced() -> None:
    found = judge(after(Outcome.FAILED, "exited with code 3"))
    assert "runs again at 2026-05-04 03:31:00 (attempt 2 of 3)" in found.message


def test_a_failure_stays_one_until_a_run_has_gone_well() -> None:
    seen = after(Outcome.FAILED, "exited with code 3")
    running = replace(seen, state=state.begun(seen.state, RUN))
    found = judge(running)
    assert found.status is Status.CRITICAL
    assert found.message.endswith("running since 2026-05-04 03:29:00")


def test_one_that_cannot_start_is_overdue_after_a_while() -> None:
    waits = replace(SEEN, refused="it needs db, which is not healthy", since=WALL - OVERDUE + 1)
    assert judge(waits).status is Status.OK
    found = judge(replace(waits, since=WALL - OVERDUE))
    assert found.status is Status.CRITICAL
    assert found.message == ("overdue since 2026-05-04 03:29:00: it needs db, which is not healthy")


def test_while_the_stack_is_down_it_does_not_count() -> None:
    assert not judge(replace(after(Outcome.FAILED), down=True)).applicable


def test_a_schedule_that_has_ended_says_so() -> None:
    assert judge(replace(SEEN, next_due=None)).message == "has not run yet; never due again"


def test_what_was_run_by_hand_and_failed_is_a_warning_unless_it_failed_before() -> None:
    """Whoever asked for it sees how it ended; nobody else has to be woken."""
    manual = replace(RUN, trigger="manual", due=None, by="ada")
    failed = replace(manual.ended(Outcome.FAILED, WALL, "exited with code 3"), seconds=1.5)
    alone = state.ended(JOB, FRESH, failed, NOW)
    found = judge(replace(SEEN, state=alone))
    assert found.status is Status.WARNING
    assert found.message.startswith("run by hand, failed: exited with code 3 after 1.5 s")
    assert alone.again is None
    before = after(Outcome.FAILED, "exited with code 3").state
    assert judge(replace(SEEN, state=state.ended(JOB, before, failed, NOW))).status == "critical"
    good = manual.ended(Outcome.OK, WALL, "")
    mended = state.ended(JOB, before, good, NOW)
    assert judge(replace(SEEN, state=state.ended(JOB, mended, failed, NOW))).status == "warning"
    for one in (alone, before, mended):
        assert state.JobState.from_json(one.to_json()) == one
    older = {key: value for key, value in before.to_json().items() if key != "unwell"}
    assert state.JobState.from_json(older).unwell
