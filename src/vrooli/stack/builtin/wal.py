"""The receiver of the WAL of a PostgreSQL, as the stack sees it; nobody writes it into the file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vrooli.core.command import Command, EnsureDirectory
from vrooli.core.result import Result, critical, ok, starting
from vrooli.stack.builtin.scenario import ScenarioKind
from vrooli.stack.kind import Place, ProbeTools, Program
from vrooli.stack.model import Service
from vrooli.stack.postgres.clusters import start_of
from vrooli.stack.postgres.wal.status import FRESH, Received, received_read
from vrooli.stack.postgres.wal.streams import STATUS, wal_folder

if TYPE_CHECKING:
    from vrooli.core.home import Home

_LIMIT = 64 * 1024

_RECONNECTS = 15.0
"""Seconds in which it finds its server again by itself."""


@dataclass(frozen=True, slots=True)
class WalOptions:
    """What it is compiled with.

    Attributes:
        of: the resource.
        port: of that.
        installation: of that.
        synchronous: whether its commits wait.
    """

    of: str
    port: int
    installation: str = "embedded"
    synchronous: bool = False


class WalKind(ScenarioKind):
    """pg_receivewal, and who minds it."""

    name = "wal"
    title = "WAL receiver"
    summary = "receives the WAL of a PostgreSQL as it is written"
    options = WalOptions
    needs_command = False
    stop_timeout = 15.0

    def prepare(self, service: Service, place: Place) -> Sequence[Command]:
        """See the base: a folder of its own."""
        user = place.user_of(service)
        folder = wal_folder(place.home, self.read_options(service).of)
        return (
            EnsureDirectory(str(folder.parent), 0o711 if user else 0o700),
            EnsureDirectory(str(folder), 0o700, user),
        )

    def program(self, service: Service, place: Place) -> Program:
        """See the base."""
        from vrooli.stack.resources import postgres

        options: WalOptions = self.read_options(service)
        of = Service(
            name=options.of,
            group=options.of,
            role="resource",
            kind="postgres",
            port=options.port,
            user=service.user,
            options={"installation": options.installation},
        )
        programs = postgres.KIND.programs(of, place)
        sockets = postgres.socket_folder(place.home, options.of)
        folder = str(wal_folder(place.home, options.of))
        argv = (
            *(place.machine.python, "-m", "vrooli.main.wal_receiver", f"--folder={folder}"),
            *(f"--programs={programs.bin}", f"--sockets={sockets}", f"--port={options.port}"),
            *(("--synchronous",) if options.synchronous else ()),
        )
        env = {"PGPASSWORD": place.secrets.create(f"{options.of}-superuser")}
        shown = filter(None, (programs.root, sockets, *place.machine.code))
        return Program(argv=argv, env=env, cwd=folder, expose=tuple(dict.fromkeys(shown)))

    async def probe(self, service: Service, tools: ProbeTools) -> Result:
        """What it wrote down itself a moment ago."""
        seen = await asyncio.to_thread(seen_of, tools.place.home, self.read_options(service).of)
        now = tools.clock.wall()
        if seen is None or now - seen.at > FRESH:
            return critical("it does not say how it is")
        if seen.streaming:
            return ok(f"receives the WAL of {self.read_options(service).of}")
        if now - seen.since < _RECONNECTS:
            return starting(f"finds its server: {seen.why}")
        return critical(f"it receives nothing: {seen.why}")


def seen_of(home: "Home", resource: str) -> Received | None:
    """How the receiver of a resource was when it wrote it down last."""
    try:
        content = start_of(wal_folder(home, resource) / STATUS, _LIMIT)
    except OSError:
        return None
    return received_read(content)


KIND = WalKind()
