"""Applies the migrations to PostgreSQL. Alone imports Alembic and SQLAlchemy, so that the server
never carries them.

`python -m vrooli.main.migrate` takes the DSN from DATABASE_URL, prints the revision reached, and
exits with 0, with 75 (EX_TEMPFAIL of sysexits.h: PostgreSQL is away, try again) or with 1 (needs a
person).
"""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vrooli.core.errors import VrooliError
from vrooli.main.environment import database_url
from vrooli.server.database import translate

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
CONNECT_SECONDS = 5.0
LOCK_SECONDS = 60
"""How long to wait for another migrator, and for each table lock: a migration must fail rather than
block all queries.
"""
LOCK_KEY = 0x76726F6F_6D696772
EXIT_RETRY = 75


def migrate(dsn: str) -> str:
    """Bring the database at `dsn` to the newest revision and return its name.

    Safe to call from any number of processes at once: an advisory lock lets one work, the others
    then find nothing to do. Raises `VrooliError`; `retryable` when PostgreSQL is away or another
    migrator holds the lock for too long.
    """
    return asyncio.run(_migrate(dsn))


async def _migrate(dsn: str) -> str:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        # asyncpg parses the DSN itself: SQLAlchemy's URL would lose socket folders and TLS options.
        async_creator=lambda: asyncpg.connect(dsn, timeout=CONNECT_SECONDS),
        poolclass=NullPool,
    )
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
            # A session lock: it outlasts the commits between versions, and dies with the
            # connection.
            await connection.execute(text(f"SELECT pg_advisory_lock({LOCK_KEY})"))
            await connection.commit()
            return await connection.run_sync(_upgrade)
    except DBAPIError as error:
        raise _translate(error) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise translate(error) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> str:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return MigrationContext.configure(connection).get_current_revision() or "none"


def _translate(error: DBAPIError) -> VrooliError:
    """SQLAlchemy wraps the driver's error, whose own cause is asyncpg's."""
    cause = error.orig.__cause__ if error.orig else None
    if isinstance(cause, asyncpg.LockNotAvailableError):
        return VrooliError(
            f"another process held a lock for {LOCK_SECONDS} s",
            next_step="wait until its migration or long query is over",
            retryable=True,
        )
    if isinstance(cause, (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        return translate(cause)
    return VrooliError("a migration failed", next_step="see the log")


def main() -> int:
    """Entry of `python -m vrooli.main.migrate`."""
    try:
        revision = migrate(database_url(os.environ))
    except VrooliError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_RETRY if error.retryable else error.exit_code
    sys.stdout.write(f"{revision}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
