"""Port `Workspaces`: folders below one of ours. No link is followed anywhere on the way."""

import asyncio
import errno
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from vrooli.core.errors import StorageError, TooLarge, UsageError
from vrooli.core.ports.workspaces import (
    MOST_BYTES,
    MOST_FILES,
    NoSuchFile,
    StoredFile,
    parts,
)

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_PART = re.compile(r"\..*\.[0-9a-f]{8}\.part", re.DOTALL)
"""A file that is being written, or that a crash has left so."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hold us up

Value = TypeVar("Value")


class FolderWorkspaces:
    """Works in threads: a disk may take its time.

    Args:
        root: holds a folder for each run, made when the first file is written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def read(self, run: str, path: str, largest: int) -> bytes:
        """See the port."""
        return await self._in_thread(lambda: self._read(run, path, largest))

    async def write(self, run: str, path: str, data: bytes) -> None:
        """See the port."""
        await self._in_thread(lambda: self._write(run, path, data))

    async def listed(self, run: str) -> list[StoredFile]:
        """See the port."""
        folder = self._folder(run)
        return await self._in_thread(lambda: _files(folder))

    async def untouched(self, since: float) -> list[str]:
        """See the port."""
        return await self._in_thread(lambda: self._untouched(since))

    async def remove(self, run: str) -> None:
        """See the port."""
        folder = self._folder(run)
        await self._in_thread(lambda: _removed(folder))

    async def _in_thread(self, work: Callable[[], Value]) -> Value:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise _translated(error) from error

    def _folder(self, run: str) -> Path:
        if not _RUN.fullmatch(run):
            raise UsageError(
                "this cannot be the id of a run", next_step="`vrooli run list` shows the runs"
            )
        return self._root / run

    def _untouched(self, since: float) -> list[str]:
        found = []
        with suppress(FileNotFoundError), os.scandir(self._root) as folders:
            for one in folders:
                if _RUN.fullmatch(one.name) and one.is_dir(follow_symlinks=False):
                    untouched = one.stat(follow_symlinks=False).st_mtime < since
                    found += [one.name] if untouched else []
        return sorted(found)

    def _read(self, run: str, path: str, largest: int) -> bytes:
        *folders, name = parts(path)
        with _opened(self._folder(run), folders) as folder:
            descriptor = os.open(name, _FILE, dir_fd=folder)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise NoSuchFile("it is no file", where=path)
                data = file.read(largest + 1)
        if len(data) > largest:
            raise TooLarge(f"the file has more than {largest} bytes", where=path)
        return data

    def _write(self, run: str, path: str, data: bytes) -> None:
        *folders, name = parts(path)
        whole = self._folder(run)
        whole.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(whole, []) as folder:
            count, size = _used(folder)
        if count >= MOST_FILES or size + len(data) > MOST_BYTES:
            most = f"{MOST_FILES} files and {MOST_BYTES // 2**20} MiB"
            raise TooLarge(f"a run has {most} at most", where=path)
        with _opened(whole, folders, make=True) as folder:
            _replace(folder, name, data)


@contextmanager
def _opened(whole: Path, folders: list[str], *, make: bool = False) -> Iterator[int]:
    """The innermost of folders, each opened in the one before: what is a link there is an error."""
    descriptor = os.open(whole, _FOLDER)
    try:
        for name in folders:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=descriptor)
                    os.fsync(descriptor)
            inner = os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _replace(folder: int, name: str, data: bytes) -> None:
    """Written beside and renamed: nobody reads a half, and a link of that name is replaced."""
    beside = f".{name}.{os.urandom(4).hex()}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(beside, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside, dir_fd=folder)
        raise
    os.fsync(folder)


def _files(whole: Path) -> list[StoredFile]:
    found: list[StoredFile] = []
    try:
        with _opened(whole, []) as folder:
            for place, _, names, inner in os.fwalk(dir_fd=folder):
                for name in names:
                    with suppress(FileNotFoundError):  # a step has just replaced it
                        facts = os.stat(name, dir_fd=inner, follow_symlinks=False)
                        if stat.S_ISREG(facts.st_mode) and not _PART.fullmatch(name):
                            path = os.path.normpath(os.path.join(place, name))
                            found.append(StoredFile(path, facts.st_size, facts.st_mtime))
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda one: one.path)[:MOST_FILES]


def _used(folder: int) -> tuple[int, int]:
    """How many files are below it, and their bytes."""
    count = size = 0
    for _, _, names, inner in os.fwalk(dir_fd=folder):
        for name in names:
            with suppress(FileNotFoundError):  # another step has just replaced it
                size += os.stat(name, dir_fd=inner, follow_symlinks=False).st_size
                count += 1
    return count, size


def _removed(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _translated(error: OSError) -> StorageError | UsageError:
    if error.errno in (errno.ENOENT, errno.ENXIO):
        return NoSuchFile("there is no such file")
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY):
        return UsageError("what is there is no file, or a link", next_step="choose another path")
    return StorageError(
        f"the disk refuses: {error.strerror}",
        retryable=True,
        next_step="free space on the disk of the home, or make it writable",
    )
