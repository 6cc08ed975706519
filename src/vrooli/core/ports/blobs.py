"""Port: a place for backups: named bytes that are written once and never changed."""

import re
from collections.abc import Iterator
from typing import Protocol

LARGEST = 64 * 1024 * 1024
"""Bytes of one blob at the most."""

NAME = re.compile(r"(?:[a-z0-9][a-z0-9._-]*/)*[a-z0-9][a-z0-9._-]*", re.ASCII)
"""What a blob may be called."""


class Blobs(Protocol):
    """Holds blobs. A name is parts of `[a-z0-9._-]` with `/` between. Every method blocks: call it
    where that hurts nobody; several threads may.
    """

    @property
    def where(self) -> str:
        """Its address, for people: never a secret."""
        ...

    def put(self, name: str, data: bytes) -> bool:
        """Keep `data`, whole and durable when this returns, or not at all; False when there is a
        blob of this name already, which is left as it is.

        Raises:
            StorageError: the place takes nothing: full, read-only, not allowed.
            Unreachable, DeadlineExceeded: it does not answer.
        """
        ...

    def get(self, name: str) -> bytes:
        """All of it.

        Raises:
            NotStored: there is none of this name.
            TooLarge: it is larger than any that we write.
            StorageError, Unreachable, DeadlineExceeded: it cannot be read.
        """
        ...

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Names that begin with the folder `prefix` (it ends with `/`), with their bytes, sorted.

        Raises:
            StorageError, Unreachable, DeadlineExceeded: it cannot be told.
        """
        ...

    def delete(self, name: str) -> None:
        """Have it gone; nothing when there is none.

        Raises:
            StorageError: the place refuses.
        """
        ...
