"""A Redis as a backup sees it: what it holds at one moment, and how a copy is proven."""

import asyncio
import shutil
from collections.abc import Mapping
from typing import Any

from vrooli.core.launch import LaunchSpec
from vrooli.stack.backing import Backing, Found, Members
from vrooli.stack.pace import untold
from vrooli.stack.postgres.left import PROOF, removed
from vrooli.stack.redis import aof, capture
from vrooli.stack.redis.asker import number
from vrooli.stack.redis.capture import Captured
from vrooli.stack.redis.comparing import compared
from vrooli.stack.redis.resource import RedisResource
from vrooli.stack.redis.scratch import require_memory
from vrooli.stack.running import Running
from vrooli.stack.upgrading import Told

FORM = "redis"


class RedisBacking(Backing):
    """The append-only files where it has them, else a save that was made for this.

    Args:
        of: the resource.
    """

    form = FORM

    def __init__(self, of: RedisResource) -> None:
        self._of, self._scratch = of, of.scratch(PROOF)
        self._captured: Captured | None = None

    async def begin(self) -> None:
        """See the base: the files are held open."""
        of = self._of
        self._captured = await capture.capture(of.live, of.data, of.context.tools.clock)

    async def end(self) -> None:
        """See the base."""
        if self._captured is not None:
            self._captured.close()
            self._captured = None

    async def ask(self) -> Mapping[str, Any]:
        """See the base: version, and how many keys there are."""
        of = self._of
        of.require_usual_names()
        said = await of.live.info("server", "memory")
        return {
            "version": said.get("redis_version", ""),
            "system": await asyncio.to_thread(capture.id_of, of.data),
            "bytes": number(said, "used_memory"),
            "keyspace": await of.live.keyspace(),
        }

    def program(self) -> Members:
        """See the base."""
        if self._captured is None:
            raise RuntimeError("it begins first")
        return Members("copy the data of Redis", self._captured.members)

    async def prepare(self) -> str:
        """See the base."""
        of = self._of
        await of.context.executor.run(of.begun(self._scratch, PROOF), untold)
        return str(self._scratch.data)

    async def prove(self, told: Told) -> Found:
        """See the base: what checks its files, a start, the number of keys, a digest of all."""
        scratch, tools = self._scratch, self._of.context.tools
        note = await asyncio.to_thread(capture.note_of, scratch.data)
        checks = await self._files_checked(note.form, told)
        told("start it")
        await asyncio.to_thread(require_memory, note.memory)
        async with scratch.server(tools, appends=note.appended, strict=True) as asker:
            checks.append("a server starts on it, and reads all of it")
            found = await asker.keyspace()
            checks += await compared(asker, note)
            told("read every key")
            digest = await asker.call("DEBUG", "DIGEST")
        checks.append(f"every value was read: {digest}")
        keys = sum(one["keys"] for one in found.values())
        return Found(tuple(checks), {"keys": keys, "digest": digest})

    async def _files_checked(self, form: str, told: Told) -> list[str]:
        """By Redis's own programs, where they are beside it."""
        of, scratch = self._of, self._scratch
        name, path = {
            "aof": ("redis-check-aof", f"{aof.FOLDER}/{aof.MANIFEST}"),
            "rdb": ("redis-check-rdb", capture.DUMP),
        }[form]
        program = await asyncio.to_thread(shutil.which, name, path=of.folder_of_program)
        if program is None:
            return [f"{name} is not here"]
        spec = LaunchSpec(
            service=scratch.launched_as,
            argv=(program, str(scratch.data / path)),
            cwd=str(scratch.data),
            env={"LC_ALL": "C"},
            log_path=str(scratch.log),
            user=scratch.user,
            expose=(str(scratch.folder),) if scratch.user else (),
        )
        await Running(of.name, scratch.log, of.context.tools).run("check the files", spec, told)
        return [f"{name} finds nothing wrong"]

    async def clean(self) -> None:
        """See the base."""
        of = self._of
        await of.context.executor.run(removed(of.folders, of.name, PROOF), untold)

    @property
    def user(self) -> str | None:
        """See the base."""
        return self._scratch.user
