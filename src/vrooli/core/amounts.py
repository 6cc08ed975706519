"""Money and lengths of time for people: one way to say each, wherever they stand; and lengths of
time as they write them. Pure.
"""

import re

DAY, HOUR, MINUTE = 86_400, 3600, 60

WRITTEN = r"[0-9]+(\.[0-9]+)?(ms|s|m|h|d)"
"""A length of time as people write it, also in JSON Schemas; one number and one unit, so that
nothing has to be added up while reading.
"""

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
"""Seconds of each."""

_WRITTEN = re.compile(WRITTEN, re.ASCII)


def dollars(amount: float) -> str:
    """US dollars: `$0`, `$0.50`, `$1,234.00`; to the millionth where there is more than cents."""
    if not round(amount, 6):
        return "$0"
    whole, _, part = f"{amount:,.6f}".partition(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"


def length(seconds: float | None) -> str:
    """A length of time: `19 ms`, `0.4 s`, `59 s`, `40 min`, `2 h 5 min`, `3.2 d`; empty for none.
    From two minutes on in minutes, from two hours in hours, from two days in days.
    """
    if seconds is None:
        return ""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds >= 2 * DAY:
        return f"{figures(seconds / DAY)} d"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def seconds_of(text: str) -> float | None:
    """Of a length of time as people write it; None where it is none."""
    found = _WRITTEN.fullmatch(text) if len(text) <= 40 else None
    return float(text[: -len(found[2])]) * UNITS[found[2]] if found else None


def figures(value: float) -> str:
    """Of three figures, or all before the point; what is small keeps its first figures."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 1:
        return f"{value:.2g}"
    return f"{value:.1f}".removesuffix(".0")
