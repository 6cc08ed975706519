"""When a routine runs by its schedule. Pure: the same moments give the same answer."""

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vrooli.core.errors import UsageError
from vrooli.stack import schedule

ON_TIME = 60.0
"""Seconds by which a run may be late and still be on time: a server was replaced, or busy."""

Missed = Literal["once", "skip"]
"""What becomes of due times that passed while nobody could start a run: one run for the latest of
them, or none."""


@dataclass(frozen=True, slots=True)
class Times:
    """When something is due.

    Attributes:
        text: five fields of cron, or `every 6h`.
        zone: in which cron is read.
    """

    text: str
    zone: str

    def check(self) -> None:
        """Raises UsageError when this is no schedule, or no time zone that is known here."""
        self._zone()
        try:
            schedule.parse(self.text)
        except ValueError as error:
            raise UsageError(
                f"{self.text!r} is no schedule: {error}",
                where="schedule",
                next_step='write five fields of cron, or "every 6h"',
            ) from error

    def next_after(self, moment: float) -> float | None:
        """The first due time after a moment (Unix seconds); None when there is none any more."""
        return schedule.parse(self.text).next_after(moment, self._zone())

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(
                f"there is no time zone {self.zone!r} here",
                where="timezone",
                next_step='use an IANA name like "Europe/Berlin"',
            ) from error

    def passed(self, after: float, until: float) -> schedule.Passed | None:
        """The due times after `after`, up to and with `until`."""
        return schedule.parse(self.text).passed(after, until, self._zone())


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done about due times that have passed.

    Attributes:
        due: the latest of them, Unix seconds.
        run: whether a run is started for it.
        next: the due time after it; None when there is none any more.
        reason: why none is started; empty when one is.
    """

    due: float
    run: bool
    next: float | None
    reason: str = ""


def decide(times: Times, last: float, now: float, missed: Missed) -> Turn | None:
    """What is due at `now`, when due times up to `last` have been dealt with; None when nothing is.

    Of several that passed only the latest counts.
    """
    passed = times.passed(last, now)
    if passed is None:
        return None
    late, coming = now - passed.latest, times.next_after(now)
    if late > ON_TIME and missed == "skip":
        return Turn(passed.latest, run=False, next=coming, reason=f"missed by {late:.0f} s")
    return Turn(passed.latest, run=True, next=coming)
