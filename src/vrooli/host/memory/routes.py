"""Port `Routes`, made up: for tests of what suspects its own network."""

from dataclasses import dataclass, field


@dataclass
class MemoryRoutes:
    """There is a way to everybody, but to those in `cut`; `down` is no way to anybody."""

    cut: set[str] = field(default_factory=set)
    down: bool = False

    def missing(self, address: str) -> str:
        """See the port."""
        return "network is unreachable" if self.down or address in self.cut else ""
