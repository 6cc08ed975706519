"""Who has files open below some folders, as far as this user may see: from `/proc`."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class User:
    """A process that has something open there, or works there."""

    pid: int
    name: str


def users_below(paths: Collection[str]) -> list[User]:
    """All but ourselves, by their numbers."""
    tops = tuple(
        os.path.realpath(os.path.dirname(one)) + "/" + os.path.basename(one) for one in paths
    )
    found = []
    for entry in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
        if entry != os.getpid() and tops and _uses(Path(f"/proc/{entry}"), tops):
            found.append(User(entry, _name(entry)))
    return found


def _uses(process: Path, tops: tuple[str, ...]) -> bool:
    """A descriptor, or the working folder."""
    try:
        links = [process / "cwd", *(process / "fd").iterdir()]
    except OSError:  # it is another's, or gone
        return False
    return any(_is_below(_target(link), tops) for link in links)


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _is_below(path: str, tops: tuple[str, ...]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in tops)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
