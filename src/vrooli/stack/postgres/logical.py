"""The databases of a PostgreSQL as archives: restorable into other versions, and table by table."""

import asyncio
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vrooli.core.errors import Refused, StartFailed
from vrooli.core.sizes import rough_size
from vrooli.stack.backing import Backing, Found, Member, Members, Reading
from vrooli.stack.beside import DUMP, PROOF
from vrooli.stack.pace import untold
from vrooli.stack.postgres.archives import Archived, Loading, compare_with
from vrooli.stack.postgres.dumping import GLOBALS, Dumper, files_in, folder_of
from vrooli.stack.postgres.left import removed
from vrooli.stack.postgres.quick import QuickStage
from vrooli.stack.postgres.upgrade import compare, look
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.upgrading import Told

FORM = "postgres-logical"

SPARE = 256 * 1024 * 1024
"""Bytes that stay free beside a dump."""


class LogicalBacking(Backing):
    """See the module.

    Args:
        of: the resource.
        apart: folder of a socket that is not the live server's.
        said: what the resource says of itself.
        live: how it is asked.
    """

    form = FORM

    def __init__(self, of: Resource, apart: str, said: Backing, live: Asker) -> None:
        self._of, self._said, self._live = of, said, live
        self._dump = of.stage_for(DUMP, of.sockets)
        self._stage = QuickStage.of(of.stage_for(PROOF, apart))
        self._reading: Reading = "usual"
        self._rows: Mapping[str, Any] = {}
        self._expected: Mapping[str, Any] = {}

    def will_read(self, reading: Reading) -> None:
        """See the base."""
        self._reading = reading

    async def begin(self) -> None:
        """See the base: the dump itself, which lies beside the data until it is stored.

        Raises:
            Refused: there is no room for it.
        """
        of, need = self._of, int((await self.ask())["bytes"]) + SPARE
        if (free := await asyncio.to_thread(look.free, of.folders)) < need:
            raise Refused(
                f"up to {rough_size(need)} are needed to dump it, {rough_size(free)} are "
                f"free in {of.folders}",
                where=of.name,
                next_step="make room there, then again; no restore point was taken",
            )
        dumper = Dumper(of, self._dump, max(2, len(os.sched_getaffinity(0))))
        try:
            databases, rows = await dumper.dump(self._live, self._reading)
        except BaseException:  # whatever ends it: what is there takes the room of the database
            await self.end()
            raise
        self._rows = {"databases": databases, **rows}

    def growing(self) -> Path | None:
        """See the base: `pg_dump` writes each table into a file of its own."""
        return self._dump.cluster

    async def end(self) -> None:
        """See the base."""
        of = self._of
        await of.context.executor.run(removed(of.folders, of.name, DUMP), untold)

    async def ask(self) -> Mapping[str, Any]:
        """See the base."""
        return await self._said.ask()

    async def rows(self, reading: Reading) -> Mapping[str, Any]:
        """See the base: read while it was dumped, in the same snapshot."""
        return self._rows

    def expect(self, rows: Mapping[str, Any]) -> None:
        """See the base."""
        self._expected = rows

    def program(self) -> Members:
        """See the base."""
        return Members("store the dump", self._members)

    def _members(self) -> Iterator[Member]:
        folder = self._dump.cluster
        for number in range(len(self._rows["databases"])):
            info = tarfile.TarInfo(folder_of(number))
            info.type, info.mode = tarfile.DIRTYPE, 0o700
            yield Member(info)
        for path in files_in(folder):
            info = tarfile.TarInfo(path.relative_to(folder).as_posix())
            info.mode, info.size = 0o600, path.stat().st_size
            with path.open("rb") as file:
                yield Member(info, file, grows=path.name not in ("toc.dat", GLOBALS))

    async def prepare(self) -> str:
        """See the base."""
        of = self._of
        await of.context.executor.run(of.begun(self._stage), untold)
        return str(self._stage.cluster)

    async def prove(self, told: Told) -> Found:
        """See the base: all archives restored into a new cluster, and compared."""
        of = self._of
        archived = Archived.of_facts({"rows": self._expected}, of.name)
        installed = of.programs_of(of.major)
        loading = Loading(of, self._stage, archived, installed)
        async with loading.serving(told) as asker:
            await loading.load(told)
            told("compare with the source")
            said = await archived.held_by(asker, installed.major, told)
        same, wrong = compare_with(archived, said, installed.major)
        if wrong:
            raise StartFailed(
                f"it does not hold what its source held:{compare.told(wrong)}",
                where=of.name,
                next_step="take another restore point; please report this",
            )
        checks = [
            f"all archives can be restored: {compare.summary(said)}",
            *same.lines("in the snapshot of the dump"),
            "roles, their rights and settings are those of the source"
            if archived.rows.get("roles")
            else "roles were changed while they were dumped, and were not compared",
        ]
        return Found(tuple(checks), {**compare.numbers(said), **same.numbers()})

    async def clean(self) -> None:
        """See the base."""
        of = self._of
        await of.context.executor.run(removed(of.folders, of.name, PROOF), untold)

    @property
    def user(self) -> str | None:
        """See the base."""
        return self._stage.user
