"""Port: Python code of somebody else, kept from everything but its inputs."""

from dataclasses import dataclass
from typing import Protocol

from vrooli.core.errors import Refused

MIB = 1024 * 1024


class SandboxUnavailable(Refused):
    """This machine cannot keep code in: it is not run then."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(
            what,
            where=where,
            next_step="run a worker on a machine that can, and have its queue serve the run",
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What code may use up.

    Attributes:
        cpu: seconds of processor time, of each of its processes.
        memory: bytes of address space, of each of its processes.
        disk: bytes in its folder, which is the only place where it can write.
        processes: that run at once, threads included.
        open_files: of each process.
        output: bytes of its result, as JSON.
        printed: bytes that it may print.
    """

    cpu: int = 60
    memory: int = 256 * MIB
    disk: int = 64 * MIB
    processes: int = 16
    open_files: int = 256
    output: int = MIB
    printed: int = MIB


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it.

    Attributes:
        output: what `main` returned, as JSON; empty when there is an error.
        error: why there is none, one sentence; empty when there is.
        printed: the end of what it printed.
    """

    output: bytes
    error: str
    printed: str


class Sandbox(Protocol):
    """Runs code as a user without rights, with an empty folder, without files of this machine but
    the programs of the system, and in no process that outlives the call.
    """

    async def run(self, code: str, inputs: bytes, limits: Limits, network: bool) -> Outcome:
        """Execute `code`, then call its `main` with `inputs` (JSON).

        Everything that it started is killed when it ends and when the caller is cancelled.

        Raises:
            SandboxUnavailable: nothing was run.
            TooLarge: more output or more printed than the limits allow.
            StartFailed: no memory, no more processes.
        """
        ...
