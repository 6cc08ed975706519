"""Composition of `vrooli restore --only TABLE`: one table of a restore point, in a schema beside
the one that serves. What serves is never changed but by that schema.
"""

import asyncio
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vrooli.backup.threads import to_its_end
from vrooli.core.errors import Refused, UsageError, VrooliError
from vrooli.core.ports.outputs import OutputProgram
from vrooli.host.outputs import LocalOutputs
from vrooli.main.backup_beside import Fetch, brought, copy_of, fetched
from vrooli.main.backup_left import RESCUE_LOCK
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_rescued import Made
from vrooli.stack.beside import RESCUE
from vrooli.stack.postgres.archives import Archived, Loading
from vrooli.stack.postgres.beside import ClusterCopy
from vrooli.stack.postgres.cluster import ENV, SUPERUSER
from vrooli.stack.postgres.rescue import tables
from vrooli.stack.postgres.rescue.differing import Pair, Rescued, pair
from vrooli.stack.postgres.rescue.tables import Facts, Table
from vrooli.stack.postgres.upgrade.ask import Asker, quoted
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.postgres.wal.moments import Reached
from vrooli.stack.room import Room
from vrooli.stack.upgrading import Wish
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Along:
    """The WAL that a cluster follows before a table is taken out of it.

    Attributes:
        wish: to which moment.
        gather: puts that WAL into a folder.
    """

    wish: Wish
    gather: Fetch


@dataclass(frozen=True, slots=True)
class Source:
    """What a table is taken out of.

    Attributes:
        fetch: brings a cluster, or archives.
        archived: what is known of these.
        along: what the cluster follows; None where it is of the restore point alone.
    """

    fetch: Fetch
    archived: Archived | None = None
    along: Along | None = None


@dataclass(frozen=True, slots=True)
class Rescue:
    """Of a table of one service."""

    place: BackupPlace
    service: str
    told: Told

    def table(self, said: str, source: Source) -> Rescued:
        """Take the table that `said` names out of its source.

        Raises:
            UsageError: there is no such table, or more than one.
            StartFailed: the copy does not come up, its moment is not reached, or the table cannot
                be copied.
        """
        tables.parts_of(said)  # before anything is fetched
        made = Made(self.service)
        with self.place.alone(RESCUE_LOCK, "another rescue"):
            try:
                return asyncio.run(self._table(said, source, made))
            except KeyboardInterrupt:
                raise KeyboardInterrupt(made.left) from None
            except VrooliError as error:
                error.what += f"; {made.left}" if made.left else ""
                raise

    async def _table(self, said: str, source: Source, made: Made) -> Rescued:
        async with self.place.context() as context:
            copy = copy_of(context, self.service, RESCUE)
            live = _live(copy.of)
            await live.json("SELECT 1")  # it has to serve: say so before anything is fetched
            if source.along is not None:
                room = Room(copy.of.folders)
                await asyncio.to_thread(room.require, source.along.wish.room)
            async with made.kept(live):
                try:
                    await fetched(copy, source.fetch, self.told)
                    return await self._taken(said, source, _Taking(copy, live, made, self.told))
                finally:
                    await copy.remove()

    async def _taken(self, said: str, source: Source, taking: "_Taking") -> Rescued:
        copy = taking.copy
        if source.archived is not None:
            return await self._out_of(source.archived, taking, said)
        reached = await self._followed(source.along, copy, said) if source.along else None
        async with copy.served(self.told) as asker:
            taken = await taking.take(await tables.found(asker, said), asker)
            return replace(taken, reached=reached)

    async def _followed(self, along: Along, copy: ClusterCopy, said: str) -> Reached:
        await copy.prepare_wal()
        await brought(along.gather, copy.stage.wal, copy.stage.user, self.told)
        again = shlex.join(("vrooli", "restore", "--only", f"{self.service}:{said}"))
        return await copy.recovered(along.wish, again, self.told)

    async def _out_of(self, archived: Archived, taking: "_Taking", said: str) -> Rescued:
        """All tables are made, and only the one that is meant gets its rows."""
        copy = taking.copy
        loading = Loading.beside(copy.of, copy.stage, archived)
        async with loading.serving(self.told) as asker:
            await loading.load(self.told, "--schema-only")
            table = await tables.found(asker, said)
            holding = [(one.schema, one.name) for one in await tables.family(asker, table)]
            await loading.rows_of(holding, table.database, self.told)
            return await taking.take(table, asker)


