"""Rows that a server holds at the end of a copy of it, by number and content, so that the copy can
be compared with them: read at as little cost as is asked for, each batch of tables in one snapshot.

The copy ends a moment before: what is written between the two is not in it. So how often a table
was written to is read as well, before the copy and after it, and once more when it is compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from vrooli.stack.backing import Reading
from vrooli.stack.postgres import row_sums
from vrooli.stack.postgres.row_sums import ABOUT, Table
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.facts import DATABASES

MB = 1_000_000

BUDGETS: Mapping[Reading, tuple[int, int]] = {
    "none": (-1, -1),
    "spare": (0, 256 * MB),
    "usual": (256 * MB, 8000 * MB),
    "deep": (2**62, 2**62),
}
"""Bytes of tables whose contents are read, and whose rows are counted, the smallest tables first.
256 MB take about a second of a processor, and to count 8 GB ten."""

MOST = 5000
"""Tables of a database that are looked at, the smallest; of the rest only how many there are."""

_OURS = """
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p'
AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"""
"""Unlogged tables come back empty, and are not compared."""

_COUNT = f"SELECT to_json(count(*)) {_OURS}"

_TABLES = f"""
SELECT json_agg(json_build_array(about, mark) ORDER BY size, schema, name)
FROM (SELECT {ABOUT} AS about, n.nspname AS schema, c.relname AS name,
    pg_relation_size(c.oid) AS size,
    (pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
     + pg_stat_get_tuples_deleted(c.oid))::text || '.' || c.relfilenode AS mark
    {_OURS} ORDER BY size, schema, name LIMIT MOST) one"""

Marks = dict[str, dict[str, str]]
"""By database and table: how often it was written to, and the file that it is in."""


@dataclass(frozen=True, slots=True)
class _Marked:
    table: Table
    mark: str


async def marks(asker: Asker) -> Marks:
    """How often each table was written to. Servers tell it up to ten seconds late."""
    databases = await asker.json(DATABASES) or {}
    return {
        database: {one.table.key: one.mark for one in await _tables(asker, database)}
        for database in databases
    }


async def read(
    asker: Asker, before: Marks, reading: Reading, most: int = MOST
) -> Mapping[str, Any]:
    """By database and table: number of rows, checksum of them or None, mark of `before`, mark now;
    how much was left out; and the version that a checksum means the same in.

    Args:
        asker: the server, which others write to.
        before: as of before the copy began.
        reading: how much it may cost.
        most: tables of a database that are looked at.
    """
    content, counted = BUDGETS[reading]
    found: dict[str, Any] = {}
    left, major = 0, None
    for database, known in before.items():
        tables = [one.table for one in await _tables(asker, database, most)]
        sizes = list(accumulate(table.size for table in tables))
        deep = [table for table, sum in zip(tables, sizes, strict=True) if sum <= content]
        flat = [table for table, sum in zip(tables, sizes, strict=True) if content < sum <= counted]
        there = int(await asker.json(_COUNT, database))
        left += max(there, len(tables)) - len(deep) - len(flat)
        major = tables[0].major if tables else major
        seen = await row_sums.read(asker, database, deep, "hash")
        seen |= await row_sums.read(asker, database, flat, "number")
        after = {one.table.key: one.mark for one in await _tables(asker, database, most)}
        found[database] = {
            key: [*value, known.get(key, ""), after.get(key, "")] for key, value in seen.items()
        }
    return {"reading": reading, "left_out": left, "hashed_by": major, "in": found}


async def _tables(asker: Asker, database: str, most: int = MOST) -> list[_Marked]:
    listed = await asker.json(_TABLES.replace("MOST", str(most)), database) or ()
    return [_Marked(Table.of(about), str(mark)) for about, mark in listed]
