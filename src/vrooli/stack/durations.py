"""Durations as people write them: `5`, `0.5`, `"500ms"`, `"5s"`, `"2m"`, `"1h"`, `"7d"`. Always
seconds inside."""

import math
import re

EXPECTED = 'a number of seconds, or text like "500ms", "5s", "2m", "1h" or "7d"'

TEXT = r"[0-9]+(\.[0-9]+)?(ms|s|m|h|d)"
"""Also in the JSON Schema; one number and one unit, so that nothing has to be added up while
reading."""

LONGEST = 7 * 24 * 3600.0
"""Seconds; a week is longer than any interval or timeout that still means something."""

LONGEST_AGO = 3660 * 86_400.0
"""Seconds; ten years: longer than anything is kept."""

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_TEXT = re.compile(TEXT, re.ASCII)


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
    match = _TEXT.fullmatch(value)
    if match is None or len(value) > 40:
        raise ValueError(f"expected {expected}")
    unit = match[2]
    return float(value[: -len(unit)]) * _SECONDS[unit]


def format_duration(seconds: float) -> str:
    """The shortest exact way to write `seconds`: `500ms`, `5s`, `2m`, `1h`, `7d`."""
    for unit in ("d", "h", "m", "s", "ms"):
        count = seconds / _SECONDS[unit]
        if count >= 1 and count == int(count) and count * _SECONDS[unit] == seconds:
            return f"{int(count)}{unit}"
    return f"{seconds:g}s"
