"""What runs use goes away in the middle of them: none is lost, nothing is done twice, and nobody
has to be started again. `bench/outage.py` is the same at its full length.
"""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.outage import Outcome, Plan, outage, place
from tests.support.postgres import Postgres
from tests.support.redis import Redis, running_redis
from vrooli.main.migrate import migrate

RUNS, STEPS = 12, 12
PLAN = Plan(RUNS, STEPS, each=0.1, away=1.0)


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """One that the test may kill."""
    with running_redis() as redis:
        yield redis


async def test_redis_and_postgres_go_away_in_the_middle_of_runs(
    own_cluster: Postgres, redis: Redis, tmp_path: Path
) -> None:
    dsn = own_cluster.create_database(f"t{secrets.token_hex(4)}")
    await asyncio.to_thread(migrate, dsn)
    async with place(dsn, tmp_path, REDIS_URL=redis.url) as lab:
        whole(await outage(lab, PLAN, redis.kill, redis.start))
        whole(await outage(lab, PLAN, own_cluster.crash, own_cluster.start))
        assert "Traceback" not in lab.server.log


def whole(found: Outcome) -> None:
    assert found.statuses == {"completed": RUNS}
    assert found.executed == RUNS * STEPS
    assert (found.repeated, found.completed_twice, found.misheard) == (0, 0, 0)
