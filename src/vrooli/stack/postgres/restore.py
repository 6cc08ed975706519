"""Having the files of a cluster in force: they are fetched beside the data, and recovered by a
server of their version.
"""

from collections.abc import Sequence

from vrooli.core.command import CopyTree, EnsureDirectory, WriteFile
from vrooli.core.launch import LaunchSpec
from vrooli.core.sizes import rough_size
from vrooli.stack.backup_ledger import ledger_read
from vrooli.stack.fetched import fetching
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.left import RESTORE
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.postgres.wal.recovery import Recovery
from vrooli.stack.restoring import MIB, Restoring
from vrooli.stack.upgrading import Told, Wish

SPARE = 256 * MIB
"""Bytes that stay free beside the copy: its server writes WAL while it recovers."""


class Restore(Restoring):
    """See the module.

    Args:
        of: the resource.
        wish: which restore point, and how large it is.
        apart: folder of a socket that is not the live server's.
    """

    def __init__(self, of: Resource, wish: Wish, apart: str) -> None:
        self._resource, self._stage = of, of.stage_for(RESTORE, apart)
        super().__init__(of, wish, self._stage.cluster)

    def is_there(self) -> bool:
        """See the base."""
        return clusters.major_of(self._resource.data) is not None

    def lines(self) -> tuple[Sequence[str], Sequence[str]]:
        """See the base."""
        wish = self._wish
        size = rough_size(self.need() - SPARE)
        first = f"the data of {wish.restore}, {size}, into {self._target}"
        then = f"then its WAL, on timeline {wish.timeline}, to: {wish.until}"
        lost = "replication slots are not carried along, and unlogged tables come back empty"
        return [first, *([then] if wish.until else [])], [lost]

    def need(self) -> int:
        """See the base. Whoever asks knows of a chain and of WAL; less than the record of this host
        says is not believed.
        """
        path = self._of.place.home.backup_ledger
        ledger = ledger_read(path.read_bytes() if path.exists() else None)
        known = (one for one in ledger.points if one.id == self._wish.restore)
        recorded = max((one.sizes.get(self._of.name, 0) for one in known), default=0)
        return max(recorded, self._wish.room) + SPARE

    async def make_ready(self, told: Told) -> None:
        """See the base."""
        of, stage = self._resource, self._stage
        run = of.context.executor.run
        await run([*of.begun(stage), EnsureDirectory(str(stage.wal), 0o700, stage.user)], told)
        programs = Programs(stage, of.context.tools)
        await programs.run("fetch it", self._fetch(), told, details=True)
        installed = of.programs_of(clusters.major_of(stage.cluster) or 0)
        self.programs = str(installed.bin)
        # Without it the copy would go on in the timeline of the original, and whoever follows that
        # or keeps its WAL would take the one for the other.
        signal = WriteFile(str(stage.cluster / "recovery.signal"), "", 0o600, stage.user)
        await run([signal], told)
        if installed.sources:
            await run([CopyTree(installed.sources, installed.root)], told)
        told("start it, beside what serves")
        backup, new = of.context.stack.backup, of.new_cluster(installed)
        recovery = Recovery(programs, installed, self._wish, backup, new)
        reached = await recovery.run(told)
        self.reached = f", with everything up to {reached}" if self._wish.until else ""

    def _fetch(self) -> LaunchSpec:
        """Ours, as whoever we are: the key that opens packs is not the server's to read."""
        of, stage = self._resource, self._stage
        along = ("--wal", str(stage.wal), "--timeline", str(self._wish.timeline))
        run = (stage.launched_as, stage.log)
        return fetching(of.context, self._wish, of.name, (stage.cluster, stage.user), run, along)
