"""A PostgreSQL for the tests of several folders."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.postgres import Postgres, running_postgres
from tests.support.work import WorkDatabase


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    """A cluster that no test stops."""
    with running_postgres() as server:
        yield server


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[WorkDatabase]:
    """A database of the work as another process sees it."""
    work = WorkDatabase(dsn)
    yield work
    await work.close()
