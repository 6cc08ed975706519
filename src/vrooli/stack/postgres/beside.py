"""A copy of a cluster that serves beside the one in force: for a look, or for what is to be taken
out of it. It acts on nobody, and nobody takes it for the one in force.
"""

import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from vrooli.core.command import CopyTree, EnsureDirectory, WriteFile
from vrooli.core.errors import StartFailed
from vrooli.core.launch import LaunchSpec
from vrooli.stack.pace import untold
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.cluster import SUPERUSER
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import removed
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.postgres.wal.moments import Reached
from vrooli.stack.postgres.wal.recovery import Recovery
from vrooli.stack.running import Running
from vrooli.stack.upgrading import Told, Wish


@dataclass(frozen=True, slots=True)
class ClusterCopy:
    """One, in a stage of its own."""

    of: Resource
    stage: Stage

    async def prepare(self) -> None:
        """Have the empty folder for it, ours alone: `stage.cluster`; an earlier one is gone."""
        await self.of.context.executor.run(self.of.begun(self.stage), untold)

    async def prepare_wal(self) -> None:
        """Have the empty folder for what its server needs besides to recover: `stage.wal`."""
        made = EnsureDirectory(str(self.stage.wal), 0o700, self.stage.user)
        await self.of.context.executor.run([made], untold)

    async def remove(self) -> bool:
        """End its server, and have nothing left of it; whether there was anything."""
        there = self.stage.folder.exists()
        left = removed(self.of.folders, self.of.name, self.stage.purpose)
        await self.of.context.executor.run(left, untold)
        return there

    async def recovered(self, wish: Wish, again: str, told: Told) -> Reached:
        """Have it follow the WAL in `stage.wal`; where it is then.

        Args:
            wish: to which moment.
            again: the command that asks for another one.
            told: gets lines about how far it is.

        Raises:
            StartFailed: it does not come up, or the moment is not reached.
        """
        programs, context = await self._made_ready(untold), self.of.context
        told("follow its WAL, beside what serves")
        # Nobody receives the WAL of a copy that is removed soon.
        backup, new = replace(context.stack.backup, wal=False), self.of.new_cluster(programs)
        run = Programs(self.stage, context.tools)
        return await Recovery(run, programs, wish, backup, new, again).run(told)

    @asynccontextmanager
    async def served(self, told: Told) -> AsyncIterator[Asker]:
        """Its server, until the end of this.

        Raises:
            StartFailed: it does not come up.
        """
        programs = await self._made_ready(told)
        run = Programs(self.stage, self.of.context.tools)
        async with run.server(programs, self.stage.cluster, told=told) as asker:
            yield asker

    async def begin(self, told: Told) -> None:
        """Its server, which stays until it is removed. What is asked of it reads only, unless that
        is said.

        Raises:
            StartFailed: it does not come up.
        """
        programs = await self._made_ready(told)
        tools = self.of.context.tools
        running = Running(self.of.name, self.stage.log, tools)
        begin, asker = running.mark(), Asker(tools.streams, self.stage.address)
        launch = await running.begun(self._named(self.stage.server(programs, self.stage.cluster)))
        try:
            await running.until_up(launch, lambda: asker.json("SELECT 1"), begin, told=told)
        except BaseException:
            await running.end(launch)
            raise

    def entrance(self, database: str) -> str:
        """The command that gets one in."""
        argv = (
            str(self.programs().bin / "psql"),
            f"--host={self.stage.sockets}",
            f"--port={self.stage.port}",
            f"--username={SUPERUSER}",
            database,
        )
        return shlex.join(argv)

    def programs(self) -> Installation:
        """Those that fit it.

        Raises:
            StartFailed: it is no cluster.
            ConfigError: there are none here.
        """
        major = clusters.major_of(self.stage.cluster)
        if major is None:
            raise StartFailed(
                "there is no cluster in it",
                where=self.of.name,
                next_step="take another restore point",
            )
        return self.of.programs_of(major)

    async def _made_ready(self, told: Told) -> Installation:
        """In a timeline of its own, as after a restore; what was made from archives has one."""
        programs, run = self.programs(), self.of.context.executor.run
        if (self.stage.cluster / "backup_label").exists():
            signal = self.stage.cluster / "recovery.signal"
            await run([WriteFile(str(signal), "", 0o600, self.stage.user)], told)
        if programs.sources:
            await run([CopyTree(programs.sources, programs.root)], told)
        told("start it, beside what serves")
        return programs

    def _named(self, spec: LaunchSpec) -> LaunchSpec:
        own = (f"cluster_name={self.stage.launched_as}", "default_transaction_read_only=on")
        options: Sequence[str] = [part for setting in own for part in ("-c", setting)]
        return replace(spec, argv=(*spec.argv, *options))
