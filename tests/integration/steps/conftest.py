"""A PostgreSQL for the steps of this folder."""

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
    """An empty schema: a database each would be thousands of files to flush in the end."""
    schema = f"t{secrets.token_hex(4)}"
    cluster.sql(f"CREATE SCHEMA {schema}")
    return f"{cluster.dsn}?search_path={schema},public"
