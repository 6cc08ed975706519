"""What holds heals back because a person said so: maintenance windows and quarantine. Kept in the
history's state, so that they outlive the watchdog.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.planned import BEGAN, ENDED
from vrooli.core.errors import UsageError
from vrooli.core.ports.clock import Clock

LONGEST = 30 * 86_400.0
"""Seconds; a window without an end is a watchdog that was forgotten."""

WATCHDOG = "the watchdog"
"""Who put a service into quarantine that it gave up."""

_WINDOWS, _QUARANTINE = "maintenance", "quarantine"


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window. Times are unix seconds: a reboot is a part of many of them.

    Attributes:
        subjects: services; none is everything.
        until_green: it ends by itself when what it covers has failed and is well again.
    """

    id: str
    subjects: tuple[str, ...]
    since: float
    until: float
    why: str
    by: str
    until_green: bool = False

    def covers(self, subject: str, now: float) -> bool:
        """Whether it holds for `subject` now."""
        return self.since <= now < self.until and (not self.subjects or subject in self.subjects)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A service that only a person may touch."""

    subject: str
    since: float
    why: str
    by: str


class Restraints:
    """All of them. Changed by operators, read at every decision."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._windows: dict[str, Window] = {}
        self._quarantined: dict[str, Quarantine] = {}

    async def load(self) -> None:
        """What was said before this watchdog began."""
        for raw in await self._ledger.load(_WINDOWS) or []:
            window = Window(**{**raw, "subjects": tuple(raw["subjects"])})
            self._windows[window.id] = window
        for raw in await self._ledger.load(_QUARANTINE) or []:
            self._quarantined[raw["subject"]] = Quarantine(**raw)

    def windows(self) -> list[Window]:
        """Those that are not over, soonest end first."""
        now = self._clock.wall()
        return sorted(
            (window for window in self._windows.values() if now < window.until),
            key=lambda window: window.until,
        )

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

    async def begin(
        self, subjects: Iterable[str], seconds: float, why: str, by: str, *, until_green: bool
    ) -> Window:
        """A window from now on.

        Raises:
            UsageError: it would last for no time, or for too long.
        """
        if not 0 < seconds <= LONGEST:
            raise UsageError(f"a maintenance window lasts at most {LONGEST / 86_400:.0f} days")
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
            UsageError: there is no such window.
        """
        window = self._windows.pop(window_id, None)
        if window is None:
            known = ", ".join(self._windows) or "none"
            raise UsageError(
                f"there is no maintenance window `{window_id}`", next_step=f"there are: {known}"
            )
        await self._keep_windows(ENDED, window, by)
        return window

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
            raise UsageError(f"{subject} is not in quarantine")
        await self._keep_quarantine(subject, "released", by, "")

    async def sweep(self, red: set[str], failed_at: Mapping[str, float]) -> None:
        """End windows that are over, and those that waited for green.

        Args:
            red: services that are not well.
            failed_at: of every service, when it failed last, in unix seconds; 0 is never.
        """
        now = self._clock.wall()
        for window in list(self._windows.values()):
            covered = set(window.subjects) or set(failed_at)
            failed = any(failed_at.get(name, 0.0) >= window.since for name in covered)
            if now >= window.until:
                await self.end(window.id, "the clock")
            elif window.until_green and failed and not red & covered:
                await self.end(window.id, "all is well again")

    async def _keep_windows(self, what: str, window: Window, by: str) -> None:
        await self._ledger.save(_WINDOWS, [asdict(item) for item in self._windows.values()])
        subject = ",".join(window.subjects) or "everything"
        data = {"names": list(window.subjects), "until": window.until}
        await self._ledger.event(subject, what, by=by, why=window.why, window=window.id, **data)

    async def _keep_quarantine(self, subject: str, what: str, by: str, why: str) -> None:
        kept: list[Any] = [asdict(item) for item in self._quarantined.values()]
        await self._ledger.save(_QUARANTINE, kept)
        await self._ledger.event(subject, what, by=by, why=why)
