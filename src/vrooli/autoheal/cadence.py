"""When a service is looked at next: each at its own point of the interval, so that a thousand which
came up together are not asked in the same instant for ever. Pure.
"""

import zlib

SHORTEST = 0.1
"""Of the interval: a point that is nearer than this to the look that just ended is left out."""


def until_next(name: str, now: float, interval: float) -> float:
    """Seconds from `now` (monotonic) to the next point of `name`, which is the same in every
    interval.
    """
    point = zlib.crc32(name.encode()) / 2**32 * interval
    wait = (point - now) % interval
    return wait if wait >= SHORTEST * interval else wait + interval
