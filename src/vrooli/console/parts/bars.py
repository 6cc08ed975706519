"""Uptime as bars: one element each, drawn in the browser, so that hundreds of them cost little."""

from vrooli.console.parts.html import Tag
from vrooli.console.parts.numbers import percent
from vrooli.console.past import Bars

GOOD = 99.0
"""Percent of a part below which it counts as bad: in an hour that is half a minute, in a day a
quarter of an hour."""


def letters(parts: tuple[float | None, ...]) -> str:
    """A letter a part: `o` all up, `w` nearly, `c` not, `-` nobody looked. Pure."""
    return "".join(_letter(one) for one in parts)


def show_bars(bars: Bars, span: str, unit: str) -> None:
    """Bars, with the span before and the percent behind.

    Args:
        bars: what was measured.
        span: what all of it is, like `24 h`.
        unit: what one bar is, like `hour`.
    """
    share = percent(bars.percent)
    Tag(
        "vrooli-bars",
        "",
        role="img",
        aria_label=f"uptime of {span}: {share}, a bar a {unit}",
        parts=letters(bars.parts),
        span=span,
        percent=share,
    )


def _letter(value: float | None) -> str:
    if value is None:
        return "-"
    return "o" if value >= 100 else "w" if value >= GOOD else "c"
