"""Giving a part back: its tar, unpacked into a folder that is empty."""

import os
import shutil
import tarfile
from pathlib import Path

from vrooli.backup.keys import Keys
from vrooli.backup.packs import damaged
from vrooli.backup.planting import Planted, inside
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.backup.streams import PartReader, Told
from vrooli.core.errors import StorageError, UsageError
from vrooli.stack.backing import TREE
from vrooli.stack.durable import sync_folder

AHEAD = 3
"""Pieces that are opened while one is written."""

_BUFFER = 1024 * 1024


def fetch(
    part: Part, store: Store, keys: Keys, folder: Path, owner: tuple[int, int] | None, told: Told
) -> int:
    """Unpack `part` into `folder`, which is ours alone, and have it on the disk. How many extended
    attributes of files that does not take.

    Args:
        part: what is given back.
        store: where its pieces are.
        keys: what opens them.
        folder: where it goes, empty.
        owner: user and group that the files are to belong to; None for us.
        told: gets how many bytes are done.

    Raises:
        UsageError: the folder is not empty.
        Damaged: the part is; what was unpacked of it is left.
        StorageError: the disk takes no more.
    """
    require_empty(folder)
    reader = PartReader(part, store, keys.opener, AHEAD, told)
    try:
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
            planted.finish()
        else:
            _synced(folder)
        if owner is not None:  # last: until now nobody but us got in, to put a link in our way
            os.chown(folder, *owner, follow_symlinks=False)
        return planted.refused if planted is not None else 0
    except tarfile.TarError as error:
        raise damaged(store.where, f"it is no tar: {error}") from error
    except OSError as error:
        raise StorageError(
            f"cannot unpack: {error.strerror}",
            where=error.filename or str(folder),
            next_step="make room there, or make it writable, then again",
        ) from error
    finally:
        reader.close()


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
