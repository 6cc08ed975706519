"""The watchdog's eye on its home. When it is gone, the services go, in order, and we after them."""

import asyncio
import logging
import time

from vrooli.core import grid
from vrooli.core.errors import DeadlineExceeded
from vrooli.core.home import Home
from vrooli.host.keeper.place import LOOK, UNCLEAR, UNLOCKED, WORDS, Doubt, Place
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.locks import FileLock
from vrooli.stack.aside import Aside

_log = logging.getLogger(__name__)

ANSWERS = 1.0
"""Seconds that the disk of the home gets for a look; one that hangs is no evidence."""


class HomeGuard:
    """Looks whether the home is there, as the keeper does.

    Attributes:
        alarm: what is wrong with it now, for the status; empty when it is well.
        hangs: whether its disk did not answer the latest look.
    """

    def __init__(self, home: Home, lock: FileLock) -> None:
        self._home, self._lock = home, lock
        self._place = Place(str(home.root), home.watchdog_lock.name)
        self._aside = Aside()
        self.alarm, self.hangs = "", False

    async def lost(self) -> str:
        """Return as soon as the home is gone for certain: what happened.

        Raises:
            Busy: somebody removed our lock, and another has it now.
        """
        doubt = Doubt()
        while True:
            await asyncio.sleep(grid.until_next(time.monotonic(), LOOK))
            seen = await self._look()
            if seen == UNLOCKED:
                self._lock_again()
            how = WORDS.get(seen, "")
            alarm = f"the home {self._home.root} {how} while its stack runs" if how else ""
            if alarm and alarm != self.alarm:
                _log.error("%s; unless it comes back, all that runs in it is stopped", alarm)
            self.alarm = alarm
            if doubt.certain(seen, time.monotonic()):
                return alarm

    async def is_home_of(self, keeper: KeeperClient) -> bool:
        """Whether this keeper is that of our home, and not of one that took its place."""
        kept = (await keeper.ping())["home"]
        return (kept["device"], kept["inode"]) == (self._place.device, self._place.inode)

    async def _look(self) -> int:
        try:
            seen = await self._aside.answer("home", self._place.look, ANSWERS)
        except DeadlineExceeded:
            self.hangs = True
            return UNCLEAR
        self.hangs = False
        return seen

    def _lock_again(self) -> None:
        self._lock.take()
        self._place.relocked()
        _log.warning("the lock of %s was removed; it is taken again", self._home.root)
