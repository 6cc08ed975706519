"""What is remembered of a job between its runs, and how that changes. Pure."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from vrooli.autoheal.jobs.run import CUT_OFF, Now, Outcome, Run, Trigger
from vrooli.stack.model import Job

LONGEST_DELAY = 3600.0
"""Seconds between two attempts at most."""


@dataclass(frozen=True, slots=True)
class Again:
    """A run that will follow one that failed or was cut off, unless the next due time comes first.

    Attributes:
        trigger, due, attempt, made_up: of that run.
        delay: seconds after `since`.
        since: when the run before it ended.
    """

    trigger: Trigger
    due: float | None
    attempt: int
    made_up: bool
    delay: float
    since: Now

    def left(self, now: Now) -> float:
        """Seconds until then; a reboot has waited long enough."""
        if now.boot != self.since.boot:
            return 0.0
        return max(0.0, self.since.monotonic + self.delay - now.monotonic)

    @property
    def at(self) -> float:
        """When that is, Unix seconds."""
        return self.since.wall + self.delay

    def to_json(self) -> dict[str, Any]:
        """The shape of the API and of the spool."""
        return {**asdict(self), "at": self.at}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Again":
        """Read what `to_json` wrote."""
        values = {key: value for key, value in data.items() if key != "at"}
        return cls(**{**values, "since": Now(**data["since"])})


@dataclass(frozen=True, slots=True)
class JobState:
    """One job's memory. Durable before anything that follows from it is done.

    Attributes:
        schedule: what `last_due` was reckoned by; an edited schedule starts anew.
        last_due: the latest due time that is dealt with: run, skipped or missed. What comes after
            it is still to be done.
        dealt: when that was.
        run: in flight.
        last: the latest that ended.
        again: what follows it.
        unwell: whether a run that nobody asked for did not go well, and none has since.
    """

    schedule: str
    last_due: float
    dealt: Now
    run: Run | None = None
    last: Run | None = None
    again: Again | None = None
    unwell: bool = False

    def to_json(self) -> dict[str, Any]:
        """The value in the spool."""
        runs = {"run": self.run and self.run.to_json(), "last": self.last and self.last.to_json()}
        return {
            "schedule": self.schedule,
            "last_due": self.last_due,
            "dealt": asdict(self.dealt),
            "again": self.again and self.again.to_json(),
            "unwell": self.unwell,
            **runs,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "JobState":
        """Read what `to_json` wrote; a misfit is a KeyError, TypeError or ValueError."""
        last = data["last"] and Run.from_json(data["last"])
        unwell = data.get("unwell")  # an older version did not tell the two apart
        return cls(
            schedule=str(data["schedule"]),
            last_due=float(data["last_due"]),
            dealt=Now(**data["dealt"]),
            run=data["run"] and Run.from_json(data["run"]),
            last=last,
            again=data["again"] and Again.from_json(data["again"]),
            unwell=_is_bad(last) if unwell is None else bool(unwell),
        )


def times_of(job: Job) -> str:
    """What its due times are reckoned by."""
    return f"{job.schedule} {job.timezone}".strip()


def fresh(job: Job, now: Now) -> JobState:
    """Of a job that was never seen: only times from now on are its own."""
    return JobState(times_of(job), now.wall, now)


def taken_on(job: Job, state: JobState | None, now: Now) -> JobState:
    """Of a job as it is declared now: times of another schedule mean nothing to this one."""
    if state is None:
        return fresh(job, now)
    if state.schedule == times_of(job):
        return state
    return replace(state, schedule=times_of(job), last_due=now.wall, dealt=now, again=None)


def begun(state: JobState, run: Run) -> JobState:
    """`run` is about to start: its due time is spent, whatever becomes of it."""
    last_due = state.last_due if run.due is None else max(state.last_due, run.due)
    dealt = run.began if last_due != state.last_due else state.dealt
    return replace(state, last_due=last_due, dealt=dealt, run=run, again=None)


def skipped(state: JobState, due: float, count: int, now: Now) -> JobState:
    """`count` due times, the latest of them `due`, came while a run was in flight."""
    run = state.run and replace(state.run, skipped=state.run.skipped + count)
    return replace(state, last_due=due, dealt=now, run=run)


def missed(state: JobState, run: Run) -> JobState:
    """Due times passed, and the job does not catch up; `run` stands for the latest of them."""
    return replace(begun(state, run), run=None, last=run, unwell=True)


def set_back(state: JobState, now: Now) -> JobState:
    """The clock was put right by hours: due times are reckoned from now on."""
    return replace(state, last_due=now.wall, dealt=now)


def ended(job: Job, state: JobState, run: Run, now: Now) -> JobState:
    """The run in flight has ended."""
    by_hand = run.trigger == "manual"
    unwell = _is_bad(run) and (state.unwell or not by_hand)
    return replace(state, run=None, last=run, again=_again(job, run, now), unwell=unwell)


def _is_bad(run: Run | None) -> bool:
    """Whether a run did not go well; one that an operator stopped says nothing."""
    return run is not None and run.outcome not in (Outcome.OK, Outcome.STOPPED)


def _again(job: Job, run: Run, now: Now) -> Again | None:
    if run.trigger == "manual":
        return None  # whoever asked for it sees how it ended
    if run.outcome in (Outcome.FAILED, Outcome.TIMEOUT) and run.attempt <= job.retries:
        delay = min(LONGEST_DELAY, job.retry_delay * 2.0 ** (run.attempt - 1))
        return Again("again", run.due, run.attempt + 1, run.made_up, delay, now)
    if run.outcome in CUT_OFF and job.catch_up and not run.made_up:
        return Again("catch-up", run.due, run.attempt, True, 0.0, now)
    return None
