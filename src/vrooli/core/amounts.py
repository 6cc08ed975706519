"""Money and lengths of time for people: one way to say each, wherever they stand. Pure."""

DAY, HOUR, MINUTE = 86_400, 3600, 60


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


def figures(value: float) -> str:
    """Of three figures, or all before the point; what is small keeps its first figures."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 1:
        return f"{value:.2g}"
    return f"{value:.1f}".removesuffix(".0")
