"""Unpacking a tree of files as it was: modes, owners, times, symbolic links.

Root does this with what others wrote. No link is there before all else is, and none is ever
followed; whatever a member is called, it comes to lie below the folder, which is ours alone.
"""

import grp
import os
import pwd
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TypeVar

from vrooli.backup.attributes import set_on
from vrooli.backup.packs import damaged

T = TypeVar("T")

_CHUNK = 1024 * 1024
_MODE = 0o7777


@dataclass
class Planted:
    """One tree.

    Attributes:
        folder: where, empty.
        owners: whether files are given to those whose they were: only root can.
        refused: how many extended attributes could not be given back.
    """

    folder: Path
    owners: bool = field(default_factory=lambda: os.geteuid() == 0)
    refused: int = 0
    _folders: list[tuple[Path, tarfile.TarInfo]] = field(default_factory=list)
    _links: dict[Path, tarfile.TarInfo] = field(default_factory=dict)

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """The next member.

        Raises:
            Damaged: it leads out of the folder, or is nothing that was laid up.
        """
        path = self.folder / inside(member.name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if member.isdir():
            path.mkdir(mode=0o700, exist_ok=True)
            self._folders.append((path, member))
        elif member.isfile():
            self._file(tar, member, path)
        elif member.issym():
            self._links[path] = member
        else:
            raise damaged(member.name, "it is neither a file, a folder nor a link")

    def finish(self) -> None:
        """Links, then folders, the deepest first: what is in them changes their times, and may be
        forbidden by their modes. Then all of it is on the disk.

        Raises:
            Damaged: something is to lie below a link.
        """
        for path, member in self._links.items():
            if any(above in self._links for above in path.parents):
                raise damaged(member.name, "it lies below a link")
            if os.path.lexists(path):
                raise damaged(member.name, "it is there twice")
            os.symlink(member.linkname, path)
            self._kept(path, member)
        for path, member in reversed(self._folders):
            self._kept(path, member)
        os.sync()

    def _file(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
        content = tar.extractfile(member)
        assert content is not None
        with content, path.open("xb") as file:
            while chunk := content.read(_CHUNK):
                if chunk.count(0) == len(chunk):  # a hole, or as good as one
                    file.seek(len(chunk), os.SEEK_CUR)
                else:
                    file.write(chunk)
            file.truncate()
        self._kept(path, member)

    def _kept(self, path: Path, member: tarfile.TarInfo) -> None:
        if self.owners:
            os.chown(path, *owner_of(member), follow_symlinks=False)
        if not member.issym():
            os.chmod(path, member.mode & _MODE)  # after the owner: that takes bits away
            self.refused += set_on(str(path), member.pax_headers)  # ACLs tell more than the mode
        os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)


def inside(name: str) -> str:
    """The name of a member.

    Raises:
        Damaged: it leads out of the folder.
    """
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or "\0" in name:
        raise damaged(name, "its name leads out of the folder")
    return name


def owner_of(member: tarfile.TarInfo) -> tuple[int, int]:
    """By name where this machine knows it: on another one the numbers are others'."""
    return _uid(member.uname, member.uid), _gid(member.gname, member.gid)


@lru_cache(maxsize=1024)
def names_of(uid: int, gid: int) -> tuple[str, str]:
    """The other way round; empty where there is none."""
    return (
        _known(lambda: pwd.getpwuid(uid).pw_name, ""),
        _known(lambda: grp.getgrgid(gid).gr_name, ""),
    )


@lru_cache(maxsize=1024)
def _uid(name: str, number: int) -> int:
    return _known(lambda: pwd.getpwnam(name).pw_uid, number) if name else number


@lru_cache(maxsize=1024)
def _gid(name: str, number: int) -> int:
    return _known(lambda: grp.getgrnam(name).gr_gid, number) if name else number


def _known(ask: Callable[[], T], otherwise: T) -> T:
    try:
        return ask()
    except KeyError:
        return otherwise
