"""Where an upgrade, a restore or a proof works: beside the data, removed afterwards. Specs of what
runs there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vrooli.core.address import UnixPath
from vrooli.core.command import Command, EnsureDirectory, WriteFile
from vrooli.core.launch import LaunchSpec
from vrooli.stack.postgres.cluster import ENV, SUPERUSER
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import UPGRADE, launched_as

_HBA = f"local all {SUPERUSER} trust\n"
"""Who gets into a cluster while it is worked on: whoever may open a socket in a closed folder of
the server's own user, who could read the files as well. What an operator wrote there cannot lock
us out.
"""

_INSTALLS = " ".join(
    f"-c {setting}"
    for setting in (
        "default_transaction_read_only=off",
        "statement_timeout=0",
        "lock_timeout=0",
        "session_replication_role=replica",
    )
)
"""Whatever a database or a role says: an extension can be made, and no event trigger hears of it.
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where, and as whom.

    Attributes:
        service: the resource.
        folder: ours; what is below belongs to the server's user.
        sockets: short enough for unix(7).
        port: names the socket.
        log: what the programs write.
        user: who runs them.
        purpose: names what the keeper records.
    """

    service: str
    folder: Path
    sockets: Path
    port: int
    log: Path
    user: str | None
    purpose: str = UPGRADE

    @property
    def cluster(self) -> Path:
        """The new cluster."""
        return self.folder / "cluster"

    @property
    def work(self) -> Path:
        """Where pg_upgrade runs: it writes there."""
        return self.folder / "work"

    @property
    def wal(self) -> Path:
        """What a server that recovers asks for."""
        return self.folder / "wal"

    @property
    def launched_as(self) -> str:
        """The name under which the keeper records what runs."""
        return launched_as(self.service, self.purpose)

    @property
    def address(self) -> UnixPath:
        """Where a cluster answers: also the one that runs as declared, whose socket it is."""
        return UnixPath(str(self.sockets / f".s.PGSQL.{self.port}"))

    def made(self, password: str) -> tuple[Command, ...]:
        """The working folder, with who gets in, and how."""
        entry = f"*:*:*:{SUPERUSER}:{password}\n"
        return (
            EnsureDirectory(str(self.work), 0o700, self.user),
            EnsureDirectory(str(self.sockets), 0o700, self.user),
            WriteFile(str(self.work / "pg_hba.conf"), _HBA, 0o600, self.user),
            WriteFile(str(self.work / "pgpass"), entry, 0o600, self.user),
        )

    def given(self, files: Iterable[tuple[str, bytes]]) -> list[WriteFile]:
        """Have files of an operator in the new cluster, by their names."""
        return [
            # latin-1 gives every byte back as it was.
            WriteFile(
                str(self.cluster / name), content.decode("latin-1"), 0o600, self.user, "latin-1"
            )
            for name, content in files
        ]

    def server(
        self, programs: Installation, data: Path, settings: Sequence[str] = ()
    ) -> LaunchSpec:
        """A server that nobody reaches but us; `settings` win over ours."""
        argv = [str(programs.bin / "postgres"), "-D", str(data)]
        own = (f"port={self.port}", "listen_addresses=")
        for setting in (*self._closed(), *self._silent(), *own, *settings):
            argv += ["-c", setting]
        return self._spec(tuple(argv), (programs.root, str(data)))

    def pg_upgrade(
        self, old: Installation, new: Installation, data: Path, *, check: bool
    ) -> LaunchSpec:
        """The program that does it; with `check` it only looks, also at a server that runs."""
        options = " ".join(f"-c {setting}" for setting in self._closed()[:2])
        argv = (
            str(new.bin / "pg_upgrade"),
            f"--old-bindir={old.bin}",
            f"--new-bindir={new.bin}",
            f"--old-datadir={data}",
            f"--new-datadir={self.cluster}",
            f"--socketdir={self.sockets}",
            f"--username={SUPERUSER}",
            f"--old-port={self.port}",
            f"--new-port={self.port - 1 if self.port > 60000 else self.port + 1}",
            f"--old-options={options}",
            f"--new-options={options}",
            *(("--check",) if check else ()),
        )
        spec = self._spec(argv, (old.root, new.root, str(data)))
        return replace(spec, env={**spec.env, "PGPASSFILE": str(self.work / "pgpass")})

    def settings(self, new: Installation) -> LaunchSpec:
        """Whether the new version takes the settings."""
        argv = (str(new.bin / "postgres"), "-C", "max_connections", "-D", str(self.cluster))
        return self._spec(argv, (new.root,))

    def statistics(self, new: Installation) -> LaunchSpec:
        """What the planner needs to know; since 18 most of it comes along."""
        argv = [str(new.bin / "vacuumdb"), f"--host={self.sockets}", f"--port={self.port}"]
        argv += [f"--username={SUPERUSER}", "--all", "--analyze-only", "--quiet"]
        argv += ["--missing-stats-only"] if new.major >= 18 else []
        return self._spec(tuple(argv), (new.root,))

    def checksums(self, new: Installation) -> LaunchSpec:
        """Whether every page of the copy is whole."""
        argv = (str(new.bin / "pg_checksums"), "--check", f"--pgdata={self.cluster}")
        return self._spec(argv, (new.root,))

    def amcheck(self, new: Installation, *, deep: bool) -> LaunchSpec:
        """Whether every table and index of the copy that serves is sound; `deep` looks for each row
        in each index.
        """
        argv = [str(new.bin / "pg_amcheck"), f"--host={self.sockets}", f"--port={self.port}"]
        argv += [f"--username={SUPERUSER}", "--all", "--install-missing", "--jobs=2"]
        argv += ["--heapallindexed"] if deep else []
        spec = self._spec(tuple(argv), (new.root,))
        return replace(spec, env={**spec.env, "PGOPTIONS": _INSTALLS})

    def _closed(self) -> tuple[str, ...]:
        return (
            f"hba_file={self.work / 'pg_hba.conf'}",
            "archive_mode=off",
            f"unix_socket_directories={self.sockets}",
            "autovacuum=off",
        )

    def _silent(self) -> tuple[str, ...]:
        """Nothing in a copy may act on others: a subscription would take the changes of the one
        that serves, a scheduler inside would run its jobs twice. `hot_standby` would compare these
        settings with those of the original.
        """
        return (
            "max_logical_replication_workers=0",
            "max_worker_processes=0",
            "hot_standby=off",
            "synchronous_standby_names=",  # nobody follows a copy
            "restore_command=/bin/false",  # asked for where the copy begins a new timeline
        )

    def _spec(self, argv: tuple[str, ...], seen: tuple[str, ...]) -> LaunchSpec:
        folders = (*filter(None, seen), str(self.folder), str(self.sockets))
        return LaunchSpec(
            service=self.launched_as,
            argv=argv,
            cwd=str(self.work),
            env=ENV,
            log_path=str(self.log),
            user=self.user,
            expose=folders if self.user else (),
        )
