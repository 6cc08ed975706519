"""Whether an upgrade can go well, as far as that can be told before. Pure."""

from collections.abc import Collection, Iterator

from vrooli.core.sizes import rough_size
from vrooli.stack.postgres.upgrade.look import Seen

MIB = 1024 * 1024

SPARE = 256 * MIB
"""Bytes beyond a second copy: a new cluster takes 40 MiB, its log files (WAL) and the upgrade's own
the rest.
"""


def needed(seen: Seen) -> int:
    """Bytes that it takes while it goes on."""
    return seen.size + seen.programs + SPARE


def problems(
    seen: Seen, *, missing: Collection[str], offered: Collection[str] | None, icu: bool
) -> list[str]:
    """Why it must not be done; empty when nothing speaks against it.

    Args:
        seen: the resource.
        missing: programs of the old version that are not there.
        offered: extensions that the new version has; None when that is not known.
        icu: whether the new version knows ICU.
    """
    return [
        *_about_place(seen),
        *_about_programs(seen, missing),
        *_about_use(seen),
        *_about_inside(seen, icu),
        *_about_extensions(seen, offered),
    ]


def _about_place(seen: Seen) -> Iterator[str]:
    if needed(seen) > seen.free:
        yield (
            f"there is no room for a second copy: {rough_size(needed(seen))} are needed, "
            f"{rough_size(seen.free)} are free"
        )
    if seen.link:
        yield f"{seen.data} is a link: the new folder would come to lie on another disk"
    if seen.tablespaces:
        yield f"{seen.tablespaces} tablespaces lie outside of {seen.data}; move them into it first"
    if seen.clusters.other:
        yield (
            f"the data of the other version is still kept ({seen.clusters.other}); "
            f"`vrooli resource upgrade {seen.service} --forget` removes it"
        )


def _about_programs(seen: Seen, missing: Collection[str]) -> Iterator[str]:
    if seen.old is None:
        yield (
            f"there are no programs of PostgreSQL {seen.major} on this machine, which wrote the "
            f"data (Debian: apt install postgresql-{seen.major})"
        )
    elif missing:
        yield f"programs are missing in {seen.old.bin}: {', '.join(missing)}"


def _about_use(seen: Seen) -> Iterator[str]:
    for job in seen.jobs:
        yield f"job {job} runs and needs it; wait for its end"


def _about_inside(seen: Seen, icu: bool) -> Iterator[str]:
    inside = seen.inside or {}
    if inside.get("prepared"):
        yield f"{inside['prepared']} prepared transactions; commit or roll them back"
    for name in inside.get("closed") or ():
        yield f"database `{name}` allows no connections (ALTER DATABASE ... ALLOW_CONNECTIONS true)"
    for name in inside.get("broken") or ():
        yield f"database `{name}` is what an interrupted DROP DATABASE left; drop it again"
    for name in (inside.get("icu") or ()) if not icu else ():
        yield f"database `{name}` sorts by ICU, which PostgreSQL {seen.new.version} here is without"
    if inside.get("checksums") == "off":
        yield "it has no checksums; stop it, and run `pg_checksums --enable` on its folder"


def _about_extensions(seen: Seen, offered: Collection[str] | None) -> Iterator[str]:
    for database, names in seen.extensions.items():
        for name in names:
            if offered is not None and name not in offered:
                yield (
                    f"database `{database}` uses the extension {name}, which PostgreSQL "
                    f"{seen.new.version} here does not have (DROP EXTENSION {name})"
                )
