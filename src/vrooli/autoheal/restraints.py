"""What holds heals back because a person said so: maintenance windows and quarantine. Kept in the
history's state, so that they outlive the watchdog.

Of the windows that `vrooli.toml` declares only what a schedule does not say is kept: which ones the
history has been told of, and which ended early.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.planned import BEGAN, ENDED
from vrooli.autoheal.scheduled import Scheduled, none_declared
from vrooli.autoheal.window import Window
from vrooli.core.errors import UnknownName, UsageError
from vrooli.core.ports.clock import Clock

LONGEST = 30 * 86_400.0
"""Seconds; a window without an end is a watchdog that was forgotten."""

WATCHDOG = "the watchdog"
"""Who put a service into quarantine that it gave up."""

_WINDOWS, _QUARANTINE, _MET = "maintenance", "quarantine", "maintenance scheduled"

_CLOCK, _GREEN = "the clock", "all is well again"
"""Who ends windows beside people."""


@dataclass(frozen=True, slots=True)
class _Met:
    """The latest window of a declaration of which the history was told that it began, and whether
    it was told that it ended.
    """

    window: Window
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A service that only a person may touch."""

    subject: str
    since: float
    why: str
    by: str


class Restraints:
    """All of them. Changed by operators, read at every decision."""

    def __init__(self, ledger: Ledger, clock: Clock, scheduled: Scheduled | None = None) -> None:
        self._ledger, self._clock = ledger, clock
        self._scheduled = scheduled or none_declared()
        self._windows: dict[str, Window] = {}
        self._met: dict[str, _Met] = {}
        self._quarantined: dict[str, Quarantine] = {}

    async def load(self) -> None:
        """What was said before this watchdog began."""
        for raw in await self._ledger.load(_WINDOWS) or []:
            window = _window(raw)
            self._windows[window.id] = window
        for raw in await self._ledger.load(_MET) or []:
            window = _window(raw["window"])
            self._met[window.name] = _Met(window, raw["ended"])
        for raw in await self._ledger.load(_QUARANTINE) or []:
            self._quarantined[raw["subject"]] = Quarantine(**raw)

    def windows(self) -> list[Window]:
        """Those that are not over, soonest end first."""
        now = self._clock.wall()
        begun = [window for window in self._windows.values() if now < window.until]
        return sorted([*begun, *self._scheduled_now(now)], key=lambda window: window.until)

    def following(self) -> list[Window]:
        """The next one of each that `vrooli.toml` declares, soonest first."""
        return self._scheduled.following(self._clock.wall())

    def _scheduled_now(self, now: float) -> list[Window]:
        return [w for w in self._scheduled.open(now) if not self._ended_early(w)]

    def _ended_early(self, window: Window) -> bool:
        met = self._met.get(window.name)
        return met is not None and met.ended and met.window == window

    def quarantined(self) -> list[Quarantine]:
        """All, by subject."""
        return [self._quarantined[name] for name in sorted(self._quarantined)]

    def maintenance(self, subject: str) -> str:
        """Why nobody is to touch `subject` now; empty when there is no reason."""
        now = self._clock.wall()
        for window in self.windows():
            if window.covers(subject, now):
                left = (window.until - now) / 60
                return f"maintenance for {left:.0f} min more, by {window.by}: {window.why}"
        return ""

    def quarantine(self, subject: str) -> str:
        """Why only a person may touch `subject`; empty when that is not so."""
        held = self._quarantined.get(subject)
        return f"in quarantine, by {held.by}: {held.why}" if held else ""

    def held_back(self, subject: str) -> str:
        """Why `subject` is not to be touched now, whichever of the two it is; empty when it may."""
        return self.quarantine(subject) or self.maintenance(subject)

    async def begin(
        self, subjects: Iterable[str], seconds: float, why: str, by: str, *, until_green: bool
    ) -> Window:
        """A window from now on.

        Raises:
            UsageError: it would last for no time, or for too long.
        """
        if not 0 < seconds <= LONGEST:
            days = f"{LONGEST / 86_400:.0f} days"
            raise UsageError(
                f"a maintenance window lasts more than 0 seconds, and at most {days}",
                next_step="write a duration like 2h; `[maintenance.NAME]` repeats a window",
            )
        now = self._clock.wall()
        window = Window(
            secrets.token_hex(4),
            tuple(sorted(set(subjects))),
            now,
            now + seconds,
            why,
            by,
            until_green,
        )
        self._windows[window.id] = window
        await self._keep_windows(BEGAN, window, by)
        return window

    async def end(self, window_id: str, by: str) -> Window:
        """Over before its time.

        Raises:
            UsageError: there is no such window, or it has not begun.
        """
        known = {window.id: window for window in self.windows()}
        window = self._windows.pop(window_id, None) or known.get(window_id)
        if window is None:
            self._require_no_next(window_id)
            there = ", ".join(known) or "none"
            raise UnknownName(
                f"there is no maintenance window `{window_id}`",
                window_id,
                next_step=f"there are: {there}",
            )
        await self._close(window, by)
        return window

    def _require_no_next(self, window_id: str) -> None:
        for window in self.following():
            if window.id == window_id:
                raise UsageError(
                    f"the maintenance window `{window_id}` has not begun",
                    next_step=f"to have none, take [maintenance.{window.name}] out of vrooli.toml,"
                    " then `vrooli up`",
                )

    async def _close(self, window: Window, by: str) -> None:
        self._windows.pop(window.id, None)
        if window.name:
            await self._meet(ENDED, _Met(window, ended=True), by)
        else:
            await self._keep_windows(ENDED, window, by)

    async def hold(self, subject: str, why: str, by: str) -> None:
        """Put `subject` into quarantine."""
        self._quarantined[subject] = Quarantine(subject, self._clock.wall(), why, by)
        await self._keep_quarantine(subject, "quarantined", by, why)

    async def release(self, subject: str, by: str) -> None:
        """Take it out again.

        Raises:
            UsageError: it is in none.
        """
        if self._quarantined.pop(subject, None) is None:
            raise UsageError(
                f"{subject} is not in quarantine",
                next_step="`vrooli-autoheal quarantine list` shows what is",
            )
        await self._keep_quarantine(subject, "released", by, "")

    async def sweep(self, red: set[str], failed_at: Mapping[str, float]) -> None:
        """Tell of declared windows that began; end those that are over, and those that waited for
        green.

        Args:
            red: services that are not well.
            failed_at: of every service, when it failed last, in unix seconds; 0 is never.
        """
        now = self._clock.wall()
        await self._meet_scheduled(now)
        for window in [*self._windows.values()]:
            if now >= window.until:
                await self._close(window, _CLOCK)
        for window in self.windows():
            covered = set(window.subjects) or set(failed_at)
            failed = any(failed_at.get(name, 0.0) >= window.since for name in covered)
            if window.until_green and failed and not red & covered:
                await self._close(window, _GREEN)

    async def _meet_scheduled(self, now: float) -> None:
        """What the schedule opened or closed since the last sweep, or while nobody watched."""
        open_now = {window.name: window for window in self._scheduled.open(now)}
        for met in [*self._met.values()]:
            if not met.ended and met.window != open_now.get(met.window.name):
                await self._meet(ENDED, _Met(met.window, ended=True), _CLOCK)
        for window in open_now.values():
            last = self._met.get(window.name)
            # One that was edited while it is open goes on as it is declared now.
            if last is None or (last.window != window and not self._ended_early(window)):
                await self._meet(BEGAN, _Met(window), window.by)

    async def _meet(self, what: str, met: _Met, by: str) -> None:
        self._met[met.window.name] = met
        await self._ledger.save(_MET, [asdict(item) for item in self._met.values()])
        await self._tell(what, met.window, by)

    async def _keep_windows(self, what: str, window: Window, by: str) -> None:
        await self._ledger.save(_WINDOWS, [asdict(item) for item in self._windows.values()])
        await self._tell(what, window, by)

    async def _tell(self, what: str, window: Window, by: str) -> None:
        subject = ",".join(window.subjects) or "everything"
        data = {"names": list(window.subjects), "since": window.since, "until": window.until}
        await self._ledger.event(subject, what, by=by, why=window.why, window=window.id, **data)

    async def _keep_quarantine(self, subject: str, what: str, by: str, why: str) -> None:
        kept: list[Any] = [asdict(item) for item in self._quarantined.values()]
        await self._ledger.save(_QUARANTINE, kept)
        await self._ledger.event(subject, what, by=by, why=why)


def _window(raw: dict[str, Any]) -> Window:
    return Window(**{**raw, "subjects": tuple(raw["subjects"])})
