"""Port: where it is written down before anybody is told. Owned here, implemented on the spool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that is kept.

    Attributes:
        kind: what it is; with `id` unique.
        id: which one.
        live: whether it is unfinished; only then it is loaded at a start, and never purged.
        at: Unix seconds, for the age.
        data: what JSON holds; never a secret.
    """

    kind: str
    id: str
    live: bool
    at: float
    data: Mapping[str, Any] = field(default_factory=dict)


class Store(Protocol):
    """Keeps documents, in the order in which they were first written, which no clock can turn.

    Every method raises StorageError when the disk refuses.
    """

    async def live(self) -> Sequence[Document]:
        """All that is unfinished, the oldest first."""
        ...

    async def find(self, kind: str, id: str) -> Document | None:
        """One document, finished or not."""
        ...

    async def recent(self, kind: str, limit: int) -> Sequence[Document]:
        """Documents of a kind, finished or not, the newest first."""
        ...

    async def write(self, documents: Sequence[Document]) -> None:
        """Put all of them in one transaction, replacing those of the same kind and id. Durable when
        it returns; after a StorageError that is retryable it is still queued.
        """
        ...

    async def purge(self, before: float) -> int:
        """Delete finished ones from before that time (Unix seconds); how many."""
        ...
