"""Which table somebody means, and what is known of it."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.stack.postgres.upgrade.ask import Asker, quoted
from vrooli.stack.postgres.upgrade.facts import DATABASES

_PART = re.compile(r'"(?:[^"]|"")+"|[^."]+')
_NAME = re.compile(rf"(?:{_PART.pattern})(?:\.(?:{_PART.pattern})){{0,2}}")
_RESCUED = re.compile(r"rescued_\d{8}_\d{6}", re.ASCII)
"""Schemas that a rescue makes."""

_TABLES = """
SELECT json_agg(json_build_array(n.nspname, c.relname) ORDER BY n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"""

_COLUMNS = """
SELECT (SELECT json_build_object(
'columns', (SELECT json_agg(json_build_array(attname, attgenerated <> '') ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
'key', (SELECT json_agg(a.attname ORDER BY k.n) FROM pg_index i,
    unnest(i.indkey) WITH ORDINALITY k(attnum, n)
    JOIN pg_attribute a ON a.attnum = k.attnum
    WHERE i.indrelid = c.oid AND a.attrelid = c.oid AND i.indisprimary),
'owner', pg_get_userbyid(c.relowner),
'bytes', (SELECT coalesce(sum(pg_total_relation_size(relid)), 0) FROM pg_partition_tree(c.oid))
    + pg_total_relation_size(c.oid))
FROM pg_class c WHERE c.oid = {table})"""
"""A partitioned table has its bytes in its partitions."""

_FAMILY = """
WITH RECURSIVE family(oid) AS (SELECT {table}::oid
    UNION SELECT inhrelid FROM pg_inherits JOIN family ON inhparent = family.oid)
SELECT json_agg(json_build_array(n.nspname, c.relname)) FROM family
JOIN pg_class c ON c.oid = family.oid JOIN pg_namespace n ON n.oid = c.relnamespace"""
"""Rows of a table lie in its partitions, and in what inherits from it."""

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Table:
    """One."""

    database: str
    schema: str
    name: str

    def __str__(self) -> str:
        return ".".join(map(_shown, (self.database, self.schema, self.name)))

    @property
    def qualified(self) -> str:
        """As a statement in its database has it."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one.

    Attributes:
        columns: in their order.
        generated: those of them that cannot be written.
        key: columns of the primary key; empty when there is none.
        owner: the role.
        size: bytes.
    """

    columns: tuple[str, ...]
    generated: frozenset[str]
    key: tuple[str, ...]
    owner: str
    size: int


async def found(asker: Asker, said: str) -> Table:
    """The one that is meant by `database.schema.table`, or the end of that.

    Raises:
        UsageError: there is none, or more than one.
    """
    parts = parts_of(said)
    tables = await everything(asker)
    chosen = [one for one in tables if _tuple(one)[-len(parts) :] == parts]
    # What a rescue brought earlier is meant by nobody who does not name its schema.
    chosen = [one for one in chosen if not _RESCUED.fullmatch(one.schema)] or chosen
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        raise UsageError(
            f"`{said}` may be {len(chosen)} tables: {_list(chosen)}",
            next_step="write one of these",
        )
    near = difflib.get_close_matches(parts[-1], [one.name for one in tables], SHOWN, 0.6)
    like = [one for one in tables if one.name in near]
    raise UsageError(
        f"there is no table `{said}` in it",
        next_step=f"did you mean {_list(like)}?" if like else f"it has {_list(tables)}",
    )


async def everything(asker: Asker) -> list[Table]:
    """All tables of people's own, of every database."""
    tables = []
    for database in await asker.json(DATABASES) or {}:
        for schema, name in await asker.json(_TABLES, database) or ():
            tables.append(Table(database, schema, name))
    return tables


async def facts(asker: Asker, table: Table) -> Facts | None:
    """What is known of `table` there; None when there is none."""
    query = _COLUMNS.format(table=_regclass(table))
    said: dict[str, Any] | None = await asker.json(query, table.database)
    if said is None:
        return None
    columns = said["columns"] or []
    return Facts(
        columns=tuple(name for name, _ in columns),
        generated=frozenset(name for name, generated in columns if generated),
        key=tuple(said["key"] or ()),
        owner=said["owner"],
        size=int(said["bytes"]),
    )


async def family(asker: Asker, table: Table) -> list[Table]:
    """It, and all that its rows may lie in."""
    listed = await asker.json(_FAMILY.format(table=_regclass(table)), table.database)
    return [Table(table.database, schema, name) for schema, name in listed]


def _regclass(table: Table) -> str:
    literal = table.qualified.replace("'", "''")
    return f"to_regclass('{literal}')"


def parts_of(said: str) -> tuple[str, ...]:
    """Of a name, the last one last.

    Raises:
        UsageError: it is none.
    """
    if not _NAME.fullmatch(said):
        raise UsageError(
            f"`{said}` names no table",
            next_step='write database.schema.table, a name with a dot in it between "quotes"',
        )
    return tuple(
        part[1:-1].replace('""', '"') if part.startswith('"') else part
        for part in _PART.findall(said)
    )


def _tuple(table: Table) -> tuple[str, ...]:
    return table.database, table.schema, table.name


def _shown(name: str) -> str:
    return quoted(name) if "." in name or '"' in name else name


def _list(tables: Sequence[Table]) -> str:
    shown = ", ".join(str(one) for one in tables[:SHOWN]) or "no table"
    return shown + (f" and {len(tables) - SHOWN} more" if len(tables) > SHOWN else "")
