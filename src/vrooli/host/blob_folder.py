"""Port `Blobs`: a folder of this machine, or one that is mounted here.

A blob is on the disk when `put` returns, with every folder above it: a backup that a power cut
takes away was none.
"""

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vrooli.core.errors import NoRoom, NotStored, StorageError, TooLarge
from vrooli.core.ports.blobs import LARGEST, NAME
from vrooli.host.same_folder import SameFolder
from vrooli.stack.durable import sync_folder

_ABANDONED = 3600.0
"""Seconds since the last change of a part after which nobody writes it any more."""

_DEAD = frozenset(
    getattr(errno, name)
    for name in (
        *("ESTALE", "ENOTCONN", "ESHUTDOWN", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH"),
        *("ENETDOWN", "ENETUNREACH", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "ENODEV"),
    )
)
"""What a look at a file system says whose server or disk is gone. EIO may be one bad sector."""

_PART = re.compile(r"\.[0-9a-f]{16}\.part")


class BlobFolder:
    """A folder; it is made, for us alone, when the first blob comes. From the first blob on that
    was read or written nothing is written to another folder that came into its place: where a disk
    goes away, the one below would get the rest.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._same = folder, SameFolder(folder)

    @property
    def where(self) -> str:
        """See the port."""
        return str(self._folder)

    def put(self, name: str, data: bytes) -> bool:
        """See the port. Written beside and linked: of two writers the first one wins."""
        path = self._path(name)
        if len(data) > LARGEST:
            raise TooLarge(f"a blob has at most {LARGEST} bytes", where=name)
        with disk_told(path, "cannot keep"):
            self._same.require()
            if path.exists():
                return False
            self._made(path.parent)
            part = path.with_name(f".{os.urandom(8).hex()}.part")
            try:
                facts = _write(part, data)
                os.link(part, path)
            except FileExistsError:
                return False
            finally:
                part.unlink(missing_ok=True)
            sync_folder(path.parent)
            self._same.written(path, facts)
            return True

    def get(self, name: str) -> bytes:
        """See the port."""
        path = self._path(name)
        with disk_told(path, "cannot read"):
            try:
                with path.open("rb") as file:
                    data = file.read(LARGEST + 1)
                    self._same.read(path, os.fstat(file.fileno()))
            except FileNotFoundError as error:
                raise NotStored("there is nothing of this name", where=str(path)) from error
        if len(data) > LARGEST:
            raise TooLarge(f"it has more than {LARGEST} bytes", where=str(path))
        return data

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See the port."""
        top = self._path(prefix.rstrip("/"))
        with disk_told(top, "cannot list"):
            found = sorted(_below(top))
        for path, size in found:
            yield path.relative_to(self._folder).as_posix(), size

    def delete(self, name: str) -> None:
        """See the port."""
        path = self._path(name)
        with disk_told(path, "cannot remove"), suppress(FileNotFoundError):
            self._same.require()
            path.unlink()
            self._same.removed(path)
            sync_folder(path.parent)

    def tidy(self) -> int:
        """Remove what writers left that were killed; how many there were. One that is at work
        writes for seconds.
        """
        old, left = time.time() - _ABANDONED, 0
        with disk_told(self._folder, "cannot tidy up"):
            for root, _, names in os.walk(self._folder):
                for path in (Path(root) / name for name in names if is_part(name)):
                    with suppress(FileNotFoundError):
                        if path.lstat().st_mtime < old:
                            path.unlink()
                            left += 1
        return left

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError(f"no name for a blob: {name!r}")
        return self._folder / name

    def _made(self, folder: Path) -> None:
        """Make it, and put its name on the disk, from the first folder that is not there."""
        if folder.is_dir():
            return
        self._made(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def is_part(name: str) -> bool:
    """Whether a file of this name is being written by us, or was when somebody was killed."""
    return bool(_PART.fullmatch(name))


def _write(path: Path, data: bytes) -> os.stat_result:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
        return os.fstat(descriptor)


def _below(folder: Path) -> Iterator[tuple[Path, int]]:
    """Files, but for those that are being written, or that a kill left."""
    for root, _, names in os.walk(folder, onerror=_unless_missing):
        for name in names:
            if not is_part(name):
                path = Path(root) / name
                yield path, path.lstat().st_size


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def is_there(path: Path) -> bool:
    """Whether there is anything at `path`.

    Raises:
        StorageError: nobody can tell.
    """
    with disk_told(path, "cannot look"), suppress(FileNotFoundError, NotADirectoryError):
        path.stat()
        return True
    return False


@contextmanager
def disk_told(path: Path, what: str) -> Iterator[None]:
    """Have what a disk refuses at `path` be a StorageError; one whose mount is dead may be asked
    again later, and not meanwhile.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _DEAD:
            raise StorageError(
                f"{what}: its mount is dead: {error.strerror}",
                where=str(path),
                next_step="unmount it (`umount -l`) and mount it again",
                retryable=True,
            ) from error
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (NoRoom if full else StorageError)(
            f"{what}: {error.strerror}",
            where=str(path),
            next_step="check that the disk is mounted, has room, and may be written to by this "
            "user",
        ) from error
