"""Numbers for people, each with its unit: one way for all pages. Pure."""

import math

DAY, HOUR, MINUTE = 86_400, 3600, 60


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
        return f"{_short(seconds / DAY)} d"
    hours, minutes = divmod(round(seconds / MINUTE), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def measured(value: float | None, unit: str, none: str = "-") -> str:
    """A measured value: `14 ms`, `85.2 %`, `12,345 MiB`; `none` where there is none."""
    if value is None:
        return none
    return f"{_short(value)} {unit}".rstrip()


def percent(value: float | None, digits: int = 2, none: str = "no data") -> str:
    """Rounded down, so that what was down is never `100 %`; with its unit."""
    if value is None:
        return none
    if value >= 100:
        return "100 %"
    scale = 10**digits
    shown = math.floor(value * scale + 1e-9) / scale
    return f"{min(shown, 100 - 1 / scale):.{digits}f} %"


def _short(value: float) -> str:
    """Of three figures, or all before the point; what is small keeps its first figures."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 1:
        return f"{value:.2g}"
    return f"{value:.1f}".removesuffix(".0")
