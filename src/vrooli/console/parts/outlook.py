"""Uptime and where values go, as the page shows them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.numbers import measured, percent
from vrooli.core.amounts import DAY, length

WIDTH, HEIGHT = 320.0, 96.0
"""Of a chart, units of its view box."""

EDGE = 3.0
"""What stays free around it."""


@dataclass(frozen=True, slots=True)
class Share:
    """How one window of time went.

    Attributes:
        percent: of the time that is known; empty when none is.
        known: how much of the window that is, in words; empty when it is all of it.
        tone: ok, warning, critical or unknown.
        incidents: how many.
        longest: of them, in words; empty without one.
    """

    percent: str
    known: str
    tone: str
    incidents: int
    longest: str


@dataclass(frozen=True, slots=True)
class Served:
    """One service.

    Attributes:
        name: of it.
        shares: one for each window, the shortest first.
    """

    name: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Paths of SVG in a box of `WIDTH` by `HEIGHT`.

    Attributes:
        history: what was measured.
        line: the fitted line, there.
        ahead: and where it goes on to; empty when nothing is foreseen.
        limit: the limit that it runs into first; empty likewise.
        words: what it shows.
        limit_words: which limit that is.
    """

    history: str
    line: str
    ahead: str
    limit: str
    words: str
    limit_words: str = ""


@dataclass(frozen=True, slots=True)
class Going:
    """One value.

    Attributes:
        check: that measures it.
        words: where it goes.
        level: where it stands, with its unit.
        per_day: how it changes, with its unit; empty when nobody can tell.
        foreseen: whether it reaches a limit.
        chart: of it; None with fewer than two points.
    """

    check: str
    words: str
    level: str
    per_day: str
    foreseen: bool
    chart: Chart | None


def served(checks: Iterable[Mapping[str, Any]]) -> list[Served]:
    """The services of `GET /uptime`; what was down the most in the longest window comes first."""
    rows = [row for row in checks if row.get("service")]
    rows.sort(key=lambda row: -max((w["down_seconds"] for w in row["windows"]), default=0.0))
    return [Served(str(row["service"]), tuple(map(_share, row["windows"]))) for row in rows]


def going(trends: Iterable[Mapping[str, Any]]) -> list[Going]:
    """The rows of `GET /trends`, as they are ordered there: what is full soonest comes first."""
    return [_going(row) for row in trends]


def _share(window: Mapping[str, Any]) -> Share:
    share, unknown = window["percent"], float(window["unknown_seconds"])
    whole = float(window["until"]) - float(window["since"])
    known = "" if unknown < whole / 100 else f"known for {length(max(0.0, whole - unknown))}"
    longest = float(window.get("longest_incident_seconds") or 0.0)
    number = int(window.get("incidents") or 0)
    told = length(longest) if number else ""
    return Share(
        percent(share, none=""), known if share is not None else "", _tone(share), number, told
    )


def _tone(share: float | None) -> str:
    if share is None:
        return "unknown"
    return "ok" if share >= 99.9 else "warning" if share >= 99.0 else "critical"


def _going(row: Mapping[str, Any]) -> Going:
    trend, unit = row["trend"], str(row["unit"] or "")
    slope = trend["slope_per_day"]
    sign = "+" if slope and slope > 0 else ""
    return Going(
        str(row["check"]),
        str(row["words"]),
        measured(trend["level"], unit, ""),
        "" if slope is None else f"{sign}{measured(slope, unit)} a day",
        bool(row["forecasts"]),
        _chart(row, unit),
    )


def _chart(row: Mapping[str, Any], unit: str) -> Chart | None:
    points = [(float(at), float(value)) for at, value in row.get("points") or ()]
    if len(points) < 2 or points[0][0] == points[-1][0]:
        return None
    trend = row["trend"]
    began, ended = points[0][0], points[-1][0]
    line = _line(trend, began, ended)
    ahead, limit = _ahead(row, line, began, ended)
    frame = _Frame.around([*points, *line, *ahead, *limit])
    low, high = (measured(of(v for _, v in points), unit) for of in (min, max))
    words = f"{row['check']}, the last {length(ended - began)}: between {low} and {high}"
    history, fitted, further, edge = map(frame.path, (points, line, ahead, limit))
    named = _limit_words(row, unit) if limit else ""
    return Chart(history, fitted, further, edge, words, named)


def _line(trend: Mapping[str, Any], began: float, ended: float) -> list[tuple[float, float]]:
    slope, level = trend["slope_per_day"], trend["level"]
    if slope is None or level is None:
        return []
    return [(began, level - slope * (ended - began) / DAY), (ended, level)]


def _ahead(
    row: Mapping[str, Any], line: Sequence[tuple[float, float]], began: float, ended: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """On to the nearest limit, as far again as the history reaches at most; and that limit."""
    nearest = _nearest(row)
    if nearest is None or not line:
        return [], []
    at = min(float(nearest["at"]), ended + (ended - began))
    level = line[-1][1] + row["trend"]["slope_per_day"] * (at - ended) / DAY
    value = float(nearest["value"])
    return [(ended, line[-1][1]), (at, level)], [(began, value), (at, value)]


def _nearest(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The limit that is reached next."""
    coming = [one for one in row["forecasts"] if one["seconds"] > 0]
    return min(coming, key=lambda one: float(one["seconds"]), default=None)


def _limit_words(row: Mapping[str, Any], unit: str) -> str:
    nearest = _nearest(row)
    return "" if nearest is None else f"{nearest['limit']} at {measured(nearest['value'], unit)}"


@dataclass(frozen=True, slots=True)
class _Frame:
    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]]) -> "_Frame":
        values = [value for _, value in points]
        low, high = min(values), max(values)
        if low == high:  # in the middle
            low, high = low - 1, high + 1
        return cls(min(at for at, _ in points), max(at for at, _ in points), low, high)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        placed = (self._place(at, value) for at, value in points)
        return " ".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(placed))

    def _place(self, at: float, value: float) -> tuple[float, float]:
        across = (at - self.left) / (self.right - self.left)
        up = (value - self.low) / (self.high - self.low)
        return EDGE + across * (WIDTH - 2 * EDGE), HEIGHT - EDGE - up * (HEIGHT - 2 * EDGE)
