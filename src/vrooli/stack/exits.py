"""Who waits for which process to end."""

import asyncio
from collections import OrderedDict

from vrooli.core.launch import Exit

_REMEMBERED = 500


class ExitBook:
    """Endings as the keeper reports them, and futures for those who wait. Belongs to one event
    loop.
    """

    def __init__(self) -> None:
        self._ended: OrderedDict[str, Exit] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[Exit]] = {}

    def record(self, ended: Exit) -> None:
        """A process ended."""
        launch_id = ended.launch.launch_id
        self._ended[launch_id] = ended
        while len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        future = self._waiting.pop(launch_id, None)
        if future is not None and not future.done():
            future.set_result(ended)

    def get(self, launch_id: str) -> Exit | None:
        """How it ended, None while it runs (or when it was long ago)."""
        return self._ended.get(launch_id)

    def latest(self, service: str) -> Exit | None:
        """The last ending of a service, of whichever launch; None when none is remembered."""
        ended = (e for e in reversed(self._ended.values()) if e.launch.service == service)
        return next(ended, None)

    async def wait(self, launch_id: str) -> Exit:
        """Wait until it ends; at once when it has."""
        known = self._ended.get(launch_id)
        if known is not None:
            return known
        future = self._waiting.get(launch_id)
        if future is None:
            future = self._waiting[launch_id] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(future)
