"""Port: a manager of services that also makes what it holds, from what it is told: transient units
of systemd.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from vrooli.core.launch import LaunchSpec
from vrooli.core.limits import Limits
from vrooli.core.ports.manager import Manager


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """A unit to be made.

    Attributes:
        launch: its process. Its environment is never told to the manager, which tells everybody;
            its fingerprint is, as the `mark`.
        limits: that the manager keeps.
        stop_signal: which asks its main process to end.
        stop_seconds: that it gets for that before it is killed, whoever stops it.
        outlives: the unit that is stopped first when the machine shuts down, and stops this one in
            its order; empty for none.
    """

    launch: LaunchSpec
    limits: Limits
    stop_signal: int
    stop_seconds: float
    outlives: str = ""


@runtime_checkable
class UnitMaker(Manager, Protocol):
    """What it makes is there while it runs, and, after a failure, until it is removed. One that is
    not there has ended, for `look` and `follow`: it is never missing.
    """

    async def make(self, name: str, spec: UnitSpec) -> None:
        """Make it anew and have it started; returns as `start` does.

        Raises:
            StartFailed: it runs already, or the manager would not.
            StorageError: the disk refuses.
        """
        ...

    async def remove(self, name: str) -> None:
        """What is left of one that has ended; nothing where nothing is."""
        ...
