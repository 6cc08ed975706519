"""Port `Listeners`, filled by hand."""

from collections.abc import Collection, Sequence

from vrooli.core.ports.listeners import Listener


class MemoryListeners:
    """Sockets that exist because somebody said so."""

    def __init__(self, *known: Listener) -> None:
        self.known = [*known]

    def listening(self, but: Collection[int] = ()) -> Sequence[Listener]:
        """What `known` holds; nobody has descendants here."""
        found = [one for one in self.known if one.pid is None or one.pid not in but]
        return sorted(found, key=lambda one: (one.port, one.host))
