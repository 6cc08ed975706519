"""Port: files as the machine has them: procfs, sysfs, state files. Reading only."""

from dataclasses import dataclass
from typing import Protocol

LIMIT = 256 * 1024
"""Bytes that one `read` gives at the most, unless told."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One entry of the file system; a link is not followed.

    Attributes:
        kind: `file`, `folder`, `link` or `other`.
        size: bytes.
        modified: Unix seconds.
        mode: permission bits.
        uid: owner.
        inode: number of the file, and `device` of its file system.
    """

    kind: str
    size: int
    modified: float
    mode: int = 0o644
    uid: int = 0
    inode: int = 0
    device: int = 0


class Files(Protocol):
    """Looks at files. Every method may block: call it where that hurts nobody."""

    def read(self, path: str, limit: int = LIMIT, offset: int = 0) -> bytes | None:
        """At most `limit` bytes from `offset`; None when there is no such file.

        Raises:
            StorageError: it is there and cannot be read.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none when there is no such folder.

        Raises:
            StorageError: it is there and cannot be read.
        """
        ...

    def facts(self, path: str) -> FileFacts | None:
        """What stands there; None when nothing does.

        Raises:
            StorageError: it cannot be told.
        """
        ...
