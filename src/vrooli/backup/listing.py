"""The list that is written down with a tree of files, and comparing files with it."""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from vrooli.core.errors import Damaged

LIST, FILES = "list.jsonl", "files"
"""Names in the tar: the list, a line each, and the folder of the files."""

DAMAGED = "damaged"
"""Kind of a file that could not be read to its end; zeros stand for the rest."""

_MARK = DAMAGED.encode()

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listed:
    """A file, folder or symbolic link as it was.

    Attributes:
        path: absolute.
        kind: `file`, `folder`, `link`, or `damaged`.
        mode: permission bits.
        digest: SHA-256 in hex, of a file.
        target: of a link.
    """

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    size: int = 0
    mtime: int = 0
    digest: str = ""
    target: str = ""


def line(one: Listed) -> bytes:
    """As it is written; bytes of a name that are no text come back as they were."""
    return json.dumps(asdict(one), separators=(",", ":")).encode() + b"\n"


def read(file: Iterable[bytes]) -> Iterator[Listed]:
    """The other way round.

    Raises:
        Damaged: it is no such list.
    """
    for text in file:
        try:
            one = Listed(**json.loads(text))
            if not one.path.startswith("/") or ".." in one.path.split("/"):
                raise ValueError(one.path)
        except (ValueError, TypeError) as error:
            raise Damaged(
                f"the list of files cannot be understood: {error}",
                where=LIST,
                next_step="take another restore point",
            ) from error
        yield one


def damaged(file: Iterable[bytes]) -> Iterator[Listed]:
    """Of a list those files that nobody could read to their end.

    Raises:
        Damaged: it is no such list.
    """
    return (one for one in read(line for line in file if _MARK in line) if one.kind == DAMAGED)


def difference(one: Listed, path: Path, *, owners: bool) -> str:
    """How what is at `path` differs from what was; empty when it does not."""
    try:
        found = path.lstat()
        if kind(found.st_mode) != one.kind:
            return f"it was a {one.kind}"
        if one.kind == "link":
            return "" if os.readlink(path) == one.target else "it leads elsewhere"
        if stat.S_IMODE(found.st_mode) != one.mode:
            return f"its mode was {one.mode:04o}"
        if owners and (found.st_uid, found.st_gid) != (one.uid, one.gid):
            return "it belonged to somebody else"
        if one.kind == "file" and (found.st_size, digest(path)) != (one.size, one.digest):
            return "its content was another"
    except FileNotFoundError:
        return "it is not there"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    said = hashlib.sha256()
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            said.update(chunk)
    return said.hexdigest()


def kind(mode: int) -> str:
    """In our words."""
    if stat.S_ISLNK(mode):
        return "link"
    return "folder" if stat.S_ISDIR(mode) else "file"
