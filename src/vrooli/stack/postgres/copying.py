"""A PostgreSQL resource as a backup sees it: how its cluster is copied while it serves, and how a
copy is proven to be one.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from vrooli.core.errors import ConfigError, StartFailed
from vrooli.core.ports.outputs import Output, OutputProgram, Outputs
from vrooli.stack.backing import Backing, Found, Practised, Reading, Served
from vrooli.stack.pace import untold
from vrooli.stack.postgres import (
    amcheck,
    clusters,
    combining,
    logical,
    manifest,
    practice,
    source_rows,
)
from vrooli.stack.postgres.cluster import ENV, SUPERUSER
from vrooli.stack.postgres.clusters import MADE_OF
from vrooli.stack.postgres.comparing import NOT_READ
from vrooli.stack.postgres.left import PROOF, removed
from vrooli.stack.postgres.matching import matched
from vrooli.stack.postgres.slot import Slot, patiently
from vrooli.stack.postgres.upgrade import compare, facts
from vrooli.stack.postgres.upgrade.ask import MAINTENANCE, Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.together import together
from vrooli.stack.upgrading import Told
from vrooli.stack.wire import base_backup
from vrooli.stack.wire.dsn import Dsn

FORM = "postgres-physical"

_INSIDE = f"""
SELECT json_build_object(
'made_of', CASE WHEN has_function_privilege('pg_read_file(text,bigint,bigint,boolean)', 'execute')
    THEN trim(trailing E'\\n' from pg_read_file('{MADE_OF}', 0, 64, true)) END,
'version', current_setting('server_version'),
'system', (SELECT system_identifier::text FROM pg_control_system()),
'timeline', (SELECT timeline_id FROM pg_control_checkpoint()),
'lsn', pg_current_wal_flush_lsn()::text,
'oldest', txid_snapshot_xmin(txid_current_snapshot()),
'bytes', (SELECT sum(pg_database_size(oid)) FROM pg_database),
'tablespaces', (SELECT json_agg(spcname) FROM pg_tablespace
    WHERE spcname NOT IN ('pg_default', 'pg_global')))"""

TITLE = "copy the cluster"

STALL = 300.0
"""Seconds without a byte after which a copy has failed: a checkpoint comes before the first one.
"""


class PostgresBacking(Backing):
    """The whole cluster as the server gives it out (one before 15, and what changed alone, by
    `pg_basebackup`): one tar with the WAL that makes it consistent.

    Args:
        of: the resource.
        apart: folder of a socket that is not the live server's.
    """

    form = FORM
    known_by = manifest.NAME

    def __init__(self, of: Resource, apart: str) -> None:
        self._of, self._stage = of, of.stage_for(PROOF, apart)
        self._slot: Slot | None = None
        self._marks: source_rows.Marks = {}
        self._expected: Mapping[str, Any] = {}

    def of_form(self, form: str) -> Backing:
        """See the base."""
        if form == logical.FORM:
            return logical.LogicalBacking(self._of, str(self._stage.sockets), self, self._live())
        return self

    async def begin(self) -> None:
        """See the base: a slot, so that the WAL of a long copy is still there at its end."""
        self._slot = Slot(self._live())
        try:
            marks = source_rows.marks(self._live())
            _, self._marks = await together(self._slot.take(), marks)
        except BaseException:  # who began nothing ends nothing
            await self.end()
            raise

    async def end(self) -> None:
        """See the base."""
        if self._slot is not None:
            await self._slot.release()
            self._slot = None

    async def rows(self, reading: Reading) -> Mapping[str, Any]:
        """See the base."""
        seen = await source_rows.read(self._live(), self._marks, reading)
        return {"at": self._of.context.tools.clock.wall(), **seen}

    def expect(self, rows: Mapping[str, Any]) -> None:
        """See the base."""
        self._expected = rows

    async def ask(self) -> Mapping[str, Any]:
        """See the base: version, system identifier, timeline and where the WAL stands.

        Raises:
            ConfigError: it has tablespaces, which one stream cannot carry.
        """
        of = self._of
        said = cast(dict[str, Any], await patiently(self._live(), _INSIDE))
        if outside := said.pop("tablespaces", None):
            raise ConfigError(
                f"tablespaces outside the data folder are not carried: {', '.join(outside)}",
                where=of.name,
                next_step="move their tables into pg_default (ALTER TABLE ... SET TABLESPACE)",
            )
        return said

    def _live(self) -> Asker:
        of = self._of
        return Asker(of.context.tools.streams, of.stage.address, of.password)

    def increment(self, known: Path) -> OutputProgram | None:
        """See the base."""
        if self._of.major < combining.OLDEST:
            return None
        return self._copied(f"--incremental={known}")

    def program(self) -> OutputProgram | Served:
        """See the base."""
        if self._of.major < base_backup.OLDEST:
            return self._copied()
        return Served(TITLE, self._served)

    def _served(self, outputs: Outputs) -> Output:
        address, label = self._of.stage.address, f"vrooli {self._of.name}"
        who = Dsn(address, SUPERUSER, self._of.password, MAINTENANCE)
        return base_backup.BaseBackup(outputs.connect(address.path, STALL), who, label)

    def _copied(self, *how: str) -> OutputProgram:
        of, programs = self._of, self._of.programs_of(self._of.major)
        argv = (
            str(programs.bin / "pg_basebackup"),
            "--pgdata=-",
            "--format=tar",
            "--wal-method=fetch",
            "--checkpoint=fast",
            "--no-password",
            f"--label=vrooli {of.name}",
            f"--host={of.sockets}",
            f"--port={of.service.port}",
            f"--username={SUPERUSER}",
            *how,
        )
        env = {**ENV, "PGPASSWORD": of.password, "PGAPPNAME": "vrooli backup"}
        return OutputProgram(TITLE, argv, env, STALL)

    async def prepare(self) -> str:
        """See the base."""
        of = self._of
        await of.context.executor.run(of.begun(self._stage), untold)
        return str(self._stage.cluster)

    async def prove(self, told: Told) -> Found:
        """See the base: the manifest of the server, a start, every row, every index, every page."""
        of, stage, checks = self._of, self._stage, []
        major = clusters.major_of(stage.cluster)
        if major is None:
            raise StartFailed(
                "there is no cluster in it", where=of.name, next_step="take another restore point"
            )
        programs = of.programs_of(major)
        run = Programs(stage, of.context.tools)
        told("compare with the manifest of the server")
        if wrong := await asyncio.to_thread(manifest.problems, stage.cluster):
            raise StartFailed(
                f"it is not what the server sent:{compare.told(wrong)}",
                where=of.name,
                next_step="take another restore point",
            )
        checks.append("every file is there that the server sent")
        told("start it")
        async with run.server(programs, stage.cluster, told=told) as asker:
            checks.append("a server starts on it, and recovers to a consistent state")
            said = await facts.gather(asker, contents="hash", told=told)
            checks.append(f"every row was read: {compare.summary(said)}")
            deep = self._expected.get("reading") == "deep"
            checks.append(await amcheck.checked(run, programs, asker, told, deep=deep))
            guarded = await asker.json("SELECT to_json(current_setting('data_checksums'))") == "on"
        if guarded:
            await run.run("check every page", stage.checksums(programs), told)
            checks.append("the checksum of every page is right")
        else:
            checks.append("pages have no checksums here (pg_checksums --enable adds them)")
        if not self._expected:
            checks.append(NOT_READ)
            return Found(tuple(checks), compare.numbers(said))
        told("compare with the source")
        same = await matched(self._of, self._live(), self._expected, said, major)
        return Found((*checks, *same.lines()), {**compare.numbers(said), **same.numbers()})

    async def practise(self, facts: Mapping[str, Any], since: float, told: Told) -> Practised:
        """See the base."""
        return await practice.practised(self._of, self._stage, facts, since, told)

    async def clean(self) -> None:
        """See the base."""
        of = self._of
        await of.context.executor.run(removed(of.folders, of.name, PROOF), untold)

    @property
    def user(self) -> str | None:
        """See the base."""
        return self._stage.user
