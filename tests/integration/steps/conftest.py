"""A schema for the steps of this folder."""

import secrets

import pytest

from tests.support.postgres import Postgres
from tests.support.work import prepared


@pytest.fixture
def dsn(cluster: Postgres) -> str:
    """An empty schema: a database each would be thousands of files to flush in the end."""
    schema = f"t{secrets.token_hex(4)}"
    cluster.sql(f"CREATE SCHEMA {schema}")
    return f"{cluster.dsn}?search_path={schema},public"


@pytest.fixture
def work_dsn(cluster: Postgres) -> str:
    """A database with the tables of the work, and no routine."""
    return prepared(cluster)
