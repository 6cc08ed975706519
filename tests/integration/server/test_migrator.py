"""The server's own watch over its schema."""

import asyncio
from pathlib import Path

import pytest

from tests.support.waiting import eventually
from vrooli.core.errors import VrooliError
from vrooli.main.migrate import MIGRATIONS
from vrooli.main.server import apply_migrations
from vrooli.server.database import Database
from vrooli.server.migrator import Migrator, newest_revision

REVISION = newest_revision(MIGRATIONS / "versions")


async def until(wanted: bool, migrator: Migrator) -> None:
    """Until `done` is as wanted."""

    async def reached() -> bool:
        return migrator.done is wanted

    await eventually(reached, f"done is {wanted}")


async def test_a_schema_that_vanishes_is_made_again(empty_dsn: str) -> None:
    """As after a restore of a backup older than the schema."""
    database = Database(empty_dsn)
    gate = asyncio.Event()
    gate.set()

    async def apply() -> None:
        await gate.wait()
        await apply_migrations(empty_dsn)

    migrator = Migrator(database, REVISION, apply, recheck=0.1)
    job = asyncio.create_task(migrator.run())
    try:
        await migrator.first_try(60)
        assert migrator.done
        gate.clear()
        async with database.connection() as connection:
            await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await until(False, migrator)
        gate.set()
        await until(True, migrator)
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM history") == 0
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await database.close()


async def test_a_current_schema_starts_no_process_and_a_newer_one_is_left_alone(
    empty_dsn: str,
) -> None:
    await apply_migrations(empty_dsn)
    database = Database(empty_dsn)

    async def never() -> None:
        raise AssertionError

    async with database.connection() as connection:
        await connection.execute("UPDATE alembic_version SET version_num = 'v999_later'")
    migrator = Migrator(database, REVISION, never)
    job = asyncio.create_task(migrator.run())
    try:
        await migrator.first_try(60)
        assert migrator.done
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await database.close()


async def test_migrations_that_hang_do_not_hold_the_start_up(empty_dsn: str) -> None:
    database = Database(empty_dsn)

    async def hang() -> None:
        await asyncio.Event().wait()

    migrator = Migrator(database, REVISION, hang)
    job = asyncio.create_task(migrator.run())
    try:
        await migrator.first_try(0.3)
        assert not migrator.done
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await database.close()


def test_an_installation_without_migrations_says_so(tmp_path: Path) -> None:
    with pytest.raises(VrooliError, match="no migrations"):
        newest_revision(tmp_path)
