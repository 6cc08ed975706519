"""The keeper's end when its home is gone: nothing that it started is left behind.

The watchdog knows the order of the services and how each is stopped, so it goes first. Where there
is none, the keeper stops them by itself: the latest start first, since what is needed was started
before what needs it.
"""

from __future__ import annotations

import signal
import time

from vrooli.host.keeper import proc, tree
from vrooli.host.keeper.launches import Launch
from vrooli.host.keeper.log import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vrooli.host.keeper.keeper import Keeper

POLL = 0.1  # seconds between two looks
WATCHDOG_HAS = 600.0  # seconds that the watchdog gets to stop all: longer than any `down` takes
# Seconds after which a service gets a signal. PostgreSQL waits for its clients after TERM, and
# ends them after INT.
TERM_AT, INT_AT, KILL_AT, IMMORTAL_AT = 0.0, 5.0, 10.0, 30.0


class Leaving:
    """Stops all launches of a keeper, then ends it.

    Args:
        keeper: whose.
        done: called when nothing is left.
    """

    def __init__(self, keeper: Keeper, done: Callable[[], None]) -> None:
        self._keeper, self._done = keeper, done
        self._began = time.monotonic()
        self._current: _Stop | None = None
        self._tried: set[str] = set()
        self._waits_for_watchdog = False

    def begin(self, watchdog_first: bool) -> None:
        """Begin; with `watchdog_first` a living watchdog is given its time."""
        self._waits_for_watchdog = watchdog_first
        self._step()

    def at_once(self) -> None:
        """The watchdog has done its part."""
        self._waits_for_watchdog = False

    def _step(self) -> None:
        if not self._finished():
            self._keeper.loop.after(POLL, self._step)

    def _finished(self) -> bool:
        """One round; whether it was the last."""
        if self._keeper.spawner.starting or self._watchdog_is_at_it():
            return False
        while self._current is None or self._current.is_over():
            left = self._left()
            if not left:
                self._done()
                return True
            self._current = _Stop(left[0], self._keeper)
            self._tried.add(left[0].launch_id)
        self._current.press()
        return False

    def _watchdog_is_at_it(self) -> bool:
        if not self._waits_for_watchdog or self._keeper.watch.launch is None:
            return False
        return time.monotonic() - self._began < WATCHDOG_HAS

    def _left(self) -> list[Launch]:
        """The watchdog, who would start again what we stop; services, the latest start first; what
        ended services have left behind.
        """
        table = self._keeper.table
        alive = sorted(table.alive.values(), key=lambda launch: (launch.minded, launch.started_at))
        ended = {exit.launch.service: exit.launch for exit in table.exits}
        found = [*reversed(alive), *ended.values()]
        return [launch for launch in found if launch.launch_id not in self._tried]


class _Stop:
    """One launch on its way out."""

    def __init__(self, launch: Launch, keeper: Keeper) -> None:
        self._launch, self._keeper = launch, keeper
        self._began = time.monotonic()
        self._sent: set[str] = set()

    def is_over(self) -> bool:
        """Whether nothing of it is left, or nothing can be done about it."""
        alive = self._launch.launch_id in self._keeper.table.alive
        if self._launch.minded:  # never its tree: what it has started ends by itself
            return not alive
        if not alive and not self._members():
            return True
        if time.monotonic() - self._began < IMMORTAL_AT:
            return False
        log("error", f"{self._launch.service} does not end although it was killed")
        return True

    def press(self) -> None:
        """The signal that is due."""
        launch, waited = self._launch, time.monotonic() - self._began
        if launch.launch_id not in self._keeper.table.alive:
            self._once("rest", signal.SIGTERM, whole=True)
        self._once("ask", signal.SIGTERM, whole=False)
        if waited >= INT_AT and not launch.minded:
            self._once("urge", signal.SIGINT, whole=False)
        if waited >= KILL_AT:
            self._send(signal.SIGKILL, whole=not launch.minded)

    def _once(self, what: str, number: int, whole: bool) -> None:
        if what not in self._sent:
            self._sent.add(what)
            self._send(number, whole)

    def _send(self, number: int, whole: bool) -> None:
        launch = self._launch
        if whole:
            marker = self._keeper.spawner.marker(launch.launch_id)
            tree.signal_tree(launch, marker, number)
            return
        try:
            proc.send(launch.pid, launch.start_ticks, number)
        except PermissionError:
            log("error", f"may not signal {launch.service} ({launch.pid})")

    def _members(self) -> list[proc.Stat]:
        return tree.members(self._launch, self._keeper.spawner.marker(self._launch.launch_id))
