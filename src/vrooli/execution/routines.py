"""Routines in PostgreSQL: a name points at the newest of its versions, which never change."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import UnknownName
from vrooli.core.ports.database import Database
from vrooli.execution.step_types import read_routine

_PUT = """
WITH version AS (
    INSERT INTO routine_versions (hash, name, definition) VALUES ($1, $2, $3::json)
    ON CONFLICT (hash) DO NOTHING
), before AS (
    SELECT hash FROM routines WHERE name = $2
), put AS (
    INSERT INTO routines (name, hash) VALUES ($2, $1)
    ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, updated_at = now()
)
SELECT coalesce((SELECT hash FROM before), '')
"""

_COLUMNS = """
SELECT r.name, r.hash, v.definition::text, extract(epoch FROM r.updated_at)::float8
FROM routines r JOIN routine_versions v ON v.hash = r.hash
"""

_VERSION = """
SELECT name, hash, definition::text, extract(epoch FROM created_at)::float8
FROM routine_versions WHERE name = $1 AND hash = $2
"""

_VERSIONS = """
SELECT hash, extract(epoch FROM created_at)::float8
FROM routine_versions WHERE name = $1 ORDER BY created_at DESC, hash LIMIT $2
"""

_PAGE = f"{_COLUMNS} WHERE r.name > $1 ORDER BY r.name LIMIT $2"

_STAMP = """
SELECT md5(string_agg(name || ' ' || hash || ' ' || updated_at, ',' ORDER BY name))
FROM (SELECT name, hash, updated_at FROM routines WHERE name > $1 ORDER BY name LIMIT $2) p
"""


@dataclass(frozen=True, slots=True)
class StoredRoutine:
    """A version of a routine.

    Attributes:
        name: unique.
        version: hash of the definition.
        definition: as data.
        updated_at: unix seconds since which it is the newest, or was first stored.
    """

    name: str
    version: str
    definition: Any
    updated_at: float

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.definition.get("description", ""),
            "definition": self.definition,
            "updated_at": self.updated_at,
        }


class RoutineStore:
    """Tables `routines` and `routine_versions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, definition: Any) -> tuple[str, bool]:
        """Make this the newest version of its routine: its hash, and whether that changed anything.

        Raises:
            RoutineError: what is wrong with it; nothing is stored.
        """
        routine = read_routine(definition)
        text = json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        version = hashlib.sha256(text.encode()).hexdigest()
        async with self._database.connection() as connection:
            before = await connection.fetchval(_PUT, version, routine.name, text)
        return version, before != version

    async def get(self, name: str, version: str = "") -> StoredRoutine:
        """One version, by its hash; the newest where that is not said.

        Raises:
            UnknownName: there is no routine of that name, or it has no such version.
        """
        asked = (_VERSION, name, version) if version else (f"{_COLUMNS} WHERE r.name = $1", name)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*asked)
        if row is None and version:
            raise UnknownName(
                f"routine `{name}` has no version {version}",
                version,
                next_step=f"`vrooli routine show {name}` shows the newest",
            )
        if row is None:
            advice = "`vrooli routine list` shows them, `vrooli routine add FILE` stores one"
            raise UnknownName(f"there is no routine `{name}`", name, next_step=advice)
        return StoredRoutine(row[0], row[1], json.loads(row[2]), row[3])

    async def versions(self, name: str, limit: int) -> list[tuple[str, float]]:
        """The hashes of its versions, each with when it was first stored (unix seconds), the newest
        first, at most so many; none where there is no such routine.
        """
        async with self._database.connection() as connection:
            return [(row[0], row[1]) for row in await connection.fetch(_VERSIONS, name, limit)]

    async def page(self, after: str, limit: int) -> list[StoredRoutine]:
        """At most so many, by name, from the one after `after` on."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_PAGE, after, limit)
        return [StoredRoutine(row[0], row[1], json.loads(row[2]), row[3]) for row in rows]

    async def stamp(self, after: str, limit: int) -> str | None:
        """Another one when `page` would hold something else, for a fraction of what that costs."""
        async with self._database.connection() as connection:
            found: str | None = await connection.fetchval(_STAMP, after, limit)
        return found
