"""Port: whether packets can leave this machine. Reading only; nothing is sent."""

from typing import Protocol


class Routes(Protocol):
    """Asks the kernel's routing."""

    def missing(self, address: str) -> str:
        """Why no packet can leave for this IP address, like "network is unreachable"; empty when
        one can, or when that cannot be told.
        """
        ...
