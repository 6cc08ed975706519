"""Having the data of a restore point in force in a Redis: it is fetched beside the data, started
and counted while what serves goes on to serve.
"""

import asyncio
from collections.abc import Sequence

from vrooli.core.sizes import rough_size
from vrooli.stack.fetched import fetching
from vrooli.stack.postgres.left import RESTORE
from vrooli.stack.redis import capture
from vrooli.stack.redis.comparing import compared
from vrooli.stack.redis.resource import RedisResource
from vrooli.stack.redis.scratch import append, require_memory
from vrooli.stack.restoring import MIB, Restoring
from vrooli.stack.running import Running
from vrooli.stack.upgrading import Told, Wish

SPARE = 64 * MIB


class RedisRestore(Restoring):
    """See the module.

    Args:
        of: the resource.
        wish: which restore point, and how large it is.
    """

    def __init__(self, of: RedisResource, wish: Wish) -> None:
        self._resource, self._scratch = of, of.scratch(RESTORE)
        super().__init__(of, wish, self._scratch.data)

    def is_there(self) -> bool:
        """See the base."""
        return self._of.data.exists()

    def need(self) -> int:
        """See the base."""
        return 2 * self._wish.room + SPARE

    def lines(self) -> tuple[Sequence[str], Sequence[str]]:
        """See the base."""
        self._resource.require_usual_names()
        wish = self._wish
        return [f"the data of {wish.restore}, {rough_size(wish.room)}, into {self._target}"], []

    async def make_ready(self, told: Told) -> None:
        """See the base: have a server read it, and leave it as the one that will serve wants it."""
        of, scratch, tools = self._resource, self._scratch, self._of.context.tools
        await of.context.executor.run(of.begun(scratch, RESTORE), told)
        into, run = (scratch.data, scratch.user), (scratch.launched_as, scratch.log)
        spec = fetching(of.context, self._wish, of.name, into, run)
        await Running(of.name, scratch.log, tools).run("fetch it", spec, told, details=True)
        note = await asyncio.to_thread(capture.note_of, scratch.data)
        told("start it, beside what serves")
        await asyncio.to_thread(require_memory, note.memory)
        async with scratch.server(tools, appends=note.appended, strict=False) as asker:
            for line in await compared(asker, note):
                told(line)
            if of.appends and not note.appended:
                told("write its append-only file")
                await append(asker, tools)
            elif note.appended and not of.appends:
                told("save it")
                await asker.call("SAVE")
