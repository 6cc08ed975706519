"""Whether the watchdog gets on with its work. It beats only while it does: the keeper replaces one
that is silent, and tells the service manager nothing good about it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from vrooli.core.ports.clock import Clock

CANARY = 10.0
"""Seconds between two pieces of work that a thread is given for no other purpose."""

PATIENCE = 120.0
"""Seconds that a part may take longer than it should, before it counts as stuck."""

_STEP = 1.0
"""Seconds that one look back counts at most: a machine that was suspended has not been stuck."""


@dataclass
class _Part:
    """One of them, and when it was last seen to have moved."""

    name: str
    count: Callable[[], int]
    within: Callable[[], float]
    seen: int = -1
    moved_at: float = 0.0


class Progress:
    """Watches counters of things done.

    Args:
        clock: the time.
        excused: whether silence would help nobody, because a disk hangs: a process that waits for
            one cannot be killed, and until it ends nobody can take its place.

    Attributes:
        canaries: pieces of work for which a thread was found.
    """

    def __init__(self, clock: Clock, excused: Callable[[], bool]) -> None:
        self._clock, self._excused = clock, excused
        self._parts: list[_Part] = []
        self._lived, self._last = 0.0, clock.monotonic()
        self.canaries = 0
        self.expect("the threads that look at things", lambda: self.canaries, lambda: CANARY)

    def expect(
        self, name: str, count: Callable[[], int], within: Callable[[], float] = lambda: 0.0
    ) -> None:
        """From now on `count` must grow: by one in `within` seconds, and `PATIENCE`."""
        self._parts.append(_Part(name, count, within, moved_at=self._lived))

    def stuck(self) -> str:
        """Why it should be replaced; empty while all moves. To be asked about twice a second."""
        now = self._clock.monotonic()
        self._lived, self._last = self._lived + min(_STEP, now - self._last), now
        found = [part for part in self._parts if self._is_stuck(part)]
        if not found or self._excused():
            return ""
        longest = max(self._lived - part.moved_at for part in found)
        return f"no progress for {longest:.0f} s: {', '.join(part.name for part in found)}"

    def _is_stuck(self, part: _Part) -> bool:
        count = part.count()
        if count != part.seen:
            part.seen, part.moved_at = count, self._lived
        return self._lived - part.moved_at > part.within() + PATIENCE

    async def run_canary(self) -> None:
        """Give a thread nothing to do, for ever: looks that hang take the threads of others."""
        while True:
            await asyncio.to_thread(int)
            self.canaries += 1
            await self._clock.sleep(CANARY)
