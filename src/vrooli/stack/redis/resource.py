"""A Redis resource as its backup and its restore see it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vrooli.core.address import HostPort
from vrooli.core.command import Command, EnsureDirectory
from vrooli.core.errors import ConfigError
from vrooli.stack.kind import Place
from vrooli.stack.model import Service
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.left import launched_as, removed, stage_folder
from vrooli.stack.redis.asker import Asker
from vrooli.stack.redis.scratch import Scratch
from vrooli.stack.runtime import Context

_NAMES = ("appenddirname", "appendfilename", "dbfilename")


@dataclass(frozen=True)
class RedisResource:
    """One of them.

    Attributes:
        program: redis-server.
        settings: what was declared beside the usual.
    """

    service: Service
    context: Context
    program: str
    settings: Mapping[str, str]

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

    @property
    def folder_of_program(self) -> str:
        """Where its other programs are."""
        return str(Path(self.program).parent)

    @property
    def appends(self) -> bool:
        """Whether it is to have an append-only file, which it then reads and nothing else."""
        return self.settings.get("appendonly", "yes") == "yes"

    @property
    def live(self) -> Asker:
        """The one that serves."""
        address = HostPort(self.service.host, self.service.port)
        password = self.place.secrets.create(f"{self.name}-password")
        return Asker(self.context.tools.streams, address, password)

    def require_usual_names(self) -> None:
        """Raise ConfigError when its files are called otherwise than a copy of them."""
        if other := [name for name in self.settings if name.lower() in _NAMES]:
            raise ConfigError(
                f"with {', '.join(other)} it cannot be backed up: its files must have their usual "
                "names",
                where=f"{self.name}.settings",
                next_step="leave it out",
            )

    def scratch(self, purpose: str) -> Scratch:
        """A server beside it, on a copy."""
        home = self.place.home
        short = hashlib.sha256(f"{self.name}.{purpose}".encode()).hexdigest()[:8]
        return Scratch(
            service=self.name,
            launched_as=launched_as(self.name, purpose),
            folder=stage_folder(self.folders, self.name, purpose),
            sockets=home.run / f"redis-{short}",
            log=home.log(launched_as(self.name, purpose)),
            user=self.place.user_of(self.service),
            program=self.program,
        )

    def begun(self, scratch: Scratch, purpose: str) -> Sequence[Command]:
        """What a copy is unpacked into: ours alone until it is whole, then its user's."""
        return (
            *removed(self.folders, self.name, purpose),
            EnsureDirectory(str(scratch.folder), 0o711 if scratch.user else 0o700),
            EnsureDirectory(str(scratch.sockets), 0o700, scratch.user),
            EnsureDirectory(str(scratch.data), 0o700),
        )
