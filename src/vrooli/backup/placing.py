"""Putting what was unpacked where it was: what is there is moved aside, and never removed.

Root does this in folders of others. Folders in front of a path are opened one by one, and none of
them may be a link; what is made there is made in a folder that is ours alone.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vrooli.backup.attributes import attributes, set_on
from vrooli.core.errors import Refused, StorageError, VrooliError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def put(staged: Path, target: str, mark: str) -> str:
    """Have `staged` at `target`, and what was there beside it, by one rename each.

    Args:
        staged: ours; it is gone afterwards.
        target: absolute, as it was noted: its folders were no links then.
        mark: names what is moved aside. It is another each time, or the same when this was begun
            before and cut short: then it is done from there on.

    Returns:
        where that is now; empty when nothing was there.

    Raises:
        Refused: there is a link in the way, or it is the root of everything.
        StorageError: it cannot be; what was there is there.
    """
    folder, name = os.path.split(target)
    if not name:
        raise Refused(
            "the root of a file system cannot be moved aside",
            where=target,
            next_step="restore into a folder (`--into`), and copy from there what is needed",
        )
    new, kept = f"{name}.{mark}.new", os.path.basename(kept_as(target, mark))
    with _failing(target), _opened(folder) as at:
        _tidied(at, new)
        _moved(staged, at, new)
        was, before = _is_there(at, name), _is_there(at, kept)
        if was:
            kept = _unused(at, kept)
            os.rename(name, kept, src_dir_fd=at, dst_dir_fd=at)
        try:
            os.rename(new, name, src_dir_fd=at, dst_dir_fd=at)
        except OSError:
            if was:
                os.rename(kept, name, src_dir_fd=at, dst_dir_fd=at)
            raise
        os.fsync(at)
    return os.path.join(folder, kept) if was or before else ""


def kept_as(target: str, mark: str) -> str:
    """Where `put` and `exchange` move what is there."""
    return f"{target}.{mark}.before"


def exchange(target: str, kept: str, mark: str) -> str:
    """Have what was moved aside to `kept` at `target` again, nothing where that is empty; what is
    there now is moved aside in its turn. Cut short, the same mark does it from there on.

    Returns:
        where what was there is now; empty when nothing was.

    Raises:
        Refused: there is a link in the way.
        StorageError: it cannot be; what was there is there.
    """
    folder, name = os.path.split(target)
    old, new = os.path.basename(kept), os.path.basename(kept_as(target, mark))
    with _failing(target), _opened(folder) as at:
        left = _is_there(at, old) if old else not _is_there(at, new)
        if left and _is_there(at, name):
            aside = _unused(at, new)  # somebody made another one after it was cut short
            os.rename(name, aside, src_dir_fd=at, dst_dir_fd=at)
        if left and old:
            os.rename(old, name, src_dir_fd=at, dst_dir_fd=at)
        os.fsync(at)
        return os.path.join(folder, new) if _is_there(at, new) else ""


def tidy(target: str, mark: str) -> None:
    """Remove the copy beside `target` that a `put` of that mark left when it was killed; errors as
    above.
    """
    folder, name = os.path.split(target)
    with _failing(target), _opened(folder) as at:
        _tidied(at, f"{name}.{mark}.new")


def obstacle(target: str) -> str:
    """Why `put` could not have anything there, as far as can be seen; empty when it could."""
    folder, name = os.path.split(target)
    if not name:
        return "it is the root of a file system"
    if os.path.ismount(target) and not os.path.islink(target):
        return f"a disk is mounted at {target}: it cannot be moved aside"
    path = "/"
    for one in filter(None, folder.split("/")):
        below = os.path.join(path, one)
        if not os.path.lexists(below):
            break
        if not stat.S_ISDIR(os.lstat(below).st_mode):
            return f"{below} is a link or a file, and was a folder"
        path = below
    return "" if os.access(path, os.W_OK | os.X_OK) else f"{path} cannot be written"


@contextmanager
def _failing(target: str) -> Iterator[None]:
    try:
        yield
    except VrooliError:
        raise
    except OSError as error:
        raise StorageError(
            f"cannot be put there: {error.strerror}",
            where=target,
            next_step="mend that, or restore into a folder (`--into`), and copy from there",
        ) from error


@contextmanager
def _opened(folder: str) -> Iterator[int]:
    """Made where it is missing: then by us, for everybody to enter."""
    at = os.open("/", _FOLDER)
    try:
        for name in filter(None, folder.split("/")):
            below = _entered(at, name, folder)
            os.close(at)
            at = below
        yield at
    finally:
        os.close(at)


def _entered(at: int, name: str, folder: str) -> int:
    if not _is_there(at, name):
        os.mkdir(name, 0o755, dir_fd=at)
    try:
        return os.open(name, _FOLDER, dir_fd=at)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        raise Refused(
            f"`{name}` is a link or a file now, and was a folder",
            where=folder,
            next_step="see who changed that; `--into` restores into a folder",
        ) from error


def _moved(staged: Path, at: int, new: str) -> None:
    try:
        os.rename(staged, new, dst_dir_fd=at)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    work = f"{new}.d"
    os.mkdir(work, 0o700, dir_fd=at)
    try:
        ours = os.open(work, _FOLDER, dir_fd=at)
        try:
            _require_ours(ours, work)
            _copied(staged, Path(f"/proc/self/fd/{ours}/new"))
            os.rename("new", new, src_dir_fd=ours, dst_dir_fd=at)
        except BaseException:
            shutil.rmtree(f"/proc/self/fd/{ours}/new", ignore_errors=True)
            raise
        finally:
            os.close(ours)
    finally:
        os.rmdir(work, dir_fd=at)


def _require_ours(folder: int, name: str) -> None:
    """Whoever owns the folder around it may have put another one in its place."""
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise Refused(
            "somebody else puts things there",
            where=name,
            next_step="restore into a folder (--into)",
        )


def _copied(source: Path, target: Path) -> None:
    """To another file system, with all that it is."""
    found = source.lstat()
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(source), target)
    elif stat.S_ISDIR(found.st_mode):
        target.mkdir(0o700)
        for below in os.scandir(source):
            _copied(Path(below.path), target / below.name)
    else:
        shutil.copyfile(source, target, follow_symlinks=False)
    if os.geteuid() == 0:
        os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(found.st_mode):
        os.chmod(target, stat.S_IMODE(found.st_mode))
        set_on(str(target), attributes(str(source)))
    os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns), follow_symlinks=False)


def _tidied(at: int, new: str) -> None:
    """What an attempt left that was killed: a copy."""
    for left in (new, f"{new}.d"):
        _removed(at, left)


def _removed(at: int, name: str) -> None:
    if not _is_there(at, name):
        return
    if stat.S_ISDIR(os.lstat(name, dir_fd=at).st_mode):
        shutil.rmtree(name, dir_fd=at)
    else:
        os.unlink(name, dir_fd=at)


def _unused(at: int, name: str) -> str:
    """A rename would put an end to a file of that name."""
    names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
    return next((one for one in names if not _is_there(at, one)), name)


def _is_there(at: int, name: str) -> bool:
    try:
        os.lstat(name, dir_fd=at)
    except FileNotFoundError:
        return False
    return True
