"""What the watchdog knows of the past, for the bars of all pages: read once for all of them, and
seldom, since it costs more than what is so now.
"""

import time
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.client.watchdog import WatchdogClient

CHECKS_EVERY = 10.0
"""Seconds between two readings of the checks."""

UPTIME_EVERY = 60.0
"""Seconds between two readings of days and months."""

BEGAN_EVERY = 10.0
"""Seconds between two readings of when it began, while something is wrong whose beginning is not
known."""

MOST_BEGAN = 100
"""Incidents that are read for that, the newest."""

QUARTER_EVERY = 120.0
"""Seconds between two readings of 90 days, of which a bar is a day: while somebody needs them."""


QUARTER = "quarter"
"""The part of the past that is 90 days."""


@dataclass(frozen=True, slots=True)
class Bars:
    """How much of a span of time something was up.

    Attributes:
        percent: of all of it; None where nobody looked.
        parts: of each of its equal parts, the oldest first.
    """

    percent: float | None = None
    parts: tuple[float | None, ...] = ()


NONE = Bars()

ByName = Mapping[str, Bars]
"""By the name of a service, or the id of a check of the machine."""


@dataclass(frozen=True, slots=True)
class Past:
    """All of it, as it was read last.

    Attributes:
        checks: of `GET /checks`.
        day: 24 hours, a part an hour. `month`: 30 days, a part a day. `quarter`: 90 days likewise.
        began: unix seconds since when what is wrong now is wrong, by the id of its check.
        read: unix seconds of each reading, by name.
    """

    checks: tuple[Mapping[str, Any], ...] = ()
    day: ByName = field(default_factory=dict)
    month: ByName = field(default_factory=dict)
    quarter: ByName = field(default_factory=dict)
    began: Mapping[str, float] = field(default_factory=dict)
    read: Mapping[str, float] = field(default_factory=dict)

    def due(self, now: float, sought: Container[str] = ()) -> list[str]:
        """What is to be read anew, what a page needs first before the rest; 90 days and beginnings
        only while they are `sought`: few look at the ones, and the others seldom change.
        """
        return [
            name
            for name, every in _EVERY.items()
            if now - self.read.get(name, 0.0) >= every and (name in ALWAYS or name in sought)
        ]


ALWAYS = ("checks", "day", "month")
"""What the first page shows."""

_EVERY = {
    "checks": CHECKS_EVERY,
    "day": UPTIME_EVERY,
    "month": UPTIME_EVERY,
    QUARTER: QUARTER_EVERY,
    "began": BEGAN_EVERY,
}
_SPANS = {"day": ("24h", 24), "month": ("30d", 30), QUARTER: ("90d", 90)}


def refreshed(past: Past, name: str, watchdog: WatchdogClient) -> Past:
    """`past` with one part of it read anew; blocks. Raises what the client raises."""
    values: dict[str, Any] = {one: getattr(past, one) for one in _EVERY}
    if name == "checks":
        values["checks"] = tuple(watchdog.checks())
    elif name == "began":
        found = watchdog.incidents(since="7d", limit=MOST_BEGAN)["incidents"]
        values["began"] = {
            str(one["check"]): float(one["began"]) for one in found if one["ended"] is None
        }
    else:
        since, parts = _SPANS[name]
        values[name] = bars(watchdog.uptime(since=since, parts=parts))
    return Past(**values, read={**past.read, name: time.time()})


def bars(checks: Iterable[Mapping[str, Any]]) -> dict[str, Bars]:
    """What `GET /uptime` said of one window in parts."""
    found = {}
    for row in checks:
        window = row["windows"][0]
        name = str(row.get("service") or row["check"])
        found[name] = Bars(window["percent"], tuple(window.get("parts", ())))
    return found
