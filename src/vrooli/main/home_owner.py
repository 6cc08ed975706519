"""Which home this is to the stores that it writes to. Its id is bound to where it lies: a copy of a
home has all of its files, and is another home all the same.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from secrets import token_hex

from vrooli.core.errors import StorageError
from vrooli.core.home import Home
from vrooli.host.locks import FileLock
from vrooli.main.places import host_id
from vrooli.stack.durable import write_durably


@dataclass(frozen=True, slots=True)
class Bound:
    """An id, and where it holds.

    Attributes:
        id: made at random.
        machine: id of it.
        inode: of the folder of the home: it stays when that is moved, and a copy has another one.
        path: of that folder.
        before: where the home lay of which this is a copy; empty when it is none.
    """

    id: str
    machine: str
    inode: int
    path: str
    before: str = ""


def bound_id(home: Home) -> Bound:
    """That of this home, made when it is first asked for, or when it lies elsewhere now. One that
    was moved on its file system stays the same.

    Raises:
        StorageError: the disk does not take it.
    """
    try:
        return _bound(home, _here(home))
    except OSError as error:
        raise StorageError(
            f"the id of this home cannot be kept: {error.strerror}",
            where=str(home.owner_json),
            next_step="make room on the disk of the home, and look who owns the file",
        ) from error


def _bound(home: Home, here: Bound) -> Bound:
    known = _read(home.owner_json)
    if known is not None and replace(known, id=here.id, before="") == here:
        return known
    lock = FileLock(home.root / "owner.lock", "the id of this home")
    lock.take(wait=True)
    try:
        known = _read(home.owner_json)
        if known is None:
            now = replace(here, id=_of_before(home) or here.id)
        elif _was_moved(home, known, here):
            now = replace(here, id=known.id, before=known.before)
        else:
            now = replace(here, before=known.path)
        write_durably(home.owner_json, json.dumps(asdict(now)) + "\n")
        return now
    finally:
        lock.release()


def _here(home: Home) -> Bound:
    root = home.root.resolve()
    return Bound(token_hex(16), host_id(home), root.stat().st_ino, str(root))


def _was_moved(home: Home, known: Bound, here: Bound) -> bool:
    """Also where nothing but its path is another one: top folders of file systems share a number,
    so that what is still where it was is another home.
    """
    if (known.machine, known.inode) != (here.machine, here.inode):
        return False
    there = _read(Path(known.path) / home.owner_json.name)
    return known.path == here.path or there is None or there.id != known.id


def _read(path: Path) -> Bound | None:
    """None where there is none, or where it cannot be understood: who is asked then is another."""
    try:
        return Bound(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _of_before(home: Home) -> str:
    """The id of a home of before ids were bound."""
    try:
        return home.id.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
