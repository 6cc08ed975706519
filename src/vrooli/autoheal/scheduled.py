"""Maintenance at its times, `[maintenance.NAME]`: which windows are open by the schedule.

Nothing has to be remembered for that: whoever looks, after a restart or a reboot too, reckons the
same windows from the schedule. Due times are those of jobs (`stack.schedule`), also where clocks
are put forward or back; a window lasts as long as it is declared, whatever clocks show.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from vrooli.autoheal.window import Window
from vrooli.core.errors import ConfigError
from vrooli.stack import schedule
from vrooli.stack.model import Maintenance

FILE = "vrooli.toml"
"""Who began it."""

AGAIN = 60.0
"""Seconds until a time zone that this machine does not know is looked for again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Reckoned:
    """What was found out about one declaration, and from when until when that holds."""

    item: Maintenance
    since: float
    until: float
    window: Window | None = None
    following: Window | None = None


class Scheduled:
    """The declared windows.

    Args:
        declared: those of the stack in force, by name.
        zone: a time zone by its name.
    """

    def __init__(
        self, declared: Callable[[], Mapping[str, Maintenance]], zone: Callable[[str], tzinfo]
    ) -> None:
        self._declared, self._zone = declared, zone
        self._known: dict[str, _Reckoned] = {}

    def open(self, now: float) -> list[Window]:
        """Windows in which `now` (unix seconds) lies."""
        found = [self._of(item, now).window for item in self._declared().values()]
        return [window for window in found if window is not None]

    def following(self, now: float) -> list[Window]:
        """The next window of each, soonest first."""
        found = [self._of(item, now).following for item in self._declared().values()]
        there = [window for window in found if window is not None]
        return sorted(there, key=lambda window: window.since)

    def _of(self, item: Maintenance, now: float) -> _Reckoned:
        known = self._known.get(item.name)
        if known is None or known.item != item or not known.since <= now < known.until:
            known = self._known[item.name] = self._reckon(item, now)
        return known

    def _reckon(self, item: Maintenance, now: float) -> _Reckoned:
        try:
            zone = self._zone(item.timezone)
        except ConfigError as error:
            _log.warning("maintenance %s: %s", item.name, error)
            return _Reckoned(item, now, now + AGAIN)
        times = schedule.parse(item.schedule)
        passed = times.passed(now - item.duration, now, zone)
        due = times.next_after(now, zone)
        window = None if passed is None else window_of(item, passed.latest)
        ends = [due] if due is not None else []
        ends += [window.until] if window is not None else []
        following = None if due is None else window_of(item, due)
        return _Reckoned(item, now, min(ends, default=now + AGAIN), window, following)


def window_of(item: Maintenance, due: float) -> Window:
    """The window that begins at `due`."""
    return Window(
        id=f"{item.name}-{int(due)}",
        subjects=item.services,
        since=due,
        until=due + item.duration,
        why=item.why or f"[maintenance.{item.name}]",
        by=FILE,
        until_green=item.until_green,
        name=item.name,
    )


def none_declared() -> Scheduled:
    """No maintenance but what people begin."""
    return Scheduled(dict, lambda _: UTC)
