"""Having the data of a restore point in force.

It is fetched beside the data, started and read once, while what serves goes on to serve; then the
two change places. What was in force is kept, whatever state it is in.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence

from vrooli.core.command import Command, CopyTree, Remove, Rename, WriteFile
from vrooli.core.errors import Refused
from vrooli.core.launch import LaunchSpec
from vrooli.stack.backup_settings import variables
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import RESTORE, removed
from vrooli.stack.postgres.passwords import renew
from vrooli.stack.postgres.upgrade import look
from vrooli.stack.postgres.upgrade.ask import MAINTENANCE
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
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
        self._target = of.place.home.data(f"{of.name}.{wish.restore[-6:]}-{secrets.token_hex(2)}")
        self._programs: Installation | None = None

    async def plan(self) -> Sequence[str]:
        """See the base."""
        of, need = self._of, self._wish.room + SPARE
        free = await asyncio.to_thread(look.free, of.folders)
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
            "replication slots are not carried along, and unlogged tables come back empty",
            *([other] if kept else []),
        ]

    async def ready(self, told: Told) -> None:
        """Fetch it, have a server recover it, and stop that."""
        of, stage = self._of, self._stage
        run = of.context.executor.run
        await run(of.begun(stage), told)
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
        async with programs.server(self._programs, stage.cluster) as asker:
            await asker.json("SELECT json_agg(datname) FROM pg_database", MAINTENANCE)
            await renew(asker, of.new_cluster(self._programs))

    def _fetch(self) -> LaunchSpec:
        """Ours, as whoever we are: the key that opens packs is not the server's to read."""
        of, stage = self._of, self._stage
        home = of.place.home
        argv = (
            *(of.place.machine.python, "-m", "vrooli", "backup", "fetch", self._wish.restore),
            *("--service", of.name, "--into", str(stage.cluster)),
            *(("--owner", stage.user) if stage.user else ()),
            *(("--store", self._wish.store) if self._wish.store else ()),
        )
        usual = ("PATH", "HOME", "LANG", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")
        wanted = {*usual, *variables(of.context.stack.backup.stores)}
        env = {key: value for key, value in of.context.environment.items() if key in wanted}
        return LaunchSpec(
            service=stage.launched_as,
            argv=argv,
            cwd="/",
            env={**env, "VROOLI_HOME": str(home.root)},
            log_path=str(stage.log),
        )

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
        named = Rename(str(self._stage.cluster), str(self._target))
        written = clusters.switch(of.place.home, of.name, now, before)
        await of.context.executor.run([named, *written], _silent)
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
        home = of.place.home
        left = removed(of.folders, of.name, RESTORE)
        gone: list[Command] = [clusters.settled(home, of.name), *left]
        now = clusters.read(home, of.name)
        if self._target.name not in (now.current, now.other):
            gone.append(Remove(str(self._target)))
        await of.context.executor.run(gone, _silent)


def _silent(_: str) -> None:
    """Nothing that anybody waits for."""
