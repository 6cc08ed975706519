"""PostgreSQL for the server's tests: one cluster for all, an empty database for each."""

import secrets
from collections.abc import Iterator

import pytest

from tests.support.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    """A cluster that no test stops."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def dsn(cluster: Postgres) -> str:
    """An empty database."""
    return cluster.create_database(f"t{secrets.token_hex(4)}")


@pytest.fixture
def own_cluster() -> Iterator[Postgres]:
    """A cluster that the test may kill."""
    with running_postgres() as server:
        yield server
