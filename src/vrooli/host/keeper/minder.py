"""When the watchdog is hung, and how long to wait before the next start.

Pure: no clock, no process is touched here.
"""

from __future__ import annotations

from vrooli.host.keeper.proc import TICKS_PER_SECOND, Stat

POLL = 0.5  # seconds between two looks
FIRST_BEAT = 20.0  # seconds that a cold start on a slow disk may take before the first heartbeat
PATIENCE = 10.0  # seconds that a starved watchdog, or one seen late by us, is given at most
STARVED_SHARE = 0.1  # of one core: with less it cannot have been spinning
WAITED_SHARE = 0.25  # of its silence: so long it was ready to run, and others ran
FIRST_DELAY = 0.1  # seconds before a start after an end
LONGEST_DELAY = 30.0
STABLE = 10.0  # seconds of life after which an end is the first again


class Minder:
    """The signs of life of one watchdog after another.

    Args:
        timeout: seconds without a heartbeat after which it is hung.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._delay = 0.0
        self.started_at = 0.0
        self._last_sign = 0.0
        self._beating = False
        self._cpu_ticks = 0
        self._waited = 0.0
        self._late_from: float | None = None
        self._late_at = 0.0

    def started(self, now: float) -> None:
        """A new one runs. All times are CLOCK_MONOTONIC seconds."""
        self.started_at = self._last_sign = now
        self._beating = False
        self._cpu_ticks = 0
        self._waited = 0.0
        self._late_from = None

    def beat(self, now: float, cpu_ticks: int, waited: float = 0.0) -> None:
        """It says that it lives, having used so much processor time, and waited so many seconds for
        it.
        """
        self._beating = True
        self._last_sign = now
        self._cpu_ticks = cpu_ticks
        self._waited = waited
        self._late_from = None

    def was_late(self, now: float) -> None:
        """We ourselves were stopped or starved, so its silence proves nothing."""
        if self._late_from is None:
            self._late_from = now
        self._late_at = now

    def verdict(self, now: float, stat: Stat, traced: bool, waited: float = 0.0) -> str | None:
        """Why it is hung, None while it is not (or may not be). `waited` is as of `beat`, now."""
        if stat.state == "T" and not traced:
            return "hung: stopped"
        if traced:
            return None
        allowed = self.timeout if self._beating else max(self.timeout, FIRST_BEAT)
        silent_since = self._last_sign
        if self._late_from is not None:
            silent_since = max(silent_since, min(self._late_at, self._late_from + PATIENCE))
        if self._starved(now, stat) or self._waited_long(now, waited):
            allowed = max(allowed, PATIENCE)
        if now - silent_since <= allowed:
            return None
        return "hung: no heartbeat" if self._beating else "hung: no first heartbeat"

    def _starved(self, now: float, stat: Stat) -> bool:
        """It wants to run (R) or waits for the disk (D), and has hardly run since its last sign."""
        if stat.state not in "RD":
            return False
        used = (stat.cpu_ticks - self._cpu_ticks) / TICKS_PER_SECOND
        return used < STARVED_SHARE * (now - self._last_sign)

    def _waited_long(self, now: float, waited: float) -> bool:
        """It was kept from the processor, also when it just has nothing to do: its sign of life may
        be under way.
        """
        return waited - self._waited > WAITED_SHARE * (now - self._last_sign)

    def ended(self, now: float, hung: bool) -> float:
        """It is gone; the seconds until the next start, doubling while none lives long."""
        if now - self.started_at >= STABLE:
            self._delay = 0.0
        else:
            self._delay = min(LONGEST_DELAY, self._delay * 2 or FIRST_DELAY)
        return self._delay if hung else max(FIRST_DELAY, self._delay)
