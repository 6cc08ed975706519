"""When a service is looked at next: each at its own point of the interval, so that a thousand which
came up together are not asked in the same instant for ever. Pure.
"""

import zlib

TOGETHER = 50
"""Services that may share a point: waking up for each alone costs more than looking at it."""

SHORTEST = 0.1
"""Of the interval: a point that is nearer than this to the look that just ended is left out."""


def until_next(name: str, now: float, interval: float, services: int) -> float:
    """Seconds from `now` (monotonic) to the next point of `name`, one of so many `services`; it is
    the same in every interval.
    """
    points = -(-services // TOGETHER)
    point = zlib.crc32(name.encode()) % points / points * interval
    wait = (point - now) % interval
    return wait if wait >= SHORTEST * interval else wait + interval
