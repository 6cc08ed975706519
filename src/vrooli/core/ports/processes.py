"""Port: facts about processes on this machine. Reading only."""

from dataclasses import dataclass
from typing import Protocol

from vrooli.core.identity import Identity


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """A process now.

    Attributes:
        state: one letter of proc_pid_stat(5) field 3 (R, S, D, T, t, Z, ...).
        traced: a debugger holds it (TracerPid is not 0).
        rss_bytes: resident memory.
        cpu_seconds: user and system time so far.
        age: seconds since its start, also those for which the machine slept; no matter how the wall
            clock was set meanwhile.
    """

    state: str
    traced: bool
    rss_bytes: int
    cpu_seconds: float
    age: float

    @property
    def stopped(self) -> bool:
        """Stopped by SIGSTOP or the like, and not by a debugger."""
        return self.state == "T" and not self.traced


@dataclass(frozen=True, slots=True)
class PortHolder:
    """Who listens on a TCP port.

    Attributes:
        pid: None when the owner is hidden from us.
        name: of its program.
        user: whose it is.
        service: which it is, of a stack; empty for anything else, and where nobody may know.
        home: of that stack.
    """

    pid: int | None
    name: str
    user: str
    service: str = ""
    home: str = ""


class Processes(Protocol):
    """Looks at `/proc`."""

    def facts(self, identity: Identity) -> ProcessFacts | None:
        """Facts of exactly this process, None when it is gone (or its pid is now another's)."""
        ...

    def identity(self, pid: int) -> Identity | None:
        """Who has this number now, None when nobody has."""
        ...

    def port_holder(self, port: int, host: str = "127.0.0.1") -> PortHolder | None:
        """Who listens on `host:port` (or on all addresses with that port), None when it is free."""
        ...

    def tree_activity(self, pid: int) -> float:
        """A number that grows while the process tree below `pid` works (CPU seconds plus megabytes
        read and written).
        """
        ...

    def tree_memory(self, pid: int) -> int:
        """Bytes of resident memory of the process tree below `pid`; what processes share counts
        for each of them.
        """
        ...
