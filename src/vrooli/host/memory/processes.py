"""Port `Processes`, filled by hand."""

from vrooli.core.identity import Identity
from vrooli.core.ports.processes import PortHolder, ProcessFacts


class MemoryProcesses:
    """Processes that exist because somebody said so.

    Attributes:
        known: facts by identity; remove one and it is gone.
        holders: who listens, by port.
        activity, memory: by pid; 0 when it is not there.
    """

    def __init__(self) -> None:
        self.known: dict[Identity, ProcessFacts] = {}
        self.holders: dict[int, PortHolder] = {}
        self.activity: dict[int, float] = {}
        self.memory: dict[int, int] = {}

    def facts(self, identity: Identity) -> ProcessFacts | None:
        """What `known` holds."""
        return self.known.get(identity)

    def identity(self, pid: int) -> Identity | None:
        """The one of `known` with this number."""
        return next((identity for identity in self.known if identity.pid == pid), None)

    def port_holder(self, port: int, host: str = "127.0.0.1") -> PortHolder | None:
        """What `holders` holds, on every address."""
        return self.holders.get(port)

    def tree_activity(self, pid: int) -> float:
        """What `activity` holds."""
        return self.activity.get(pid, 0.0)

    def tree_memory(self, pid: int) -> int:
        """What `memory` holds."""
        return self.memory.get(pid, 0)