@dataclass(frozen=True, slots=True)
class _Taking:
    """From a copy that serves, wherever it comes from, to the cluster that is in force."""

    copy: ClusterCopy
    live: Asker
    made: Made
    told: Told

    async def take(self, table: Table, asker: Asker) -> Rescued:
        """See the class; `asker` asks the copy."""
        was = await tables.facts(asker, table)
        if was is None:
            raise RuntimeError("it was just found")
        databases = await self.live.json("SELECT json_agg(datname) FROM pg_database")
        if table.database not in databases:
            raise UsageError(
                f"what serves has no database `{table.database}`",
                where=self.copy.of.name,
                next_step=f"`CREATE DATABASE {quoted(table.database)}` there, then again",
            )
        # Once in the copy, once as a dump, once in what serves.
        await asyncio.to_thread(Room(self.copy.of.folders).require, 3 * was.size)
        schema = time.strftime("rescued_%Y%m%d_%H%M%S")
        rescued = Table(table.database, schema, table.name)
        serving = await tables.facts(self.live, table)
        await self._copied(table, rescued, asker)
        await self._settled(rescued, was, serving)
        both = pair(table, serving, rescued, was) if serving else None
        if both is not None:
            self.told("compare it with the one that serves")
        return await self._said(table, rescued, both)

    async def _copied(self, table: Table, rescued: Table, asker: Asker) -> None:
        """Rows and columns alone: what else belongs to it would refer to what serves."""
        self.told(f"copy {table} into {rescued.schema}")
        plain = f"CREATE TABLE {rescued.qualified} AS TABLE {table.qualified}"
        await _do(asker, table.database, f"CREATE SCHEMA {quoted(rescued.schema)}", plain)
        # Into a file, and not from hand to hand: half a dump would be taken for a whole one.
        dump = self.copy.stage.folder / "table.sql"
        await self._run(self._dump(rescued, dump))
        await self._require_free(rescued)
        self.made.begin(rescued)
        await self._run(self._load(rescued, dump))

    async def _require_free(self, rescued: Table) -> None:
        """It is called by the second: a clock may go back."""
        there = f"SELECT to_json(to_regnamespace('{rescued.schema}') IS NOT NULL)"
        if await self.live.json(there, rescued.database):
            raise Refused(
                f"there is a schema {rescued.schema} already",
                where=rescued.database,
                next_step="the same again: it will be called otherwise",
            )

    async def _run(self, program: OutputProgram) -> None:
        output = await asyncio.to_thread(LocalOutputs().open, program)

        def read() -> None:
            try:
                while output.readinto(memoryview(bytearray(65536))):
                    pass
                output.finish()
            finally:
                output.end()

        await to_its_end(read, output.kill)

    def _dump(self, rescued: Table, dump: Path) -> OutputProgram:
        stage = self.copy.stage
        argv = (
            str(self.copy.programs().bin / "pg_dump"),
            f"--schema={rescued.schema}",
            f"--file={dump}",
            *("--no-owner", "--no-privileges", "--no-password"),
        )
        env = _to(str(stage.sockets), stage.port, rescued.database, "")
        return OutputProgram("take the table out", argv, env)

    def _load(self, rescued: Table, dump: Path) -> OutputProgram:
        of = self.copy.of
        argv = (
            str(of.programs_of(of.major).bin / "psql"),
            *("--no-psqlrc", "--quiet", "--no-password", "--single-transaction"),
            "--set=ON_ERROR_STOP=1",
            f"--file={dump}",
        )
        env = _to(of.sockets, of.service.port, rescued.database, of.password)
        env = {**env, "PGAPPNAME": rescued.schema}
        return OutputProgram("put the table beside the one that serves", argv, env)

    async def _settled(self, rescued: Table, was: Facts, serving: Facts | None) -> None:
        """A primary key as it had one, for whoever had the table."""
        database = rescued.database
        statements = []
        if was.key:
            key = ", ".join(map(quoted, was.key))
            statements.append(f"ALTER TABLE {rescued.qualified} ADD PRIMARY KEY ({key})")
        if serving is not None:
            owner = quoted(serving.owner)
            statements.append(f"ALTER TABLE {rescued.qualified} OWNER TO {owner}")
            statements.append(f"ALTER SCHEMA {quoted(rescued.schema)} OWNER TO {owner}")
        statements.append(f"ANALYZE {rescued.qualified}")
        await _do(self.live, database, *statements)

    async def _said(self, table: Table, rescued: Table, both: Pair | None) -> Rescued:
        undo = f"DROP SCHEMA {quoted(rescued.schema)} CASCADE;"
        if both is None:
            again = f"CREATE TABLE {table.qualified} AS TABLE {rescued.qualified};"
            return Rescued(table, rescued, None, again, "", undo)
        found = await both.differ(self.live)
        missing, changed = both.missing_back(), both.changed_back()
        return Rescued(
            table,
            rescued,
            found,
            missing if found.only_rescued else "",
            changed if found.changed else "",
            undo,
        )


def _live(of: Resource) -> Asker:
    return Asker(of.context.tools.streams, of.stage.address, of.password)


async def _do(asker: Asker, database: str, *statements: str) -> None:
    target = Dsn(asker.address, SUPERUSER, asker.password, database)
    await postgres.query(asker.streams, target, *statements)


def _to(host: str, port: int, database: str, password: str) -> Mapping[str, str]:
    """By variables: no name is taken for a connection string, and no password is seen."""
    said = {"PGHOST": host, "PGPORT": str(port), "PGUSER": SUPERUSER, "PGDATABASE": database}
    return {**ENV, **said, **({"PGPASSWORD": password} if password else {})}
