"""A row of values as one line of blocks, where there is a terminal to see it."""

import sys
from collections.abc import Sequence
from itertools import pairwise

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """`values` in at most `width` blocks, the lowest and the highest full scale. Pure."""
    if not values:
        return ""
    shown = _thinned(values, width)
    low, high = min(shown), max(shown)
    if high <= low:
        return BLOCKS[3] * len(shown)
    top = len(BLOCKS) - 1
    return "".join(BLOCKS[round((value - low) / (high - low) * top)] for value in shown)


def wanted() -> bool:
    """Whether standard output is a terminal that can show blocks."""
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
    return sys.stdout.isatty() and encoding == "utf8"


def _thinned(values: Sequence[float], width: int) -> list[float]:
    """Means of as many neighbours as it takes to fit."""
    if len(values) <= width:
        return list(values)
    edges = [round(i * len(values) / width) for i in range(width + 1)]
    return [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
