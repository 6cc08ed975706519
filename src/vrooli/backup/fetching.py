"""Giving a part back: its tar, unpacked into a folder that is empty."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from vrooli.backup import listing
from vrooli.backup.foreign import opened
from vrooli.backup.keys import Keys
from vrooli.backup.packs import damaged
from vrooli.backup.planting import Planted, inside
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.backup.streams import Told
from vrooli.core.errors import StorageError, UsageError
from vrooli.stack.backing import TREE
from vrooli.stack.durable import sync_folder

AHEAD = 3
"""Pieces that are opened while one is written."""

_BUFFER = 1024 * 1024


class Unpacked(NamedTuple):
    """What of it this machine does not know.

    Attributes:
        strangers: owners that files could not be given to by name, for people.
        refused: how many extended attributes of files could not be given back.
    """

    strangers: tuple[str, ...] = ()
    refused: int = 0


def fetch(
    part: Part, store: Store, keys: Keys, folder: Path, owner: tuple[int, int] | None, told: Told
) -> Unpacked:
    """Unpack `part` into `folder`, which is ours alone, and have it on the disk.

    Args:
        part: what is given back.
        store: where its pieces are.
        keys: what opens them.
        folder: where it goes, empty.
        owner: user and group that the files are to belong to; None for us.
        told: gets how many bytes are done.

    Returns:
        owners to whom a tree of files could not be given by name.

    Raises:
        UsageError: the folder is not empty.
        Damaged: the part is; what was unpacked of it is left.
        StorageError: the disk takes no more.
    """
    unpacked = _unpack_all(part, store, keys, folder, owner, told)
    with _telling(store, folder):
        if part.form == TREE:
            os.sync()
        else:
            _synced(folder)
        _hand_over(folder, owner)
    return unpacked


def _hand_over(folder: Path, owner: tuple[int, int] | None) -> None:
    """The folder itself; last: until now nobody but us got in, to put a link in our way."""
    if owner is not None:
        os.chown(folder, *owner, follow_symlinks=False)


def look_at(
    part: Part, store: Store, keys: Keys, folder: Path, owner: tuple[int, int] | None, told: Told
) -> None:
    """The same for a look, which need not outlast a power cut: the disk is shared with others."""
    _unpack_all(part, store, keys, folder, owner, told)
    with _telling(store, folder):
        _hand_over(folder, owner)


def _unpack_all(
    part: Part, store: Store, keys: Keys, folder: Path, owner: tuple[int, int] | None, told: Told
) -> Unpacked:
    """What is in `folder` then is ours to settle: it may not be on the disk yet, and the folder
    itself belongs to us. See `fetch`.
    """
    require_empty(folder)
    with _telling(store, folder), opened(part, store, keys, AHEAD, told) as reader:
        planted = Planted(folder) if part.form == TREE else None
        with tarfile.open(fileobj=reader, mode="r|", bufsize=_BUFFER, encoding="utf-8") as tar:
            for member in tar:
                if planted is not None:
                    planted.add(tar, member)
                else:
                    _unpack(tar, member, folder, owner)
                # Else it keeps all of them, of which there may be millions.
                tar.members = []  # type: ignore[attr-defined]  # typeshed does not know it
        while reader.read(_BUFFER):  # what follows the last member, and the digest
            pass
        if planted is not None:
            _without_damaged(planted)
            planted.finish()
        if planted is None:
            return Unpacked()
        return Unpacked(tuple(sorted(planted.strangers)), planted.refused)


@contextmanager
def _telling(store: Store, folder: Path) -> Iterator[None]:
    try:
        yield
    except tarfile.TarError as error:
        raise damaged(store.where, f"it is no tar: {error}") from error
    except OSError as error:
        raise StorageError(
            f"cannot unpack: {error.strerror}",
            where=error.filename or str(folder),
            next_step="make room there, or make it writable, then again",
        ) from error


def _without_damaged(planted: Planted) -> None:
    """A file with zeros in it must not be taken for the one that it was."""
    if (path := planted.folder / listing.LIST).is_file():
        with path.open("rb") as file:
            for one in listing.damaged(file):
                planted.remove(listing.FILES + one.path)


def made(folder: Path) -> Path:
    """A folder, with those above it, that is there already or is ours alone.

    Raises:
        UsageError: something else is in the way.
        StorageError: the disk takes nothing.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(
            "there is something that is no folder", where=str(folder), next_step="name another one"
        ) from error
    except OSError as error:
        raise StorageError(
            f"cannot be made: {error.strerror}", where=str(folder), next_step="name another one"
        ) from error
    return folder


def require_empty(folder: Path) -> None:
    """Whether something can be unpacked there.

    Raises:
        UsageError: it cannot.
    """
    if not folder.is_dir() or any(folder.iterdir()):
        raise UsageError(
            "it must be an empty folder", where=str(folder), next_step="name another one"
        )


def _unpack(
    tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, owner: tuple[int, int] | None
) -> None:
    """Files and folders alone, inside the folder alone: what came was signed, and may have been
    written by a server that somebody took over. The filters of `tarfile` came with Python 3.11.4.
    """
    path = folder / inside(member.name)
    if member.isdir():
        path.mkdir(mode=0o700, exist_ok=True)
    elif member.isfile():
        _copied(tar, member, path)
    else:
        raise damaged(member.name, "it is neither a file nor a folder")
    os.chmod(path, member.mode & 0o777)
    if owner is not None:
        os.chown(path, *owner, follow_symlinks=False)


def _copied(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """A link that a member before it made cannot be followed: there are none."""
    content = tar.extractfile(member)
    assert content is not None
    with content, path.open("xb") as file:
        shutil.copyfileobj(content, file, _BUFFER)


def _synced(folder: Path) -> None:
    """Everything below, once: PostgreSQL believes what lies in its folder."""
    for root, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(root, name), os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(root))
