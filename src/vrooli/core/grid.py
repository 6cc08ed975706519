"""Moments that all who come back at intervals share: a process that wakes up once for several of
them pays for one. Pure.
"""


def until_next(now: float, period: float) -> float:
    """Seconds from `now` (monotonic) to the next multiple of `period`; never 0."""
    return period - now % period
