"""Composition root of `vrooli serve`: environment in, HTTP out.

- DATABASE_URL: needed; REDIS_URL: optional.
- HOST (127.0.0.1), PORT (3001), DRAIN_SECONDS (10).
- VROOLI_DATA: a folder of the server's own, for heap dumps (`dumps/`) and the scraper's token
  (`metrics.token`, which need not exist). It may run as a user who can read nothing else.
- VROOLI_HOME: the stack's folder; takes the place of VROOLI_DATA where that is not set, with
  `secrets/metrics.token`. In the same place lies the secret that signs the tokens of sessions
  (`signing-key`), made when there is none; servers on one database need the same.
- VROOLI_FILES: a folder for what steps of runs write; `work` in VROOLI_DATA when it is not set.
- VROOLI_RATE: requests a second that one caller may send (200), ten times as many at once; 0 is no
  limit.
- VROOLI_STEP_SECRETS: the references (`env:NAME`, `file:PATH`; or just NAME for the former) that
  steps of routines may use, with blanks between them; none when it is not set.
- VROOLI_STEP_FOLDERS: absolute paths of git repositories that steps may read, with `:` between
  them; none when it is not set.
- VROOLI_MODELS: the language models that steps may ask, as TOML; only `test` when it is not set.
- VROOLI_MCP: the servers of tools (MCP) that steps may name, as TOML or JSON; none when it is not
  set. `vrooli up` sets it from `[mcp.NAME]`.
- VROOLI_QUEUES (default): queues whose runs it works on, with commas between them. VROOLI_SLOTS
  (100): how many at once; none at 0.
- VROOLI_KEEP_COMPLETED, VROOLI_KEEP_FAILED, VROOLI_KEEP_CANCELLED: days for which runs are kept
  after their end (30, 90, 30), or `forever`.
- OTEL_EXPORTER_OTLP_ENDPOINT, and the other variables of OpenTelemetry: where traces are sent;
  nowhere when it is not set.
- VROOLI_SERVER_TOKEN_FILE: the token that opens everything; else `secrets/operator.token` of the
  home. VROOLI_METRICS_TOKEN_FILE: another place for the scraper's.

Each of the others may be given as NAME_FILE as well: the path of a file that holds the value.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import FrameType

import structlog
import uvicorn

from vrooli import __version__
from vrooli.core.errors import DeadlineExceeded, UsageError, VrooliError
from vrooli.execution.work import Work
from vrooli.host.clock import SystemClock
from vrooli.host.python_child import PythonChildren
from vrooli.host.secrets import secret_in
from vrooli.main.environment import database_url, read_environment
from vrooli.main.garbage import tended
from vrooli.main.hearing import hearing, redis_of
from vrooli.main.http_server import HttpServer, allow_many_connections, configured
from vrooli.main.listener import bind
from vrooli.main.step_tools import step_tools
from vrooli.main.tracing import Tracing, traces_of
from vrooli.main.working import (
    at_work,
    in_background,
    mcp_of,
    models_of,
    number_in,
    step_folders,
    step_secrets,
    work_settings,
    working,
)
from vrooli.server.accounts.accounts import accounts
from vrooli.server.app import Beside, Parts, create_app
from vrooli.server.database import Database
from vrooli.server.health import SERVICE
from vrooli.server.logs import configure_logs, redact_value
from vrooli.server.migrator import Migrator, newest_revision
from vrooli.server.retention import HistoryRetention
from vrooli.server.settings import DEFAULT_PORT, DEFAULT_RATE, ServerSettings
from vrooli.server.work_metrics import WorkMetrics
from vrooli.server.work_retention import KeepRuns, WorkRetention
from vrooli.stack.builtin.server import SIGNING_KEY

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
MIGRATION_SECONDS = 900.0
EXIT_RETRY = 75
FOREVER, MOST_DAYS = "forever", 36_500
KEPT = KeepRuns()


def settings_from(environ: Mapping[str, str]) -> ServerSettings:
    """Read and check the environment; `UsageError` names the variable that is wrong."""
    folders, work = Folders(environ), work_settings(environ)
    return ServerSettings(
        database_url=database_url(environ),
        redis_url=read_environment(environ, "REDIS_URL"),
        host=read_environment(environ, "HOST") or "127.0.0.1",
        port=_port(environ),
        drain_seconds=work.drain_seconds,
        token_file=folders.token,
        metrics_token_file=folders.metrics_token,
        signing_key_file=folders.signing_key,
        dumps=folders.data / "dumps",
        workspaces=folders.files,
        rate=number_in(environ, "VROOLI_RATE", DEFAULT_RATE),
        models=models_of(environ),
        mcp=mcp_of(environ),
        keep=KeepRuns(
            _days(environ, "VROOLI_KEEP_COMPLETED", KEPT.completed),
            _days(environ, "VROOLI_KEEP_FAILED", KEPT.failed),
            _days(environ, "VROOLI_KEEP_CANCELLED", KEPT.cancelled),
        ),
        step_secrets=step_secrets(environ),
        step_folders=step_folders(environ),
        work=work,
        version=__version__,
    )


class Folders:
    """Where things lie when the environment does not say so one by one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        home = read_environment(environ, "VROOLI_HOME")
        data = read_environment(environ, "VROOLI_DATA")
        if home is None and data is None:
            raise UsageError(
                "neither VROOLI_HOME nor VROOLI_DATA is set",
                next_step="set VROOLI_HOME to the folder of the stack",
            )
        self._environ = environ
        self.data = Path(data or str(home))
        self.files = self._path("VROOLI_FILES") or self.data / "work"
        secrets = Path(home) / "secrets" if home else self.data
        self.token = self._path("VROOLI_SERVER_TOKEN_FILE") or secrets / "operator.token"
        own = self.data if data else secrets
        self.signing_key = own / SIGNING_KEY
        self.metrics_token = self._path("VROOLI_METRICS_TOKEN_FILE") or own / "metrics.token"

    def _path(self, name: str) -> Path | None:
        text = self._environ.get(name)
        return Path(text) if text else None


