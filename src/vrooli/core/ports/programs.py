"""Port: short programs of the operating system, run to their end for what they print."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said.

    Attributes:
        code: its exit code; negative when a signal ended it.
        out: standard output.
        err: standard error.
    """

    code: int
    out: str = ""
    err: str = ""

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.code == 0

    @property
    def said(self) -> str:
        """Its complaint on one line, for a message."""
        lines = (self.err.strip() or self.out.strip()).splitlines()
        return lines[-1].strip()[:300] if lines else f"exit code {self.code}"


class Programs(Protocol):
    """Runs programs. Blocks: call it where that hurts nobody."""

    def run(self, argv: Sequence[str], timeout: float = 30.0) -> Answer:
        """Run it without input, in the language C, killed after `timeout` seconds.

        Raises:
            Unreachable: there is no such program here, or it cannot be executed.
            DeadlineExceeded: it did not end in time.
        """
        ...
