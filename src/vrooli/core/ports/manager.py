"""Port: a manager of services that is not ours, such as systemd or the Docker Engine. It starts,
stops and may itself restart what it holds.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Literal, Protocol

Phase = Literal["running", "starting", "stopping", "restarting", "ended", "failed", "missing"]
"""`restarting`: its manager is about to start it again by itself. `failed`: it ended badly, or its
manager gave up. `missing`: the manager does not know it."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a manager says of one thing that it holds: a unit, a container.

    Attributes:
        name: by which the manager knows it.
        run: which run it is; another one after every start, empty before the first.
        pid: of its main process, 0 when there is none.
        since: when this run began, Unix seconds; 0.0 when it never did.
        code, signal: how the last run ended, None when it runs or that is not known.
        restarts: its manager's own restart policy in the manager's words; empty when it has none.
        restarted: how often that has started it again since somebody started it.
        asked: whether its end was asked for by somebody (`systemctl stop`, `docker stop`); of one
            that runs, that it stands still (`docker pause`).
        message: in the manager's words, one line.
        healthy: what a health check of the manager's own says; None when there is none.
        why: more about how the last run ended, for people; empty when nothing is to be said.
        mark: what its maker wrote on it, where that was us; empty for what we did not make.
    """

    name: str
    phase: Phase
    run: str = ""
    pid: int = 0
    since: float = 0.0
    code: int | None = None
    signal: int | None = None
    restarts: str = ""
    restarted: int = 0
    asked: bool = False
    message: str = ""
    healthy: bool | None = None
    why: str = ""
    mark: str = ""


class Manager(Protocol):
    """One of them. Every method raises `Unreachable` when it does not answer, `AccessDenied` when
    we may not, `DeadlineExceeded` when it takes too long.
    """

    async def look(self, name: str) -> Held:
        """How it is now; phase `missing` when there is none."""
        ...

    async def start(self, name: str) -> None:
        """Have it started; returns when the manager has taken it on, not when it is healthy.

        Raises:
            StartFailed: the manager would not.
        """
        ...

    async def stop(self, name: str, seconds: float) -> None:
        """Have it stopped, killed after `seconds`; returns when it has ended."""
        ...

    async def signal(self, name: str, signal: int) -> None:
        """Signal its main process."""
        ...

    async def tail(self, name: str, lines: int) -> list[str]:
        """The last lines that it logged; empty when the manager keeps none."""
        ...

    def follow(self, names: Collection[str]) -> AsyncIterator[Held]:
        """What changes about `names`, as it happens; first how each is now. Never ends: when the
        manager goes away it waits for it and begins anew.
        """
        ...
