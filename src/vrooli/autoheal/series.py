"""Values over time, read from the spool: the points of a trend, and the rows of a history.
Synchronous; runs on the history's reading thread.
"""

import math
import sqlite3
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

from vrooli.autoheal import queries
from vrooli.autoheal.pieces import Span
from vrooli.autoheal.queries import TABLES, Slot, Window
from vrooli.autoheal.record import Entry
from vrooli.autoheal.trend import Point
from vrooli.core.status import Status, worst

Step = Literal["raw", "minute", "hour", "day"]

STEPS: tuple[Step, ...] = ("raw", "minute", "hour", "day")

MAX_POINTS = 84
"""Points of a trend: 3486 pairs, of which the median takes some 3 ms."""

FINE = 2 * 86_400.0
"""Seconds up to which a trend reads minutes; hours are enough beyond."""

_DAY = 86_400
_STATUSES = ("ok", "warning", "critical", "unknown")


def step_for(seconds: float) -> Step:
    """The step that makes a window of this length a table which one can read."""
    steps: tuple[tuple[float, Step], ...] = (
        (3600, "raw"),
        (6 * 3600, "minute"),
        (14 * _DAY, "hour"),
    )
    return next((step for most, step in steps if seconds <= most), "day")


def trend_points(connection: sqlite3.Connection, check: str, window: Span) -> list[Point]:
    """Means of equal parts of `window`, from where there are values on; at most `MAX_POINTS`."""
    span = known_part(connection, check, window)
    seconds = 60 if span.seconds <= FINE else 3600
    table, slot = TABLES[seconds]
    width = max(1, math.ceil(span.seconds / MAX_POINTS / seconds))
    rows = connection.execute(
        f"SELECT avg({slot}) * {seconds}, sum(sum) / sum(coalesce(measured, n)) FROM {table}"
        f" WHERE subject = ? AND {slot} >= ? AND {slot} < ? AND sum IS NOT NULL"
        f" GROUP BY {slot} / ? ORDER BY 1",
        (check, int(span.began // seconds), span.ended / seconds, width),
    )
    return [(at + seconds / 2, value) for at, value in rows if at + seconds / 2 <= span.ended]


def known_part(connection: sqlite3.Connection, check: str, window: Span) -> Span:
    """`window`, from where the check was first looked at; nothing of it where it never was."""
    query = "SELECT min(hour) FROM hours WHERE subject = ?"
    first = connection.execute(query, (check,)).fetchone()[0]
    known = window.ended if first is None else first * 3600.0
    return replace(window, began=min(max(window.began, known), window.ended))


def rows(
    connection: sqlite3.Connection, check: str, step: Step, window: Window
) -> list[dict[str, Any]]:
    """What a check said, a row a `step`, the newest first."""
    if step == "raw":
        return [_raw(entry) for entry in queries.records(connection, "result", check, window)]
    if step == "day":
        hours = replace(window, limit=window.limit * 25)  # a day has 25 hours once a year
        return _days(queries.slots(connection, 3600, check, hours))[: window.limit]
    seconds = 60 if step == "minute" else 3600
    return [_row(slot) for slot in reversed(queries.slots(connection, seconds, check, window))]


def _raw(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "status": entry.status,
        "value": entry.value,
        "every": entry.data.get("every") or None,
        "message": str(entry.data.get("message", "")).partition("\n")[0],
    }


def _row(slot: Slot) -> dict[str, Any]:
    counts = {name: getattr(slot, name) for name in _STATUSES}
    return {
        "at": slot.start,
        "status": str(worst(Status(name) for name, count in counts.items() if count)),
        "looks": slot.n,
        **counts,
        "min": slot.min,
        "mean": slot.mean,
        "max": slot.max,
    }


def _days(hours: list[Slot]) -> list[dict[str, Any]]:
    """Days of this machine's time zone."""
    by_day: dict[date, list[Slot]] = {}
    for hour in hours:
        by_day.setdefault(datetime.fromtimestamp(hour.start).date(), []).append(hour)
    return [_row(_day(day, found)) for day, found in reversed(by_day.items())]


def _day(day: date, hours: list[Slot]) -> Slot:
    n, ok, warning, critical, unknown = (
        sum(getattr(hour, name) for hour in hours) for name in ("n", *_STATUSES)
    )
    sums = [hour.sum for hour in hours if hour.sum is not None]
    return Slot(
        subject=hours[0].subject,
        start=int(datetime(day.year, day.month, day.day).timestamp()),
        n=n,
        ok=ok,
        warning=warning,
        critical=critical,
        unknown=unknown,
        min=min((hour.min for hour in hours if hour.min is not None), default=None),
        max=max((hour.max for hour in hours if hour.max is not None), default=None),
        sum=math.fsum(sums) if sums else None,
        measured=sum(hour.measured or hour.n for hour in hours if hour.sum is not None),
    )
