"""A PostgreSQL for the tests of several folders."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    """A cluster that no test stops."""
    with running_postgres() as server:
        yield server
