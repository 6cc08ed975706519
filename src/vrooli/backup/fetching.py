"""Giving a part back: its tar, unpacked into a folder that is empty."""

import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from vrooli.backup import listing
from vrooli.backup.foreign import opened
from vrooli.backup.forward import Forward
from vrooli.backup.keys import Keys
from vrooli.backup.packs import damaged
from vrooli.backup.planting import Planted, inside
from vrooli.backup.point import Part
from vrooli.backup.settling import Settling
from vrooli.backup.store import Store
from vrooli.backup.streams import PartReader, Told
from vrooli.core.errors import StorageError, UsageError
from vrooli.stack.backing import TREE

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
    require_empty(folder)
    with _telling(store, folder), opened(part, store, keys, AHEAD, told) as reader:
        if part.form == TREE:
            unpacked = _tree(reader, folder)
            os.sync()
        else:
            unpacked = Unpacked()
            with Settling() as settling:
                _data(reader, folder, owner, settling)
                settling.finish(folder)
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
    require_empty(folder)
    with _telling(store, folder), opened(part, store, keys, AHEAD, told) as reader:
        if part.form == TREE:
            _tree(reader, folder)
        else:
            _data(reader, folder, owner, None)
        _hand_over(folder, owner)


def _tree(reader: PartReader, folder: Path) -> Unpacked:
    """It may not be on the disk yet, and `folder` itself belongs to us; so with `_data`."""
    planted = Planted(folder)
    with _members(reader) as (tar, _):
        for member in tar:
            planted.add(tar, member)
            tar.members = []  # type: ignore[attr-defined]  # see `_data`
    _without_damaged(planted)
    planted.finish()
    return Unpacked(tuple(sorted(planted.strangers)), planted.refused)


def _data(
    reader: PartReader, folder: Path, owner: tuple[int, int] | None, settling: Settling | None
) -> None:
    with _members(reader) as (tar, forward):
        for member in tar:
            path = folder / inside(member.name)
            if member.isdir():
                path.mkdir(mode=0o700, exist_ok=True)
                os.chmod(path, member.mode & 0o777)
                _hand_over(path, owner)
            elif member.isfile() and not member.issparse():
                _file(forward, member, path, owner, settling)
            else:
                raise damaged(member.name, "it is neither a file nor a folder")
            # Else it keeps all of them, of which there may be millions.
            tar.members = []  # type: ignore[attr-defined]  # typeshed does not know it


@contextmanager
def _members(reader: PartReader) -> Iterator[tuple[tarfile.TarFile, Forward]]:
    """Afterwards all of the part was read: its digest is looked at where it ends."""
    forward = Forward(reader)
    source = cast(BinaryIO, forward)  # `tarfile` asks for no more of it than that
    with tarfile.open(fileobj=source, mode="r:", encoding="utf-8") as tar:
        yield tar, forward
    while reader.some(_BUFFER):
        pass


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


@contextmanager
def made_for(folder: Path) -> Iterator[Path]:
    """A folder as `made` has it; where nothing comes into it, what was not there before goes."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        yield made(folder)
    except BaseException:
        with suppress(OSError):  # something is in it, which people may want to see
            for one in new:
                one.rmdir()
        raise


def require_empty(folder: Path) -> None:
    """Whether something can be unpacked there.

    Raises:
        UsageError: it cannot.
    """
    if not folder.is_dir() or any(folder.iterdir()):
        raise UsageError(
            "it must be an empty folder", where=str(folder), next_step="name another one"
        )


def _file(
    forward: Forward,
    member: tarfile.TarInfo,
    path: Path,
    owner: tuple[int, int] | None,
    settling: Settling | None,
) -> None:
    """Inside the folder alone, new, and through no link: none was made. What came was signed, and
    may have been written by a server that somebody took over. The filters of `tarfile` came with
    Python 3.11.4.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        forward.pour(member, file, partial(settling.written, file) if settling else _unsettled)
        os.fchmod(file, member.mode & 0o777)
        if owner is not None:
            os.fchown(file, *owner)
    finally:
        os.close(file)
    if settling:
        settling.closed(path)


def _unsettled(_: int) -> None:
    """What is for a look alone."""
