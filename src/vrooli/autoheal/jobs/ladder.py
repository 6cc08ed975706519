"""Running a failed job again, told as a heal: what was wrong, what was tried, what came of it."""

from dataclasses import replace

from vrooli.autoheal.heal import Attempt, Heal, Outcome
from vrooli.autoheal.jobs import run as runs
from vrooli.autoheal.jobs.run import Run
from vrooli.autoheal.jobs.state import Again
from vrooli.stack.model import Job

ACTION = "run-again"
"""The one rung of a job's ladder. It is safe: a job is made to be run."""

_FAILURES = (runs.Outcome.FAILED, runs.Outcome.TIMEOUT)


def after(job: Job, heal: Heal | None, run: Run, again: Again | None) -> Heal | None:
    """The heal after `run` has ended, None when there is none to tell of. Pure.

    Args:
        job: what ran.
        heal: the one in flight before, None when there was none.
        run: what ended.
        again: what follows it.
    """
    if heal is not None and heal.outcome is None:
        if run.trigger != "again":
            note = "its next run came first"
            return heal.ended(Outcome.UNVERIFIABLE, run.ended_at or 0.0, note)
        return _tried(heal, run, again)
    if again is not None and again.trigger == "again":
        return _open(job, run)
    return None


def _tried(heal: Heal, run: Run, again: Again | None) -> Heal:
    at = run.ended_at or 0.0
    error = "" if run.outcome is runs.Outcome.OK else run.reason
    heal = heal.tried(Attempt(ACTION, run.began.wall, error))
    if run.outcome is runs.Outcome.OK:
        took = run.began.monotonic + (run.seconds or 0.0) - heal.detected_monotonic
        return replace(heal, verified_after=round(took, 3)).ended(Outcome.HEALED, at)
    if again is not None:
        return heal
    if run.outcome in _FAILURES:
        return heal.ended(Outcome.INEFFECTIVE, at, "it stays failed until its next run")
    return heal.ended(Outcome.UNVERIFIABLE, at, run.reason)


def _open(job: Job, run: Run) -> Heal:
    at = run.ended_at or 0.0
    return Heal(
        id=f"{int(at * 1000):013d}-{job.check_id}",
        subject=job.check_id,
        symptom=str(run.outcome),
        cause=run.reason,
        rule=ACTION,
        reason=f"declared retries = {job.retries}",
        detected_at=at,
        detected_monotonic=run.began.monotonic + (run.seconds or 0.0),
    )
