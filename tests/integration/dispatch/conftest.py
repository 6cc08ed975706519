"""One database for each test, on the cluster that all share."""

from collections.abc import AsyncIterator

import pytest

from tests.support.engines import World
from tests.support.flow import step
from tests.support.postgres import Postgres
from tests.support.work import WorkDatabase, prepared

DEFINITION = {"name": "test", "do": [step("a"), step("b")]}


@pytest.fixture(scope="module")
def dsn(cluster: Postgres) -> str:
    """A database with the tables, and a routine of two steps that must not be repeated."""
    return prepared(cluster, DEFINITION)


@pytest.fixture
async def work(dsn: str) -> AsyncIterator[WorkDatabase]:
    """As one process sees it, without a run."""
    work = WorkDatabase(dsn)
    await work.execute("TRUNCATE runs, run_trees, steps, run_events, schedules CASCADE")
    yield work
    await work.close()


@pytest.fixture
def world() -> World:
    return World()
