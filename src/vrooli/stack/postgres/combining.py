"""A copy of a cluster, and copies of what changed since, made one copy."""

from collections.abc import Sequence
from pathlib import Path

from vrooli.core.errors import ConfigError
from vrooli.core.home import Home
from vrooli.core.ports.outputs import OutputProgram
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres import installation as installations
from vrooli.stack.postgres.cluster import ENV
from vrooli.stack.postgres.installation import Installation

OLDEST = 17
"""Major version that came with it."""

_LINKS = 18
"""Major version whose pg_combinebackup can link files that did not change."""


def programs_for(folder: Path, home: Home, service: str, declared: str) -> Installation:
    """The programs that fit the copy in `folder`: of another major version they refuse it.

    Raises:
        ConfigError: there are none here, or `folder` holds no cluster.
    """
    major = clusters.major_of(folder) or 0
    known = filter(None, (clusters.read(home, service).programs, declared))
    found = installations.of_major(major, home.pgsql, known)
    if found is None:
        raise ConfigError(
            f"there are no programs of PostgreSQL {major} here",
            where=service,
            next_step=f"install them (Debian: apt install postgresql-{major}), then again",
        )
    return found


def program(copies: Sequence[Path], into: Path, programs: Installation) -> OutputProgram:
    """What makes one of `copies`, the whole one first, in the new folder `into`. They are used up:
    files are linked where that can be done.
    """
    argv = (
        str(programs.bin / "pg_combinebackup"),
        *(("--link",) if programs.major >= _LINKS else ()),
        "--manifest-checksums=NONE",  # sizes are compared; what pages hold, their own checksums say
        f"--output={into}",
        *(str(copy) for copy in copies),
    )
    return OutputProgram("put the copies together", argv, ENV)
