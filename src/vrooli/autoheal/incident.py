"""Incidents as the history shows them: from the first bad look to the first good one. Pure.

Nobody's looking does not end one: only a good look does, or an operator who stops the service.
"""

import math
from bisect import bisect_left, bisect_right
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
    episode: list[Piece] = []
    for piece in pieces:
        if piece.state in _BAD or (episode and piece.state == "unknown"):
            episode.append(piece)
        elif episode:
            found.append(_incident(check, episode, piece.began))
            episode = []
    if episode:
        while episode[-1].state == "unknown":  # nobody saw whether it went on
            episode.pop()
        found.append(_incident(check, episode, None))
    return found


def with_heals(found: Iterable[Incident], heals: Sequence[dict[str, Any]]) -> list[Incident]:
    """Each with the heals of its service that began in it."""
    ordered = sorted(heals, key=_detected)
    times = [_detected(heal) for heal in ordered]
    result = []
    for incident in found:
        last = incident.seen if incident.ended is None else incident.ended
        first = bisect_left(times, incident.began - BEFORE)
        mine = tuple(ordered[first : bisect_right(times, last)])
        cause = str(mine[0]["cause"]).partition("\n")[0] if mine else incident.cause
        result.append(replace(incident, heals=mine, cause=cause))
    return result


def _incident(check: str, episode: Sequence[Piece], ended: float | None) -> Incident:
    critical = [piece for piece in episode if piece.state == "critical"]
    return Incident(
        check=check,
        began=episode[0].began,
        ended=ended,
        seen=max(piece.ended for piece in episode if piece.state in _BAD),
        worst="critical" if critical else "warning",
        down=math.fsum(piece.seconds for piece in critical),
        unknown=math.fsum(piece.seconds for piece in episode if piece.state == "unknown"),
        cause=(critical or episode)[0].why,
    )


def _detected(heal: dict[str, Any]) -> float:
    return float(heal["detected_at"])


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
