"""What to do about a failed service. Pure: the same situation gives the same decision, so it can be
explained and replayed.

The rules, first match wins:

1. `heal-off`      the service is declared `heal = "watch"` or `"off"`: seen, never touched
2. `not-wanted`    the operator stopped it
3. `busy`          an operation or a heal is at it already
4. `root-cause`    something that it needs is failing: heal that one, never this one
5. `gate`          a restart cannot help: disk full, it answers but refuses us
6. `backoff`       it failed too often lately
7. `budget`        too many heals on this host lately
8. `heal`          otherwise
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from vrooli.stack.model import Heal

DELAYS = (0.0, 2.0, 10.0, 60.0, 900.0)
"""Seconds before the n-th start in a row. An immediate crasher gets its first start and these: 5
starts in 10 minutes, then one per 15 minutes for ever, so that it recovers alone when somebody
mends it."""

DECAY_SECONDS = 600.0
"""Healthy seconds in one piece that take one failure off the count."""


class Symptom(StrEnum):
    """In which way a service failed."""

    EXITED = "exited"
    STOPPED = "stopped"
    UNRESPONSIVE = "unresponsive"
    MISSING = "missing"


LADDERS: dict[Symptom, tuple[str, ...]] = {
    Symptom.EXITED: ("start",),
    Symptom.MISSING: ("start",),
    Symptom.STOPPED: ("resume", "restart"),
    Symptom.UNRESPONSIVE: ("restart",),
}
"""Actions by symptom, mildest first."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often a service failed lately. Times are monotonic seconds of one boot.

    Attributes:
        level: failures in a row, less what stable time forgave; no more than there are delays, so
            that a hundred failures do not take a day of health to forgive.
        failed_at: the latest failure.
        healthy_since: since when it has been healthy in one piece, None while it is not.
    """

    level: int = 0
    failed_at: float = 0.0
    healthy_since: float | None = None

    def failed(self, now: float) -> "Backoff":
        """One more failure; stable time before it is credited."""
        stable = 0.0 if self.healthy_since is None else now - self.healthy_since
        forgiven = int(stable // DECAY_SECONDS)
        return Backoff(min(max(0, self.level - forgiven) + 1, len(DELAYS)), now, None)

    def recovered(self, now: float) -> "Backoff":
        """Healthy again (or still)."""
        return self if self.healthy_since is not None else replace(self, healthy_since=now)

    @property
    def times(self) -> str:
        """For people: `3 times`, `5 times or more`."""
        return f"{self.level} times" + (" or more" if self.level == len(DELAYS) else "")

    @property
    def allowed_at(self) -> float:
        """When the next start may happen."""
        step = min(max(self.level - 1, 0), len(DELAYS) - 1)
        return self.failed_at + DELAYS[step]


@dataclass(frozen=True, slots=True)
class Failure:
    """A confirmed failure that waits for its end.

    Attributes:
        symptom: in which way.
        cause: for people, e.g. "killed by signal 9".
        at: wall clock, unix seconds, when it was noticed.
        monotonic: the same, monotonic seconds.
        launch_id: which start of the service it was, empty when there was none.
    """

    symptom: Symptom
    cause: str
    at: float
    monotonic: float
    launch_id: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision depends on.

    Attributes:
        heal: what the service allows.
        wanted: whether it is meant to run.
        busy: whether an operation or heal is at it.
        failing_needs: what it needs, directly or not, and what is failing itself: the deepest ones.
        gate: why a restart cannot help; empty when it may.
        recent_heals: monotonic times of heals on this host.
        budget, window: how many of them are allowed within how many seconds.
    """

    heal: Heal
    wanted: bool
    busy: bool
    failing_needs: tuple[str, ...] = ()
    gate: str = ""
    recent_heals: tuple[float, ...] = ()
    budget: int = 20
    window: float = 600.0


Verdict = Literal["heal", "wait", "block", "refuse", "leave"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, by which rule, and why.

    Attributes:
        verdict: heal now; wait until `at`; block (until a need recovers); refuse (look again at
            `at`); leave alone.
        rule: the rule's name, see above.
        reason: for people.
        at: monotonic seconds of the next consideration, None when only an event can change it.
        ladder: actions to try, in order.
    """

    verdict: Verdict
    rule: str
    reason: str
    at: float | None = None
    ladder: tuple[str, ...] = ()


GATE_RETRY = 15.0
"""Seconds after which a gate is looked at again."""


def decide(failure: Failure, backoff: Backoff, situation: Situation, now: float) -> Decision:
    """Apply the rules above to one failure."""
    return (
        _left_alone(situation)
        or _blocked(situation, now)
        or _held_back(backoff, situation, now)
        or Decision("heal", "heal", failure.cause, ladder=LADDERS[failure.symptom])
    )


def _left_alone(situation: Situation) -> Decision | None:
    if situation.heal != "auto":
        return Decision("leave", "heal-off", f'declared heal = "{situation.heal}"')
    if not situation.wanted:
        return Decision("leave", "not-wanted", "stopped by the operator")
    if situation.busy:
        return Decision("leave", "busy", "an operation is at it already")
    return None


def _blocked(situation: Situation, now: float) -> Decision | None:
    if situation.failing_needs:
        culprits = ", ".join(situation.failing_needs)
        return Decision("block", "root-cause", f"needs {culprits}, which is failing")
    if situation.gate:
        return Decision("refuse", "gate", situation.gate, at=now + GATE_RETRY)
    return None


def _held_back(backoff: Backoff, situation: Situation, now: float) -> Decision | None:
    if now < backoff.allowed_at:
        reason = f"failed {backoff.times} lately"
        return Decision("wait", "backoff", reason, at=backoff.allowed_at)
    recent = sorted(t for t in situation.recent_heals if now - t < situation.window)
    if len(recent) >= situation.budget:
        reason = f"{len(recent)} heals on this host within {situation.window:g} s"
        return Decision("refuse", "budget", reason, at=recent[-situation.budget] + situation.window)
    return None
