"""Port `Sql`: asyncpg on a real PostgreSQL, and the twin."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import Postgres, running_postgres
from vrooli.core.errors import UsageError
from vrooli.core.ports.sql import READ_ONLY, Rows, Sql, Statement, StatementRefused
from vrooli.host.memory.sql import MemorySql
from vrooli.host.sql import AsyncpgSql

NUMBERS = "SELECT n FROM generate_series(1, 3) AS n"
CHANGE = "CREATE TABLE it (n int)"


def database(statement: Statement) -> Rows:
    """What the twin answers."""
    if statement.text == NUMBERS:
        return Rows(("n",), [[1], [2], [3]])
    if not statement.write:
        raise StatementRefused("cannot be done in a read-only transaction", READ_ONLY)
    return Rows((), (), affected=0)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["postgres", "memory"])
def sql(request: pytest.FixtureRequest) -> Sql:
    return AsyncpgSql() if request.param == "postgres" else MemorySql(database)


async def test_rows_up_to_what_is_wanted(sql: Sql, cluster: Postgres) -> None:
    found = await sql.ask(cluster.dsn, Statement(NUMBERS))
    assert (list(found.columns), found.rows, found.truncated) == (["n"], [[1], [2], [3]], False)
    found = await sql.ask(cluster.dsn, Statement(NUMBERS, most=2))
    assert (found.rows, found.truncated, found.affected) == ([[1], [2]], True, None)


async def test_a_change_must_be_asked_for(sql: Sql, cluster: Postgres) -> None:
    with pytest.raises(StatementRefused) as caught:
        await sql.ask(cluster.dsn, Statement(CHANGE))
    assert caught.value.state == READ_ONLY
    assert (await sql.ask(cluster.dsn, Statement(CHANGE, write=True))).affected == 0
    cluster.sql("DROP TABLE IF EXISTS it")


@pytest.mark.parametrize("address", ["hunter2", "mysql://hunter2", ""])
async def test_what_is_no_address_is_not_repeated(sql: Sql, address: str) -> None:
    with pytest.raises(UsageError) as caught:
        await sql.ask(address, Statement(NUMBERS))
    assert "hunter2" not in str(caught.value)
