"""When a job is due: five fields of cron, or `every 6h`. Pure.

Due times are whole Unix seconds. The same schedule gives the same ones from whatever moment one
asks, so that a due time is a name: what was run under it is not run again.

`every 6h` counts from 1970-01-01 00:00 UTC: 0, 6, 12 and 18 o'clock there, whatever the clocks of
people do. Cron expressions are read in a time zone, as Debian's cron reads them:

- at fixed times (neither minute nor hour begins with `*`): what falls into the skipped hour of
  spring is due right after it, what falls into the doubled hour of autumn is due once, in its first
  pass;
- with `*` in minute or hour: by the clock on the wall. What the skipped hour holds is not due that
  day, what the doubled hour holds is due in both passes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import islice

from vrooli.stack import durations

EVERY = "every "

EXPECTED = 'five fields of cron like "30 3 * * *", or "every " and a duration like "every 6h"'

PATTERN = rf"^({EVERY}+{durations.TEXT}|\S+( +\S+){{4}})$"
"""For the JSON Schema: the outline; what each field may hold is checked by reading it."""

SHORTEST = 1.0
"""Seconds between two due times of `every`: they are whole seconds."""

COUNTED = 100
"""Passed due times are counted up to here: beyond it nobody reads the number."""

_WINDOWS = (60.0, 3600.0, 86_400.0, 32 * 86_400.0, 366 * 86_400.0)
"""Seconds to look back for the latest due time, the shortest first: a minute's schedule that nobody
looked at for years is answered as fast as any other."""

_EXAMPLE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule that `parse` found right.

    Attributes:
        text: as written.
        every: whole seconds between due times; 0 for a cron expression.
    """

    text: str
    every: int = 0

    def next_after(self, moment: float, zone: tzinfo) -> float | None:
        """The first due time after `moment` (Unix seconds); None when there is none in 50 years."""
        if self.every:
            return float((int(moment // self.every) + 1) * self.every)
        return _next(self.text, moment, zone)

    def passed(self, after: float, until: float, zone: tzinfo) -> "Passed | None":
        """The due times after `after`, up to and with `until`; None when there are none."""
        latest = self._latest(after, until, zone)
        return None if latest is None else Passed(latest, self._count(after, until, zone))

    def _latest(self, after: float, until: float, zone: tzinfo) -> float | None:
        if self.every:
            multiple = float(until // self.every * self.every)
            return multiple if multiple > after else None
        for window in (*_WINDOWS, until - after):
            begin = max(after, until - window)
            latest = max(self._between(begin, until, zone), default=None)
            if latest is not None or begin == after:
                return latest
        return None

    def _count(self, after: float, until: float, zone: tzinfo) -> int:
        return sum(1 for _ in islice(self._between(after, until, zone), COUNTED))

    def _between(self, after: float, until: float, zone: tzinfo) -> Iterator[float]:
        due = self.next_after(after, zone)
        while due is not None and due <= until:
            yield due
            due = self.next_after(due, zone)


@dataclass(frozen=True, slots=True)
class Passed:
    """Due times that have come.

    Attributes:
        latest: the last of them, Unix seconds.
        count: how many, at most `COUNTED`.
    """

    latest: float
    count: int


def parse(text: str) -> Schedule:
    """Read a schedule. ValueError in plain words when it is none, or never comes true."""
    if text.startswith(EVERY):
        return Schedule(text, _interval(text.removeprefix(EVERY).strip()))
    import cronsim  # a dozen milliseconds that a stack without cron expressions need not pay

    if len(text.split()) != 5:
        raise ValueError(f"expected {EXPECTED}")
    try:
        next(cronsim.CronSim(text, _EXAMPLE))
    except cronsim.CronSimError as error:
        field = str(error).lower().removeprefix("bad ")
        raise ValueError(f"the {field} is not one of cron; expected {EXPECTED}") from error
    except StopIteration as error:
        raise ValueError("there is no such day") from error
    return Schedule(text)


def _interval(text: str) -> int:
    try:
        seconds = durations.parse_duration(text)
    except ValueError as error:
        raise ValueError(f"expected {EXPECTED}") from error
    if seconds < SHORTEST or seconds != int(seconds):
        raise ValueError("expected whole seconds, at least one and at most a week")
    return int(seconds)


def _next(text: str, moment: float, zone: tzinfo) -> float | None:
    import cronsim

    try:
        for found in cronsim.CronSim(text, datetime.fromtimestamp(moment // 1, zone)):
            due = found.timestamp()
            # Asked in the second pass of the doubled hour, it names times of the first.
            if due > moment:
                return due
    except StopIteration:
        pass
    return None