def _port(environ: Mapping[str, str]) -> int:
    number = number_in(environ, "PORT", float(DEFAULT_PORT))
    if not number.is_integer():
        raise UsageError(f"{number} is not a TCP port", where="PORT", next_step="use 1 to 65535")
    return int(number)


def _days(environ: Mapping[str, str], name: str, default: timedelta | None) -> timedelta | None:
    text = read_environment(environ, name)
    if text is None:
        return default
    if text == FOREVER:
        return None
    try:
        days = float(text)
        if 0 < days <= MOST_DAYS:
            return timedelta(days=days)
    except ValueError:
        pass
    raise UsageError(
        f"{text!r} is no number of days above 0 and at most {MOST_DAYS}",
        where=name,
        next_step=f"or write `{FOREVER}`",
    )


def main() -> int:
    """Serve until SIGTERM or SIGINT; exit code 0 after a drain, 1 when it could not start, 2 for
    wrong settings.
    """
    # uvicorn raises the signal again after its drain; whoever is asked to stop and stops has not
    # failed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    try:
        settings = settings_from(os.environ)
        configure_logs(SERVICE, settings.version)
        allow_many_connections()
        listener = bind(settings.host, settings.port)
        asyncio.run(serve(settings, listener))
    except VrooliError as error:
        sys.stderr.write(f"vrooli serve: {redact_value(str(error))}\n")
        return error.exit_code
    return 0


def leave(number: int, frame: FrameType | None) -> None:
    """Whoever is asked to stop and stops has not failed."""
    raise SystemExit(0)


