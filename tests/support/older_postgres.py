"""A stack whose PostgreSQL is of an older major version, filled, and what must come along."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncpg

from tests.support.stack import LiveStack
from vrooli.core.command import CopyTree
from vrooli.host.files import copy_tree
from vrooli.stack.postgres import installation as installations
from vrooli.stack.postgres.installation import PACKAGE

_PACKAGE = next(Path(path) / PACKAGE for path in sys.path if (Path(path) / PACKAGE).is_dir())
OLDER = _PACKAGE / "pginstall" / "bin"
"""The older of the two majors that the package carries, as it lies there: no copy in a home."""

NEWER = _PACKAGE / "pginstall18" / "bin"
"""The newer one."""

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""The programs of this system, by their major version."""

FILLED = """
CREATE TABLE kept (id bigserial PRIMARY KEY, what text NOT NULL, at timestamptz DEFAULT now());
INSERT INTO kept (what) SELECT repeat('x', n % 50) || n FROM generate_series(1, 5000) AS n;
CREATE TABLE "Odd %s 'name'" (vrooli_row int, t text); INSERT INTO "Odd %s 'name'" VALUES (1, 'ä');
CREATE VIEW seen AS SELECT count(*) FROM kept;
CREATE MATERIALIZED VIEW summed AS SELECT what, count(*) FROM kept GROUP BY what;
SELECT lo_from_bytea(0, 'large'::bytea);
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
"""


def sql(stack: LiveStack, *statements: str, user: str = "vrooli", database: str = "vrooli") -> Any:
    """The first value of the last statement."""
    name = "superuser" if user == "postgres" else user
    password = (stack.home / "secrets" / f"postgres-{name}").read_text(encoding="ascii").strip()

    async def ask() -> Any:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=stack.ports["postgres"], user=user, password=password,
            database=database, ssl=False,
        )  # fmt: skip
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(ask())


def version(stack: LiveStack) -> int:
    """Of the server that answers."""
    return int(sql(stack, "SHOW server_version_num")) // 10000


def programs(stack: LiveStack) -> Path:
    """The folder of the programs that run it."""
    return Path(f"/proc/{stack.pid('postgres')}/exe").readlink().parent


def copied(stack: LiveStack, major: int) -> Path:
    """The folder of the programs of a major version that the package carries, copied into the home
    as an upgrade does.
    """
    known = installations.embedded_ones(stack.home / "pgsql")
    found = installations.newest(item for item in known if item.major == major)
    copy_tree(CopyTree(found.sources, found.root))
    return found.bin


def fill(stack: LiveStack) -> None:
    """Tables, roles, settings, a second database."""
    sql(
        stack,
        "CREATE ROLE reader LOGIN PASSWORD 'secret-of-reader'",
        "GRANT reader TO vrooli",
        "ALTER ROLE reader SET work_mem = '7MB'",
        "ALTER SYSTEM SET log_min_duration_statement = '42s'",
        "SELECT 1",
        user="postgres",
    )
    sql(stack, "CREATE DATABASE second OWNER vrooli", "SELECT 1", user="postgres")
    for database in ("vrooli", "second"):
        sql(stack, FILLED, "SELECT 1", database=database)
    sql(stack, "SELECT nextval('kept_id_seq')")


def holds_all(stack: LiveStack) -> None:
    """What `fill` made is there, and the role may log in as before."""
    assert sql(stack, "SELECT count(*) FROM kept") == 5000
    assert sql(stack, "SELECT count(*) FROM kept", database="second") == 5000
    assert sql(stack, "SELECT t FROM \"Odd %s 'name'\"") == "ä"
    assert sql(stack, "SELECT twice(21)") == 42
    assert sql(stack, "SHOW log_min_duration_statement") == "42s"
    assert sql(stack, "SELECT rolconfig[1] FROM pg_roles WHERE rolname = 'reader'")


def of(stack: LiveStack, programs: Path | None, **settings: str) -> None:
    """Have the file say which programs run it."""
    keys: dict[str, Any] = {"settings": {"max_connections": "61", **settings}}
    if programs is not None:
        keys["installation"] = str(programs)
    stack.resource("postgres", "postgres", health={"interval": 0.5}, **keys)
    stack.write()


def made_by_an_older_package(stack: LiveStack) -> LiveStack:
    """Its data was made by an older package; `web` needs it."""
    of(stack, OLDER)
    stack.add("web", needs=["postgres"])
    stack.write()
    stack.up()
    fill(stack)
    of(stack, None)
    stack.up()
    return stack


def answers(stack: LiveStack) -> bool:
    """Whether it serves."""
    try:
        return bool(sql(stack, "SELECT 1"))
    except (OSError, asyncpg.PostgresError):
        return False
