"""Numbers for people, each with its unit. Pure."""

_SIZES = ((86_400, "d"), (3600, "h"), (60, "min"))


def length(seconds: float) -> str:
    """A length of time: `0.4 s`, `12 s`, `40 min`, `5.5 h`, `3.2 d`."""
    for size, unit in _SIZES:
        if seconds >= 2 * size:
            return f"{_short(seconds / size)} {unit}"
    if seconds >= 10:
        return f"{seconds:.0f} s"
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


def measured(value: float | None, unit: str) -> str:
    """A measured value: `14 ms`, `85.2 %`; a dash where there is none."""
    if value is None:
        return "-"
    return f"{_short(value)} {unit}".rstrip()


def _short(value: float) -> str:
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"
    return text.removesuffix(".0")
