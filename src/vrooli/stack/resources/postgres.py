"""PostgreSQL: embedded by default, of the system or elsewhere by one line."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from vrooli.core.command import Command, CopyTree, EnsureDirectory, WriteFile
from vrooli.core.errors import ConfigError
from vrooli.core.home import Home
from vrooli.core.result import Result
from vrooli.stack.kind import Kind, Place, ProbeTools, Program
from vrooli.stack.model import Service
from vrooli.stack.postgres import clusters, settings
from vrooli.stack.postgres import installation as installations
from vrooli.stack.postgres.ask import ask
from vrooli.stack.postgres.cluster import NewCluster, commands
from vrooli.stack.postgres.clusters import major_of
from vrooli.stack.postgres.installation import Installation, OtherMajor
from vrooli.stack.postgres.left import PROOF, RESTORE, left_behind, unmade
from vrooli.stack.references import is_reference, resolved
from vrooli.stack.wire import dsn
from vrooli.stack.wire.scram import verifier

if TYPE_CHECKING:
    from vrooli.stack.backing import Backing
    from vrooli.stack.postgres.beside import ClusterCopy
    from vrooli.stack.postgres.upgrade.resource import Resource
    from vrooli.stack.runtime import Context
    from vrooli.stack.upgrading import Upgrade, Wish

_SOCKET_LIMIT = 107 - len("/.s.PGSQL.65535.lock")
"""Bytes for the folder of the socket: sun_path of unix(7) holds 107."""


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """Keys of `kind = "postgres"`.

    Attributes:
        installation: "embedded", or the bin folder of a PostgreSQL of this system.
        database, role: made with a new cluster; the role owns the database and may log in.
        settings: further lines of postgresql.conf, by name.
    """

    installation: str = "embedded"
    database: str = "vrooli"
    role: str = "vrooli"
    settings: Mapping[str, str] = field(default_factory=dict)


class PostgresKind(Kind):
    """A PostgreSQL cluster with one role and one database."""

    name = "postgres"
    title = "PostgreSQL"
    summary = "a relational database"
    default_port = 15432
    options = PostgresOptions
    needs_command = False
    failures = 3
    over = 15.0
    stop_signals = ("INT", "QUIT")
    start_timeout = 60.0
    stop_timeout = 30.0

    def prepare(self, service: Service, place: Place) -> Sequence[Command]:
        """Copy the programs, make the cluster when there is none, and write its settings.

        Raises:
            ConfigError: no such installation, another major version than the data, or run by root.
        """
        programs = self._installation(service, place)
        user = _user(service, place)
        data = clusters.data(place.home, service.name)
        sockets = socket_folder(place.home, service.name)
        text = self._conf(service, place, programs.major)
        before: list[Command] = [
            *left_behind(place, service.name),
            EnsureDirectory(str(place.home.run), 0o711 if user else 0o700),
            EnsureDirectory(sockets, 0o700, user),
        ]
        if programs.sources:
            before.append(CopyTree(programs.sources, programs.root))
        if major_of(data) is None:
            _require_free(data)
            return (*before, *commands(self._new(service, place, programs), text))
        return (
            *before,
            *unmade(data.parent, service.name),
            EnsureDirectory(str(data), 0o700, user),
            WriteFile(str(data / "vrooli.conf"), text, 0o600, user),
        )

    def program(self, service: Service, place: Place) -> Program:
        """The server in the foreground; the log is its standard error."""
        programs = self._installation(service, place)
        data = str(clusters.data(place.home, service.name))
        return Program(
            argv=(str(programs.bin / "postgres"), "-D", data),
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=data,
            expose=tuple(filter(None, (programs.root, socket_folder(place.home, service.name)))),
        )

    def url(self, service: Service, place: Place) -> str:
        """With the password of the role."""
        if service.url:
            return resolved(service.url, place.secrets)
        options: PostgresOptions = self.read_options(service)
        password = quote(place.secrets.create(f"{service.name}-{options.role}"), safe="")
        role, database = quote(options.role, safe=""), quote(options.database, safe="")
        return f"postgresql://{role}:{password}@{_host(service)}:{service.port}/{database}"

    def public_url(self, service: Service) -> str:
        """Without the password."""
        if service.url:
            return service.url if is_reference(service.url) else dsn.without_password(service.url)
        options: PostgresOptions = self.read_options(service)
        role, database = quote(options.role, safe=""), quote(options.database, safe="")
        return f"postgresql://{role}@{_host(service)}:{service.port}/{database}"

    def upgrade(self, service: Service, context: "Context", wish: "Wish") -> "Upgrade":
        """By pg_upgrade into a folder of its own; see `stack.postgres.upgrade`."""
        from vrooli.stack.postgres.archive_restore import ArchiveRestore
        from vrooli.stack.postgres.restore import Restore
        from vrooli.stack.postgres.upgrade.move import Move
        from vrooli.stack.postgres.upgrade.undo import Forget, PostgresUndo

        resource = self._resource(service, context)
        if wish.undo:
            return PostgresUndo(resource)
        if wish.restore:
            kind = ArchiveRestore if wish.archives else Restore
            return kind(resource, wish, _apart(service, context, RESTORE))
        return Forget(resource, every=wish.every) if wish.forget else Move(resource, wish)

    def backing(self, service: Service, context: "Context") -> "Backing | None":
        """The whole cluster; see `stack.postgres.copying`."""
        from vrooli.stack.postgres.copying import PostgresBacking

        if not service.managed:
            return None
        apart = _apart(service, context, PROOF)
        return PostgresBacking(self._resource(service, context), apart)

    def copy(self, service: Service, context: "Context", purpose: str) -> "ClusterCopy":
        """A copy of it that is to serve beside it for a purpose; see `stack.beside`."""
        from vrooli.stack.postgres.beside import ClusterCopy

        resource = self._resource(service, context)
        return ClusterCopy(resource, resource.stage_for(purpose, _apart(service, context, purpose)))

    def _resource(self, service: Service, context: "Context") -> "Resource":
        from vrooli.stack.postgres.upgrade.resource import Resource

        place = context.tools.place
        options: PostgresOptions = self.read_options(service)
        return Resource(
            service=service,
            context=context,
            declared=options.installation,
            sockets=socket_folder(place.home, service.name),
            conf=lambda major: self._conf(service, place, major),
            new_cluster=lambda programs: self._new(service, place, programs),
        )

    async def probe(self, service: Service, tools: ProbeTools) -> Result:
        """Log in as the role and run a query: what every user of it does first."""
        target = dsn.parse(self.url(service, tools.place))
        return await ask(tools.streams, target, "SELECT 1")

    def programs(self, service: Service, place: Place) -> Installation:
        """Those that run it, for who works with it while it serves.

        Raises:
            ConfigError: there are none here.
        """
        return self._installation(service, place)

    def _installation(self, service: Service, place: Place) -> Installation:
        """As declared; where that one is of another major version, or any that fits will do, those
        that an upgrade noted when it left the data as it was.
        """
        known = clusters.read(place.home, service.name)
        major = major_of(place.home.data(known.current))
        last = None
        if known.programs and major is not None:
            last = installations.of_major(major, place.home.pgsql, [known.programs])
        options: PostgresOptions = self.read_options(service)
        if last is not None and known.bound and options.installation == "embedded":
            return last
        try:
            return self._declared(service, place, major)
        except OtherMajor:
            if last is None:
                raise
            return last

    def _declared(self, service: Service, place: Place, major: int | None) -> Installation:
        options: PostgresOptions = self.read_options(service)
        if options.installation == "embedded":
            return installations.embedded(place.home.pgsql, major, service.name)
        found = installations.system(options.installation)
        if major not in (None, found.major):
            data = clusters.data(place.home, service.name)
            raise installations.mismatch(major or 0, found, data, service.name)
        return found

    def _conf(self, service: Service, place: Place, major: int) -> str:
        values = settings.generated(
            major=major,
            host=service.host,
            port=service.port,
            sockets=socket_folder(place.home, service.name),
            name=service.name,
            machine=place.machine,
        )
        options: PostgresOptions = self.read_options(service)
        return settings.render(values, options.settings)

    def _new(self, service: Service, place: Place, programs: Installation) -> NewCluster:
        options: PostgresOptions = self.read_options(service)
        return NewCluster(
            service=service.name,
            installation=programs,
            data=clusters.data(place.home, service.name),
            log_path=str(place.home.log(service.name)),
            user=_user(service, place),
            role=options.role,
            database=options.database,
            superuser_verifier=verifier(place.secrets.create(f"{service.name}-superuser")),
            role_verifier=verifier(place.secrets.create(f"{service.name}-{options.role}")),
        )


def socket_folder(home: Home, service: str) -> str:
    """Where the unix socket lies: short enough for unix(7) whatever the service is called."""
    folder = str(home.run / f"pg-{service}")
    if len(folder.encode()) <= _SOCKET_LIMIT:
        return folder
    return str(home.run / f"pg-{hashlib.sha256(service.encode()).hexdigest()[:8]}")


def _apart(service: Service, context: "Context", purpose: str) -> str:
    """Where the socket of a server lies that runs beside the one that serves."""
    return socket_folder(context.tools.place.home, f"{service.name}.{purpose}")


def _require_free(data: Path) -> None:
    """A folder with files but without PG_VERSION is damaged data, not a place for a new cluster."""
    if data.is_dir() and any(data.iterdir()):
        raise ConfigError(
            "there are files, but they are no PostgreSQL cluster (PG_VERSION is missing)",
            where=str(data),
            next_step="restore the folder from a backup, or move it away for a new, empty database",
        )


def _user(service: Service, place: Place) -> str | None:
    user = place.user_of(service)
    if user is None and place.machine.root:
        raise ConfigError(
            "PostgreSQL refuses to be run by root",
            where=service.name,
            next_step='remove `user = "root"`, or name another system user',
        )
    return user


def _host(service: Service) -> str:
    return f"[{service.host}]" if ":" in service.host else service.host


KIND = PostgresKind()
