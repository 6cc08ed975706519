"""Which files belong to a source: globs, without what is excluded, each path once, in one order."""

import fnmatch
import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

Told = Callable[[str, bool], None]
"""Takes a line about a path, and whether it was asked for and is not in the copy: what is gone, or
of no kind that is kept, was not.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or symbolic link.

    Attributes:
        path: absolute, without links in its folders.
    """

    path: str
    stat: os.stat_result


def roots(paths: Iterable[str], told: Told) -> list[str]:
    """What the globs name: nothing that lies below another one. The folders in front of it are
    resolved; itself it may be a link.
    """
    found = set[str]()
    for pattern in paths:
        names = [pattern] if os.path.lexists(pattern) else glob.glob(pattern, recursive=True)
        if not names:
            told(f"{shown(pattern)}: nothing is there", not _may_be_empty(pattern))
        found |= {_real(name) for name in names}
    return sorted(one for one in found if not any(above in found for above in _above(one)))


def walk(found: Sequence[str], excluded: Callable[[str], bool], told: Told) -> Iterator[Entry]:
    """All below them, and they. What is neither file, folder nor link is told, and left out; so is
    what cannot be read.
    """
    left = [path for path in reversed(found) if not excluded(path)]
    while left:
        path = left.pop()
        try:
            entry = Entry(path, os.lstat(path))
            below = _below(path) if stat.S_ISDIR(entry.stat.st_mode) else []
        except FileNotFoundError:
            told(f"{shown(path)}: it went away meanwhile", path in found)
            continue
        except OSError as error:
            told(f"{shown(path)}: it cannot be read: {error.strerror}", True)
            continue
        if not _is_kept(entry.stat.st_mode):
            told(f"{shown(path)}: it is neither a file, a folder nor a link", path in found)
            continue
        yield entry
        left += [one for one in below if not excluded(one)]


def excluding(patterns: Sequence[str], folders: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is left out: by a glob (`*` is anything), or below one of `folders`."""
    below = {os.path.realpath(folder) for folder in folders}

    def excluded(path: str) -> bool:
        if path in below:
            return True
        return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)

    return excluded


def shown(path: str) -> str:
    """For people, whatever bytes are in it."""
    return path.encode("utf-8", "backslashreplace").decode()


def _may_be_empty(pattern: str) -> bool:
    """Whether it is a glob whose folder is there: nothing in it need fit."""
    if not glob.has_magic(pattern):
        return False
    folder = os.path.dirname(pattern)
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder)


def _real(path: str) -> str:
    folder, name = os.path.split(path.rstrip("/") or "/")
    return os.path.join(os.path.realpath(folder), name) if name else "/"


def _above(path: str) -> Iterator[str]:
    while (above := os.path.dirname(path)) != path:
        yield above
        path = above


def _below(path: str) -> list[str]:
    """The last one first: it is a stack."""
    with os.scandir(path) as found:
        return sorted((entry.path for entry in found), reverse=True)


def _is_kept(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)
