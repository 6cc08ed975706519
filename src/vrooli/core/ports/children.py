"""Port: short-lived Python processes of our own, for what must not be loaded or waited for here."""

from dataclasses import dataclass
from typing import Protocol

MOST_OUTPUT = 64 * 1024
"""Bytes of a child's answer; more is an error."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended.

    Attributes:
        code: exit code; negative: the signal that ended it.
        output: what it wrote to standard output, at most `MOST_OUTPUT` bytes of it.
        errors: the end of what it wrote to standard error.
    """

    code: int
    output: bytes
    errors: str


class Children(Protocol):
    """Runs modules of this package."""

    async def run(self, module: str, given: bytes, seconds: float) -> Ended:
        """`python -m module` with `given` on standard input, to its end.

        Secrets go by `given`, which nobody else can read. It is killed with all that it started
        after `seconds`, and when the caller is cancelled.

        Raises:
            DeadlineExceeded: it took longer.
            StartFailed: it could not be started: no memory, no more processes.
        """
        ...
