"""Silences: for a time, nobody is told about some subjects. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

LONGEST = 7 * 86_400.0
"""Seconds; what is silenced for longer is forgotten and should not be watched at all."""


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence. Times are Unix seconds of the wall clock, because it outlives a reboot.

    Attributes:
        id: unique.
        subject: a service or check, or a pattern of them: `web-*`.
        until: when it ends by itself.
        by: who made it.
        why: the reason.
        at: when it was made.
    """

    id: str
    subject: str
    until: float
    by: str
    why: str
    at: float

    def covers(self, subject: str, now: float) -> bool:
        """Whether nobody is told about `subject` now."""
        return now < self.until and fnmatchcase(subject, self.subject)

    def to_json(self) -> dict[str, Any]:
        """As it is kept and served."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Silence":
        """Read what `to_json` wrote."""
        return cls(**data)


def silenced(silences: Iterable[Silence], subject: str, now: float) -> Silence | None:
    """The silence that covers `subject` now, the one that lasts longest; None when none does."""
    found = [silence for silence in silences if silence.covers(subject, now)]
    return max(found, key=lambda silence: silence.until, default=None)
