"""Port: programs that are spoken to by their standard input and output for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vrooli.core.ports.streams import Stream


@dataclass(frozen=True, slots=True)
class PipedProgram:
    """What to start.

    Attributes:
        argv: the program, looked up in `PATH`, and its arguments; no shell is involved.
        env: its variables, which may be secrets, beside `PATH`, `LANG` and `HOME`; no others.
        memory: bytes of data that it, and each process that it starts, may have.
    """

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    memory: int = 1024 * 1024 * 1024


class Pipe(Stream, Protocol):
    """Its output is read, its input is written. `close` ends it with all that it started."""

    @property
    def complaints(self) -> str:
        """The end of what it wrote to standard error, without the values of its variables."""
        ...


class Pipes(Protocol):
    """Starts programs, each in an empty folder that is gone when it has ended."""

    async def open(self, program: PipedProgram) -> Pipe:
        """It runs when this returns, and is ended at the latest when this process ends, however
        that ends.

        Raises:
            StartFailed: there is no such program here, or it cannot be started.
        """
        ...
