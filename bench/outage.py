"""A hundred runs in flight, and Redis is away for a minute; then PostgreSQL is."""

import asyncio
import tempfile
from pathlib import Path

from bench._arguments import parser
from bench._figures import machine, say
from tests.support.outage import Outcome, Plan, outage, place
from tests.support.postgres import Postgres, running_postgres
from tests.support.redis import Redis, running_redis
from vrooli.main.migrate import migrate

RUNS, AWAY = 100, 60.0
STEP = 0.5
"""Seconds of a step; steps last beyond the outage, of PostgreSQL hardly: nothing ends meanwhile."""


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(machine())
    folder = tempfile.TemporaryDirectory()
    with running_postgres() as postgres, running_redis() as redis, folder as name:
        dsn = postgres.create_database("outage")
        migrate(dsn)
        asyncio.run(_measure(dsn, Path(name), postgres, redis))


async def _measure(dsn: str, folder: Path, postgres: Postgres, redis: Redis) -> None:
    async with place(dsn, folder, REDIS_URL=redis.url) as lab:
        plan = Plan(RUNS, steps=int(AWAY / STEP) + 40, each=STEP, away=AWAY)
        _say("Redis, kill -9", await outage(lab, plan, redis.kill, redis.start))
        plan = Plan(RUNS, steps=40, each=STEP, away=AWAY)
        _say("PostgreSQL, immediate", await outage(lab, plan, postgres.crash, postgres.start))


def _say(what: str, found: Outcome) -> None:
    say(f"  {what}, {AWAY:g} s away with {RUNS} runs in flight: {found.statuses}")
    end = f"{found.finished:.1f} s"
    say(f"    after its return all move in {found.moving:.1f} s, the last ends in {end}")
    again = f"executed again {found.repeated}, completed twice {found.completed_twice}"
    say(f"    {found.executed} steps, {again}; readers that misheard {found.misheard}")


if __name__ == "__main__":
    main()
