"""Port: who listens on TCP on this machine. Reading only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket.

    Attributes:
        host: the address, as bound; `0.0.0.0` or `::` for all.
        port: the port.
        pid: who listens; None when that is hidden from us.
        process: its name, empty when hidden; never its command line, which may hold secrets.
        user: whose it is.
        unit: the systemd service that it belongs to; empty for none.
        container: id of the container that it runs in; empty for none.
    """

    host: str
    port: int
    pid: int | None = None
    process: str = ""
    user: str = ""
    unit: str = ""
    container: str = ""


class Listeners(Protocol):
    """Looks at the sockets of this network namespace."""

    def listening(self, but: Collection[int] = ()) -> Sequence[Listener]:
        """All of them by port, except those of the processes in `but` and their descendants."""
        ...
