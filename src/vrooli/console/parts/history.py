"""What a check said over time: points of a line, marks on it, and the same in words. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from vrooli.console.parts.numbers import measured
from vrooli.core.amounts import length

RANGES = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}
"""What one can look back at, and how it is called."""

USUAL = "1h"

GAP = 3.0
"""Distances of two points, as they are meant to be, after which the line is interrupted: nobody
looked."""

BANDS = 60
"""Parts of the strip of states."""

_ORDER = ("unknown", "ok", "warning", "critical")


def range_of(query: Mapping[str, str]) -> str:
    """The one that the address names; what it names wrong counts as not said."""
    said = query.get("since", USUAL)
    return said if said in RANGES else USUAL


@dataclass(frozen=True, slots=True)
class Point:
    """One look, or the looks of a minute, an hour or a day together.

    Attributes:
        at: unix seconds.
        status: the worst of them.
        value: in the unit of the check; None where there was none.
        message: what a single look said.
        every: seconds in which the next look was meant to come; 0 where that is not known.
    """

    at: float
    status: str
    value: float | None
    message: str = ""
    every: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened: a heal, or a state that became another.

    Attributes:
        at: unix seconds.
        kind: `heal`, or the status or state that it became.
        text: in words.
    """

    at: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class History:
    """Of one check.

    Attributes:
        since, until: unix seconds.
        unit: of the values.
        points: oldest first.
        uptime: `summary` of `GET /history/{id}`.
        step: `raw`, `minute`, `hour` or `day`: what a point stands for.
        cut: there was more than is shown.
    """

    since: float
    until: float
    unit: str
    points: tuple[Point, ...]
    uptime: Mapping[str, Any]
    step: str
    cut: bool


def read_history(told: Mapping[str, Any]) -> History:
    """What `GET /history/{id}` told."""
    points = tuple(
        Point(
            float(row["at"]),
            str(row["status"]),
            row.get("value", row.get("mean")),
            str(row.get("message", "")),
            float(row.get("every") or 0.0),
        )
        for row in reversed(told["rows"])
    )
    return History(
        float(told["since"]),
        float(told["until"]),
        str(told.get("unit") or ""),
        points,
        told.get("summary") or {},
        str(told.get("step") or "raw"),
        told.get("next") is not None,
    )


def read_marks(entries: Iterable[Mapping[str, Any]], subjects: Iterable[str]) -> list[Mark]:
    """The heals and transitions among the entries of a timeline, oldest first; each heal once."""
    known, marks, heals = set(subjects), [], set()
    for entry in entries:
        if entry["subject"] not in known:
            continue
        data = entry.get("data") or {}
        if entry["kind"] == "transition":
            marks.append(Mark(float(entry["at"]), str(entry["status"]), str(entry["words"])))
        elif entry["kind"] == "heal" and data.get("id") not in heals:
            heals.add(data.get("id"))
            at = float(data.get("detected_at") or entry["at"])
            marks.append(Mark(at, "heal", f"heal: {entry['words']}"))
    return sorted(marks, key=lambda mark: mark.at)


def since_when(entries: Iterable[Mapping[str, Any]], subject: str, now: str) -> float | None:
    """When `subject` became what it is now, unix seconds; None when that is not among the entries,
    which are the newest first.
    """
    for entry in entries:
        if entry["kind"] == "transition" and entry["subject"] == subject:
            return float(entry["at"]) if entry["status"] == now else None
    return None


def line(points: Sequence[Point]) -> list[tuple[float, float | None]]:
    """The points of a line, in milliseconds; interrupted where nobody looked. While something fails
    it is looked at more often: that makes no gap of the usual distance.
    """
    steps = [after.at - before.at for before, after in pairwise(points)]
    usual = median(steps) if steps else 0.0
    drawn: list[tuple[float, float | None]] = []
    for number, point in enumerate(points):
        before = points[number - 1]
        apart = max(usual, before.every)
        if number and apart and steps[number - 1] > GAP * apart:
            drawn.append(((before.at + apart) * 1000, None))
        drawn.append((point.at * 1000, point.value))
    return drawn


def has_values(history: History) -> bool:
    """Whether there is a line to draw."""
    return any(point.value is not None for point in history.points)


def bands(history: History) -> list[str]:
    """The worst status in each of `BANDS` equal parts of the time; unknown where nobody looked."""
    width = (history.until - history.since) / BANDS or 1.0
    worst = ["unknown"] * BANDS
    for point in history.points:
        number = min(BANDS - 1, max(0, int((point.at - history.since) / width)))
        if point.status in _ORDER and _ORDER.index(point.status) > _ORDER.index(worst[number]):
            worst[number] = point.status
    return worst


def in_words(history: History, marks: Sequence[Mark], range_: str) -> list[str]:
    """All that the chart shows, in sentences."""
    said = [f"The last {RANGES[range_]}: {_uptime(history.uptime)}."]
    values = [point.value for point in history.points if point.value is not None]
    if values:
        unit = history.unit
        said.append(
            f"Value: last {measured(values[-1], unit)}, between {measured(min(values), unit)} and "
            f"{measured(max(values), unit)}, {measured(sum(values) / len(values), unit)} on "
            "average."
        )
    heals = sum(mark.kind == "heal" for mark in marks)
    counted = f"{_count(heals, 'heal')}, {_count(len(marks) - heals, 'change')} of state"
    said.append(f"Marked: {counted}.")
    if history.cut:
        said.append(
            f"Only the newest {len(history.points)} points are drawn, which are those of the last "
            f"{length(history.until - history.points[0].at)}."
        )
    return said


def limits_in_words(thresholds: Mapping[str, float] | None, unit: str) -> str:
    """From where on it is a warning, and critical; empty without thresholds."""
    if not thresholds:
        return ""
    warning, critical = thresholds["warning"], thresholds["critical"]
    side = "or more" if critical >= warning else "or less"
    return (
        f"warning at {measured(warning, unit)} {side}, critical at {measured(critical, unit)} "
        f"{side}"
    )


def _uptime(summary: Mapping[str, Any]) -> str:
    percent = summary.get("percent")
    if percent is None:
        return "nothing is known about its uptime"
    said = f"up {_exact(float(percent))} % of the time that was looked at"
    count = int(summary.get("incidents") or 0)
    if not count:
        return f"{said}, no incident"
    longest = length(float(summary.get("longest_incident_seconds") or 0.0))
    return f"{said}, {_count(count, 'incident')}, the longest {longest}"


def _exact(percent: float) -> str:
    """Never rounded up to 100: that would say that nothing happened."""
    return "100" if percent >= 100 else f"{min(percent, 99.99):.2f}".rstrip("0").rstrip(".")


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}" if number == 1 else f"{number or 'no'} {what}s"
