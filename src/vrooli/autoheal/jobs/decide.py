"""Whether a job runs now. Pure: the same memory at the same moment gives the same decision.

The rules, first match wins:

1. `down`        the stack is down: nothing runs, and times that pass are caught up later
2. `set-back`    the clock was put back by more than three hours: due times are reckoned anew. By
                 less, a due time that was run is not run again: the job waits for the next one
3. `running`     a run is in flight: a due time that comes meanwhile is skipped
4. `missed`      a due time passed a minute ago or longer, and the job does not catch up
5. `not-yet`     nothing is due, and nothing is to be run again
6. `needs`       a service that it needs is not healthy: refused, and tried again
7. `run`         otherwise; for the latest due time only, however many passed
"""

from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Literal

from vrooli.autoheal.jobs.run import Now, Trigger
from vrooli.autoheal.jobs.state import Again, JobState
from vrooli.stack import schedule
from vrooli.stack.model import Job
from vrooli.stack.schedule import Passed

ON_TIME = 60.0
"""Seconds by which a run may be late and still be on time: a watchdog was replaced, a machine was
busy, a service came up."""

SET_BACK = 3 * 3600.0
"""Seconds; Debian's cron takes jumps of three hours and more for corrections (cron(8))."""

SLACK = 1.0
"""Seconds that the clock on the wall may run behind before an interval is measured otherwise."""

Verdict = Literal["wait", "run", "skip", "miss", "refuse", "reckon"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision depends on besides the job and its memory.

    Attributes:
        now: the moment.
        zone: of the schedule.
        down: whether the stack is down.
        unmet: groups that it needs and that are not healthy.
    """

    now: Now
    zone: tzinfo
    down: bool = False
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, by which rule.

    Attributes:
        verdict: wait; run it; skip, or take for missed, the due time; refuse for now; reckon due
            times anew.
        rule: see above.
        reason: for people.
        wait: seconds after which it may be different; None when only an event changes it.
        trigger, due, attempt, made_up, by, missed: of the run that it is about (see `Run`).
    """

    verdict: Verdict
    rule: str
    reason: str = ""
    wait: float | None = None
    trigger: Trigger = "schedule"
    due: float | None = None
    attempt: int = 1
    made_up: bool = False
    by: str = ""
    missed: int = 0


def decide(job: Job, state: JobState, situation: Situation) -> Decision:
    """Apply the rules above."""
    now, zone = situation.now, situation.zone
    if situation.down:
        return Decision("wait", "down", "the stack is down")
    if state.last_due > now.wall + SET_BACK:
        return Decision("reckon", "set-back", "the clock was set back")
    times = schedule.parse(job.schedule)
    passed = _passed(times, state, now, zone)
    if passed is not None:
        return _of_passed(job, state, passed, situation)
    if state.run is not None:
        return Decision("wait", "running", "it runs", wait=_left(times, state, now, zone))
    if state.again is not None and state.again.left(now) <= 0:
        return _unless_unmet(_of_again(state.again), situation)
    return Decision("wait", "not-yet", wait=_left(times, state, now, zone))


def next_due(job: Job, state: JobState, now: Now, zone: tzinfo) -> float | None:
    """When it is due next, Unix seconds; None when never again."""
    return schedule.parse(job.schedule).next_after(max(state.last_due, now.wall), zone)


def _passed(times: schedule.Schedule, state: JobState, now: Now, zone: tzinfo) -> Passed | None:
    passed = times.passed(state.last_due, now.wall, zone)
    if passed is not None or not times.every or now.boot != state.dealt.boot:
        return passed
    # Clocks are set back, intervals pass all the same: the next due time counts as come, so that
    # a job of every minute does not stand still for an hour.
    if now.monotonic - state.dealt.monotonic < times.every + SLACK:
        return None
    return Passed(times.next_after(state.last_due, zone) or now.wall, 1)


def _left(times: schedule.Schedule, state: JobState, now: Now, zone: tzinfo) -> float | None:
    """Seconds until the next due time or the next attempt."""
    due = times.next_after(max(state.last_due, now.wall), zone)
    found = [] if due is None else [due - now.wall]
    if state.again is not None and state.run is None:
        found.append(state.again.left(now))
    if times.every and now.boot == state.dealt.boot:
        found.append(max(0.0, state.dealt.monotonic + times.every + SLACK - now.monotonic))
    return min(found, default=None)


def _of_passed(job: Job, state: JobState, passed: Passed, situation: Situation) -> Decision:
    late = situation.now.wall - passed.latest > ON_TIME
    found = Decision(
        "run",
        "run",
        trigger="catch-up" if late else "schedule",
        due=passed.latest,
        missed=passed.count - 1,
    )
    if state.run is not None:
        reason = "the run before it has not ended"
        return replace(found, verdict="skip", rule="running", reason=reason, wait=0.0)
    if late and not job.catch_up:
        return replace(found, verdict="miss", rule="missed", wait=0.0)
    return _unless_unmet(found, situation)


def _of_again(again: Again) -> Decision:
    return Decision(
        "run",
        "run",
        trigger=again.trigger,
        due=again.due,
        attempt=again.attempt,
        made_up=again.made_up,
    )


def _unless_unmet(decision: Decision, situation: Situation) -> Decision:
    if not situation.unmet:
        return decision
    names = ", ".join(situation.unmet)
    verb = "is" if len(situation.unmet) == 1 else "are"
    reason = f"it needs {names}, which {verb} not healthy"
    return replace(decision, verdict="refuse", rule="needs", reason=reason)
