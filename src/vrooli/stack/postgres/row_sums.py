"""Rows of tables, by number and content: read in shares of about the same size, several at once,
so that one large table keeps all processors busy as well.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal

from vrooli.stack.postgres.upgrade.ask import Asker, quoted
from vrooli.stack.together import together

Content = Literal["number", "md5", "hash"]
"""What is read of rows: how many there are; the MD5 of each as text, which is the same in all
versions; or what the server hashes them to, which takes a fifth of that, and is known to be the
same in one version alone. Each is added up, so that their order does not matter.
"""

Name = tuple[str, str]
"""Schema and table."""

SHARE = 32 * 1024 * 1024
"""Bytes of tables that one query reads: few enough that no session reads on while others have
nothing left."""

BATCH = 40
"""Tables that one query reads at the most: a function takes no more than a hundred arguments."""

_PAGE = 8192
_RANGES = 14
"""The version from which on a part of a table is read without the rest, and a row can be hashed as
it is."""

_MOST_SESSIONS = 4

_MOST_SHARES = 16
"""Shares that one session reads: names are long, and there is a limit to all of its answers."""

# With a star it is the row, also where a column is called like that.
_SUMS = {
    "md5": "sum(('x' || left(md5((vrooli_row.*)::text), 15))::bit(60)::bigint)",
    "text": "sum(hashtextextended((vrooli_row.*)::text, 0))",
    "row": "sum(hash_record_extended(vrooli_row.*, 0))",
}

_HASHED = """'{bool,int2,int4,int8,oid,float4,float8,numeric,text,varchar,bpchar,bytea,uuid,jsonb,
date,time,timetz,timestamp,timestamptz,interval,inet,cidr,macaddr}'::name[]"""
"""Types that all versions hash, by what is equal; with another one a row is hashed as text."""

ABOUT = f"""json_build_array(n.nspname, c.relname, pg_relation_size(c.oid),
current_setting('server_version_num')::int / 10000, (
    SELECT bool_and(t.typnamespace = 'pg_catalog'::regnamespace AND t.typname = ANY ({_HASHED})
        AND coalesce(to_jsonb(l) ->> 'collisdeterministic', 'true') = 'true')
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))"""
"""What a `Table` is made of, of `pg_class c` and `pg_namespace n`."""


@dataclass(frozen=True, slots=True)
class Table:
    """One.

    Attributes:
        size: bytes, without what is stored apart from its rows.
        major: version of the server.
        hashed: whether its rows can be hashed as they are.
    """

    name: Name
    size: int
    major: int
    hashed: bool

    @classmethod
    def of(cls, said: Sequence[Any]) -> "Table":
        """What `ABOUT` told."""
        schema, name, size, major, hashed = said
        simple = bool(hashed) and int(major) >= _RANGES
        return cls((str(schema), str(name)), int(size), int(major), simple)

    @property
    def key(self) -> str:
        """Its name in facts."""
        return ".".join(self.name)


@dataclass(frozen=True, slots=True)
class Share:
    """What one query reads.

    Attributes:
        tables: whole ones; or one, of which are read:
        pages: the first one, and the one before which it ends.
    """

    tables: tuple[Table, ...]
    pages: tuple[int, int | None] = (0, None)


def shares(tables: Iterable[Table]) -> Iterator[Share]:
    """All of them, in shares. The last one of a table has no end: the table may grow."""
    held: list[Table] = []
    size = 0
    for table in tables:
        if table.size > SHARE and table.major >= _RANGES:
            yield from _cut(table)
            continue
        if held and (len(held) == BATCH or size + table.size > SHARE):
            yield Share(tuple(held))
            held, size = [], 0
        held.append(table)
        size += table.size
    if held:
        yield Share(tuple(held))


def _cut(table: Table) -> Iterator[Share]:
    step = SHARE // _PAGE
    begins = range(0, table.size // _PAGE + 1, step)
    for begin in begins:
        yield Share((table,), (begin, None if begin == begins[-1] else begin + step))


def query(share: Share, content: Content) -> str:
    """The query for number and checksum of its rows, by table."""
    begin, end = share.pages
    limits = [f"vrooli_row.ctid >= '({begin},0)'"] if begin else []
    limits += [f"vrooli_row.ctid < '({end},0)'"] if end else []
    where = f" WHERE {' AND '.join(limits)}" if limits else ""
    pairs = (
        f"{literal(table.key)}, (SELECT json_build_array(count(*), {_sum(table, content)}::text)"
        f" FROM ONLY {qualified(table.name)} vrooli_row{where})"
        for table in share.tables
    )
    return f"SELECT json_build_object({', '.join(pairs)})"


def _sum(table: Table, content: Content) -> str:
    if content == "number":
        return "NULL"
    if content == "md5":
        return _SUMS["md5"]
    return _SUMS["row" if table.hashed else "text"]


async def read(
    asker: Asker, database: str, tables: Sequence[Table], content: Content
) -> dict[str, list[Any]]:
    """By table: number of rows, and checksum of them; None where there is none.

    Raises:
        VrooliError: as `Asker.json`.
    """
    waiting = shares(tables)
    found: dict[str, list[Any]] = {}

    async def work() -> None:
        for first in waiting:
            async with asker.session(database) as ask:
                for share in chain((first,), islice(waiting, _MOST_SHARES - 1)):
                    for key, value in (await ask(query(share, content))).items():
                        found[key] = _added(found[key], value) if key in found else value

    sessions = min(_MOST_SESSIONS, len(os.sched_getaffinity(0)))
    await together(*(work() for _ in range(sessions)))
    return found


def _added(one: list[Any], other: list[Any]) -> list[Any]:
    sums = [int(value) for value in (one[1], other[1]) if value is not None]
    return [one[0] + other[0], str(sum(sums)) if sums else None]


def qualified(name: Name) -> str:
    """A table, in SQL."""
    return ".".join(quoted(part) for part in name)


def literal(text: str) -> str:
    """A text, in SQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"
