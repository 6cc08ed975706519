"""Keeps the schema at the revision that this server was written for."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import structlog

from vrooli.core.errors import VrooliError
from vrooli.server.database import Database

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
RECHECK_SECONDS = 60.0
REVISION_FILE = re.compile(r"v\d{3}_\w+\.py")


def newest_revision(folder: Path) -> str:
    """Name of the newest file in `versions/`, which by our convention (tested) is Alembic's head.

    Known without Alembic, so that a start on a migrated database costs one query instead of one
    more process.
    """
    names = [path.stem for path in folder.iterdir() if REVISION_FILE.fullmatch(path.name)]
    if not names:
        raise VrooliError(
            "no migrations found",
            where=str(folder),
            next_step="the installation is damaged: reinstall",
        )
    return max(names)


class Migrator:
    """Runs `apply` until the database is at `revision`, however long PostgreSQL stays away.

    Attributes:
        done: whether the schema was there when last seen.
    """

    def __init__(
        self,
        database: Database,
        revision: str,
        apply: Callable[[], Awaitable[None]],
        recheck: float = RECHECK_SECONDS,
    ) -> None:
        self._database = database
        self._revision = revision
        self._apply = apply
        self._recheck = recheck
        self._first_try = asyncio.Event()
        self._log = structlog.get_logger("vrooli.server.migrations")
        self.done = False

    async def run(self) -> None:
        """For ever: 1. Look whether anything is to do. 2. If so apply. 3. On failure wait, longer
        each time, and start over. 4. Look again every minute: a restore may bring an old schema.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            self.done = await self._ensure()
            self._first_try.set()
            pause = FIRST_PAUSE_SECONDS if self.done else min(pause * 2, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(self._recheck if self.done else pause)

    async def _ensure(self) -> bool:
        try:
            if not await self._current():
                self.done = False
                await self._apply()
                self._log.info("migrations applied", revision=self._revision)
        except VrooliError as error:
            if not self.done:
                self._log.warning("schema not ready, trying again", reason=error.what)
            return self.done  # PostgreSQL away says nothing about the schema
        return True

    async def first_try(self, seconds: float) -> None:
        """Wait until the first try has ended either way, at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._first_try.wait()
        except TimeoutError:
            self._log.warning("migrations take long, serving meanwhile", seconds=seconds)

    async def _current(self) -> bool:
        """Whether the schema is at our revision, or at a newer one (a newer server runs already,
        during a deploy).
        """
        try:
            async with self._database.connection() as connection:
                found = await connection.fetchval("SELECT max(version_num) FROM alembic_version")
        except VrooliError as error:
            if isinstance(error.__cause__, asyncpg.UndefinedTableError):
                return False  # an empty database
            raise
        return bool(found and found >= self._revision)
