"""Port: programs that are run, and servers on this host that are asked, for the bytes that they
write, more than fits into memory.
"""

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


class Connection(Protocol):
    """One to a server on this host. Every method blocks."""

    def readinto(self, buffer: memoryview) -> int:
        """Bytes put into `buffer`; 0 at the end.

        Raises:
            StartFailed: nothing came for too long.
            Unreachable: the server went away.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send all of `data`; raises as `readinto`."""
        ...

    def kill(self) -> None:
        """Whoever reads comes to the end, from another thread."""
        ...

    def end(self) -> None:
        """Let go of it."""
        ...


class Outputs(Protocol):
    """Runs them, and connects to them."""

    def open(self, program: OutputProgram) -> Output:
        """It runs when this returns.

        Raises:
            StartFailed: there is no such program here, or it cannot be started.
        """
        ...

    def connect(self, path: str, stall: float) -> Connection:
        """Reach a server by its unix socket.

        Args:
            path: the socket.
            stall: seconds without a byte after which it has failed.

        Raises:
            Unreachable: nobody listens there.
        """
        ...
