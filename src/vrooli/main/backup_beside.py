"""Composition of `vrooli restore --side-by-side` and `--into`: a copy beside what serves."""

import asyncio
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from vrooli.backup.threads import to_its_end
from vrooli.core.errors import Refused, UsageError
from vrooli.host.processes import LocalProcesses
from vrooli.host.recorded import RecordedKeeper
from vrooli.main.assemble import context_for
from vrooli.main.backup_left import BESIDE_LOCK
from vrooli.main.backup_place import BackupPlace
from vrooli.main.places import this_machine
from vrooli.stack.beside import BESIDE
from vrooli.stack.compiled import read_compiled
from vrooli.stack.kinds import kind_of
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.archives import Archived, Loading
from vrooli.stack.postgres.beside import ClusterCopy
from vrooli.stack.resources.postgres import PostgresKind, PostgresOptions
from vrooli.stack.runtime import Context

Told = Callable[[str], None]
Fetch = Callable[[Path, str, Told], None]
"""Unpacks into a folder, for a system user or us."""


@dataclass(frozen=True, slots=True)
class BesideCopies:
    """Of one service of the stack at `place`."""

    place: BackupPlace
    service: str

    def begin(self, fetch: Fetch, archived: Archived | None, told: Told) -> str:
        """Have what `fetch` brings serve, a cluster or archives; the command that gets one in.

        Raises:
            Refused: there is one already.
            StartFailed: it does not come up.
        """
        with self.place.alone(BESIDE_LOCK, "another copy"):
            return asyncio.run(self._begin(fetch, archived, told))

    def end(self) -> bool:
        """Have nothing left of it; whether there was anything."""
        with self.place.alone(BESIDE_LOCK, "another copy"):
            return asyncio.run(self._end())

    def by_hand(self, folder: Path, fetch: Fetch, told: Told) -> tuple[str, str]:
        """Have what `fetch` brings in `folder`, which is empty; the command that starts a server on
        it, and the one that gets one in.
        """
        home, environment = self.place.home, self.place.environment
        keeper = RecordedKeeper(home, LocalProcesses())  # nothing is started
        stack = read_compiled(home.stack_json)
        context = context_for(stack, home, this_machine(home), keeper, environment)
        of = copy_of(context, self.service, BESIDE).of
        user, port = of.place.user_of(of.service) or "", of.service.port
        fetch(folder, user, told)
        programs = of.programs_of(clusters.major_of(folder) or of.major)
        settings = (
            f"port={port}",
            "listen_addresses=",
            f"unix_socket_directories={folder}",
            "archive_mode=off",
            "max_logical_replication_workers=0",
        )
        options = [part for setting in settings for part in ("-c", setting)]
        before = ["runuser", "-u", user, "--"] if user else []
        server = [*before, str(programs.bin / "postgres"), "-D", str(folder), *options]
        inside = [str(programs.bin / "psql"), f"--host={folder}", f"--port={port}"]
        return shlex.join(server), shlex.join([*inside, "--username=postgres"])

    async def _begin(self, fetch: Fetch, archived: Archived | None, told: Told) -> str:
        async with self.place.context() as context:
            copy = copy_of(context, self.service, BESIDE)
            if copy.stage.folder.exists():
                raise Refused(
                    "there is one already",
                    where=str(copy.stage.folder),
                    next_step="`vrooli restore --side-by-side --stop` ends it",
                )
            try:
                await fetched(copy, fetch, told)
                if archived is not None:
                    loading = Loading.beside(copy.of, copy.stage, archived)
                    async with loading.serving(told):
                        await loading.load(told)
                await copy.begin(told)
            except BaseException:
                await copy.remove()
                raise
            options = kind_of(copy.of.service).read_options(copy.of.service)
            assert isinstance(options, PostgresOptions)
            return copy.entrance(options.database)

    async def _end(self) -> bool:
        async with self.place.context() as context:
            return await copy_of(context, self.service, BESIDE).remove()


def copy_of(context: Context, name: str, purpose: str) -> ClusterCopy:
    """A copy of a service's data for a purpose.

    Raises:
        UsageError: there is no such service, or it is no PostgreSQL of ours.
    """
    service = context.stack.services.get(name)
    kind = kind_of(service) if service is not None else None
    if service is None or not isinstance(kind, PostgresKind) or not service.managed:
        raise UsageError(
            f"`{name}` is no PostgreSQL that is run from here",
            next_step="`vrooli status` shows what is",
        )
    return kind.copy(service, context, purpose)


async def fetched(copy: ClusterCopy, fetch: Fetch, told: Told) -> None:
    """Have it in its folder."""
    await copy.prepare()
    await brought(fetch, copy.stage.cluster, copy.stage.user, told)


async def brought(fetch: Fetch, folder: Path, user: str | None, told: Told) -> None:
    """Have it there. Cancelled, it is broken off at the next line that it tells."""
    given_up = Event()

    def noted(line: str) -> None:
        if given_up.is_set():
            raise Refused("it was ended in the middle", next_step="begin anew")
        told(line)

    await to_its_end(lambda: fetch(folder, user or "", noted), given_up.set)
