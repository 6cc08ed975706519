"""Numbers for people, each with its unit: what lengths of time and money are not. Pure."""

import math

from vrooli.core.amounts import figures


def measured(value: float | None, unit: str, none: str = "-") -> str:
    """A measured value: `14 ms`, `85.2 %`, `12,345 MiB`; `none` where there is none."""
    if value is None:
        return none
    return f"{figures(value)} {unit}".rstrip()


def percent(value: float | None, digits: int = 2, none: str = "no data") -> str:
    """Rounded down, so that what was down is never `100 %`; with its unit."""
    if value is None:
        return none
    if value >= 100:
        return "100 %"
    scale = 10**digits
    shown = math.floor(value * scale + 1e-9) / scale
    return f"{min(shown, 100 - 1 / scale):.{digits}f} %"
