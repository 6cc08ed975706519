"""Rows that a server holds at the end of a copy of it, by number and content, so that the copy can
be compared with them: read at as little cost as is asked for, each batch of tables in one snapshot.

The copy ends a moment before: what is written between the two is not in it. So how often a table
was written to is read as well, before the copy and after it, and once more when it is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.stack.backing import Reading
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.facts import BATCH, DATABASES, Name, rows

MB = 1_000_000

BUDGETS: Mapping[Reading, tuple[int, int]] = {
    "spare": (0, 256 * MB),
    "usual": (256 * MB, 8000 * MB),
    "deep": (2**62, 2**62),
}
"""Bytes of tables whose contents are read, and whose rows are counted, the smallest tables first.
256 MB take about a second of a processor, and to count 8 GB a few."""

MOST = 5000
"""Tables of a database that are looked at, the smallest; of the rest only how many there are."""

_OURS = """
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p'
AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"""
"""Unlogged tables come back empty, and are not compared."""

_COUNT = f"SELECT to_json(count(*)) {_OURS}"

_TABLES = f"""
SELECT json_agg(json_build_array(schema, name, size, mark) ORDER BY size, schema, name)
FROM (SELECT n.nspname AS schema, c.relname AS name, pg_relation_size(c.oid) AS size,
    (pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
     + pg_stat_get_tuples_deleted(c.oid))::text || '.' || c.relfilenode AS mark
    {_OURS} ORDER BY 3, 1, 2 LIMIT {{most}}) one"""

Marks = dict[str, dict[str, str]]
"""By database and table: how often it was written to, and the file that it is in."""


@dataclass(frozen=True, slots=True)
class _Table:
    name: Name
    size: int
    mark: str

    @property
    def key(self) -> str:
        return ".".join(self.name)


async def marks(asker: Asker) -> Marks:
    """How often each table was written to. Servers tell it up to ten seconds late."""
    databases = await asker.json(DATABASES) or {}
    return {
        database: {table.key: table.mark for table in await _tables(asker, database)}
        for database in databases
    }


async def read(
    asker: Asker, before: Marks, reading: Reading, most: int = MOST
) -> Mapping[str, Any]:
    """By database and table: number of rows, checksum of them or None, mark of `before`, mark now;
    and how much was left out.

    Args:
        asker: the server, which others write to.
        before: as of before the copy began.
        reading: how much it may cost.
        most: tables of a database that are looked at.
    """
    content, counted = BUDGETS[reading]
    found: dict[str, Any] = {}
    left = 0
    for database, known in before.items():
        tables = await _tables(asker, database, most)
        sizes = _sums(tables)
        deep = [table for table, sum in zip(tables, sizes, strict=True) if sum <= content]
        flat = [table for table, sum in zip(tables, sizes, strict=True) if content < sum <= counted]
        there = int(await asker.json(_COUNT, database))
        left += max(there, len(tables)) - len(deep) - len(flat)
        seen = await _rows(asker, database, deep, contents=True)
        seen |= await _rows(asker, database, flat, contents=False)
        after = {table.key: table.mark for table in await _tables(asker, database, most)}
        found[database] = {
            key: [*value, known.get(key, ""), after.get(key, "")] for key, value in seen.items()
        }
    return {"reading": reading, "left_out": left, "in": found}


async def _tables(asker: Asker, database: str, most: int = MOST) -> list[_Table]:
    listed = await asker.json(_TABLES.format(most=most), database) or ()
    return [_Table((schema, name), int(size), str(mark)) for schema, name, size, mark in listed]


async def _rows(
    asker: Asker, database: str, tables: Sequence[_Table], *, contents: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for at in range(0, len(tables), BATCH):
        names = [table.name for table in tables[at : at + BATCH]]
        found |= await asker.json(rows(names, contents=contents), database)
    return found


def _sums(tables: Sequence[_Table]) -> list[int]:
    sums, sum = [], 0
    for table in tables:
        sum += table.size
        sums.append(sum)
    return sums
