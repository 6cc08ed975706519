"""Changes to files, each whole or not at all.

Every function blocks, raises OSError, and is called in a thread.

As root we write into folders that belong to lesser users. So nothing here follows their links in
the last part of a path, and modes and owners are set through open descriptors.
"""

import os
import pwd
import shutil
import stat
from pathlib import Path

from vrooli.core.command import CopyTree, EnsureDirectory, Remove, Rename, WriteFile
from vrooli.host.locks import FileLock
from vrooli.stack.durable import sync_folder

_NO_FOLLOW = os.O_NOFOLLOW | os.O_CLOEXEC


def ensure_directory(command: EnsureDirectory) -> None:
    """Make it, or put mode and owner right.

    A link is accepted from root or ourselves only: an operator may keep data on another disk.
    """
    path = Path(command.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        _refuse_foreign_link(path)
    flags = os.O_CLOEXEC if path.is_symlink() else _NO_FOLLOW
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | flags)
    try:
        _own(descriptor, command.user)
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != command.mode:
            os.fchmod(descriptor, command.mode)
    finally:
        os.close(descriptor)


def write_file(command: WriteFile) -> None:
    """Replace the file, on disk when this returns; an equal one is left alone."""
    path = Path(command.path)
    data = command.content
    if _is_already(path, data, command):
        return
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _own(descriptor, command.user)
            os.fchmod(descriptor, command.mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_tree(command: CopyTree) -> None:
    """Copy beside the target, flush, rename; what an earlier, killed copy left is removed first.

    Two services that need the same one may come at once: the second waits, and finds it there.
    """
    target = Path(command.target)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    place = target.with_name(f".{target.name}.lock")
    lock = FileLock(place, "a copy to this place")
    lock.take(wait=True)
    try:
        _copy_alone(command, target)
    finally:
        place.unlink(missing_ok=True)  # while it is held: who waits for it locks another then
        lock.release()


def _copy_alone(command: CopyTree, target: Path) -> None:
    if target.exists():
        return
    for left in target.parent.glob(f".{target.name}.*.part"):
        shutil.rmtree(left)
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
    try:
        for source, name in command.sources:
            _copy_folder(Path(source), temporary / name)
        temporary.chmod(0o755)
        os.sync()  # a thousand small files: one flush of all is faster than one for each
        os.rename(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(target.parent)


def rename(command: Rename) -> None:
    """Give the final name, on disk when this returns. An empty folder in its place is replaced."""
    source, target = Path(command.source), Path(command.target)
    if not source.exists() and target.exists():
        return
    os.rename(source, target)
    sync_folder(target.parent)


def remove(command: Remove) -> None:
    """A file, a link (never what it points to) or a folder with all that is in it."""
    path = Path(command.path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_already(path: Path, data: bytes, command: WriteFile) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        same = stat.S_ISREG(facts.st_mode) and stat.S_IMODE(facts.st_mode) == command.mode
        owner = facts.st_uid if command.user is None else pwd.getpwnam(command.user).pw_uid
        return same and facts.st_uid == owner and file.read(len(data) + 1) == data


def _own(descriptor: int, user: str | None) -> None:
    """Owner and group of `user`; nothing to do for None, and for whoever is not root."""
    if user is None or os.geteuid() != 0:
        return
    entry = pwd.getpwnam(user)
    facts = os.fstat(descriptor)
    if (facts.st_uid, facts.st_gid) != (entry.pw_uid, entry.pw_gid):
        os.fchown(descriptor, entry.pw_uid, entry.pw_gid)


def _refuse_foreign_link(path: Path) -> None:
    facts = path.lstat()
    if stat.S_ISLNK(facts.st_mode) and facts.st_uid not in (0, os.geteuid()):
        raise PermissionError(0, "is a link made by another user", str(path))


def _copy_folder(source: Path, target: Path) -> None:
    """Like `shutil.copytree`, but it stops at the first error and keeps its number.

    Modes are opened for readers: a package installed with a strict umask would be closed to the
    user that runs the server.
    """
    for place, folders, names in os.walk(source, onerror=_raise):
        here = target / os.path.relpath(place, source)
        here.mkdir(parents=True, exist_ok=True)
        here.chmod(0o755)
        for name in (*names, *folders):
            _copy_entry(Path(place, name), here / name)


def _copy_entry(source: Path, target: Path) -> None:
    mode = source.lstat().st_mode
    if stat.S_ISLNK(mode):
        target.symlink_to(source.readlink())
    elif stat.S_ISREG(mode):
        shutil.copyfile(source, target)
        target.chmod(0o755 if mode & 0o100 else 0o644)


def _raise(error: OSError) -> None:
    raise error
