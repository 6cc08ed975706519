"""Schedules and time zones of the file, as jobs and maintenance have them."""

from vrooli.core.nearest import did_you_mean
from vrooli.stack import schedule
from vrooli.stack.problem import Section


def compile_schedule(written: str | None, section: Section) -> str:
    """The schedule, checked; empty after a problem."""
    if written is None:
        section.wrong("schedule", f"needs a `schedule`: {schedule.EXPECTED}")
        return ""
    try:
        return schedule.parse(written).text
    except ValueError as error:
        section.wrong("schedule", str(error))
        return ""


def compile_timezone(written: str | None, section: Section) -> str:
    """The name of the time zone; empty for local time."""
    if written is None:
        return ""
    import zoneinfo  # read from this machine, which is the one that will obey the schedule

    try:
        zoneinfo.ZoneInfo(written)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        names = zoneinfo.available_timezones()
        hint = did_you_mean(written, names) if names else " (is the package `tzdata` installed?)"
        section.wrong("timezone", f"this machine knows no time zone of that name{hint}")
        return ""
    return written
