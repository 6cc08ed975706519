"""Keeping one watchdog alive, as `minder` decides. Its endings are kept for the next one."""

from __future__ import annotations

import signal
import time

from vrooli.host.keeper import proc
from vrooli.host.keeper.launches import Launch, describe
from vrooli.host.keeper.log import log
from vrooli.host.keeper.minder import POLL, Minder
from vrooli.host.keeper.wire import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

KEPT = 200


class Watch:
    """At most one watchdog, started again whenever it ends or hangs, until `stop`.

    Args:
        start: forks the watchdog of a spec and calls back with (launch, why it failed).
        after: calls back after so many seconds.

    Attributes:
        endings: the last 200: {seq, at, monotonic, how, replaced_after_seconds} each.
        launch: the one that lives; also one that is not minded (any more).
    """

    def __init__(
        self,
        start: Callable[[dict[str, Any], Callable[[Launch | None, Failure | None], None]], None],
        after: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._start = start
        self._after = after
        self.endings: list[dict[str, Any]] = []
        self.launch: Launch | None = None
        self.spec: dict[str, Any] | None = None
        self._minder: Minder | None = None
        self._why: str | None = None
        self._gone_at = 0.0
        self._starting = False
        self._settled: list[Callable[[], None]] = []
        self._beaten_at = 0.0
        self._period = 0  # one number a mandate, so that timers of an earlier one do nothing

    def mind(self, spec: dict[str, Any], timeout: float) -> None:
        """Mind a watchdog from now on: the living one, or one that is started by `ensure`."""
        if self.spec is None:
            self._period += 1
            self._minder = Minder(timeout)
            self._minder.started(time.monotonic())
            self._tick_later()
        elif self._minder is not None:
            self._minder.timeout = timeout
        self.spec = spec

    def stop(self) -> None:
        """Let it be; it goes on unminded."""
        self.spec = None
        self._minder = None
        self._period += 1

    def when_settled(self, call: Callable[[], None]) -> None:
        """Call back now, or when the start that is under way has succeeded or failed."""
        if self._starting:
            self._settled.append(call)
        else:
            call()

    def ensure(self, failed: Callable[[Failure], None] | None = None) -> None:
        """Start it unless it lives.

        `failed` is told, and then it is not tried again; else it is, after a while.
        """
        if self.spec is None or self.launch is not None or self._starting:
            return
        self._starting = True
        try:
            self._start(self.spec, lambda launch, why: self._started(launch, why, failed))
        except Failure as why:
            self._started(None, why, failed)

    def _started(
        self,
        launch: Launch | None,
        why: Failure | None,
        failed: Callable[[Failure], None] | None,
    ) -> None:
        self._starting = False
        now = time.monotonic()
        if launch is not None:
            self.launch = launch
            self._why = None
            if self._minder is not None:
                self._minder.started(now)
            if self.endings and self.endings[-1]["replaced_after_seconds"] is None:
                self.endings[-1]["replaced_after_seconds"] = round(now - self._gone_at, 3)
        elif why is not None and failed is not None:
            self.stop()
            failed(why)
        elif why is not None and self._minder is not None:
            log("error", f"the watchdog could not be started: {why.what}")
            self._minder.started(now)
            self._again(self._minder.ended(now, hung=False))
        settled, self._settled = self._settled, []
        for call in settled:
            call()

    def beat(self, now: float) -> None:
        """The watchdog says that it lives."""
        self._beaten_at = now
        stat = self._stat()
        if self._minder is not None and stat is not None:
            self._minder.beat(now, stat.cpu_ticks, proc.waited(stat.pid))

    def beaten(self, since: float) -> bool:
        """Whether it has said so since then."""
        return self._beaten_at >= since

    def was_late(self, now: float) -> None:
        """The keeper itself was stopped or starved."""
        if self._minder is not None:
            self._minder.was_late(now)

    def _stat(self) -> proc.Stat | None:
        stat = proc.read_stat(self.launch.pid) if self.launch is not None else None
        if stat is None or self.launch is None or stat.start_ticks != self.launch.start_ticks:
            return None
        return stat

    def _tick_later(self) -> None:
        period = self._period
        self._after(POLL, lambda: self._tick(period))

    def _tick(self, period: int) -> None:
        if period != self._period or self._minder is None:
            return
        self._tick_later()
        stat = self._stat()
        if self.launch is None or stat is None or not stat.alive or self._why is not None:
            return
        now = time.monotonic()
        traced = stat.state in "Tt" and proc.is_traced(self.launch.pid)
        why = self._minder.verdict(now, stat, traced, proc.waited(stat.pid))
        if why is None:
            return
        log("warning", f"the watchdog {self.launch.pid} is {why}; ending it")
        self._why = why
        self._gone_at = now
        # Never its tree: services are children of the keeper, and what the watchdog has started
        # itself ends by itself.
        proc.send(self.launch.pid, self.launch.start_ticks, signal.SIGKILL)

    def ended(self, launch: Launch, status: int | None) -> None:
        """A watchdog is gone."""
        if launch is not self.launch:
            return
        self.launch = None
        if self._minder is None:
            return
        now = time.monotonic()
        hung = self._why is not None
        how = self._why or describe(status)
        if not hung:
            self._gone_at = now
        self._why = None
        self.endings.append(
            {
                "seq": self.endings[-1]["seq"] + 1 if self.endings else 1,
                "at": time.time(),
                "monotonic": now,
                "how": how,
                "replaced_after_seconds": None,
            }
        )
        del self.endings[:-KEPT]
        delay = self._minder.ended(now, hung)
        log("warning", f"the watchdog {launch.pid} ended: {how}; next start in {delay} s")
        self._again(delay)

    def _again(self, delay: float) -> None:
        period = self._period
        self._after(delay, lambda: self.ensure() if period == self._period else None)
