"""Uptime as bars: one element each, drawn in the browser, so that hundreds of them cost little."""

import math

from vrooli.console.parts.html import Tag
from vrooli.console.past import Bars

GOOD = 99.0
"""Percent of a part below which it counts as bad: in an hour that is half a minute, in a day a
quarter of an hour."""


def letters(parts: tuple[float | None, ...]) -> str:
    """A letter a part: `o` all up, `w` nearly, `c` not, `-` nobody looked. Pure."""
    return "".join(_letter(one) for one in parts)


def percent(value: float | None, digits: int = 2) -> str:
    """Rounded down, so that what was down is never `100 %`; with its unit. Pure."""
    if value is None:
        return "no data"
    scale = 10**digits
    shown = math.floor(value * scale + 1e-9) / scale
    return "100 %" if value >= 100 else f"{min(shown, 100 - 1 / scale):.{digits}f} %"


def show_bars(bars: Bars, span: str, unit: str) -> None:
    """Percent, and bars beside.

    Args:
        bars: what was measured.
        span: what all of it is, like `24 h`.
        unit: what one bar is, like `hour`.
    """
    said = f"{span}: {percent(bars.percent)}"
    with Tag("div", "", "uptime"):
        Tag("span", span, "soft")
        Tag(
            "vrooli-bars",
            "",
            role="img",
            aria_label=f"uptime of {said}, a bar a {unit}",
            parts=letters(bars.parts),
        )
        Tag("span", percent(bars.percent), "percent")


def _letter(value: float | None) -> str:
    if value is None:
        return "-"
    return "o" if value >= 100 else "w" if value >= GOOD else "c"
