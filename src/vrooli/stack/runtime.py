"""How a service is run. One file a runtime, in `runtimes/`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from vrooli.core.errors import StartFailed
from vrooli.core.launch import Launch
from vrooli.core.ports.executor import Executor
from vrooli.core.ports.manager import Held, Manager
from vrooli.core.ports.processes import Processes
from vrooli.core.result import Result
from vrooli.stack.exits import ExitBook
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Service, Stack
from vrooli.stack.probe import probe
from vrooli.stack.progress import Report


@dataclass
class Context:
    """What runtimes work with. One per process that decides; launches come and go.

    Attributes:
        managers: by runtime, those that are not ours; asked only for what the stack declares.
        held: by service, what its manager said last.
        silent: by service, why its manager does not answer; missing when it does.
    """

    stack: Stack
    tools: ProbeTools
    processes: Processes
    executor: Executor
    environment: Mapping[str, str]
    exits: ExitBook = field(default_factory=ExitBook)
    launches: dict[str, Launch] = field(default_factory=dict)
    managers: Mapping[str, Manager] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)


FOREGROUND = (
    "a service stays in the foreground until it is stopped; this command ended or put itself into "
    "the background"
)
"""What to do about one that ended well as soon as it was started."""


class Runtime(ABC):
    """Base of every runtime."""

    name: ClassVar[str]

    @abstractmethod
    async def start(self, service: Service, context: Context, report: Report) -> Result:
        """Bring it up and wait until its probe passes; the passing result.

        Raises:
            StartFailed: it did not start, ended by itself, or did not become healthy in time.
            Refused: trying makes no sense until something else changes: its port is taken.
            ConfigError, SecretError, StorageError: it cannot be started as declared, or not here
                and now.
        """

    @abstractmethod
    def check(self, service: Service, context: Context) -> None:
        """Whether it could be started as declared, as far as can be told without touching it.

        Raises:
            ConfigError, SecretError: it could not; what runs is better left running.
        """

    @abstractmethod
    async def await_health(self, service: Service, context: Context) -> Result:
        """Wait until what already runs is healthy; it is left running when it is not in time
        (`StartFailed`).
        """

    @abstractmethod
    async def stop(self, service: Service, context: Context) -> None:
        """Bring it down with everything it started; at once when it is not running."""

    @abstractmethod
    def running(self, service: Service, context: Context) -> bool:
        """Whether it runs, as far as its runtime can tell without asking it."""

    def in_hand(self, service: Service, context: Context) -> str:
        """How somebody stopped it past us, or lets it stand still, as far as can be told without
        asking; empty when nobody does.
        """
        return ""

    async def look(self, service: Service, context: Context) -> Result:
        """One look: by its probe, unless its runtime knows already that it does not serve. Raises
        only when it is cancelled.
        """
        return await probe(service, context.tools)

    async def signal(
        self, service: Service, context: Context, number: int, *, tree: bool = False
    ) -> None:
        """Signal its main process, with `tree` also what that started.

        Raises:
            StartFailed: there is none.
        """
        raise StartFailed(
            "it has no process here", where=service.name, next_step="act on it where it runs"
        )
