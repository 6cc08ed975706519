"""Trees of files that were unpacked: whether they are what was read, and how they differ from what
is there now.
"""

import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from vrooli.backup import listing, walking
from vrooli.backup.foreign import opened
from vrooli.backup.keys import Keys
from vrooli.backup.listing import FILES, LIST, Listed
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


def listed(part: Part, store: Store, keys: Keys, told: Told) -> Iterator[Listed]:
    """What a part holds, read to its end without unpacking anything.

    Raises:
        Damaged: it is not what was stored.
    """
    with opened(part, store, keys, _AHEAD, told) as reader:
        try:
            with tarfile.open(fileobj=reader, mode="r|", encoding="utf-8") as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.name == LIST else None
                    if content is not None:
                        yield from listing.read(content)
                    tar.members = []  # type: ignore[attr-defined]  # typeshed does not know it
        except tarfile.TarError as error:
            raise damaged(store.where, f"it is no tar: {error}") from error


def differing(there: Iterator[Listed], roots: list[str]) -> Iterator[str]:
    """How what is there now differs from what was, a line each; `~` changed, `-` is missing now,
    `+` came since.
    """
    known = set[str]()
    for one in there:
        known.add(one.path)
        path = Path(one.path)
        said = listing.difference(one, path, owners=os.geteuid() == 0)
        if said:
            sign = "~" if os.path.lexists(path) else "-"
            yield f"{sign} {walking.shown(one.path)}: {said}"
    for entry in walking.walk(roots, lambda _: False, lambda _: None):
        if entry.path not in known:
            yield f"+ {walking.shown(entry.path)}"
