"""Whether a folder may become a store: nobody else's files lie there."""

import os
from pathlib import Path

from vrooli.backup.owning import owner_of
from vrooli.backup.store import MAC_KEY, Store
from vrooli.backup.store_check import PROBES
from vrooli.core.errors import Refused
from vrooli.host.blob_folder import disk_told, is_part, is_there

_OF_DISKS = {"lost+found", PROBES.rstrip("/")}
"""What a disk brings along, and what a look at a store leaves."""


def require_unused(folder: Path, store: Store) -> None:
    """Whether a folder is a store already, or holds nothing: what of somebody else's lay there
    would be taken for ours, and nobody could tell the two apart afterwards.

    Raises:
        Refused: something else lies there.
        StorageError: nobody can tell.
    """
    if is_there(folder / MAC_KEY) or owner_of(store) is not None or store.ids():
        return
    with disk_told(folder, "cannot list"):
        try:
            names = sorted(one.name for one in os.scandir(folder) if _is_something(one))
        except FileNotFoundError:
            return
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise Refused(
            f"there are other files already: {', '.join(names[:3])}{more}",
            where=str(folder),
            next_step="name a folder of its own for the store: one that is empty, or not there yet",
        )


def _is_something(entry: os.DirEntry[str]) -> bool:
    """Hidden are snapshots and indexes of whoever shares out a disk; what we left that were killed
    at the very first write is ours.
    """
    if entry.name.startswith(".") or entry.name in _OF_DISKS:
        return False
    return not entry.is_dir(follow_symlinks=False) or not all(map(is_part, os.listdir(entry.path)))
