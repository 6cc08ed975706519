"""The PostgreSQL copy of every host's history: written idempotently, read newest first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from vrooli.server.cursors import not_ours, pack, unpack
from vrooli.server.database import Database
from vrooli.server.records import MAX_AT, CheckedBatch, Kind, Name, Row

MAX_PAGE = 1000

_INSERT = """
INSERT INTO history (host, boot, seq, at, kind, subject, status, value, data)
SELECT $1, r.boot, r.seq, to_timestamp(r.at), r.kind, r.subject, r.status, r.value, r.data::jsonb
FROM unnest($2::text[], $3::bigint[], $4::float8[], $5::text[], $6::text[], $7::text[],
            $8::float8[], $9::text[]) AS r(boot, seq, at, kind, subject, status, value, data)
ORDER BY r.boot, r.seq
ON CONFLICT (host, boot, seq) DO NOTHING
"""
# One statement is one transaction: a batch is stored wholly or not at all. Sorted, because two
# senders of the same rows in different order would otherwise wait for each other's rows: a
# deadlock.

_COLUMNS = "host, boot, seq, at, kind, subject, status, value, data::text AS data, received_at"


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch.

    Attributes:
        accepted: rows that are new.
        duplicates: rows that were there already, or twice in the batch.
        up_to_seq: highest sequence number among the rows of the batch's last boot; all up to here
            in this batch are durable.
    """

    accepted: int
    duplicates: int
    up_to_seq: int

    def to_json(self) -> dict[str, int]:
        """The shape on the wire."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "up_to_seq": self.up_to_seq,
        }


class HostFilter(BaseModel):
    """Which rows of one host to read; None means any.

    Attributes:
        since: unix seconds of `at`, inclusive.
        until: unix seconds of `at`, exclusive.
        limit: rows of a page.
        cursor: `next_cursor` of the page before.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind | None = None
    subject: Name | None = None
    since: float = Field(default=0.0, ge=0, le=MAX_AT + 1, allow_inf_nan=False)
    until: float = Field(default=MAX_AT + 1, ge=0, le=MAX_AT + 1, allow_inf_nan=False)
    limit: int = Field(default=100, ge=1, le=MAX_PAGE)
    cursor: str | None = Field(default=None, max_length=4096)


class HistoryFilter(HostFilter):
    """The same of any host, or of one."""

    host: Name | None = None


class HistoryStore:
    """Reads and writes table `history`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, batch: CheckedBatch) -> Stored:
        """Store what is new; durable when it returns. `Unreachable` when PostgreSQL is away."""
        async with self._database.connection() as connection:
            return await insert(connection, batch.host, batch.rows)

    async def page(self, query: HistoryFilter) -> dict[str, Any]:
        """`{records: [...], next_cursor}`; `next_cursor` is None on the last page."""
        limit = query.limit
        sql, values = select(query, limit + 1)
        async with self._database.connection() as connection:
            rows = await connection.fetch(sql, *values)
        more = len(rows) > limit
        return {
            "records": [_to_json(row) for row in rows[:limit]],
            "next_cursor": encode_cursor(rows[limit - 1]) if more else None,
        }


async def insert(connection: Any, host: str, rows: Sequence[Row]) -> Stored:
    """Store what is new of `rows`, over a connection that may be in the middle of something."""
    if not rows:
        return Stored(0, 0, 0)
    columns = zip(
        *((r.boot, r.seq, r.at, r.kind, r.subject, r.status, r.value, r.data) for r in rows),
        strict=True,
    )
    tag: str = await connection.execute(_INSERT, host, *(list(c) for c in columns))
    accepted = int(tag.rsplit(" ", 1)[1])  # "INSERT 0 <rows>"
    last = max(r.seq for r in rows if r.boot == rows[-1].boot)
    return Stored(accepted, len(rows) - accepted, last)


def select(query: HistoryFilter, limit: int) -> tuple[str, list[Any]]:
    """The statement and its values. Only the filters in use appear: with `$1 IS NULL OR ...`
    PostgreSQL's generic plan would use no index.
    """
    values: list[Any] = [query.since, query.until]
    where = ["at >= to_timestamp($1)", "at < to_timestamp($2)"]
    for column in ("host", "kind", "subject"):
        value = getattr(query, column)
        if value is not None:
            values.append(value)
            where.append(f"{column} = ${len(values)}")
    if query.cursor:
        n = len(values)
        values.extend(decode_cursor(query.cursor))
        where.append(f"(at, host, boot, seq) < (${n + 1}, ${n + 2}, ${n + 3}, ${n + 4}::bigint)")
    values.append(limit)
    order = "at DESC, host DESC, boot DESC, seq DESC"
    text = f"SELECT {_COLUMNS} FROM history WHERE {' AND '.join(where)}"
    return f"{text} ORDER BY {order} LIMIT ${len(values)}", values


def _to_json(row: Any) -> dict[str, Any]:
    return {
        "host": row["host"],
        "boot": row["boot"],
        "seq": row["seq"],
        "at": row["at"].timestamp(),
        "kind": row["kind"],
        "subject": row["subject"],
        "status": row["status"],
        "value": row["value"],
        "data": json.loads(row["data"]),
        "received_at": row["received_at"].timestamp(),
    }


def encode_cursor(row: Any) -> str:
    """The position after `row`, opaque to clients."""
    return pack(row["at"].isoformat(), row["host"], row["boot"], row["seq"])


def decode_cursor(cursor: str) -> tuple[datetime, str, str, int]:
    """Back to `(at, host, boot, seq)`; `UsageError` when it is not one of ours."""
    at, host, boot, seq = unpack(cursor, str, str, str, int)
    try:
        return datetime.fromisoformat(at).astimezone(UTC), host, boot, seq
    except (ValueError, OverflowError):
        raise not_ours() from None
