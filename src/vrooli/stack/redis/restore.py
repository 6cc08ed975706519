"""Having the data of a restore point in force in a Redis: it is fetched beside the data, started
and counted while what serves goes on to serve; then the two change places.
"""

import asyncio
import secrets
import shutil
import time
from collections.abc import Sequence

from vrooli.core.command import Rename, WriteFile
from vrooli.core.errors import Refused
from vrooli.stack.fetched import fetching
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.left import RESTORE, TARGET, removed
from vrooli.stack.redis import capture
from vrooli.stack.redis.comparing import compared
from vrooli.stack.redis.resource import RedisResource
from vrooli.stack.redis.scratch import append, require_memory
from vrooli.stack.running import Running
from vrooli.stack.upgrading import Told, Upgrade, Wish

MIB = 1024 * 1024
SPARE = 64 * MIB


class RedisRestore(Upgrade):
    """See the module.

    Args:
        of: the resource.
        wish: which restore point, and how large it is.
    """

    def __init__(self, of: RedisResource, wish: Wish) -> None:
        self._of, self._wish = of, wish
        self._scratch = of.scratch(RESTORE)
        # Another name each time: a point may be restored again, and what was in force stays.
        mark = wish.mark or secrets.token_hex(4)
        self._target = of.place.home.data(f"{of.name}.{wish.restore[-6:]}-{mark}")

    async def plan(self) -> Sequence[str]:
        """See the base."""
        of, need = self._of, 2 * self._wish.room + SPARE
        if of.clusters.current == self._target.name:  # whoever did it was killed after that
            self.note = f"{of.name} has the data of {self._wish.restore} already"
            return ()
        of.require_usual_names()
        # Where the data is lost, a start would make an empty one in its place.
        self.spares = of.data.exists()
        free = (await asyncio.to_thread(shutil.disk_usage, of.folders)).free
        if free < need:
            raise Refused(
                f"{need // MIB} MiB are needed, {free // MIB} MiB are free in {of.folders}",
                where=of.name,
                next_step="make room, then again; nothing was changed",
            )
        kept = of.clusters.other
        other = f"what is kept of before stays in {of.place.home.data(kept)}: nothing removes it"
        return [
            f"the data of {self._wish.restore}, {self._wish.room // MIB} MiB, into {self._target}",
            f"{need // MIB} MiB are needed, {free // MIB} MiB are free",
            f"what is in force now stays in {of.data} until "
            f"`vrooli resource upgrade {of.name} --forget`",
            *([other] if kept else []),
        ]

    async def ready(self, told: Told) -> None:
        """Fetch it, have a server read it, leave it as the one that will serve wants it."""
        of, scratch, tools = self._of, self._scratch, self._of.context.tools
        of.place.works.add(scratch.launched_as)
        await of.context.executor.run(of.begun(scratch, RESTORE), told)
        spec = fetching(
            of.context,
            self._wish,
            of.name,
            (scratch.data, scratch.user),
            (scratch.launched_as, scratch.log),
        )
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

    async def move(self, told: Told) -> None:
        """Nothing: all of it was done while the other served."""

    async def switch(self) -> None:
        """Give the folder its name, then write down that it is in force."""
        of, before = self._of, self._of.clusters
        kept = of.data.exists()
        now = Clusters(
            current=self._target.name,
            other=before.current if kept else "",
            at=of.context.tools.clock.wall(),
        )
        about = WriteFile(str(self._scratch.folder / TARGET), f"{self._target.name}\n", 0o600)
        named = Rename(str(self._scratch.data), str(self._target))
        written = clusters.switch(of.place.home, of.name, now, before)
        await of.context.executor.run([about, named, *written], _silent)
        at = time.strftime("%H:%M:%S", time.localtime(now.at))
        self.note = f"{of.name} has the data of {self._wish.restore} since {at}."
        if kept:
            self.note += (
                f" What was in force is kept: `vrooli resource upgrade {of.name} --undo` goes back "
                "to it, `--forget` removes it"
            )

    async def back(self) -> None:
        """See the base."""
        of = self._of
        await of.context.executor.run([clusters.back(of.place.home, of.name)], _silent)

    async def clean(self) -> None:
        """See the base."""
        of = self._of
        settled = clusters.settled(of.place.home, of.name)
        left = removed(of.folders, of.name, RESTORE)  # also what was about to be in force
        of.place.works.discard(self._scratch.launched_as)
        await of.context.executor.run([settled, *left], _silent)


def _silent(_: str) -> None:
    """Nothing that anybody waits for."""
