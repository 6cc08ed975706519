"""Who has a stream open is asked about again: whoever was logged out, disabled, given another role,
or whose key was revoked is told no more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vrooli.core.errors import VrooliError
from vrooli.server.accounts.roles import Caller

EVERY = 2.0
"""Seconds between two looks, at all streams of the process with two statements."""

OVER = "the session or the key is over, or may do something else now"

Identify = Callable[[str], Awaitable[Caller | None]]
"""Who shows a token."""

Still = Callable[[Collection[Caller]], Awaitable[Collection[Caller]]]
"""Those of these users that are what they were."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Stay:
    """Somebody with a stream."""

    caller: Caller
    token: str = field(repr=False)
    over: Callable[[], None]


class Staying:
    """The streams of one process. While PostgreSQL is away nobody is sent away, and nobody is told
    anything new either.
    """

    def __init__(self, identify: Identify, still: Still, every: float = EVERY) -> None:
        self._identify, self._still, self._every = identify, still, every
        self._open: set[_Stay] = set()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def stay(self, caller: Caller, token: str, over: Callable[[], None]) -> Iterator[None]:
        """While a stream is open.

        Args:
            caller: whose it is.
            token: what was shown for it.
            over: called when `caller` may not stay, perhaps more than once.
        """
        one = _Stay(caller, token, over)
        self._open.add(one)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_again(), name="staying")
        try:
            yield
        finally:
            self._open.discard(one)

    async def look(self) -> None:
        """Send away who may not stay.

        Raises:
            VrooliError: nobody can tell.
        """
        users = {one.caller for one in self._open if one.caller.user is not None}
        good = set(await self._still(users)) if users else set()
        # The others show a token in a file, which may have been replaced.
        tokens = {one.token for one in self._open if one.caller.user is None}
        shown = {token: await self._identify(token) for token in tokens}
        for one in tuple(self._open):
            stays = one.caller in good or shown.get(one.token) == one.caller
            known = one.caller in users or one.token in shown  # else it has come meanwhile
            if known and not stays:
                one.over()

    async def _look_again(self) -> None:
        while self._open:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except VrooliError:
                pass  # the next look tells
            except Exception:  # noqa: BLE001 -- without this look nobody would be sent away
                _log.exception("who has a stream open is looked at again")
