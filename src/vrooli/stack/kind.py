"""What a resource kind knows: how to prepare, start, reach and probe its resource. One file a kind,
in `resources/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from vrooli.core.command import Command, EnsureDirectory
from vrooli.core.errors import ConfigError, UsageError
from vrooli.core.home import Home
from vrooli.core.machine import Machine
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.keeper import Keeper
from vrooli.core.ports.secrets import Secrets
from vrooli.core.ports.streams import Streams
from vrooli.core.result import Result
from vrooli.stack.model import Job, Service
from vrooli.stack.references import resolved

if TYPE_CHECKING:
    from vrooli.stack.backing import Backing
    from vrooli.stack.runtime import Context
    from vrooli.stack.upgrading import Upgrade, Wish


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is prepared and started.

    Attributes:
        works: what is under way beside services in this process, by the names under which the
            keeper records it: a start must leave it alone.
    """

    home: Home
    machine: Machine
    secrets: Secrets
    works: set[str] = field(default_factory=set, compare=False)

    def user_of(self, service: Service | Job) -> str | None:
        """The system user that runs `service`, or a job; None is ourselves.

        Raises:
            ConfigError: it must be another user, and only root can become one.
        """
        if isinstance(service, Job) and service.own:
            return None
        if not self.machine.root:
            if service.user and self.machine.user and service.user != self.machine.user:
                raise ConfigError(
                    f"only root can run it as `{service.user}`; we are `{self.machine.user}`",
                    where=service.name,
                    next_step="remove `user`, or bring the stack up as root",
                )
            return None
        user = service.user or self.machine.service_user
        return None if user == "root" else user


@dataclass(frozen=True, slots=True)
class ProbeTools:
    """What a probe may use."""

    place: Place
    streams: Streams
    keeper: Keeper
    clock: Clock


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: the kind's part of a `LaunchSpec`."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    expose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoOptions:
    """Options of a kind that has none."""


class Kind:
    """Base of every kind; the defaults fit a resource that is a plain command.

    Attributes:
        name: the word after `kind =`.
        title, summary: for people.
        default_port: 0 when there is no usual one.
        options: a dataclass of the keys that only this kind knows; unknown ones are errors.
        needs_command: whether `command` must be given (runtime `process`).
        failures, over: looks that must fail, over how many seconds, before anything disruptive
            ("slow is not dead").
        stop_signals: names without SIG, in order.
        start_timeout, stop_timeout: seconds, defaults for this kind.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    default_port: ClassVar[int] = 0
    options: ClassVar[type] = NoOptions
    needs_command: ClassVar[bool] = True
    runtimes: ClassVar[tuple[str, ...]] = ("process", "systemd", "docker", "external")
    failures: ClassVar[int] = 2
    over: ClassVar[float] = 0.0
    stop_signals: ClassVar[tuple[str, ...]] = ("TERM",)
    start_timeout: ClassVar[float] = 60.0
    stop_timeout: ClassVar[float] = 10.0

    def read_options(self, service: Service) -> Any:
        """The options of `service` as this kind's dataclass."""
        return self.options(**service.options)

    def prepare(self, service: Service, place: Place) -> Sequence[Command]:
        """What must be there before a start; every command is idempotent. Here: its data folder."""
        data = str(place.home.data(service.name))
        return (EnsureDirectory(data, 0o700, place.user_of(service)),)

    def program(self, service: Service, place: Place) -> Program:
        """What to run (runtime `process`). Environment without PATH, PORT and the declared `env`:
        the lifecycle adds them.
        """
        cwd = service.cwd or str(place.home.data(service.name))
        return Program(argv=service.command, env={}, cwd=cwd)

    def url(self, service: Service, place: Place) -> str:
        """The connection URL with its password: what `resource:NAME` means. Goes into a child's
        environment, nowhere else.
        """
        return resolved(service.url, place.secrets) if service.url else self.public_url(service)

    def public_url(self, service: Service) -> str:
        """Where it is, for people: never a secret."""
        return f"tcp://{service.host}:{service.port}" if service.port else ""

    def upgrade(self, service: Service, context: "Context", wish: "Wish") -> "Upgrade":
        """Moving it to another major version, undoable.

        Raises:
            UsageError: this kind has nothing like it.
        """
        raise UsageError(
            f"a resource of the kind `{self.name}` has no upgrade of its data",
            where=service.name,
            next_step="change its program, and restart it",
        )

    def backing(self, service: Service, context: "Context") -> "Backing | None":
        """How it is backed up; None when this kind cannot be."""
        return None

    async def probe(self, service: Service, tools: ProbeTools) -> Result | None:
        """One look in the resource's own protocol; None when this kind has none, and only the
        process counts.

        Raises `Unreachable`, `DeadlineExceeded` and the like freely: the caller turns them into a
        critical result.
        """
        return None
