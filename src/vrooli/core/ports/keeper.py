"""Port: the keeper, who spawns, reaps and signals, and never decides."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch, LaunchSpec

CaughtUp = Callable[[], None]
"""Called once, when the listener has taken every ending that the keeper remembered."""


def nobody_waits() -> None:
    """The `CaughtUp` of a listener to whom old endings and new ones are the same."""


class Keeper(Protocol):
    """A connection to the keeper of one home. Raises `Unreachable` when the keeper is gone or does
    not answer in time.
    """

    async def spawn(self, spec: LaunchSpec) -> Launch:
        """Start a process in its own session; `StartFailed` with the reason when exec fails
        (command not found, cwd gone).
        """
        ...

    async def launches(self) -> Sequence[Launch]:
        """All recorded launches that are alive."""
        ...

    async def signal(self, launch_id: str, signal: int, *, tree: bool = False) -> int:
        """Signal the recorded process, or with `tree` it and its living descendants; the number of
        processes reached.
        """
        ...

    async def survivors(self, launch_id: str) -> Sequence[Identity]:
        """Living descendants of a launch (also of one that has exited): same session, children, or
        its marker inherited.
        """
        ...

    def exits(self, after: int = 0, caught_up: CaughtUp = nobody_waits) -> AsyncIterator[Exit]:
        """Endings with `seq` greater than `after`: those remembered first, then each as it happens.
        Ends with `Unreachable`.
        """
        ...

    async def remembered(self) -> Sequence[Exit]:
        """The endings that the keeper remembers now, the oldest first: those of its own time, and
        of what had ended when it took over.
        """
        ...

    async def run(self, spec: LaunchSpec, timeout: float) -> Exit:  # noqa: ASYNC109 -- the port owns the kill that follows
        """Run a short-lived process to its end; it is killed with its descendants after `timeout`
        seconds (`DeadlineExceeded`).
        """
        ...
