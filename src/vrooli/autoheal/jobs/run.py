"""One run of a job, from the decision to its end."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from vrooli.core.launch import Exit

Trigger = Literal["schedule", "catch-up", "again", "manual"]
"""Why it runs: its time has come; a time passed while it could not run, or a run was cut off; the
run before failed; somebody asked."""


class Outcome(StrEnum):
    """How a run ended.

    ok: exit code 0. failed: any other end of its own. timeout: it took too long and was ended.
    lost: it is gone and nobody knows how it ended. stopped: an operator took the stack or the job
    away. missed: its time passed, and it is declared not to catch up.
    """

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    LOST = "lost"
    STOPPED = "stopped"
    MISSED = "missed"


CUT_OFF = frozenset({Outcome.LOST, Outcome.STOPPED})
"""Outcomes that say nothing about the job: it may have done half of its work."""


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of a decision: Unix seconds, monotonic seconds, and the boot that those belong
    to.
    """

    wall: float
    monotonic: float
    boot: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        id: unique, sortable by time; the keeper hands it back as the fingerprint of the launch.
        trigger: why it runs.
        due: the due time that it is for, Unix seconds; None when somebody asked for it.
        attempt: 1 for the first, more when runs before it failed.
        made_up: whether it already makes up for one that was cut off; that is done once only, or
            a job that takes the machine down would do so for ever.
        by: who asked for it, of a manual one.
        missed: due times before `due` that nobody ran.
        began: when it was decided upon.
        skipped: due times that came while it ran.
        outcome: None while it is in flight.
        code, signal: of its process, as the keeper reaped it.
        seconds: how long it took; None when nobody knows.
        ended_at: Unix seconds.
        reason: for people, why the outcome is what it is.
        log_from: bytes that the log held when it began.
        said: the last lines of its output, when it failed.
    """

    id: str
    trigger: Trigger
    due: float | None
    began: Now
    attempt: int = 1
    made_up: bool = False
    by: str = ""
    missed: int = 0
    skipped: int = 0
    outcome: Outcome | None = None
    code: int | None = None
    signal: int | None = None
    seconds: float | None = None
    ended_at: float | None = None
    reason: str = ""
    log_from: int = 0
    said: tuple[str, ...] = ()

    def ended(self, outcome: Outcome, at: float, reason: str = "") -> "Run":
        """With its outcome, when nothing is known of a process."""
        return replace(self, outcome=outcome, ended_at=at, reason=reason)

    def exited(self, ended: Exit, timeout: float, *, stopped: bool = False) -> "Run":
        """With the outcome that the end of its process stands for. Whoever ended it, one that
        reached `timeout` (seconds) without success took too long.
        """
        seconds = round(max(0.0, ended.detected_monotonic - self.began.monotonic), 3)
        outcome, reason = _judge(ended, late=seconds >= timeout, stopped=stopped)
        return replace(
            self.ended(outcome, ended.at, reason),
            code=ended.code,
            signal=ended.signal,
            # An end that nobody saw may have been found after a reboot, on another clock.
            seconds=seconds if ended.known else None,
        )

    @property
    def words(self) -> str:
        """How it stands, in one line."""
        if self.outcome is None:
            return f"started ({self.trigger})"
        took = f" after {self.seconds:.3g} s" if self.seconds is not None else ""
        return f"{self.outcome}{took}" + (f": {self.reason}" if self.reason else "")

    def to_json(self) -> dict[str, Any]:
        """The record as it is kept and served."""
        return asdict(self) | {"outcome": self.outcome and str(self.outcome)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Run":
        """Read what `to_json` wrote; a misfit is a KeyError, TypeError or ValueError."""
        values = dict(data)
        values["began"] = Now(**values["began"])
        values["outcome"] = values["outcome"] and Outcome(values["outcome"])
        values["said"] = tuple(values["said"])
        return cls(**values)


def _judge(ended: Exit, *, late: bool, stopped: bool) -> tuple[Outcome, str]:
    if ended.code == 0:
        return Outcome.OK, ""
    if stopped:
        return Outcome.STOPPED, "stopped by an operator"
    if not ended.known:
        return Outcome.LOST, "it is gone, and nobody saw how it ended"
    if late:
        return Outcome.TIMEOUT, f"took too long; {ended.describe()}"
    return Outcome.FAILED, ended.describe()
