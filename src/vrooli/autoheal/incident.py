"""Incidents as the history shows them: from the first bad look to the first good one. Pure.

Nobody's looking does not end one: only a good look does, or an operator who stops the service.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from vrooli.autoheal.pieces import Piece

BEFORE = 5.0
"""Seconds by which a heal may be detected before the first bad look: its exit was noticed first."""

_BAD = ("warning", "critical")


@dataclass(frozen=True, slots=True)
class Incident:
    """Something was wrong with one check.

    Attributes:
        check: its id.
        began: first bad look, Unix seconds.
        ended: first good look, or when it was stopped; None while nobody has seen it end.
        seen: until when it was seen bad.
        worst: the worst status in it.
        down: seconds of it that were critical.
        unknown: seconds of it about which nothing is known.
        cause: what the first heal, else the first look with the worst status, said.
        heals: what was done about it, the oldest first, as `Heal.to_json`.
    """

    check: str
    began: float
    ended: float | None
    seen: float
    worst: Literal["warning", "critical"]
    down: float = 0.0
    unknown: float = 0.0
    cause: str = ""
    heals: tuple[dict[str, Any], ...] = ()

    @property
    def seconds(self) -> float:
        """How long, as far as it was seen."""
        return (self.seen if self.ended is None else self.ended) - self.began

    def to_json(self) -> dict[str, Any]:
        """The shape of the API."""
        return {
            "check": self.check,
            "began": self.began,
            "ended": self.ended,
            "seen": self.seen,
            "seconds": round(self.seconds, 3),
            "down_seconds": round(self.down, 3),
            "unknown_seconds": round(self.unknown, 3),
            "worst": self.worst,
            "cause": self.cause,
            "heals": [_brief(heal) for heal in self.heals],
        }


def incidents(check: str, pieces: Iterable[Piece]) -> list[Incident]:
    """All in `pieces`, the oldest first."""
    found: list[Incident] = []
    current: Incident | None = None
    gap = 0.0  # belongs to the incident only if more of it comes
    for piece in pieces:
        if piece.state == "warning" or piece.state == "critical":
            current = _more(current or _open(check, piece), piece, gap)
            gap = 0.0
        elif current is not None and piece.state == "unknown":
            gap += piece.seconds
        elif current is not None:
            found.append(replace(current, ended=piece.began, unknown=current.unknown + gap))
            current, gap = None, 0.0
    return found if current is None else [*found, current]


def with_heals(found: Iterable[Incident], heals: Sequence[dict[str, Any]]) -> list[Incident]:
    """Each with the heals of its service that began in it."""
    ordered = sorted(heals, key=lambda heal: float(heal["detected_at"]))
    return [_with(incident, ordered) for incident in found]


def _with(incident: Incident, heals: Sequence[dict[str, Any]]) -> Incident:
    last = incident.seen if incident.ended is None else incident.ended
    mine = tuple(h for h in heals if incident.began - BEFORE <= h["detected_at"] <= last)
    cause = str(mine[0]["cause"]).partition("\n")[0] if mine else incident.cause
    return replace(incident, heals=mine, cause=cause)


def _open(check: str, piece: Piece) -> Incident:
    return Incident(check, piece.began, None, piece.ended, "warning", cause=piece.why)


def _more(incident: Incident, piece: Piece, gap: float) -> Incident:
    incident = replace(incident, seen=piece.ended, unknown=incident.unknown + gap)
    if piece.state != "critical":
        return incident
    cause = incident.cause if incident.worst == "critical" else piece.why
    return replace(incident, worst="critical", cause=cause, down=incident.down + piece.seconds)


def _brief(heal: dict[str, Any]) -> dict[str, Any]:
    attempts = heal["attempts"]
    return {
        "id": heal["id"],
        "at": heal["detected_at"],
        "rule": heal["rule"],
        "action": attempts[-1]["action"] if attempts else None,
        "outcome": heal["outcome"],
        "verified_after": heal["verified_after"],
    }
