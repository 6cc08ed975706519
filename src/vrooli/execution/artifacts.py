"""Large outputs, kept once each by what they hold. Where one belongs stands a reference, which who
reads the journal of a run sees through.
"""

import asyncio
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import StorageError, UnknownName
from vrooli.core.ports.database import Database

LARGE = 64 * 1024
"""Characters of JSON; what has more is kept apart."""

MARK = '{"$artifact":{"sha256":"'
"""How a reference begins."""

_OURS = '{"$artifact"'
"""An output of somebody's own that begins like one is kept apart as well, so that nobody takes it
for a reference.
"""

WORTH = 0.9
"""A packed text larger than this share of it is kept as it is: it would be unpacked for nothing."""

_TOUCH = """
WITH kept AS (
    UPDATE artifacts SET used_at = now() WHERE sha256 = $2 RETURNING sha256
), used AS (
    INSERT INTO artifact_uses (run, sha256)
    SELECT $1, sha256 FROM kept WHERE EXISTS (SELECT FROM runs WHERE id = $1)
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM kept
"""
_PUT = """
WITH kept AS (
    INSERT INTO artifacts (sha256, bytes, packed, content) VALUES ($2, $3, $4, $5)
    ON CONFLICT (sha256) DO UPDATE SET used_at = now() RETURNING sha256
)
INSERT INTO artifact_uses (run, sha256)
SELECT $1, sha256 FROM kept WHERE EXISTS (SELECT FROM runs WHERE id = $1)
ON CONFLICT DO NOTHING
"""

# A run that was copied from another one has its references, and is noted when it is first read.
_GET = """
WITH kept AS (
    SELECT sha256, packed, content FROM artifacts WHERE sha256 = $2
), used AS (
    INSERT INTO artifact_uses (run, sha256)
    SELECT $1, sha256 FROM kept WHERE EXISTS (SELECT FROM runs WHERE id = $1)
    ON CONFLICT DO NOTHING
)
SELECT packed, content FROM kept
"""
_USES = "SELECT EXISTS (SELECT FROM artifact_uses WHERE run = $1 AND sha256 = $2)"


@dataclass(frozen=True, slots=True)
class Reference:
    """What stands in the place of an output.

    Attributes:
        sha256: of the output, as JSON in UTF-8.
        bytes: of that.
    """

    sha256: str
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """As clients see it."""
        return {"sha256": self.sha256, "bytes": self.bytes}

    def text(self) -> str:
        """As it is stored."""
        return json.dumps({"$artifact": self.to_json()}, separators=(",", ":"))


def reference_in(text: str | None) -> Reference | None:
    """What a stored output refers to; None when it is one itself, or there is none."""
    if text is None or not text.startswith(MARK):
        return None
    return Reference(**json.loads(text)["$artifact"])


def shown(text: str | None) -> tuple[Any, dict[str, Any] | None]:
    """A stored output for clients: itself, or where it can be had."""
    reference = reference_in(text)
    if reference is not None:
        return None, reference.to_json()
    return None if text is None else json.loads(text), None


class Artifacts:
    """Tables `artifacts` and `artifact_uses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def instead(self, run: str, text: str) -> str:
        """What to store in the place of an output of this run, which is durable then: mostly
        itself.
        """
        if len(text) <= LARGE and not text.startswith(_OURS):
            return text
        data = text.encode()
        sha256 = hashlib.sha256(data).hexdigest()
        async with self._database.connection() as connection:
            known = await connection.fetchval(_TOUCH, run, sha256)
        if not known:
            packed = await asyncio.to_thread(zlib.compress, data)
            worth = len(packed) < WORTH * len(data)
            async with self._database.connection() as connection:
                values = (run, sha256, len(data), worth, packed if worth else data)
                await connection.execute(_PUT, *values)
        return Reference(sha256, len(data)).text()

    async def behind(self, run: str, text: str | None) -> str | None:
        """The output of this run itself, whatever stands in its place.

        Raises:
            StorageError: it is gone.
        """
        reference = reference_in(text)
        return text if reference is None else (await self._read(run, reference.sha256)).decode()

    async def value(self, run: str, value: Any) -> Any:
        """The same of an output that was read already.

        Raises:
            StorageError: it is gone.
        """
        if not (isinstance(value, dict) and "$artifact" in value):
            return value
        text = json.dumps(value, separators=(",", ":"))
        return json.loads(await self.behind(run, text) or "null")

    async def of_run(self, run: str, sha256: str) -> bytes:
        """The JSON that this run refers to; `UnknownName` when it refers to no such thing."""
        async with self._database.connection() as connection:
            uses = await connection.fetchval(_USES, run, sha256)
        if not uses:
            raise UnknownName(
                f"run `{run}` has no such artifact", sha256, next_step="its steps name those it has"
            )
        return await self._read(run, sha256)

    async def _read(self, run: str, sha256: str) -> bytes:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_GET, run, sha256)
        if row is None:
            raise StorageError(
                "an output that was kept apart is gone",
                where=f"artifact {sha256}",
                next_step="do the step again that made it, by `vrooli run retry`",
            )
        return await asyncio.to_thread(zlib.decompress, row[1]) if row[0] else bytes(row[1])
