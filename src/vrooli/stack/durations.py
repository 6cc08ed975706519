"""Durations as people write them: `5`, `0.5`, `"500ms"`, `"5s"`, `"2m"`, `"1h"`, `"7d"`. Always
seconds inside."""

import math

from vrooli.core.amounts import UNITS, WRITTEN, seconds_of

EXPECTED = 'a number of seconds, or text like "500ms", "5s", "2m", "1h" or "7d"'

TEXT = WRITTEN
"""Of one with its unit."""

LONGEST = 7 * 24 * 3600.0
"""Seconds; a week is longer than any interval or timeout that still means something."""

LONGEST_AGO = 3660 * 86_400.0
"""Seconds; ten years: longer than anything is kept."""


def parse_duration(value: float | str) -> float:
    """Seconds. Raises ValueError with plain words when `value` is no duration, negative, or longer
    than a week."""
    seconds = _number(value)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"expected {EXPECTED}")
    if seconds > LONGEST:
        raise ValueError("longer than a week")
    return seconds


def parse_ago(text: str) -> float:
    """Seconds of how far one looks back, with its unit: `"24h"`, `"7d"`. Raises ValueError with
    plain words."""
    seconds = _number(text, 'a time like "30m", "12h" or "7d"')
    if seconds > LONGEST_AGO:
        raise ValueError("longer than ten years")
    return seconds


def rough_duration(seconds: float) -> str:
    """`seconds` for people, in one unit: `0.3 s`, `12 s`, `40 min`, `5.5 h`, `3.2 days`."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            count = seconds / size
            return f"{count:.0f} {unit}" if count >= 20 or unit == "min" else f"{count:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _number(value: float | str, expected: str = EXPECTED) -> float:
    if not isinstance(value, str):
        return float(value)
    seconds = seconds_of(value)
    if seconds is None:
        raise ValueError(f"expected {expected}")
    return seconds


def format_duration(seconds: float) -> str:
    """The shortest exact way to write `seconds`: `500ms`, `5s`, `2m`, `1h`, `7d`."""
    for unit in ("d", "h", "m", "s", "ms"):
        count = seconds / UNITS[unit]
        if count >= 1 and count == int(count) and count * UNITS[unit] == seconds:
            return f"{int(count)}{unit}"
    return f"{seconds:g}s"
