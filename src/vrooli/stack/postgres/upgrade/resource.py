"""A PostgreSQL resource as its upgrade sees it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vrooli.core.command import Command, EnsureDirectory
from vrooli.core.errors import ConfigError, UsageError
from vrooli.stack import graph
from vrooli.stack.kind import Place
from vrooli.stack.model import Service
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres import installation as installations
from vrooli.stack.postgres.cluster import NewCluster
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import UPGRADE, launched_as, removed, stage_folder
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.runtime import Context


@dataclass(frozen=True)
class Resource:
    """One of them.

    Attributes:
        declared: what `installation` says: "embedded" or a folder.
        sockets: folder of its unix socket.
        conf: the generated settings for a major version.
        new_cluster: what `up` would make with these programs.
    """

    service: Service
    context: Context
    declared: str
    sockets: str
    conf: Callable[[int], str]
    new_cluster: Callable[[Installation], NewCluster]

    @property
    def name(self) -> str:
        """Its name."""
        return self.service.name

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.context.tools.place

    @cached_property
    def clusters(self) -> Clusters:
        """Which folders there were when it was first asked."""
        return clusters.read(self.place.home, self.name)

    @property
    def folders(self) -> Path:
        """Where the data folders lie."""
        return self.place.home.root / "data"

    @property
    def data(self) -> Path:
        """The folder that was in force then."""
        return self.place.home.data(self.clusters.current)

    @cached_property
    def major(self) -> int:
        """The version of its data.

        Raises:
            UsageError: there are none yet.
        """
        found = clusters.major_of(self.data)
        if found is None:
            raise UsageError(
                "there is no data yet, hence nothing to upgrade",
                where=self.name,
                next_step=f"`vrooli up {self.name}` makes a new cluster of the newest version",
            )
        return found

    @property
    def password(self) -> str:
        """The superuser's."""
        return self.place.secrets.create(f"{self.name}-superuser")

    @property
    def stage(self) -> Stage:
        """Where the upgrade works."""
        return self.stage_for(UPGRADE, self.sockets)

    def stage_for(self, purpose: str, sockets: str) -> Stage:
        """Where something else works, which may go on while the resource serves: then its socket
        lies in another folder.
        """
        return Stage(
            service=self.name,
            folder=stage_folder(self.folders, self.name, purpose),
            sockets=Path(sockets),
            port=self.service.port,
            log=self.place.home.log(launched_as(self.name, purpose)),
            user=self.place.user_of(self.service),
            purpose=purpose,
        )

    def folder(self, major: int) -> Path:
        """The data folder after an upgrade. No service can be called so: a dot is in it."""
        return self.place.home.data(f"{self.name}.{major}")

    def old(self) -> Installation | None:
        """The programs that the data needs; None when they are gone."""
        declared = self.declared if self.declared != "embedded" else ""
        known = (clusters.last_run_by(self.data), self.clusters.programs, declared)
        return installations.of_major(self.major, self.place.home.pgsql, filter(None, known))

    def programs_of(self, major: int) -> Installation:
        """Programs of a version for work beside what serves. None that the data folder names: it
        belongs to the server's user, and we may be root.

        Raises:
            ConfigError: there are none here.
        """
        declared = self.declared if self.declared != "embedded" else ""
        known = filter(None, (self.clusters.programs, declared))
        found = installations.of_major(major, self.place.home.pgsql, known)
        if found is None:
            raise ConfigError(
                f"there are no programs of PostgreSQL {major} here",
                where=self.name,
                next_step=f"install them (Debian: apt install postgresql-{major}), then again",
            )
        return found

    def begun(self, stage: Stage) -> Sequence[Command]:
        """What a copy is unpacked into: ours alone until it is whole, then its user's."""
        return (
            *removed(self.folders, self.name, stage.purpose),
            EnsureDirectory(str(stage.folder), 0o711 if stage.user else 0o700),
            *stage.made(""),
            EnsureDirectory(str(stage.cluster), 0o700),
        )

    def target(self, to: str) -> Installation:
        """The programs of what it is to become.

        Raises:
            UsageError: there is no such version here, or it is older than the data.
        """
        known = self.candidates()
        chosen = [item for item in known if _is(item, to)]
        if not chosen:
            versions = sorted({item.version for item in known})
            raise UsageError(
                f"there is no PostgreSQL {to} here",
                where=self.name,
                next_step=f"choose one of: {', '.join(versions)}" if versions else "",
            )
        found = installations.newest(chosen)
        if found.major < self.major:
            raise UsageError(
                f"the data is of PostgreSQL {self.major}, and cannot go back to {found.version}",
                where=self.name,
                next_step=f"`vrooli resource upgrade {self.name} --undo` takes back the last "
                "upgrade, if there was one",
            )
        return found

    def why_no_newer(self, target: Installation) -> str:
        """Why there is nothing to do."""
        if self.declared != "embedded":
            return (
                f"that is what `installation` says; name the folder of a newer one ({target.bin})"
            )
        return "there is no newer one here"

    def jobs_that_need_it(self, running: Iterable[str]) -> tuple[str, ...]:
        """Of the runs of jobs, by the names that the keeper knows: those that need it, or what
        needs it.
        """
        stack = self.context.stack
        names = {self.name, *graph.dependents(stack, self.name)}
        groups = {stack.services[name].group for name in names}
        running = set(running)
        return tuple(
            job.name
            for job in stack.jobs.values()
            if job.launch_name in running and groups & set(job.needs)
        )

    def candidates(self) -> list[Installation]:
        """All programs that are what the stack declares.

        Raises:
            ConfigError: there are none in the folder that it names.
        """
        if self.declared == "embedded":
            return installations.embedded_ones(self.place.home.pgsql)
        return [installations.system(self.declared)]


def _is(item: Installation, to: str) -> bool:
    return to in ("", item.version, str(item.major))
