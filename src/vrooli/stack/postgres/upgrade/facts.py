"""What a cluster holds, so that it can be compared with its copy: rows of every table by number and
content, sequences, roles, settings, and how many objects there are of each kind.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from vrooli.stack.postgres.row_sums import (
    ABOUT,
    BATCH,
    Content,
    Name,
    Table,
    literal,
    qualified,
    read,
)
from vrooli.stack.postgres.upgrade.ask import Asker

Facts = dict[str, Any]
"""Nested: names to names to values that JSON can hold."""

_OURS = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"

DATABASES = """
SELECT json_object_agg(datname, json_build_array(
    pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit))
FROM pg_database WHERE datallowconn AND datname <> 'template1'"""

ROLES = """
SELECT json_object_agg(rolname, json_build_array(rolsuper, rolinherit, rolcreaterole, rolcreatedb,
    rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, md5(rolpassword),
    rolvaliduntil)) FROM pg_authid WHERE rolname !~ '^pg_'"""

MEMBERS = """
SELECT json_object_agg(r.rolname || ' in ' || g.rolname, m.admin_option)
FROM pg_auth_members m JOIN pg_authid g ON g.oid = m.roleid JOIN pg_authid r ON r.oid = m.member
WHERE r.rolname !~ '^pg_'"""

SETTINGS = """
SELECT json_object_agg(coalesce(d.datname, '*') || '/' || coalesce(r.rolname, '*'), s.setconfig)
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
LEFT JOIN pg_authid r ON r.oid = s.setrole"""

_IN_DATABASE = {
    "extensions": "SELECT json_object_agg(extname, true) FROM pg_extension",
    "objects": f"""
SELECT json_object_agg(kind, number) FROM (
    SELECT 'relation ' || c.relkind::text AS kind, count(*) AS number
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} GROUP BY 1
    UNION ALL SELECT 'function', count(*)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS}
    UNION ALL SELECT 'constraint ' || c.contype::text, count(*)
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
    WHERE {_OURS} AND c.contype <> 'n' GROUP BY 1
    UNION ALL SELECT 'trigger', count(*) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'invalid index', count(*) FROM pg_index WHERE NOT indisvalid
) counted""",
}
"""A constraint that a column is not null has a row of its own only since 18."""

_LARGE = ("pg_catalog", "pg_largeobject")
"""Is read as a table is, and is nobody's."""

_LARGE_OBJECTS = "c.oid = 'pg_largeobject'::regclass"

TABLES = f"""
SELECT json_agg({ABOUT} ORDER BY n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND {_OURS} OR {_LARGE_OBJECTS}"""

SEQUENCES = f"""
SELECT json_agg(json_build_array(n.nspname, c.relname) ORDER BY 1, 2)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {_OURS}"""

Told = Callable[[str], None]

Chosen = Mapping[str, Collection[str]]
"""Tables, by database."""


async def gather(
    asker: Asker, *, contents: Content, told: Told, deep: Chosen | None = None
) -> Facts:
    """All of it. Nobody else may write meanwhile.

    Args:
        asker: the cluster.
        contents: what is read of rows.
        told: gets a line about how far it is.
        deep: tables of which that is read; of all others how many rows there are. None: all.
    """
    databases = await asker.json(DATABASES) or {}
    found: Facts = {
        "databases": databases,
        "roles": await asker.json(ROLES) or {},
        "memberships": await asker.json(MEMBERS) or {},
        "settings": await asker.json(SETTINGS) or {},
        "in": {},
    }
    for database in databases:
        chosen = None if deep is None else deep.get(database, ())
        found["in"][database] = await _inside(asker, database, contents, told, chosen)
    return found


async def _inside(
    asker: Asker, database: str, contents: Content, told: Told, chosen: Collection[str] | None
) -> Facts:
    found: Facts = {}
    for what, query in _IN_DATABASE.items():
        found[what] = await asker.json(query, database) or {}
    tables = [Table.of(said) for said in await asker.json(TABLES, database)]
    number = sum(table.name != _LARGE for table in tables)
    told(f"{database}: read {number} tables")
    deep = [table for table in tables if chosen is None or table.key in chosen]
    flat = [table for table in tables if chosen is not None and table.key not in chosen]
    found["tables"] = await read(asker, database, deep, contents)
    found["tables"] |= await read(asker, database, flat, "number")
    sequences = _names(await asker.json(SEQUENCES, database))
    found["sequences"] = {}
    for batch in _batches(sequences):
        found["sequences"] |= await asker.json(positions(batch), database)
    return found


def positions(sequences: Sequence[Name]) -> str:
    """The query for where each sequence stands."""
    return _object(sequences, "SELECT json_build_array(last_value, is_called) FROM %s")


def _object(names: Sequence[Name], query: str) -> str:
    pairs = (f"{literal('.'.join(name))}, ({query % qualified(name)})" for name in names)
    return f"SELECT json_build_object({', '.join(pairs)})"


def _names(listed: Any) -> list[Name]:
    return [(str(schema), str(name)) for schema, name in listed or ()]


def _batches(names: Sequence[Name]) -> Iterator[Sequence[Name]]:
    return (names[at : at + BATCH] for at in range(0, len(names), BATCH))
