"""Where a measured value is going, and when it reaches a limit. Pure.

The slope is Theil and Sen's: the median of the slopes between all pairs of points. Least squares
would follow a single outlier (a large file that came and went); the median stands 29 % of them
(Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63, 1968). His interval
of confidence comes with it. It takes the points for independent, which values of a machine are not;
so no forecast rests on it alone: the line must also explain most of what moves.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

Point = tuple[float, float]
"""(Unix seconds, value), in the order of time."""

Verdict = Literal["rising", "falling", "steady", "unclear", "too-short"]

MIN_POINTS, MIN_SECONDS = 12, 1800.0
"""Fewer points or a shorter time make no trend: a burst of some minutes is none."""

MIN_FIT = 0.5
"""Share of the spread that the line must explain; below it, saw teeth and noise would be taken for
a direction."""

HORIZON = 4.0
"""A forecast reaches this many times as far as the points do: an hour says nothing of a week."""

STALE = 0.25
"""Share of the points' time after which the last one is too old for a forecast."""

LATEST = 3
"""Points whose median is the level now, so that the last one alone decides nothing."""

_Z = 1.96  # 95 % of a normal distribution lie within so many standard deviations


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through points.

    Attributes:
        verdict: `rising` and `falling` are sure enough for a forecast; `steady` goes nowhere;
            `unclear` moves without a direction; `too-short` is no trend yet.
        began, ended: first and last point, Unix seconds.
        points: how many.
        level: where it stands at `ended`.
        slope: change per second; `low` and `high` bound it with 95 % confidence.
        fit: share of the spread that the line explains, 0 to 1.
    """

    verdict: Verdict
    began: float = 0.0
    ended: float = 0.0
    points: int = 0
    level: float | None = None
    slope: float = 0.0
    low: float = 0.0
    high: float = 0.0
    fit: float = 0.0

    @property
    def seconds(self) -> float:
        """How long the points were watched."""
        return self.ended - self.began

    def to_json(self) -> dict[str, Any]:
        """The shape of the API; slopes are per day."""
        day = 86_400.0
        sure = self.verdict != "too-short"
        return {
            "verdict": self.verdict,
            "began": self.began or None,
            "ended": self.ended or None,
            "points": self.points,
            "level": self.level,
            "slope_per_day": self.slope * day if sure else None,
            "slope_low": self.low * day if sure else None,
            "slope_high": self.high * day if sure else None,
            "fit": round(self.fit, 3) if sure else None,
        }


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a limit is reached if all goes on as it did.

    Attributes:
        limit: its name: `warning`, `critical` or `full`.
        value: where it lies.
        seconds: from now on; 0 when it is reached already.
        earliest, latest: the same with the steepest and the flattest slope; `latest` is None when
            the flattest one never gets there.
    """

    limit: str
    value: float
    seconds: float
    earliest: float
    latest: float | None

    def to_json(self, now: float) -> dict[str, Any]:
        """The shape of the API; `at` is Unix seconds."""
        return {
            "limit": self.limit,
            "value": self.value,
            "at": now + self.seconds,
            "seconds": round(self.seconds, 1),
            "earliest_seconds": round(self.earliest, 1),
            "latest_seconds": None if self.latest is None else round(self.latest, 1),
        }


def trend(points: Sequence[Point]) -> Trend:
    """The line through `points`, of which no two have the same time."""
    if not points:
        return Trend("too-short")
    began, ended, level = points[0][0], points[-1][0], _median(v for _, v in points[-LATEST:])
    if len(points) < MIN_POINTS or ended - began < MIN_SECONDS:
        return Trend("too-short", began, ended, len(points), level)
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2))
    slope = _median(slopes)
    low, high = _confidence(slopes, len(points))
    # Each value as it would be at the end, had it followed the line from its own time on.
    carried = [value + slope * (ended - at) for at, value in points]
    fit = _fit([value for _, value in points], carried)
    level = _median(carried[-LATEST:])
    return Trend(_verdict(low, high, fit), began, ended, len(points), level, slope, low, high, fit)


def forecast(
    line: Trend, limit: str, value: float, *, ascending: bool, now: float
) -> Forecast | None:
    """When `line` reaches `value`; None when it does not, or nobody can tell that far ahead.

    Args:
        line: the trend.
        limit: the name of the limit.
        value: where it lies.
        ascending: whether it is reached from below.
        now: Unix seconds, not before the last point.
    """
    age = now - line.ended
    if line.level is None or age > STALE * max(line.seconds, MIN_SECONDS):
        return None
    way = value - line.level
    if way <= 0 if ascending else way >= 0:
        return Forecast(limit, value, 0.0, 0.0, 0.0)
    if line.verdict != ("rising" if ascending else "falling"):
        return None
    seconds = max(0.0, way / line.slope - age)
    if seconds > HORIZON * line.seconds:
        return None
    steep, flat = (line.high, line.low) if ascending else (line.low, line.high)
    latest = max(seconds, way / flat - age) if way / flat > 0 else None
    return Forecast(limit, value, seconds, max(0.0, min(seconds, way / steep - age)), latest)


def _verdict(low: float, high: float, fit: float) -> Verdict:
    if low <= 0 <= high:
        return "steady"
    if fit < MIN_FIT:
        return "unclear"
    return "rising" if low > 0 else "falling"


def _confidence(slopes: Sequence[float], points: int) -> tuple[float, float]:
    """Sen's interval: as many slopes to both sides of the median as Kendall's variance demands."""
    width = _Z * math.sqrt(points * (points - 1) * (2 * points + 5) / 18)
    first = int((len(slopes) - width) / 2) - 1
    last = math.ceil((len(slopes) + width) / 2)
    return slopes[max(0, first)], slopes[min(len(slopes) - 1, last)]


def _fit(values: Sequence[float], carried: Sequence[float]) -> float:
    """How much less is left of the spread once the line is taken away."""
    spread = _spread(values)
    return max(0.0, 1 - (_spread(carried) / spread) ** 2) if spread > 0 else 0.0


def _median(values: Iterable[float]) -> float:
    """Not the one of `statistics`, which brings fractions and decimals into a small process."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _spread(values: Sequence[float]) -> float:
    """The median distance from the median: no outlier moves it."""
    middle = _median(values)
    return _median(abs(value - middle) for value in values)
