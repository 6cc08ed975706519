"""A job as a check: well when its last run was."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from vrooli.autoheal.catalogue import JOBS, HostCheck
from vrooli.autoheal.check import Check
from vrooli.autoheal.jobs.run import Outcome, Run
from vrooli.autoheal.jobs.state import JobState
from vrooli.core.result import Result, critical, not_applicable, ok, warning
from vrooli.stack.durations import format_duration
from vrooli.stack.model import CheckSettings, Job

EVERY = 15.0
"""Seconds between looks; a run that ends is looked at at once."""

OVERDUE = 60.0
"""Seconds that a due time may wait for its run before that counts as a failure."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A job at one moment.

    Attributes:
        wall: Unix seconds.
        zone: in which times are shown.
        down: whether the stack is down.
        refused: why it cannot start now; empty when it could, or need not.
        since: since when it is refused, Unix seconds.
        next_due: Unix seconds; None when never again.
    """

    job: Job
    state: JobState
    wall: float
    zone: tzinfo
    down: bool
    refused: str
    since: float
    next_due: float | None


def job_check(job: Job, look: Callable[[], Result]) -> HostCheck:
    """The check of `job`. It has no ladder of its own: a failed run is run again as declared."""
    check = Check(
        id=JOBS,
        title=f"Job {job.name}",
        why="What it is there for is not done.",
        category="job",
        interval=EVERY,
        unit="s",
        thresholds=None,
        run=lambda _: look(),
    )
    return HostCheck(check, job.check_id, CheckSettings(JOBS))


def judge(seen: Seen) -> Result:
    """How the job is. Its value is how many seconds the last run took. Pure."""
    if seen.down:
        return not_applicable("the stack is down")
    last, sick = seen.state.last, critical if seen.job.critical else warning
    value = last.seconds if last is not None else None
    unit = "s" if value is not None else ""
    details = {} if last is None else {"run": last.id, "outcome": str(last.outcome)}
    if seen.refused and seen.wall - seen.since >= OVERDUE:
        text = f"overdue since {_shown(seen, seen.since)}: {seen.refused}"
        return sick(text, value, unit, **details)
    if last is None:
        return ok(f"has not run yet; {_what_follows(seen)}")
    text = f"{_told(seen, last)}; {_what_follows(seen)}"
    well = last.outcome in (Outcome.OK, Outcome.STOPPED)
    if not well and not seen.state.unwell:  # whoever asked for it sees how it ended
        return warning(f"run by hand, {text}", value, unit, **details)
    return (ok if well else sick)(text, value, unit, **details)


def _told(seen: Seen, last: Run) -> str:
    at = _shown(seen, last.ended_at or 0.0)
    took = f" after {last.seconds:.3g} s" if last.seconds is not None else ""
    if last.outcome is Outcome.OK:
        return f"ok{took}, at {at}"
    if last.outcome is Outcome.MISSED:
        return f"missed: it was due at {_shown(seen, last.due or 0.0)} and {last.reason}"
    if last.outcome is Outcome.TIMEOUT:
        return f"took longer than {format_duration(seen.job.timeout)} and was ended, at {at}"
    return f"{last.outcome}: {last.reason}{took}, at {at}"


def _what_follows(seen: Seen) -> str:
    run, again = seen.state.run, seen.state.again
    if run is not None:
        return f"running since {_shown(seen, run.began.wall)}"
    if again is not None:
        at = _shown(seen, again.at)
        return f"runs again at {at} (attempt {again.attempt} of {1 + seen.job.retries})"
    if seen.next_due is None:
        return "never due again"
    return f"next at {_shown(seen, seen.next_due)}"


def _shown(seen: Seen, wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, seen.zone):%Y-%m-%d %H:%M:%S}"
