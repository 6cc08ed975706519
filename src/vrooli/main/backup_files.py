"""Composition of restoring files: fetched and compared beside, then put where they were."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vrooli.backup import placing, trees
from vrooli.backup.fetching import Unpacked, fetch
from vrooli.backup.keys import Keys
from vrooli.backup.listing import FILES
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.core.errors import Refused, StorageError, UsageError
from vrooli.core.sizes import rough_size
from vrooli.main.backup_place import FILES_LOCK, BackupPlace, free_in
from vrooli.stack.pace import Pace

SPARE = 64 * 1024 * 1024
"""Bytes that stay free where they are fetched to."""

_MOST_SHOWN = 10


def differences(store: Store, keys: Keys, point: str, name: str) -> Iterator[str]:
    """How what is there now differs from what a point has, a line each."""
    part = _part(store, point, name)
    return trees.differing(trees.listed(part, store, keys, _silent), _roots(part))


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
    mark = f"{point[-6:]}-{secrets.token_hex(2)}"
    with _staged(place, store, part, told) as stage:
        for target in _roots(part):
            _put(stage / FILES / target.lstrip("/"), target, mark, told)


def put_back(
    place: BackupPlace, store: Store, point: str, name: str, told: Callable[[str], None]
) -> list[str]:
    """The same where some of them cannot be: the others come back all the same. Again, it leaves
    those alone that are back already. Errors as above, but for those of single paths.

    Returns:
        a line for each path that is not back, and why.
    """
    part, left = _part(store, point, name), []
    mark = f"{point[-6:]}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"
    with _staged(place, store, part, told) as stage:
        for target in _roots(part):
            staged = stage / FILES / target.lstrip("/")
            try:
                if trees.alike(str(staged), target):
                    told(f"{target} is as it was")
                else:
                    _put(staged, target, mark, told)
            except (Refused, StorageError) as error:
                left.append(f"{name}: {target} is not back: {error.what}")
                told(left[-1])
    return left


@contextmanager
def _staged(
    place: BackupPlace, store: Store, part: Part, told: Callable[[str], None]
) -> Iterator[Path]:
    """They, fetched and compared with what was read, in a folder that is ours alone."""
    name = part.service
    with place.alone(FILES_LOCK, "another restore of files"):
        data = place.home.root / "data"
        data.mkdir(mode=0o755, exist_ok=True)
        _require_room(part, data)
        stage = trees.emptied(data / f"{name}.planting")
        try:
            told(f"{name}: fetch it")
            unpacked = fetch(
                part, store, place.keys(), stage, None, Pace(part.plain, told, f"{name}: ")
            )
            told(f"{name}: {trees.proven(stage).checks[0]}")
            for line in part.lacks[:_MOST_SHOWN]:
                told(f"{name}: not in it, though asked for: {line}")
            for line in lines_of(unpacked):
                told(f"{name}: {line}")
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def lines_of(unpacked: Unpacked) -> list[str]:
    """What became of what this machine does not know."""
    lines = [_stranger(one) for one in unpacked.strangers]
    if unpacked.refused:
        lines.append(f"{unpacked.refused} extended attributes cannot be given back here")
    return lines


def _stranger(one: str) -> str:
    if os.geteuid():
        return f"what belonged to {one} belongs to you now: only root gives files away"
    return f"{one} is not known here: what was theirs has their number"


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
            f"{rough_size(need)} are needed, {rough_size(free)} are free",
            where=str(folder),
            next_step="make room there, then again; nothing was changed",
        )


def _silent(_: int) -> None:
    """Nobody waits for long."""
