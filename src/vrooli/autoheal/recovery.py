"""When a service is back: what was not well because of it is looked at soon, and again for a while,
instead of at its next interval.
"""

from vrooli.autoheal.board import Board
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.tracker import Tracked
from vrooli.core.ports.clock import Clock

APART = 0.005
"""Seconds between two looks: with a thousand dependents the watchdog has other work as well."""

PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each round; whoever needs the service has to find out that it is back."""


class Recovery:
    """Has looks taken, by those who look."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board, self._clock = board, clock

    async def after(self, tracked: Tracked) -> None:
        """`tracked` serves again. All that need it are looked at once, those that are not well
        first and until they are, or it fails again.
        """
        dependents = self._board.dependents(tracked)
        dependents.sort(key=lambda one: one.healthy)
        about = {tracked.name, *(one.name for one in dependents)}
        for number, pause in enumerate(PAUSES):
            await self._clock.sleep(pause)
            checks = [item for item in self._board.checks.values() if _is_ill(item, about)]
            ill = [one for one in dependents if number == 0 or one.sick]
            if tracked.failure is not None or not (ill or checks):
                return
            for kick in [*(one.kick for one in ill), *(item.kick for item in checks)]:
                kick.set()
                await self._clock.sleep(APART)


def _is_ill(item: HostCheck, about: set[str]) -> bool:
    """Whether it is about one of these, and found something, or could not look."""
    well = item.result is not None and item.result.applicable and item.result.healthy
    return item.service in about and not item.absent and not well
