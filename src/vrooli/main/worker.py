"""Composition root of `vrooli worker`: works on runs, and serves nobody.

DATABASE_URL, REDIS_URL, VROOLI_DATA, VROOLI_FILES, VROOLI_HOME, VROOLI_STEP_SECRETS,
VROOLI_STEP_FOLDERS, VROOLI_QUEUES, VROOLI_SLOTS, DRAIN_SECONDS and those of OpenTelemetry mean what
they mean to `vrooli serve`.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import structlog

from vrooli import __version__
from vrooli.core.errors import UsageError, VrooliError
from vrooli.execution.meter import NoMeter
from vrooli.execution.settings import WorkSettings
from vrooli.execution.step_type import StepTools
from vrooli.host.clock import SystemClock
from vrooli.main.environment import database_url, read_environment
from vrooli.main.garbage import tended
from vrooli.main.hearing import redis_of, waking
from vrooli.main.server import MIGRATIONS, Folders, apply_migrations, leave
from vrooli.main.step_tools import step_tools
from vrooli.main.tracing import Tracing, traces_of
from vrooli.main.working import (
    at_work,
    in_background,
    mcp_of,
    models_of,
    step_folders,
    step_secrets,
    work_settings,
    working,
)
from vrooli.main.writable import writable
from vrooli.server.database import Database
from vrooli.server.logs import configure_logs, redact_value
from vrooli.server.migrator import Migrator, newest_revision
from vrooli.server.settings import checked_redis_url

SERVICE = "vrooli-worker"
MIGRATION_WAIT = 20.0
"""Seconds for which it waits for the schema before it looks for work anyway."""


def main(queues: str | None = None, slots: int | None = None) -> int:
    """Work until SIGTERM or SIGINT; exit code 0 after a drain, 1 when it could not start, 2 for
    wrong settings.

    Args:
        queues: instead of VROOLI_QUEUES.
        slots: instead of VROOLI_SLOTS.
    """
    try:
        environ = {**os.environ, **({"VROOLI_QUEUES": queues} if queues else {})}
        dsn = database_url(environ)
        settings = work_settings(environ)
        if slots is not None:
            settings = replace(settings, slots=slots)
        if settings.slots == 0:
            raise UsageError(
                "a worker without slots does nothing",
                where="VROOLI_SLOTS",
                next_step="set it to 1 or more, or leave it out",
            )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, leave)  # until `run` has something to drain
        configure_logs(SERVICE, __version__)
        workspaces = writable(Folders(environ).files, "VROOLI_DATA or VROOLI_FILES")
        models, servers = models_of(environ), mcp_of(environ)
        allowed = step_secrets(environ), step_folders(environ)
        tools = step_tools(
            SystemClock(), allowed[0], workspaces, models, servers, folders=allowed[1]
        )
        redis_url = checked_redis_url(read_environment(environ, "REDIS_URL"))
        asyncio.run(run(dsn, settings, tools, redis_url))
    except VrooliError as error:
        sys.stderr.write(f"vrooli worker: {redact_value(str(error))}\n")
        return error.exit_code
    return 0


async def run(
    dsn: str, settings: WorkSettings, tools: StepTools, redis_url: str | None = None
) -> None:
    """1. Bring the schema up to date, however long PostgreSQL stays away. 2. Work. 3. Drain. 4. Let
    go of PostgreSQL.
    """
    log, asked = structlog.get_logger("vrooli.worker"), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    database = Database(dsn)
    redis = redis_of(redis_url, database)

    async def apply() -> None:
        await apply_migrations(dsn)

    migrator = Migrator(database, newest_revision(MIGRATIONS / "versions"), apply)
    tracing = Tracing(traces_of(os.environ, SERVICE), database, tools.clock)
    tools = replace(tools, traces=tracing.traces)
    made = working(database, settings, tools, tracing.meter(NoMeter()))
    try:
        async with in_background(migrator.run(), tracing.run()):
            await _either(migrator.first_try(MIGRATION_WAIT), asked.wait())
            async with tended(), in_background(*at_work(made), *waking(dsn, made, redis)):
                log.info("working", queues=settings.queues, slots=settings.slots)
                await asked.wait()
                log.info("draining", seconds=settings.drain_seconds)
                await made.engine.drain(settings.drain_seconds)
            log.info("drained")
    finally:
        await tracing.close()
        await made.news.close()
        await database.close()
        if redis:
            await redis.link.close()


async def _either(*waits: Coroutine[Any, Any, object]) -> None:
    """Until one of them has ended."""
    tasks = [asyncio.create_task(one) for one in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    sys.exit(main())
