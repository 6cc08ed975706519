"""Port: programs that are run for the bytes that they write, more than fits into memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutputProgram:
    """What to run; what it writes to standard output is what is wanted.

    Attributes:
        title: what it does, for messages ("copy the cluster").
        argv: the program and its arguments; no shell is involved.
        env: all its variables, which may be secrets.
        stall: seconds without a byte after which it has failed; 0: never.
    """

    title: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stall: float = 0.0


class Output(Protocol):
    """One that runs. Every method blocks."""

    def readinto(self, buffer: memoryview) -> int:
        """Bytes put into `buffer`; 0 at the end.

        Raises:
            StartFailed: it was killed, since nothing came for too long.
        """
        ...

    def finish(self) -> None:
        """Wait for its end, after its last byte.

        Raises:
            StartFailed: it failed, with its last lines: what was read is not whole.
        """
        ...

    def kill(self) -> None:
        """Have it end, from another thread than that which reads."""
        ...

    def end(self) -> None:
        """Kill it, wherever it is; nothing when it has ended."""
        ...


class Outputs(Protocol):
    """Runs them."""

    def open(self, program: OutputProgram) -> Output:
        """It runs when this returns.

        Raises:
            StartFailed: there is no such program here, or it cannot be started.
        """
        ...
