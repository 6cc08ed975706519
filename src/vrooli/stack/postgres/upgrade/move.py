"""The upgrade itself: a copy by pg_upgrade, compared with its original, then in force.

What serves now is never changed but by being stopped; what it leaves is kept until it is forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from vrooli.core.command import Command, CopyTree, Remove, Rename
from vrooli.core.errors import Refused, StartFailed, StorageError, VrooliError
from vrooli.core.sizes import rough_size
from vrooli.stack.job_launch import is_job
from vrooli.stack.pace import untold
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.cluster import NewCluster, initialised, require_plain
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import removed
from vrooli.stack.postgres.row_sums import Content
from vrooli.stack.postgres.upgrade import compare, facts, look
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.look import Seen
from vrooli.stack.postgres.upgrade.precheck import needed, problems
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.upgrading import Told, Upgrade, Wish


class Move(Upgrade):
    """To another major version."""

    def __init__(self, resource: Resource, wish: Wish) -> None:
        self._of, self._wish = resource, wish
        self._programs = Programs(resource.stage, resource.context.tools)
        self._before: Clusters | None = None
        self._seen: Seen | None = None
        self._compared = ""

    async def plan(self) -> Sequence[str]:
        """See the base."""
        of = self._of
        target = of.target(self._wish.to)
        if target.major == of.major:
            why = "" if self._wish.to else f": {of.why_no_newer(target)}"
            self.note = f"{of.name} is at PostgreSQL {target.version} already{why}"
            return ()
        seen = self._seen = await self._look(target)
        if found := await asyncio.to_thread(self._problems, seen):
            lines = "".join(f"\n  | {line}" for line in found)
            raise Refused(
                f"PostgreSQL {seen.major} cannot be upgraded to {target.version} now:{lines}",
                where=of.name,
                next_step="mend that, then again; nothing was changed",
            )
        return self._lines(seen)

    def _lines(self, seen: Seen) -> list[str]:
        sessions = (seen.inside or {}).get("sessions", 0)
        slots = (seen.inside or {}).get("slots") or ()
        unasked = f"it could not be asked before: {seen.unasked}" if seen.unasked else ""
        return [
            f"PostgreSQL {seen.major} -> {seen.new.version}, "
            f"{rough_size(seen.size)} in {seen.data}",
            f"into {self._of.folder(seen.new.major)}; "
            f"{rough_size(needed(seen))} are needed, {rough_size(seen.free)} are free",
            f"the old data stays until `vrooli resource upgrade {seen.service} --forget`",
            *([f"{sessions} sessions are open now, and will be closed"] if sessions else []),
            *([f"not carried along: replication slots {', '.join(slots)}"] if slots else []),
            *([unasked] if unasked else []),
        ]

    async def _look(self, target: Installation) -> Seen:
        of, old = self._of, self._of.old()
        tools, data = of.context.tools, of.data
        size = await asyncio.to_thread(look.folder_size, data)
        inside, extensions, why = await look.inside(self._live())
        running = [x.service for x in await tools.keeper.launches() if is_job(x.service)]
        return Seen(
            service=of.name,
            data=data,
            major=of.major,
            clusters=of.clusters,
            old=old,
            new=target,
            size=size,
            free=await asyncio.to_thread(look.free, of.folders),
            programs=await asyncio.to_thread(look.to_be_copied, old, target),
            link=data.is_symlink(),
            tablespaces=look.tablespaces(data),
            jobs=of.jobs_that_need_it(running),
            inside=inside,
            extensions=extensions,
            unasked=why,
        )

    def _problems(self, seen: Seen) -> list[str]:
        return problems(
            seen,
            missing=look.missing_programs(seen.old) if seen.old else (),
            offered=look.available(seen.new),
            icu=look.knows_icu(seen.new),
        )

    def _live(self) -> Asker:
        """The server as it runs, by its socket in a closed folder: anybody may listen on its port
        while it is down.
        """
        of = self._of
        return Asker(of.context.tools.streams, of.stage.address, of.password)

    async def ready(self, told: Told) -> None:
        """Copy the programs, make an empty cluster with the operator's settings, and have
        pg_upgrade look at both.
        """
        self._of.place.works.add(self._of.stage.launched_as)
        async with self._telling_of_room():
            await self._ready(told)

    async def _ready(self, told: Told) -> None:
        of, seen = self._of, self._known()
        old, new = self._both(seen)
        require_plain(old.bin, of.name)
        run = of.context.executor.run
        self._before = replace(
            of.clusters, programs=str(old.bin), bound=True, other="", other_programs=""
        )
        await run([clusters.write(of.place.home, of.name, self._before)], told)
        await run([CopyTree(x.sources, x.root) for x in (old, new) if x.sources], told)
        await run(initialised(self._new(new), of.stage.folder, of.conf(new.major)), told)
        await run(of.stage.made(of.password), told)
        carried = await asyncio.to_thread(lambda: [*look.carried(seen.data)])
        await run(of.stage.given(carried), told)
        await self._programs.run("check the settings", of.stage.settings(new), told)
        if seen.inside is not None:
            check = of.stage.pg_upgrade(old, new, seen.data, check=True)
            await self._programs.run("check that it can be upgraded", check, told)

    def _new(self, new: Installation) -> NewCluster:
        of = self._of
        made = of.new_cluster(new)
        return replace(made, data=of.folder(new.major), log_path=str(of.stage.log))

    async def move(self, told: Told) -> None:
        """See the base. What is compared is read with nobody else in."""
        async with self._telling_of_room():
            await self._move(told)

    async def _move(self, told: Told) -> None:
        seen, stage = self._known(), self._of.stage
        old, new = self._both(seen)
        contents: Content = "number" if self._wish.counts_only else "md5"
        told("read what it holds")
        async with self._programs.server(old, seen.data, told=told) as asker:
            await self._refuse_late(asker, seen)
            original = await facts.gather(asker, contents=contents, told=told)
        upgrade = stage.pg_upgrade(old, new, seen.data, check=False)
        await self._programs.run("copy and upgrade", upgrade, told, details=True)
        told("compare the copy")
        async with self._programs.server(new, stage.cluster, told=told) as asker:
            copy = await facts.gather(asker, contents=contents, told=told)
            if found := compare.differences(original, copy):
                raise StartFailed(
                    f"the copy is not what the original is:{compare.told(found)}",
                    where=self._of.name,
                    next_step="the original is untouched; please report this",
                )
            await self._programs.run("gather statistics", stage.statistics(new), told)
        await self._programs.run("check every page", stage.checksums(new), told)
        self._compared = compare.summary(copy)
        told(f"the copy is equal: {self._compared}")

    @asynccontextmanager
    async def _telling_of_room(self) -> AsyncIterator[None]:
        """Whoever fails on a full disk may be unable to write down why."""
        try:
            yield
        except VrooliError as error:
            of, need = self._of, needed(self._known())
            left = await asyncio.to_thread(look.free, of.folders)
            left += await asyncio.to_thread(look.folder_size, of.stage.folder)
            if left >= need:
                raise
            raise StorageError(
                f"there is not room enough any more: {rough_size(need)} are needed, "
                f"{rough_size(left)} are free without what it made. {error.what}",
                where=error.where or str(of.folders),
                next_step="make room, then again; what it made is removed, the old data is "
                "untouched",
                retryable=True,
            ) from error

    async def _refuse_late(self, asker: Asker, seen: Seen) -> None:
        """What could not be asked while it did not run."""
        if seen.inside is not None:
            return
        inside, extensions, _ = await look.inside(asker)
        late = replace(seen, inside=inside, extensions=extensions)
        if found := await asyncio.to_thread(self._problems, late):
            lines = "".join(f"\n  | {line}" for line in found)
            raise Refused(
                f"it cannot be upgraded:{lines}",
                where=self._of.name,
                next_step="mend what it names, then upgrade again; nothing was changed",
            )

    async def switch(self) -> None:
        """Give the new folder its name, then write down that it is in force."""
        of, seen = self._of, self._known()
        old, new = self._both(seen)
        target = of.folder(new.major)
        now = Clusters(
            current=target.name,
            programs=str(new.bin),
            other=of.clusters.current,
            other_programs=str(old.bin),
            at=of.context.tools.clock.wall(),
        )
        named: list[Command] = [Remove(str(target)), Rename(str(of.stage.cluster), str(target))]
        written = clusters.switch(of.place.home, of.name, now, self._before or of.clusters)
        async with self._telling_of_room():
            await of.context.executor.run([*named, *written], untold)
        self.note = (
            f"{of.name} was upgraded from PostgreSQL {seen.major} to {new.version} "
            f"({self._compared}). The old data is kept: `vrooli resource upgrade {of.name} --undo` "
            "goes back to it, `--forget` removes it"
        )

    async def back(self) -> None:
        """The old one is in force again; `clean` removes the new folder."""
        of = self._of
        await of.context.executor.run([clusters.back(of.place.home, of.name)], untold)

    async def clean(self) -> None:
        """See the base."""
        of = self._of
        gone = [clusters.settled(of.place.home, of.name), *removed(of.folders, of.name)]
        now = clusters.read(of.place.home, of.name)
        if self._seen is not None:
            made = of.folder(self._seen.new.major)
            gone += [Remove(str(made))] if made.name not in (now.current, now.other) else []
        of.place.works.discard(of.stage.launched_as)
        await of.context.executor.run(gone, untold)

    def _known(self) -> Seen:
        if self._seen is None:
            raise RuntimeError("an upgrade is planned first")
        return self._seen

    def _both(self, seen: Seen) -> tuple[Installation, Installation]:
        if seen.old is None:
            raise RuntimeError("without programs it is refused")
        return seen.old, seen.new
