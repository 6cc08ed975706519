"""Having the data of a restore point in force.

It is fetched beside the data, started and read once, while what serves goes on to serve; then the
two change places. What was in force is kept, whatever state it is in.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence

from vrooli.core.command import CopyTree, EnsureDirectory, Rename, WriteFile
from vrooli.core.errors import Refused
from vrooli.core.launch import LaunchSpec
from vrooli.stack.backup_ledger import ledger_read
from vrooli.stack.fetched import fetching
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import RESTORE, TARGET, removed
from vrooli.stack.postgres.upgrade import look
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.postgres.wal.recovery import Recovery
from vrooli.stack.upgrading import Told, Upgrade, Wish

MIB = 1024 * 1024
SPARE = 256 * MIB
"""Bytes that stay free beside the copy: its server writes WAL while it recovers."""


class Restore(Upgrade):
    """See the module.

    Args:
        of: the resource.
        wish: which restore point, and how large it is.
        apart: folder of a socket that is not the live server's.
    """

    def __init__(self, of: Resource, wish: Wish, apart: str) -> None:
        self._of, self._wish = of, wish
        self._stage = of.stage_for(RESTORE, apart)
        # Another name each time: a point may be restored again, and what was in force stays.
        mark = wish.mark or secrets.token_hex(4)
        self._target = of.place.home.data(f"{of.name}.{wish.restore[-6:]}-{mark}")
        self._programs: Installation | None = None
        self._reached = ""

    async def plan(self) -> Sequence[str]:
        """See the base."""
        of = self._of
        if of.clusters.current == self._target.name:  # whoever did it was killed after that
            self.note = f"{of.name} has the data of {self._wish.restore} already"
            return ()
        need = await asyncio.to_thread(self._size) + SPARE
        # Where the data is lost, a start would make an empty cluster in its place.
        self.spares = clusters.major_of(of.data) is not None
        free = await asyncio.to_thread(look.free, of.folders)
        if free < need:
            raise Refused(
                f"{need // MIB} MiB are needed, {free // MIB} MiB are free in {of.folders}",
                where=of.name,
                next_step="make room, then again; nothing was changed",
            )
        kept = of.clusters.other
        other = f"what is kept of before stays in {of.place.home.data(kept)}: nothing removes it"
        until = self._wish.until
        return [
            f"the data of {self._wish.restore}, {(need - SPARE) // MIB} MiB, into {self._target}",
            *([f"then its WAL, on timeline {self._wish.timeline}, to: {until}"] if until else []),
            f"{need // MIB} MiB are needed, {free // MIB} MiB are free",
            f"what is in force now stays in {of.data} until "
            f"`vrooli resource upgrade {of.name} --forget`",
            "replication slots are not carried along, and unlogged tables come back empty",
            *([other] if kept else []),
        ]

    def _size(self) -> int:
        """Bytes of it. Whoever asks knows of a chain and of WAL; less than the record of this host
        says is not believed.
        """
        path = self._of.place.home.backup_ledger
        ledger = ledger_read(path.read_bytes() if path.exists() else None)
        known = (one for one in ledger.points if one.id == self._wish.restore)
        recorded = max((one.sizes.get(self._of.name, 0) for one in known), default=0)
        return max(recorded, self._wish.room)

    async def ready(self, told: Told) -> None:
        """Fetch it, have a server recover it, and stop that."""
        of, stage = self._of, self._stage
        of.place.works.add(stage.launched_as)
        run = of.context.executor.run
        await run([*of.begun(stage), EnsureDirectory(str(stage.wal), 0o700, stage.user)], told)
        programs = Programs(stage, of.context.tools)
        await programs.run("fetch it", self._fetch(), told, details=True)
        self._programs = of.programs_of(clusters.major_of(stage.cluster) or 0)
        # Without it the copy would go on in the timeline of the original, and whoever follows that
        # or keeps its WAL would take the one for the other.
        signal = WriteFile(str(stage.cluster / "recovery.signal"), "", 0o600, stage.user)
        await run([signal], told)
        if self._programs.sources:
            await run([CopyTree(self._programs.sources, self._programs.root)], told)
        told("start it, beside what serves")
        recovery = Recovery(programs, self._programs, self._wish, of.context.stack.backup)
        self._reached = await recovery.run(told)

    def _fetch(self) -> LaunchSpec:
        """Ours, as whoever we are: the key that opens packs is not the server's to read."""
        of, stage = self._of, self._stage
        along = ("--wal", str(stage.wal), "--timeline", str(self._wish.timeline))
        run = (stage.launched_as, stage.log)
        return fetching(of.context, self._wish, of.name, (stage.cluster, stage.user), run, along)

    async def move(self, told: Told) -> None:
        """Nothing: all of it was done while the other served."""

    async def switch(self) -> None:
        """Give the folder its name, then write down that it is in force."""
        of, before = self._of, self._of.clusters
        if self._programs is None:
            raise RuntimeError("it is fetched first")
        kept = of.data.exists()
        now = Clusters(
            current=self._target.name,
            programs=str(self._programs.bin),
            other=before.current if kept else "",
            other_programs=before.programs if kept else "",
            at=of.context.tools.clock.wall(),
        )
        about = WriteFile(str(self._stage.folder / TARGET), f"{self._target.name}\n", 0o600)
        named = Rename(str(self._stage.cluster), str(self._target))
        written = clusters.switch(of.place.home, of.name, now, before)
        await of.context.executor.run([about, named, *written], _silent)
        at = time.strftime("%H:%M:%S", time.localtime(now.at))
        self.note = f"{of.name} has the data of {self._wish.restore} since {at}{self._reached}."
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
        of.place.works.discard(self._stage.launched_as)
        await of.context.executor.run([settled, *left], _silent)


def _silent(_: str) -> None:
    """Nothing that anybody waits for."""