async def serve(settings: ServerSettings, listener: socket.socket) -> None:
    """1. Start the background work. 2. Wait for migrations, not for ever. 3. Serve. 4. Drain. 5.
    Let go of PostgreSQL.
    """
    database = Database(settings.database_url)
    redis = redis_of(settings.redis_url, database)

    async def apply() -> None:
        await apply_migrations(settings.database_url)

    migrator = Migrator(database, newest_revision(MIGRATIONS / "versions"), apply)
    tools = step_tools(
        SystemClock(),
        settings.step_secrets,
        settings.workspaces,
        settings.models,
        settings.mcp,
        folders=settings.step_folders,
    )
    people = accounts(database, secret_in(settings.signing_key_file))
    metrics = WorkMetrics(database)
    tracing = Tracing(traces_of(os.environ, SERVICE), database, tools.clock)
    tools = replace(tools, traces=tracing.traces)
    made = working(database, settings.work, tools, tracing.meter(metrics))
    asked = asyncio.Event()
    aging = WorkRetention(database, tools.workspaces, settings.keep)
    beside = Beside(tracing.traces)
    if redis:
        beside = Beside(tracing.traces, redis.link.ping, redis.cache)
    app = create_app(Parts(settings, database, migrator, made, people, metrics, beside))
    try:
        keeping = (migrator.run(), HistoryRetention(database).run(), aging.run(), tracing.run())
        async with in_background(*keeping, *hearing(settings.database_url, made, redis, metrics)):
            await migrator.first_try(settings.migration_wait_seconds)
            host, port = listener.getsockname()[:2]
            structlog.get_logger("vrooli.server").info(
                "listening", **{"server.address": host, "server.port": port}
            )
            async with (
                tended(),
                in_background(*at_work(made)),
                _drained(made, settings.drain_seconds, asked),
            ):
                config = configured(app, settings.drain_seconds)
                await _Server(config, asked, made.live.close).serve(sockets=[listener])
    finally:
        await tracing.close()
        await made.news.close()
        await database.close()
        if redis:
            await redis.link.close()


class _Server(HttpServer):
    """Tells that it was asked to stop before it waits for its callers."""

    def __init__(
        self, config: uvicorn.Config, asked: asyncio.Event, leaving: Callable[[], None]
    ) -> None:
        super().__init__(config, leaving)
        self._asked, self._loop = asked, asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        self._loop.call_soon_threadsafe(self._asked.set)
        super().handle_exit(sig, frame)


@asynccontextmanager
async def _drained(made: Work, seconds: float, asked: asyncio.Event) -> AsyncIterator[None]:
    """Hand the runs over as soon as somebody asks, beside what the block still does; it ends when
    both have.
    """

    async def drain() -> None:
        await asked.wait()
        await made.engine.drain(seconds)

    task = asyncio.create_task(drain())
    try:
        yield
    finally:
        asked.set()
        await task


async def apply_migrations(dsn: str) -> None:
    """Run `vrooli.main.migrate` in a process of its own; `VrooliError` with its last words when it
    fails.
    """
    children = PythonChildren({**os.environ, "DATABASE_URL": dsn, "DATABASE_URL_FILE": ""})
    try:
        ended = await children.run("vrooli.main.migrate", b"", MIGRATION_SECONDS)
    except DeadlineExceeded as error:
        what = f"migrations took longer than {MIGRATION_SECONDS:g} s"
        advice = "`vrooli migrate` brings it up to date without a limit of time"
        raise VrooliError(what, next_step=advice) from error
    if ended.code != 0:
        lines = ended.errors.strip().splitlines() or [f"exit code {ended.code}"]
        retryable = ended.code == EXIT_RETRY
        reason = redact_value(lines[0] if retryable else lines[-1])
        advice = "`vrooli migrate` shows all that it says"
        raise VrooliError(f"migrations failed: {reason}", next_step=advice, retryable=retryable)
    for line in ended.errors.strip().splitlines():
        structlog.get_logger("vrooli.server.migrations").warning(redact_value(line))


if __name__ == "__main__":
    sys.exit(main())
