"""Something wrong that people are told of: once at its beginning, once at its end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from vrooli.notify.message import Severity


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody is at it.

    Attributes:
        by: who.
        at: wall clock, Unix seconds.
        why: what they said; may be empty.
    """

    by: str
    at: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. Times are Unix seconds of the wall clock.

    Attributes:
        id: unique, sortable by time.
        subject: the service or check that is its root cause.
        severity: how much it matters.
        title, body: what its page says.
        opened_at: when it was found to need a person.
        told: the channels that were addressed by its page, each with the one that took it (empty
            while none has). Empty altogether when nobody was told: silenced, or no channel.
        acknowledged: who is at it.
        closed_at: when it was over; None while it is not.
    """

    id: str
    subject: str
    severity: Severity
    title: str
    body: str
    opened_at: float
    told: Mapping[str, str] = field(default_factory=dict)
    acknowledged: Acknowledgement | None = None
    closed_at: float | None = None

    def reached(self, channel: str, via: str) -> "Incident":
        """Its page, addressed to `channel`, went out by `via`."""
        return replace(self, told={**self.told, channel: via})

    def to_json(self) -> dict[str, Any]:
        """As it is kept and served."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Incident":
        """Read what `to_json` wrote."""
        said = data["acknowledged"]
        acknowledged = None if said is None else Acknowledgement(**said)
        severity = Severity(data["severity"])
        return cls(**{**data, "severity": severity, "acknowledged": acknowledged})
