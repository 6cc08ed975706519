"""Uptime: time, not looks. Pure.

A check that looks often while it fails does not fail for longer, and one look in an hour says
nothing about the hour. Unknown time is neither up nor down and is reported apart, and so is time in
which a service was not meant to serve.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.pieces import Piece, Span


@dataclass(frozen=True, slots=True)
class Uptime:
    """How a span of time divides; all in seconds.

    Attributes:
        up: served; `warning` of it with a warning.
        down: did not.
        unknown: nobody looked, or nobody could tell.
        off: not meant to serve: stopped, worked on, or without meaning on this machine.
    """

    up: float = 0.0
    warning: float = 0.0
    down: float = 0.0
    unknown: float = 0.0
    off: float = 0.0

    @property
    def percent(self) -> float | None:
        """Share of up in up and down; None when neither was seen. Never 100 after any downtime."""
        if self.up + self.down <= 0:
            return None
        share = 100.0 * self.up / (self.up + self.down)
        return min(share, math.nextafter(100.0, 0.0)) if self.down > 0 else 100.0

    @property
    def total(self) -> float:
        """All of it."""
        return self.up + self.down + self.unknown + self.off

    def to_json(self) -> dict[str, Any]:
        """Seconds to the millisecond; `percent` to 4 decimals, rounded down."""
        return {
            "percent": _rounded(self.percent),
            "up_seconds": round(self.up, 3),
            "warning_seconds": round(self.warning, 3),
            "down_seconds": round(self.down, 3),
            "unknown_seconds": round(self.unknown, 3),
            "off_seconds": round(self.off, 3),
        }


def uptime(pieces: Iterable[Piece]) -> Uptime:
    """Add up `pieces`, which do not overlap."""
    seconds = dict.fromkeys(("ok", "warning", "critical", "unknown", "off"), 0.0)
    for piece in pieces:
        seconds[piece.state] += piece.seconds
    return Uptime(
        up=seconds["ok"] + seconds["warning"],
        warning=seconds["warning"],
        down=seconds["critical"],
        unknown=seconds["unknown"],
        off=seconds["off"],
    )


def percents(pieces: Sequence[Piece], window: Span, parts: int) -> list[float | None]:
    """The percent of each of `parts` equal parts of `window`, the oldest first, as `Uptime` counts
    it: what bars are drawn from.

    Args:
        pieces: in their order, which do not overlap.
        window: that they lie in.
        parts: at least one.
    """
    width = window.seconds / parts
    shares = [[0.0, 0.0] for _ in range(parts)]
    for piece in pieces:
        if piece.state not in ("ok", "warning", "critical"):
            continue
        down = piece.state == "critical"
        first = max(0, int((piece.began - window.began) / width))
        last = min(parts - 1, int((piece.ended - window.began) / width))
        for index in range(first, last + 1):
            began = window.began + index * width
            seconds = min(piece.ended, began + width) - max(piece.began, began)
            shares[index][down] += max(0.0, seconds)
    return [_rounded(Uptime(up=up, down=down).percent) for up, down in shares]


def _rounded(share: float | None) -> float | None:
    """To 4 decimals, down: what was down for a moment is never 100."""
    if share is None or share >= 100.0:
        return share  # most are 100, and all of them the same number in memory
    return math.floor(share * 1e4) / 1e4
