"""Trees of files that were unpacked: whether they are what was read, and how they differ from what
is there now.
"""

import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from vrooli.backup import listing, walking
from vrooli.backup.foreign import opened
from vrooli.backup.keys import Keys
from vrooli.backup.listing import DAMAGED, FILES, LIST, Listed
from vrooli.backup.packs import damaged
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.backup.streams import Told
from vrooli.core.errors import StartFailed
from vrooli.stack.backing import Found

_AHEAD = 3


def emptied(folder: Path) -> Path:
    """An empty folder, ours alone."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def proven(folder: Path) -> Found:
    """Compare a tree that was unpacked with its list.

    Raises:
        StartFailed: it is not what was read then.
    """
    wrong, count, size = [], 0, 0
    with (folder / LIST).open("rb") as file:
        for one in listing.read(file):
            if one.kind == DAMAGED:
                continue
            path = folder / FILES / one.path.lstrip("/")
            if found := listing.difference(one, path, owners=False):
                wrong.append(f"{walking.shown(one.path)}: {found}")
            count, size = count + 1, size + one.size
    if wrong:
        raise StartFailed(
            f"{len(wrong)} of {count} files are not what was read: {'; '.join(wrong[:5])}",
            where=LIST,
            next_step="take another restore point",
        )
    held = f"all {count} files, folders and links are there, with the content they had"
    return Found((held,), {"files": count, "bytes": size})


def alike(one: str, other: str) -> bool:
    """Whether two trees are the same: what there is, its modes, owners, targets and content."""
    try:
        a, b = os.lstat(one), os.lstat(other)
        if (a.st_mode, a.st_uid, a.st_gid) != (b.st_mode, b.st_uid, b.st_gid):
            return False
        if stat.S_ISLNK(a.st_mode):
            return os.readlink(one) == os.readlink(other)
        if stat.S_ISDIR(a.st_mode):
            names = sorted(os.listdir(one))
            below = (alike(os.path.join(one, name), os.path.join(other, name)) for name in names)
            return names == sorted(os.listdir(other)) and all(below)
        same = (a.st_size, int(a.st_mtime)) == (b.st_size, int(b.st_mtime))
        return same and listing.digest(Path(one)) == listing.digest(Path(other))
    except OSError:
        return False


def listed(part: Part, store: Store, keys: Keys, told: Told) -> Iterator[Listed]:
    """What a part holds, read to its end without unpacking anything.

    Raises:
        Damaged: it is not what was stored.
    """
    for _, content in contents(part, store, keys, lambda name: name == LIST, told):
        yield from listing.read(content)


def contents(
    part: Part, store: Store, keys: Keys, wanted: Callable[[str], bool], told: Told
) -> Iterator[tuple[str, IO[bytes]]]:
    """The files in it whose names are `wanted`, each to be read before the next one; Damaged as
    above.
    """
    with opened(part, store, keys, _AHEAD, told) as reader:
        try:
            with tarfile.open(fileobj=reader, mode="r|", encoding="utf-8") as tar:
                for member in tar:
                    content = tar.extractfile(member) if wanted(member.name) else None
                    if content is not None:
                        yield member.name, content
                    tar.members = []  # type: ignore[attr-defined]  # typeshed does not know it
        except tarfile.TarError as error:
            raise damaged(store.where, f"it is no tar: {error}") from error


def differing(there: Iterator[Listed], roots: list[str]) -> Iterator[str]:
    """How what is there now differs from what was, a line each; `~` changed, `-` is missing now,
    `+` came since, `!` could not be read then.
    """
    known = set[str]()
    for one in there:
        known.add(one.path)
        if one.kind == DAMAGED:
            yield f"! {walking.shown(one.path)}: it could not be read then, and is not in it"
            continue
        path = Path(one.path)
        said = listing.difference(one, path, owners=os.geteuid() == 0)
        if said:
            sign = "~" if os.path.lexists(path) else "-"
            yield f"{sign} {walking.shown(one.path)}: {said}"
    for entry in walking.walk(roots, lambda _: False, lambda *_: None):
        if entry.path not in known:
            yield f"+ {walking.shown(entry.path)}"
