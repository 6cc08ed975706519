"""Work on a service that takes it and others down for a while: an upgrade. The watchdog takes none
of it for a failure.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vrooli.autoheal.board import Board
from vrooli.stack.progress import Report
from vrooli.stack.upgrading import Around, Upgrade, Upgraded, Wish, around, carry_out


@dataclass(frozen=True)
class Reworking:
    """One piece of such work.

    Attributes:
        queue: says which services an operation will start: their absence is no failure.
        take_over: ends the heals in flight on services.
        began: writes down that they are worked on from now on.
    """

    board: Board
    wish: Wish
    queue: Callable[[set[str], set[str]], None]
    take_over: Callable[[set[str]], Awaitable[None]]
    began: Callable[[set[str]], Awaitable[None]]

    def around(self, chosen: set[str]) -> Around:
        """The services that it is about."""
        return around(self.board.supervisor.stack, chosen, self.board.wanted.running)

    async def carry_out(self, upgrade: Upgrade, about: Around, report: Report) -> Upgraded:
        """From its beginning to its end. What serves is healed until it is stopped."""
        names = set(about.affected) if upgrade.stops else set()

        async def hold() -> None:
            await self.began(names)
            self.queue(names, names)
            await self.take_over(names)

        try:
            return await carry_out(upgrade, about, self.board.supervisor, report, hold)
        finally:
            self.queue(set(), set())
