"""A heal as a transaction, and its record."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from vrooli.autoheal.policy import Symptom
from vrooli.autoheal.record import Entry

BY_HAND = "by-hand"
"""The rule of a heal that a person asked for."""


class Outcome(StrEnum):
    """How a heal ended.

    healed: the failing probe and the dependents pass again, and it stayed so. ineffective: it did
    not help. relapsed: it helped, but not for long. refused: a rule forbade it. unverifiable: done,
    but nobody could confirm it. done: nothing was wrong, a person asked for it, and it answers.
    """

    HEALED = "healed"
    INEFFECTIVE = "ineffective"
    RELAPSED = "relapsed"
    REFUSED = "refused"
    UNVERIFIABLE = "unverifiable"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One action of the ladder: what was done, when (unix seconds), and what came of it ("" is
    success).
    """

    action: str
    at: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Heal:
    """One heal, from detection to outcome.

    Times are unix seconds; durations are seconds, measured on the monotonic clock.

    Attributes:
        id: unique, sortable by time.
        subject: the service.
        symptom, cause: what was wrong.
        rule, reason: why this was done (or refused).
        detected_at: when it was noticed; `detected_monotonic` likewise.
        attempts: actions in order.
        outcome: None while it is in flight.
        verified_after: seconds from detection to the first passing probe, None when there was none.
        finished_at: when the outcome stood.
        note: what else is worth knowing.
    """

    id: str
    subject: str
    symptom: str
    cause: str
    rule: str
    detected_at: float
    detected_monotonic: float
    reason: str = ""
    launch_id: str = ""
    attempts: tuple[Attempt, ...] = field(default=())
    outcome: Outcome | None = None
    verified_after: float | None = None
    finished_at: float | None = None
    note: str = ""

    @property
    def asked(self) -> bool:
        """Whether nothing was wrong, and a person asked for it."""
        return self.symptom == Symptom.ASKED

    def well(self, at: float) -> "Heal":
        """With the outcome of one that ended well."""
        return self.ended(Outcome.DONE if self.asked else Outcome.HEALED, at)

    def tried(self, attempt: Attempt) -> "Heal":
        """With one more attempt."""
        return replace(self, attempts=(*self.attempts, attempt))

    def ended(self, outcome: Outcome, at: float, note: str = "") -> "Heal":
        """With its outcome."""
        return replace(self, outcome=outcome, finished_at=at, note=note or self.note)

    def to_json(self) -> dict[str, Any]:
        """The record as it is kept, served and posted."""
        return asdict(self) | {"outcome": self.outcome and str(self.outcome)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Heal":
        """Read what `to_json` wrote."""
        values = dict(data)
        values["attempts"] = tuple(Attempt(**attempt) for attempt in values["attempts"])
        values["outcome"] = values["outcome"] and Outcome(values["outcome"])
        return cls(**values)


def newest(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Each heal once, as its latest record tells it, what was noticed last first: by the clock that
    nobody sets, boot after boot, because one that was set back would put it behind older ones.

    Args:
        entries: records of heals, the newest first.
    """
    latest: dict[str, dict[str, Any]] = {}
    boot: dict[str, str] = {}
    begun: dict[str, int] = {}
    for entry in entries:
        latest.setdefault(entry.data["id"], dict(entry.data))
        boot[entry.data["id"]] = entry.boot
        begun[entry.boot] = entry.seq

    def noticed(heal: dict[str, Any]) -> tuple[int, float, str]:
        return begun[boot[heal["id"]]], heal["detected_monotonic"], heal["id"]

    return sorted(latest.values(), key=noticed, reverse=True)
