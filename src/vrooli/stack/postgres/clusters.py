"""Which folder holds the data of a PostgreSQL resource: after an upgrade another one than before.

One small file says it, replaced atomically: whoever is killed at any moment leaves the one or the
other in force, and never none, in whose place the next start would make an empty database.
"""

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vrooli.core.command import Remove, Rename, WriteFile
from vrooli.core.errors import ConfigError
from vrooli.core.home import Home

_FOLDER = re.compile(r"[a-z0-9.-]{1,80}", re.ASCII)
_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Clusters:
    """The data folders of one resource, by their names below `data` of the home.

    Attributes:
        current: the one in force.
        programs: bin folder of the programs that run it where the declared ones are of another
            major version; empty when the declared ones do.
        bound: they run it also where the embedded ones are declared and would fit: an upgrade
            away from them failed, or was undone, and what ran before is to run again.
        other: the one that was in force before the last upgrade, or that an `--undo` left; empty
            when none is kept.
        other_programs: bin folder of the programs that ran it.
        undone: whether `other` is what was abandoned by an `--undo`.
        at: when the last switch was, Unix seconds.
    """

    current: str
    programs: str = ""
    other: str = ""
    other_programs: str = ""
    undone: bool = False
    bound: bool = False
    at: float = 0.0


MADE_OF = "vrooli-made-of"
"""A file in the folder of a cluster that a restore made of archives: of which point. It goes where
the cluster goes, and is lost with it: an empty one that is made in its place has none.
"""

NOTE = ".clusters.json"
BEFORE = f"{NOTE}.before"
"""Ends of the names of the files that say it: now, and before a switch that is not settled yet."""


def note(home: Home, service: str) -> Path:
    """The file that says it."""
    return home.root / "data" / f"{service}{NOTE}"


def read(home: Home, service: str) -> Clusters:
    """What it says; without it the folder is called as the service.

    Raises:
        ConfigError: it is there and cannot be understood: nothing is guessed about data.
    """
    return read_in(home.root / "data", service)


def read_in(data: Path, service: str) -> Clusters:
    """The same, by the folder in which it lies."""
    path = data / f"{service}{NOTE}"
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT)
    except FileNotFoundError:
        return Clusters(service)
    except OSError as error:
        raise _unclear(error, str(path)) from error
    return parsed(content, str(path))


def parsed(content: bytes, where: str) -> Clusters:
    """What such a file says. Pure.

    Raises:
        ConfigError: it cannot be understood.
    """
    try:
        found = Clusters(**json.loads(content))
        if not _FOLDER.fullmatch(found.current) or not re.fullmatch(r"[a-z0-9.-]*", found.other):
            raise ValueError("it names no folder")
    except (ValueError, TypeError) as error:
        raise _unclear(error, where) from error
    return found


def _unclear(error: Exception, where: str) -> ConfigError:
    return ConfigError(
        f"cannot tell which folder holds the data: {error}",
        where=where,
        next_step="restore the file from a backup; without it the data of before the last "
        "upgrade would be used",
    )


def data(home: Home, service: str) -> Path:
    """The data folder in force."""
    return home.data(read(home, service).current)


def write(home: Home, service: str, clusters: Clusters) -> WriteFile:
    """Have `clusters` in force, durably."""
    text = json.dumps(asdict(clusters), indent=2) + "\n"
    return WriteFile(str(note(home, service)), text, 0o644)


def switch(
    home: Home, service: str, now: Clusters, before: Clusters
) -> tuple[WriteFile, WriteFile]:
    """Have `now` in force, with `before` beside it: `back` needs no room on the disk then, which
    may be full because of the switch.
    """
    kept = replace(write(home, service, before), path=str(_kept(home, service)))
    return kept, write(home, service, now)


def back(home: Home, service: str) -> Rename:
    """Have in force what was before the last switch."""
    return Rename(str(_kept(home, service)), str(note(home, service)))


def settled(home: Home, service: str) -> Remove:
    """Nobody will want it `back`."""
    return settled_in(home.root / "data", service)


def settled_in(data: Path, service: str) -> Remove:
    """The same, by the folder in which it lies."""
    return Remove(str(data / f"{service}{BEFORE}"))


def _kept(home: Home, service: str) -> Path:
    return home.root / "data" / f"{service}{BEFORE}"


def major_of(folder: Path) -> int | None:
    """The major version that wrote `folder`; None when there is no cluster.

    Raises:
        ConfigError: there is one, and it does not say.
    """
    try:
        return int(start_of(folder / "PG_VERSION").split(b".")[0])
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no version stands there"
        raise ConfigError(
            f"cannot tell which PostgreSQL wrote this: {reason}",
            where=str(folder / "PG_VERSION"),
            next_step="check the permissions of the folder, or restore it from a backup",
        ) from error


def last_run_by(folder: Path) -> str:
    """Bin folder of the programs that ran `folder` last, as its server wrote it down; empty when
    that cannot be told.
    """
    try:
        said = os.fsdecode(start_of(folder / "postmaster.opts", 4096))
    except OSError:
        return ""
    program = Path(said.split(' "', 1)[0].rstrip("\n"))
    return str(program.parent) if program.is_absolute() else ""


def start_of(path: Path, limit: int = 16) -> bytes:
    """The first bytes of a file in a folder of the server's user: we may be root, and must neither
    follow its link nor wait at its pipe.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)
