"""The databases of a server as archives of `pg_dump`, each with what it held in that snapshot."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vrooli.core.command import EnsureDirectory, WriteFile
from vrooli.core.launch import LaunchSpec
from vrooli.stack.backing import Reading
from vrooli.stack.pace import untold
from vrooli.stack.postgres import source_rows
from vrooli.stack.postgres.cluster import ENV, SUPERUSER
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import removed
from vrooli.stack.postgres.upgrade import facts
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.together import together
from vrooli.stack.wire import postgres

GLOBALS = "globals.sql"
"""Roles, their passwords and settings: what belongs to no database."""

_REPEATABLE = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class SnapshotAsker(Asker):
    """Sees of each database what it held at one moment.

    Attributes:
        snapshots: as exported, by database.
    """

    snapshots: Mapping[str, str] = field(default_factory=dict)

    def first(self, database: str) -> tuple[str, ...]:
        """See the base."""
        found = self.snapshots.get(database)
        return () if found is None else (_REPEATABLE, f"SET TRANSACTION SNAPSHOT '{found}'")


@dataclass(frozen=True, slots=True)
class Dumper:
    """Dumps a resource into a folder of ours.

    Attributes:
        stage: where.
        jobs: tables that are dumped at once.
    """

    of: Resource
    stage: Stage
    jobs: int

    async def dump(self, live: Asker, reading: Reading) -> tuple[list[str], dict[str, Any]]:
        """Have all databases dumped: their names, in the order of their folders, and what they
        held. Each is read in a snapshot of its own, the same one for the archive and for the rows.

        Raises:
            StartFailed: a program failed, with its last lines.
        """
        stage, run = self.stage, self.of.context.executor.run
        entry = f"*:*:*:{SUPERUSER}:{live.password}\n"
        commands = [
            *removed(self.of.folders, self.of.name, stage.purpose),
            EnsureDirectory(str(stage.folder), 0o700),
            EnsureDirectory(str(stage.cluster), 0o700),
            WriteFile(str(stage.folder / "pgpass"), entry, 0o600),
        ]
        await run(commands, untold)
        programs = Programs(stage, self.of.context.tools)
        installed = self.of.programs_of(self.of.major)
        roles = await _roles(live)
        await programs.run("dump roles", self._globals(installed), untold)
        same = roles == await _roles(live)
        databases = sorted(await live.json(facts.DATABASES) or {})
        seen: dict[str, Any] = {}
        for number, database in enumerate(databases):
            async with _exported(live, database) as asker:
                spec = self._database(installed, database, number, asker.snapshots[database])
                _, seen[database] = await together(
                    programs.run(f"dump {database}", spec, untold),
                    source_rows.read(asker, {database: {}}, reading),
                )
        return databases, {"roles": roles if same else {}, **_together(seen)}

    def _globals(self, installed: Installation) -> LaunchSpec:
        target = self.stage.cluster / GLOBALS
        return self._spec(installed, "pg_dumpall", "--globals-only", f"--file={target}")

    def _database(
        self, installed: Installation, database: str, number: int, snapshot: str
    ) -> LaunchSpec:
        return self._spec(
            installed,
            "pg_dump",
            "--format=directory",
            "--create",
            "--compress=0",  # of packs it is known again then, and they have a checksum
            f"--jobs={self.jobs}",
            f"--snapshot={snapshot}",
            f"--file={self.stage.cluster / folder_of(number)}",
            f"--dbname={conninfo(database)}",
        )

    def _spec(self, installed: Installation, name: str, *arguments: str) -> LaunchSpec:
        of, stage = self.of, self.stage
        argv = (
            str(installed.bin / name),
            "--no-password",
            "--no-sync",  # it is read from memory and then removed: what lasts is the store's
            f"--host={of.sockets}",
            f"--port={of.service.port}",
            f"--username={SUPERUSER}",
            *arguments,
        )
        env = {**ENV, "PGPASSFILE": str(stage.folder / "pgpass"), "PGAPPNAME": "vrooli backup"}
        return LaunchSpec(stage.launched_as, argv, "/", env, str(stage.log))


def folder_of(number: int) -> str:
    """Where the archive of a database lies: names of databases may hold anything."""
    return f"{number:04}"


def files_in(folder: Path) -> Sequence[Path]:
    """All that was dumped, in an order that stays."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def conninfo(database: str) -> str:
    """A name may look like a connection string."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"


@asynccontextmanager
async def _exported(live: Asker, database: str) -> AsyncIterator[SnapshotAsker]:
    async with postgres.held(live.streams, live.target(database)) as run:
        await run(_REPEATABLE)
        row = await run("SELECT pg_export_snapshot()")
        found = {database: str(row.columns[0])}
        yield SnapshotAsker(live.streams, live.address, live.password, found)


async def _roles(live: Asker) -> dict[str, Any]:
    return {
        "roles": await live.json(facts.ROLES) or {},
        "memberships": await live.json(facts.MEMBERS) or {},
        "settings": await live.json(facts.SETTINGS) or {},
    }


def _together(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing is written in a snapshot: marks would only say what was written beside it."""
    inside = {
        database: {table: [*value[:2], "", ""] for table, value in rows["in"][database].items()}
        for database, rows in seen.items()
    }
    left = sum(int(rows["left_out"]) for rows in seen.values())
    major = next((rows["hashed_by"] for rows in seen.values() if rows["hashed_by"]), None)
    reading = next((rows["reading"] for rows in seen.values()), None)
    return {"reading": reading, "left_out": left, "hashed_by": major, "in": inside}
