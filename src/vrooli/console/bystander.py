"""As whom the watchdog is asked for a status page that everybody may see."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vrooli.client.watchdog import WatchdogClient
from vrooli.console.queues import Queues
from vrooli.console.settings import ConsoleSettings
from vrooli.core.errors import AccessDenied
from vrooli.core.passes import FOR_WATCHDOG, Passes, Person

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Bystander:
    """Nobody in particular, who may look, and only where the settings open the status page.

    Raises:
        AccessDenied: they do not.
    """

    settings: ConsoleSettings
    queues: Queues

    def __post_init__(self) -> None:
        if not self.settings.public_status:
            raise AccessDenied(
                "the status page is not public",
                next_step="set VROOLI_STATUS_PAGE=public for the console, or sign in",
            )

    @property
    def person(self) -> Person:
        """A viewer."""
        return Person("status page", "viewer")

    @property
    def watchdog(self) -> WatchdogClient:
        """The watchdog, for one request."""
        passes = Passes(self.settings.console_key, FOR_WATCHDOG)
        pass_ = passes.make(self.person, time.time())
        return WatchdogClient(self.settings.watchdog, pass_, 10.0, self.queues.watchdog.need)

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer of a client, which waits in a thread."""
        return await self.queues.ask(question)
