"""Port `vrooli.notify.store.Store`, in memory."""

from collections.abc import Sequence
from dataclasses import replace

from vrooli.core.errors import StorageError
from vrooli.notify.store import Document


class MemoryStore:
    """Keeps documents.

    Attributes:
        failure: when set, raised by every write, which then keeps nothing.
        documents: all of them.
    """

    def __init__(self) -> None:
        self.failure: StorageError | None = None
        self.documents: dict[tuple[str, str], Document] = {}

    async def live(self) -> Sequence[Document]:
        """See the port."""
        return [one for one in self.documents.values() if one.live]

    async def find(self, kind: str, id: str) -> Document | None:
        """See the port."""
        return self.documents.get((kind, id))

    async def recent(self, kind: str, limit: int) -> Sequence[Document]:
        """See the port."""
        found = [one for one in self.documents.values() if one.kind == kind]
        return found[::-1][:limit]

    async def write(self, documents: Sequence[Document]) -> None:
        """See the port."""
        if self.failure is not None:
            raise self.failure
        for document in documents:
            self.documents[document.kind, document.id] = replace(document)

    async def purge(self, before: float) -> int:
        """See the port."""
        old = [key for key, one in self.documents.items() if not one.live and one.at < before]
        for key in old:
            del self.documents[key]
        return len(old)
