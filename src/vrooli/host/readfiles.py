"""Port `Files`: this machine's."""

import os
import stat

from vrooli.core.errors import StorageError
from vrooli.core.ports.files import LIMIT, FileFacts

_GONE = (FileNotFoundError, NotADirectoryError, ProcessLookupError)
"""A process that ends while its folder in /proc is read gives ESRCH."""


class LocalFiles:
    """Reads what is there."""

    def read(self, path: str, limit: int = LIMIT, offset: int = 0) -> bytes | None:
        """See the port."""
        try:
            with open(path, "rb") as file:
                if offset:
                    file.seek(offset)
                return file.read(limit)
        except _GONE:
            return None
        except OSError as error:
            raise _translated(error, path) from error

    def names(self, folder: str) -> list[str]:
        """See the port."""
        try:
            return sorted(os.listdir(folder))
        except _GONE:
            return []
        except OSError as error:
            raise _translated(error, folder) from error

    def facts(self, path: str) -> FileFacts | None:
        """See the port."""
        try:
            found = os.lstat(path)
        except _GONE:
            return None
        except OSError as error:
            raise _translated(error, path) from error
        return FileFacts(
            kind=_kind(found.st_mode),
            size=found.st_size,
            modified=found.st_mtime,
            mode=stat.S_IMODE(found.st_mode),
            uid=found.st_uid,
            inode=found.st_ino,
            device=found.st_dev,
        )


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"


def _translated(error: OSError, path: str) -> StorageError:
    return StorageError(
        f"cannot be read: {error.strerror}", where=path, next_step="let this user read it"
    )
