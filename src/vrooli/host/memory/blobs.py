"""Twin of port `Blobs`."""

from collections.abc import Iterator

from vrooli.core.errors import NotStored, StorageError


class MemoryBlobs:
    """Holds them in this process.

    Attributes:
        held: by name.
        room: bytes that it takes before it is full; None for no limit.
    """

    def __init__(self, room: int | None = None) -> None:
        self.held: dict[str, bytes] = {}
        self.room = room

    @property
    def where(self) -> str:
        """See the port."""
        return "memory"

    def put(self, name: str, data: bytes) -> bool:
        """See the port."""
        if name in self.held:
            return False
        if self.room is not None and sum(map(len, self.held.values())) + len(data) > self.room:
            raise StorageError("cannot keep: no room", where=name, next_step="make room")
        self.held[name] = bytes(data)
        return True

    def get(self, name: str) -> bytes:
        """See the port."""
        try:
            return self.held[name]
        except KeyError:
            raise NotStored("there is nothing of this name", where=name) from None

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See the port."""
        for name in sorted(self.held):
            if name.startswith(prefix):
                yield name, len(self.held[name])

    def delete(self, name: str) -> None:
        """See the port."""
        self.held.pop(name, None)
