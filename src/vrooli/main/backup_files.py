"""Composition of restoring files: fetched and compared beside, then put where they were."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from vrooli.backup import placing
from vrooli.backup.fetching import fetch
from vrooli.backup.keys import Keys
from vrooli.backup.listing import FILES
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.backup.trees import differing, emptied, listed, proven
from vrooli.core.errors import Refused, UsageError
from vrooli.main.backup_place import BackupPlace, free_in

SPARE = 64 * 1024 * 1024
"""Bytes that stay free where they are fetched to."""


def differences(store: Store, keys: Keys, point: str, name: str) -> Iterator[str]:
    """How what is there now differs from what a point has, a line each."""
    part = _part(store, point, name)
    return differing(listed(part, store, keys, _silent), _roots(part))


def restore(
    place: BackupPlace, store: Store, point: str, name: str, told: Callable[[str], None]
) -> None:
    """Have what a point has of some files where they were. What is there is moved aside.

    Raises:
        UsageError: there is no such point, or it has no such files.
        Refused: there is no room, or a link in the way.
        Damaged, StartFailed: they are not what was read; nothing was changed.
        StorageError: one of them cannot be put there; those before it are.
    """
    part = _part(store, point, name)
    with place.alone("backup-files.lock", "another restore of files"):
        data = place.home.root / "data"
        data.mkdir(mode=0o755, exist_ok=True)
        _require_room(part, data)
        stage = emptied(data / f"{name}.planting")
        try:
            told(f"{name}: fetch it")
            if refused := fetch(part, store, place.keys(), stage, None, _silent):
                told(f"{name}: {refused} extended attributes cannot be given back here")
            told(f"{name}: {proven(stage).checks[0]}")
            mark = f"{point[-6:]}-{secrets.token_hex(2)}"
            for target in _roots(part):
                _put(stage / FILES / target.lstrip("/"), target, mark, told)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _put(staged: Path, target: str, mark: str, told: Callable[[str], None]) -> None:
    if not staged.is_symlink() and not staged.exists():
        told(f"{target} was left out when it was taken: it stays as it is")
        return
    kept = placing.put(staged, target, mark)
    told(f"{target} is back; " + (f"what was there is {kept}" if kept else "nothing was there"))


def _part(store: Store, point: str, name: str) -> Part:
    part = store.point(point).part_of(name)
    if part is None:
        raise UsageError(
            f"{point} has nothing of `{name}`",
            where=store.where,
            next_step=f"`vrooli backup show {point}` tells what it has",
        )
    return part


def _roots(part: Part) -> list[str]:
    return list((part.facts.get("before") or {}).get("roots", ()))


def _require_room(part: Part, folder: Path) -> None:
    need, free = part.plain + SPARE, free_in(folder)
    if free < need:
        raise Refused(
            f"{need // 1_000_000} MB are needed, {free // 1_000_000} MB are free",
            where=str(folder),
            next_step="make room there, then again; nothing was changed",
        )


def _silent(_: int) -> None:
    """Files are told as they come back."""
