"""Composition of restoring files: fetched and compared beside, then put where they were."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vrooli.backup import placing, trees
from vrooli.backup.fetching import Unpacked, fetch
from vrooli.backup.files_plan import FilesPlan, Root, in_the_way, no_room
from vrooli.backup.keys import Keys
from vrooli.backup.listing import FILES
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.core.errors import Refused, StorageError, UsageError
from vrooli.main.backup_files_record import FilesRecord
from vrooli.main.backup_files_users import tell_users, users_told
from vrooli.main.backup_place import FILES_LOCK, BackupPlace, free_in
from vrooli.stack.files_restored import FilesRestored, Moved
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
    """Have what a point has of some files where they were. What is there is moved aside, and
    written down for `undo`; one that was cut short goes on where it was.

    Raises:
        UsageError: there is no such point, or it has no such files.
        Refused: there is no room, or a link in the way.
        Damaged, StartFailed: they are not what was read; nothing was changed.
        StorageError: one of them cannot be put there; those before it are.
    """
    part, record = _part(store, point, name), FilesRecord(place.home)
    _require_free(_roots(part))
    with _staged(place, store, part, told) as stage:
        staged = dict[str, Path]()
        for path in _roots(part):
            at = stage / FILES / path.lstrip("/")
            if os.path.lexists(at):
                staged[path] = at
            else:
                told(f"{path} was left out when it was taken: it stays as it is")
        again, begun = record.begin(name, store.point(point).id, tuple(staged), told)
        moved = []
        for one in begun.moved:
            if again and trees.alike(str(staged[one.path]), one.path):
                told(f"{one.path} is back already")
                moved.append(one)
                continue
            first = again and one.kept and os.path.lexists(one.kept)
            kept = _put(staged[one.path], one.path, begun.mark, told)
            moved.append(one if first else Moved(one.path, kept))
        record.end(name, begun, tuple(moved))
    tell_users([one.kept for one in moved if one.kept], told)


def undo(place: BackupPlace, name: str, told: Callable[[str], None]) -> None:
    """Have files as they were before the last restore of them, or after it when that was undone;
    what is there is moved aside in its turn. One that was cut short goes on.

    Raises:
        UsageError: there was none.
        Refused: there is a link in the way.
        StorageError: one of them cannot be; those before it are.
    """
    with place.alone(FILES_LOCK, "another restore of files"):
        record = FilesRecord(place.home)
        was = record.of(name)
        paths = was.moved if was.undoing_cut_short else tuple(_still_there(was, told))
        _require_free([one.path for one in paths])
        begun = record.undo(name, was, paths)
        moved = tuple(_exchanged(one, begun.mark, told) for one in paths)
        record.end(name, begun, moved)
    tell_users([one.kept for one in moved if one.kept], told)


def _still_there(was: FilesRestored, told: Callable[[str], None]) -> Iterator[Moved]:
    """Those of which there is something to go back to, or nothing was there."""
    for one in was.moved:
        if not one.kept or os.path.lexists(one.kept):
            yield one
        elif was.cut_short:
            told(f"{one.path} stays as it is: it was not put back yet")
        else:
            told(f"{one.path} stays as it is: {one.kept} is not there any more")


def _exchanged(one: Moved, mark: str, told: Callable[[str], None]) -> Moved:
    kept = placing.exchange(one.path, one.kept, mark)
    back = f"{one.path} is as it was" if os.path.lexists(one.path) else f"{one.path} is gone again"
    told(f"{back}; " + (f"what was there is {kept}" if kept else "nothing was there"))
    return Moved(one.path, kept)


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
                elif os.path.lexists(staged):
                    _put(staged, target, mark, told)
                else:
                    told(f"{target} was left out when it was taken: it stays as it is")
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


def _put(staged: Path, target: str, mark: str, told: Callable[[str], None]) -> str:
    kept = placing.put(staged, target, mark)
    told(f"{target} is back; " + (f"what was there is {kept}" if kept else "nothing was there"))
    return kept


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


def plan(place: BackupPlace, store: Store, point: str, name: str) -> FilesPlan:
    """What `restore` would find in its way. Only looks."""
    part, data = _part(store, point, name), place.home.root / "data"
    roots = [_root(path) for path in _roots(part)]
    room = (part.plain + SPARE, free_in(data if data.exists() else place.home.root))
    users = users_told([one.path for one in roots if one.there])
    return FilesPlan(tuple(roots), str(data), *room, users, tuple(part.lacks[:_MOST_SHOWN]))


def _require_free(paths: Sequence[str]) -> None:
    """That nothing is in the way of any, before one of them is touched."""
    if problem := in_the_way([_root(path) for path in paths]):
        raise problem


def _root(path: str) -> Root:
    return Root(path, os.path.lexists(path), placing.obstacle(path))


def _require_room(part: Part, folder: Path) -> None:
    if problem := no_room(str(folder), part.plain + SPARE, free_in(folder)):
        raise problem


def _silent(_: int) -> None:
    """Nobody waits for long."""
