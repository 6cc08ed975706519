"""What this server is, and what is kept in its database."""

from dataclasses import asdict, dataclass
from typing import Any

from vrooli.core.address import HostPort
from vrooli.server.database import Database
from vrooli.server.retention import RETENTIONS
from vrooli.server.settings import ServerSettings
from vrooli.server.work_retention import KeepRuns

TABLES = {
    "history": "history of the hosts",
    "runs": "runs",
    "steps": "steps of runs",
    "run_events": "events of runs",
    "artifacts": "large outputs",
}
"""The large ones, and what they hold."""

_KINDS = {
    "result": "history: single looks",
    "transition": "history: changes of state",
    "heal": "history: heals",
    "event": "history: events",
}

_SIZES = """
SELECT relname, pg_total_relation_size(oid) AS bytes, reltuples::bigint AS rows
FROM pg_class WHERE relname = ANY ($1::text[]) AND relkind = 'r' AND pg_table_is_visible(oid)
"""


@dataclass(frozen=True, slots=True)
class Size:
    """Of one table.

    Attributes:
        what: it holds.
        bytes: on the disk, with its indexes.
        rows: about so many; None while nobody has counted them.
    """

    what: str
    bytes: int
    rows: int | None


def kept(keep: KeepRuns) -> list[dict[str, Any]]:
    """`{what, seconds}` of all that goes some day; None seconds is never. Pure."""
    found: dict[str, float | None] = {
        _KINDS[one.kind]: one.age.total_seconds() for one in RETENTIONS
    }
    for status in ("completed", "failed", "cancelled"):
        age = getattr(keep, status)
        found[f"runs that are {status}"] = None if age is None else age.total_seconds()
    return [{"what": what, "seconds": seconds} for what, seconds in found.items()]


async def sizes(database: Database) -> list[Size]:
    """Of the large tables, in the order of `TABLES`."""
    async with database.connection() as connection:
        rows = await connection.fetch(_SIZES, list(TABLES))
    found = {row["relname"]: row for row in rows}
    return [
        Size(what, found[name]["bytes"], found[name]["rows"] if found[name]["rows"] >= 0 else None)
        for name, what in TABLES.items()
        if name in found
    ]


async def about(settings: ServerSettings, database: Database, began: float) -> dict[str, Any]:
    """All of it; `began` is when this server did, unix seconds."""
    return {
        "version": settings.version,
        "started_at": began,
        "listens": [f"http://{HostPort(settings.host, settings.port)}"],
        "kept": kept(settings.keep),
        "sizes": [asdict(one) for one in await sizes(database)],
    }
