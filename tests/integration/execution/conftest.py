"""PostgreSQL for the work: one database for the tests of a file, and one that a test may kill."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.control import Process
from tests.support.flow import step
from tests.support.postgres import Postgres, running_postgres
from tests.support.trees import Place, place
from tests.support.work import WorkDatabase, prepare, prepared, with_tables

DEFINITION = {"name": "test", "do": [step("a"), step("b"), step("c"), step("d"), step("e")]}


@pytest.fixture(scope="module")
def dsn(cluster: Postgres) -> str:
    """A database with the tables, and a routine of five steps."""
    return prepared(cluster, DEFINITION)


@pytest.fixture
async def work(dsn: str) -> AsyncIterator[WorkDatabase]:
    """As one process sees it; what tests before left behind has ended."""
    work = WorkDatabase(dsn)
    await work.execute(
        "UPDATE runs SET status = 'cancelled' WHERE status IN ('pending', 'running')"
    )
    yield work
    await work.close()


@pytest.fixture
async def here(dsn: str) -> AsyncIterator[Place]:
    """A process that works on trees of runs."""
    async with place(dsn) as one:
        yield one


@pytest.fixture
def own_cluster() -> Iterator[Postgres]:
    """One that the test may kill."""
    with running_postgres() as server:
        server.create_database("work")
        prepare(server.dsn_of("work"), DEFINITION)
        yield server


@pytest.fixture(scope="session")
def work_dsn(cluster: Postgres) -> str:
    """A database with the tables, in the cluster that several folders share."""
    return with_tables(cluster)


@pytest.fixture
async def one(work_dsn: str) -> AsyncIterator[Process]:
    """The work as one process has it; what tests before left behind has ended."""
    process = Process(work_dsn)
    async with process.database.connection() as connection:
        await connection.execute("UPDATE runs SET status = 'cancelled', ended_at = now()")
    yield process
    await process.close()


@pytest.fixture
async def second(work_dsn: str) -> AsyncIterator[Process]:
    """The same as another process has it."""
    process = Process(work_dsn)
    yield process
    await process.close()
