"""Folders of data that upgrades and restores kept, beside the one in force."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from vrooli.stack.beside import RESTORE, UPGRADE, stage_folder
from vrooli.stack.postgres.clusters import Clusters, read_in

_BEHIND = r"(\.\d{1,3}|\.[0-9a-f]{6}-[0-9a-f]{4,8})?"
"""What one is called behind its service: nothing, a major version, or a point and a mark."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One of them.

    Attributes:
        service: whose data it was.
        path: where it lies.
        since: about when it was in force last, Unix seconds.
        last: whether the last switch left it: `--undo` may go back to it, and `--forget` removes
            it. To the others nothing goes back.
    """

    service: str
    path: Path
    since: float
    last: bool


def kept_among(names: Collection[str], service: str, known: Clusters) -> list[str]:
    """Which of the names of what lies beside the data in force was kept. Nothing while an upgrade
    or a restore makes a folder that is not in force yet, nor where the one in force is gone: what
    was kept may be all there is. Pure.
    """
    stages = {stage_folder(Path(), service, purpose).name for purpose in (UPGRADE, RESTORE)}
    if known.current not in names or stages & {*names}:
        return []
    named = re.compile(re.escape(service) + _BEHIND, re.ASCII)
    return sorted(name for name in names if name != known.current and named.fullmatch(name))


def kept_in(data: Path, service: str) -> list[Kept]:
    """Those of a service, the oldest first.

    Raises:
        ConfigError: nobody can tell which folder is in force.
        OSError: nobody can look.
    """
    known = read_in(data, service)
    folders = {path.name for path in data.iterdir() if path.is_dir() and not path.is_symlink()}
    found = [
        Kept(service, data / name, (data / name).lstat().st_mtime, name == known.other)
        for name in kept_among(folders, service, known)
    ]
    return sorted(found, key=lambda one: one.since)
