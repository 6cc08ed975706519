"""How often something happened lately, carried on from look to look. Pure.

One look alone sees a burst for a moment only.
"""

from vrooli.core.result import Result

PARTS = 10
"""Spans that a window is counted in: so many counts are carried on, however often is looked."""

Counts = list[tuple[float, int]]
"""Beginning of a span (monotonic seconds) and what came in it, the oldest first."""


def lately(before: Result | None, new: int, now: float, window: float) -> Counts:
    """The counts within `window` seconds, with the `new` ones of this look.

    Each counts for the window, and for a tenth more at most. What the look before found counts once
    more in any case: two looks in a row confirm a finding, however seldom is looked.

    Args:
        before: the look before, with the details `counts`, what this gave then, and `new`.
        new: how often it happened since.
        now: monotonic seconds.
        window: seconds.
    """
    details = before.details if before is not None else {}
    carried = [(float(at), int(count)) for at, count in details.get("counts", ())]
    span = window / PARTS
    kept = [one for one in carried if now < one[0] + window + span]
    if not kept and details.get("new"):
        kept = [(carried[-1][0], int(details["new"]))]
    if kept and now < kept[-1][0] + span:
        return [*kept[:-1], (kept[-1][0], kept[-1][1] + new)]
    return [*kept, (now, new)] if new else kept
