"""The readers of this process learn what other processes wrote: told, or by looking."""

import asyncio
import logging
from collections.abc import Callable

from vrooli.core.errors import VrooliError
from vrooli.execution.live import texts
from vrooli.execution.live.live import Live
from vrooli.execution.live.news import understood

SURE, UNSURE = 2.0, 0.25
"""Seconds between two looks while we are told, and while we may not be."""

_log = logging.getLogger(__name__)


class NewsHearing:
    """For the readers of `live`; `owner` is the name under which this process tells others."""

    def __init__(self, live: Live, owner: str) -> None:
        self._live, self._owner = live, owner

    def heard(self, notice: str) -> None:
        """A notice came; empty: some may have been missed."""
        owner, roots = understood(notice)
        if not notice or roots is None:
            self._live.heard_of_any()
        elif owner != self._owner:  # its own readers were told at once
            self._live.heard(tuple(roots))

    def said(self, notice: str) -> None:
        """A model said something elsewhere; empty: what was missed stays lost."""
        if notice:
            owner, root, text = texts.understood(notice)
            if owner != self._owner:  # likewise
                self._live.said(root, text)

    async def look(self, told: Callable[[], bool]) -> None:
        """For ever: look for what nobody told; more often while `told` says that nobody would."""
        while True:
            await asyncio.sleep(SURE if told() else UNSURE)
            try:
                await self._live.look()
            except VrooliError:
                pass  # whoever waits learns it when PostgreSQL is back
            except Exception:  # noqa: BLE001 -- without this look, what is lost on the way stays lost
                _log.exception("live views go on")
