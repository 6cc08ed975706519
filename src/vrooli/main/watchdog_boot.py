"""What the watchdog knows about boots: how the latest one went, and whether it will be repeated."""

import logging
import os
import time
from dataclasses import asdict
from typing import Any

from vrooli.autoheal.board import Board
from vrooli.autoheal.history import History
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.loop import BootRound
from vrooli.autoheal.ping import Pinger
from vrooli.autoheal.protection import Protection
from vrooli.core.errors import StorageError
from vrooli.core.machine import Machine
from vrooli.host.keeper_link import KeeperLink
from vrooli.main.operating_system import programs
from vrooli.main.sight import protection
from vrooli.stack.model import AUTOHEAL, AutohealSettings

_log = logging.getLogger(__name__)

FRESH = 5.0
"""Seconds for which a heartbeat that the keeper heard speaks for this watchdog."""

_LAST = "last_boot"


class BootWatch:
    """See the module."""

    def __init__(
        self, board: Board, ledger: Ledger, history: History, link: KeeperLink, machine: Machine
    ) -> None:
        self._board, self._ledger, self._history = board, ledger, history
        self._link, self._machine = link, machine
        self._programs = programs(os.environ)
        self._last: dict[str, Any] | None = None
        self.pinger = Pinger(board.supervisor.context.tools, self._settings, self._is_well)

    def _settings(self) -> AutohealSettings:
        return self._board.supervisor.stack.autoheal

    def _is_well(self) -> bool:
        return time.monotonic() - self._link.beaten_at < FRESH

    def protection(self) -> Protection:
        """Whether the operating system would bring the stack back. Blocks."""
        home = self._board.supervisor.context.tools.place.home
        return protection(home, os.environ, self._programs, self._last)

    async def note(self, seen: BootRound) -> None:
        """A boot is over."""
        found = {
            **asdict(seen),
            "failed": list(seen.failed),
            "boot_id": self._machine.boot_id,
            "managed": self._link.managed,
        }
        await self._ledger.event(AUTOHEAL, "boot", **found)
        self._last = found
        try:
            await self._history.put_state(_LAST, found)
        except StorageError as error:
            _log.warning("cannot remember the boot: %s", error)

    async def run(self) -> None:
        """Send pings, for ever."""
        try:
            saved = await self._history.get_state(_LAST)
        except StorageError as error:
            _log.warning("cannot learn how the latest boot went: %s", error)
            saved = None
        if isinstance(saved, dict) and self._last is None:
            self._last = saved
        await self.pinger.run()
