"""Having archives in force: they are put into a new cluster of the version that the stack declares,
and compared with what their source held.
"""

import asyncio
import json
from collections.abc import Sequence

from vrooli.core.command import WriteFile
from vrooli.core.errors import ConfigError, StartFailed
from vrooli.stack.fetched import fetching
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.archives import Archived, Loading, compare_with
from vrooli.stack.postgres.installation import Installation, newest
from vrooli.stack.postgres.left import RESTORE
from vrooli.stack.postgres.passwords import renew
from vrooli.stack.postgres.quick import QuickStage
from vrooli.stack.postgres.upgrade import compare
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.restoring import MIB, Restoring, silent
from vrooli.stack.upgrading import Told, Wish

SPARE = 512 * MIB
"""Bytes that stay free beside archives and cluster: loading it writes WAL."""


class ArchiveRestore(Restoring):
    """See the module.

    Args:
        of: the resource.
        wish: which restore point, and how large archives and cluster are.
        apart: folder of a socket that is not the live server's.
    """

    def __init__(self, of: Resource, wish: Wish, apart: str) -> None:
        self._resource = of
        self._stage = QuickStage.of(of.stage_for(RESTORE, apart))
        self._facts = self._stage.folder / "facts.json"
        super().__init__(of, wish, self._stage.cluster)

    def is_there(self) -> bool:
        """See the base."""
        return clusters.major_of(self._resource.data) is not None

    def need(self) -> int:
        """See the base."""
        return self._wish.room + SPARE

    def lines(self) -> tuple[Sequence[str], Sequence[str]]:
        """See the base."""
        wish, target = self._wish, self._declared
        first = f"the archives of {wish.restore} into {self._target}"
        return [first, f"a new cluster of PostgreSQL {target.version}"], [
            "its settings are those in force now, since archives hold none",
            "it is another cluster: received WAL and replication slots lead to the old one",
        ]

    def programs_before(self) -> str:
        """See the base: it may be of another version, and nobody may have noted which."""
        if not self.is_there():
            return super().programs_before()
        old = self._resource.old()
        return str(old.bin) if old is not None else super().programs_before()

    @property
    def _declared(self) -> Installation:
        """The newest one that the stack declares, whatever the data is of.

        Raises:
            ConfigError: there is none.
        """
        known = self._resource.candidates()
        if not known:
            raise ConfigError(
                "there are no programs of PostgreSQL here",
                where=self._of.name,
                next_step="install them, and name their folder in `installation`",
            )
        return newest(known)

    async def make_ready(self, told: Told) -> None:
        """See the base."""
        of, stage = self._resource, self._stage
        await of.context.executor.run(of.begun(stage), told)
        programs = Programs(stage, of.context.tools)
        into, run = (stage.cluster, stage.user), (stage.launched_as, stage.log)
        fetch = fetching(of.context, self._wish, of.name, into, run, ("--facts", str(self._facts)))
        await programs.run("fetch it", fetch, told, details=True)
        said = json.loads(await asyncio.to_thread(self._facts.read_bytes))
        archived, installed = Archived.of_facts(said, of.name), self._declared
        self.programs = str(installed.bin)
        loading = Loading(of, stage, archived, installed)
        settings = of.data if await asyncio.to_thread(self.is_there) else None
        async with loading.serving(told, settings) as asker:
            await loading.load(told)
            told("compare with what it held")
            self.reached = await self._compared(archived, asker, told)
            await renew(asker, of.new_cluster(installed))
            await programs.run("gather statistics", stage.statistics(installed), told)
        made_of = str(stage.cluster / clusters.MADE_OF)
        known = WriteFile(made_of, f"{self._wish.restore}\n", 0o600, stage.user)
        await of.context.executor.run([known], silent)
        await programs.run("write it to the disk", loading.sync(), told)
        self.next = "It is a new cluster: `vrooli backup run` takes its first restore point"

    async def _compared(self, archived: Archived, asker: Asker, told: Told) -> str:
        major = self._declared.major
        said = await archived.held_by(asker, major, told)
        same, wrong = compare_with(archived, said, major)
        if wrong:
            raise StartFailed(
                f"it does not hold what its source held:{compare.told(wrong)}",
                where=self._of.name,
                next_step="what was in force still is; take another restore point",
            )
        for line in same.lines("in the snapshot of the dump"):
            told(line)
        return f", as a new cluster ({compare.summary(said)})"
