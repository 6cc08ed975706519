"""Archives of `pg_dump`, put into a new cluster in a stage: for another version, for a look, or for
one table of them.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vrooli.core.command import CopyTree, Remove, Rename
from vrooli.core.errors import Refused, StartFailed
from vrooli.core.launch import LaunchSpec
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.cluster import ENV, SUPERUSER, initialised
from vrooli.stack.postgres.comparing import Compared, by_content, compared
from vrooli.stack.postgres.dumping import GLOBALS, conninfo, folder_of
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.quick import QuickStage
from vrooli.stack.postgres.upgrade import compare, look
from vrooli.stack.postgres.upgrade.ask import MAINTENANCE, Asker
from vrooli.stack.postgres.upgrade.facts import Facts, gather
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.upgrading import Told


@dataclass(frozen=True, slots=True)
class Archived:
    """What a restore point says of the archives in it.

    Attributes:
        major: version of the server that was dumped; 0 where that is not said.
        databases: their names, in the order of their folders.
        rows: what they held in the snapshot that was dumped.
    """

    major: int
    databases: tuple[str, ...]
    rows: Mapping[str, Any]

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any], service: str) -> "Archived":
        """By the facts of the part.

        Raises:
            StartFailed: they do not say which databases there are.
        """
        rows = facts.get("rows") or {}
        databases = tuple(rows.get("databases") or ())
        if not databases:
            raise StartFailed(
                "it does not say which databases are in it",
                where=service,
                next_step="take another restore point",
            )
        version = str((facts.get("before") or {}).get("version", "0"))
        return cls(int(version.split(".")[0]), databases, rows)

    async def held_by(self, copy: Asker, major: int, told: Told) -> Facts:
        """What is in `copy`, a server of `major` that they were put into. The content is read of
        what can be compared by it, and nothing more: the rows were written a moment before.

        Raises:
            VrooliError: as `Asker.json`.
        """
        deep = by_content(self.rows, major)
        return await gather(copy, contents="hash", told=told, deep=deep)

    def require_readable_by(self, installed: Installation, service: str) -> None:
        """Raise Refused where it was dumped from a newer version: older ones do not read it."""
        if self.major > installed.major:
            raise Refused(
                f"it was dumped from PostgreSQL {self.major}, and PostgreSQL {installed.version} "
                "does not read that",
                where=service,
                next_step=f"have `installation` of the stack file name a PostgreSQL {self.major} "
                "or newer",
            )


def compare_with(archived: Archived, copy: Facts, major: int) -> tuple[Compared, list[str]]:
    """What is the same in `copy`, which a server of `major` read, and what is not, a line each.
    Pure.
    """
    same = compared(archived.rows, copy, {}, major)
    roles = archived.rows.get("roles") or {}
    wrong = [*same.wrong, *compare.differences(roles, {what: copy[what] for what in roles})]
    missing = [name for name in archived.databases if name not in copy["in"]]
    return same, [*wrong, *(f"{name}: no such database in it" for name in missing)]


@dataclass(frozen=True, slots=True)
class Loading:
    """Of archives that lie where the cluster of a stage will lie.

    Attributes:
        archived: what they are.
        installed: programs of the new cluster.
    """

    of: Resource
    stage: QuickStage
    archived: Archived
    installed: Installation

    @classmethod
    def beside(cls, of: Resource, stage: Stage, archived: Archived) -> "Loading":
        """Into a server that is thrown away: of the version of what serves, or of the archives
        where that is newer.

        Raises:
            ConfigError: there are no programs of it here.
        """
        major = max(archived.major, clusters.major_of(of.data) or 0)
        return cls(of, QuickStage.of(stage), archived, of.programs_of(major))

    @property
    def folder(self) -> Path:
        """Where the archives lie from `serving` on."""
        return self.stage.folder / "archives"

    @asynccontextmanager
    async def serving(self, told: Told, settings: Path | None = None) -> AsyncIterator[Asker]:
        """A server of a new cluster, with roles alone in it, until the end of this. Nothing in it
        outlasts a crash meanwhile.

        Args:
            told: gets lines about how far it is.
            settings: a data folder, whose configuration it gets.

        Raises:
            Refused: its version does not read them.
            StartFailed: it does not take the settings or roles, or does not come up.
        """
        of, stage = self.of, self.stage
        self.archived.require_readable_by(self.installed, of.name)
        run = of.context.executor.run
        await run([Rename(str(stage.cluster), str(self.folder))], told)
        if self.installed.sources:
            await run([CopyTree(self.installed.sources, self.installed.root)], told)
        told(f"make a new cluster of PostgreSQL {self.installed.version}")
        new = replace(of.new_cluster(self.installed), log_path=str(stage.log))
        conf = of.conf(self.installed.major)
        made = str(stage.made_in / "cluster")
        await run(initialised(new, stage.made_in, conf), told)
        await run([Rename(made, str(stage.cluster)), Remove(str(stage.made_in))], told)
        if settings is not None:
            await run(stage.given(await asyncio.to_thread(lambda: [*look.carried(settings)])), told)
            check = stage.settings(self.installed)
            await self._programs.run("check the settings", check, told)
        async with self._programs.server(self.installed, stage.cluster, told=told) as asker:
            await self._programs.run("restore roles", self.roles(self.folder), told)
            yield asker

    async def load(self, told: Told, *how: str) -> None:
        """Put all databases into it; `how` are more arguments of `pg_restore`.

        Raises:
            StartFailed: one cannot be, with the last lines.
        """
        for number, database in enumerate(self.archived.databases):
            spec = self.database(self.folder, number, database, *how)
            await self._programs.run(f"restore {database}", spec, told)

    async def rows_of(self, tables: Sequence[tuple[str, str]], database: str, told: Told) -> None:
        """Put the rows of tables, by schema and name, into those that are there without any."""
        number = self.archived.databases.index(database)
        which = [f"--schema={schema}" for schema in sorted({schema for schema, _ in tables})]
        which += [f"--table={name}" for _, name in tables]
        how = ("--exit-on-error", "--data-only", "--disable-triggers", f"--jobs={_jobs()}")
        spec = self._pg_restore(self.folder, number, *how, *which, f"--dbname={conninfo(database)}")
        await self._programs.run("restore the rows of the table", spec, told)

    def roles(self, folder: Path) -> LaunchSpec:
        """Goes on after the one error that there always is: the superuser is there already."""
        file = f"--file={folder / GLOBALS}"
        return self._spec("psql", "--no-psqlrc", "--quiet", file, MAINTENANCE)

    def database(self, folder: Path, number: int, name: str, *how: str) -> LaunchSpec:
        """`postgres` is there already in a new cluster."""
        made = () if name == MAINTENANCE else ("--create",)
        target = f"--dbname={MAINTENANCE}"
        jobs = f"--jobs={_jobs()}"
        return self._pg_restore(folder, number, "--exit-on-error", *made, jobs, *how, target)

    def sync(self) -> LaunchSpec:
        """Has all of the cluster on the disk: its server did not care."""
        return self._spec_of("initdb", "--sync-only", f"--pgdata={self.stage.cluster}")

    @property
    def _programs(self) -> Programs:
        return Programs(self.stage, self.of.context.tools)

    def _pg_restore(self, folder: Path, number: int, *arguments: str) -> LaunchSpec:
        return self._spec("pg_restore", *arguments, str(folder / folder_of(number)))

    def _spec(self, name: str, *arguments: str) -> LaunchSpec:
        stage = self.stage
        who = (f"--host={stage.sockets}", f"--port={stage.port}", f"--username={SUPERUSER}")
        return self._spec_of(name, *who, *arguments)

    def _spec_of(self, name: str, *arguments: str) -> LaunchSpec:
        stage = self.stage
        seen = (self.installed.root, str(stage.folder), str(stage.sockets))
        return LaunchSpec(
            service=stage.launched_as,
            argv=(str(self.installed.bin / name), *arguments),
            cwd=str(stage.work),
            env=ENV,
            log_path=str(stage.log),
            user=stage.user,
            expose=tuple(filter(None, seen)) if stage.user else (),
        )


def _jobs() -> int:
    return max(2, len(os.sched_getaffinity(0)))
