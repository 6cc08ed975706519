"""What is to be known before a PostgreSQL resource is upgraded. Reading only."""

import mmap
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.stack.postgres.clusters import Clusters, start_of
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.upgrade.ask import Asker

CONFIGURATION = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf")
"""What an operator may have edited in the data folder; it goes along."""

_MADE_BY_SERVER = ("PG_VERSION", "postmaster.", "backup_label", "tablespace_map", "vrooli.conf")
_LIMIT = 1024 * 1024
"""Bytes of a file that goes along: settings and certificates are small."""

_NEEDED = ("postgres", "pg_ctl", "pg_controldata", "pg_resetwal")
"""What pg_upgrade runs of the old installation."""

_INSIDE = """
SELECT json_build_object(
'prepared', (SELECT count(*) FROM pg_prepared_xacts),
'slots', (SELECT json_agg(slot_name) FROM pg_replication_slots WHERE slot_name <> 'vrooli_wal'),
'closed', (SELECT json_agg(datname) FROM pg_database WHERE NOT datallowconn AND NOT datistemplate),
'broken', (SELECT json_agg(datname) FROM pg_database WHERE datconnlimit = -2),
'icu', (SELECT json_agg(datname) FROM pg_database d
    WHERE to_jsonb(d)->>'datlocprovider' = 'i'),
'checksums', current_setting('data_checksums'),
'sessions', (SELECT count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
'databases', (SELECT json_agg(datname) FROM pg_database WHERE datallowconn))"""
"""`datlocprovider` came with 15: asked for as JSON, it may be missing."""

_EXTENSIONS = "SELECT json_agg(extname) FROM pg_extension"


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource, and what it is to become.

    Attributes:
        data: its data folder.
        major: version that wrote it.
        clusters: which folders there are.
        old: the programs that run it; None when there are none here any more.
        new: the programs that will.
        size, free: bytes of the folder, and left on the disk of the home.
        programs: bytes of programs that have to be copied first.
        link: whether the folder is a link to another place.
        tablespaces: how many lie outside.
        jobs: runs of jobs that need it, and go on now.
        inside: what it says of itself; None when it could not be asked.
        unasked: why not.
    """

    service: str
    data: Path
    major: int
    clusters: Clusters
    old: Installation | None
    new: Installation
    size: int = 0
    free: int = 0
    programs: int = 0
    link: bool = False
    tablespaces: int = 0
    jobs: tuple[str, ...] = ()
    inside: dict[str, Any] | None = None
    unasked: str = ""
    extensions: dict[str, tuple[str, ...]] = field(default_factory=dict)


def folder_size(folder: Path) -> int:
    """Bytes that a copy of a folder takes, in which holes are filled; files that vanish meanwhile
    do not count.
    """
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                facts = os.lstat(os.path.join(place, name))
            except OSError:
                continue
            total += max(facts.st_blocks * 512, facts.st_size)
    return total


def to_be_copied(*installations: Installation | None) -> int:
    """Bytes of programs that nobody has copied yet."""
    sources = {source for each in installations if each for source, _ in each.sources}
    return sum(folder_size(Path(source)) for source in sources)


def free(folder: Path) -> int:
    """Bytes left on its disk."""
    return shutil.disk_usage(folder).free


def tablespaces(data: Path) -> int:
    """How many tablespaces lie outside."""
    try:
        return sum(1 for _ in (data / "pg_tblspc").iterdir())
    except OSError:
        return 0


def missing_programs(old: Installation) -> list[str]:
    """What pg_upgrade would miss of the old installation."""
    programs = _as_it_lies(old)
    return [name for name in _NEEDED if not (programs / name).is_file()]


def knows_icu(installation: Installation) -> bool:
    """Whether its server was built with ICU."""
    program = _as_it_lies(installation) / "postgres"
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return text.find(b"libicui18n") >= 0


def available(installation: Installation) -> set[str] | None:
    """Extensions that can be used with it; None when that cannot be told."""
    programs = _as_it_lies(installation)
    places = (
        programs.parent / "share" / "extension",
        programs.parent / "share" / "postgresql" / "extension",
        Path(f"/usr/share/postgresql/{installation.major}/extension"),
    )
    for place in places:
        names = {path.stem for path in place.glob("*.control")}
        if names:
            return names
    return None


def _as_it_lies(installation: Installation) -> Path:
    """Its programs: where they are copied from while there is no copy yet."""
    if installation.sources:
        return Path(installation.sources[0][0]) / "bin"
    return installation.bin


def carried(data: Path) -> Iterator[tuple[str, bytes]]:
    """What goes along: configuration and small files of the operator's, such as certificates."""
    for path in sorted(data.iterdir()):
        ours = path.name.startswith(_MADE_BY_SERVER) or path.name == "pg_upgrade_output.d"
        try:
            facts = path.lstat()
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LIMIT or ours:
                continue
            yield path.name, start_of(path, _LIMIT)
        except OSError:
            continue


async def inside(asker: Asker) -> tuple[dict[str, Any] | None, dict[str, tuple[str, ...]], str]:
    """What a running cluster says of itself, its extensions by database, and why it does not."""
    try:
        found = await asker.json(_INSIDE)
        by_database = {}
        for database in found["databases"] or ():
            by_database[database] = tuple(await asker.json(_EXTENSIONS, database) or ())
        return found, by_database, ""
    except VrooliError as error:
        return None, {}, error.what
