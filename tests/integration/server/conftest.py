"""PostgreSQL for the server's tests: one cluster for all, a database for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Postgres, running_postgres
from tests.support.runs import client_of
from tests.support.server import Server, server_process
from tests.support.work import with_tables
from vrooli.client.api import Bearer
from vrooli.client.fleet import FleetClient
from vrooli.client.work import WorkClient
from vrooli.core.address import HostPort


@pytest.fixture
def dsn(cluster: Postgres) -> str:
    """A database with the tables, and nothing in them."""
    return with_tables(cluster)


@pytest.fixture
def empty_dsn(cluster: Postgres) -> str:
    """A database without them."""
    return cluster.new_database()


@pytest.fixture
def own_cluster() -> Iterator[Postgres]:
    """A cluster that the test may kill."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def served(cluster: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is up, shared by the tests of a module; they tell their rows apart by host."""
    dsn = with_tables(cluster)
    home: Path = tmp_path_factory.mktemp("home")
    with server_process(home, dsn) as server:
        server.wait("/health")
        yield server


@pytest.fixture(scope="module")
def client(served: Server) -> WorkClient:
    """Of that server."""
    return client_of(served)


@pytest.fixture(scope="module")
def fleet(served: Server) -> FleetClient:
    """Of that server, about other hosts."""
    return FleetClient(HostPort("127.0.0.1", served.port), Bearer(lambda: served.token))
