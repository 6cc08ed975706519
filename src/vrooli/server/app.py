"""Puts the HTTP application together from its parts. Opens nothing: `main` owns what lives and
dies.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from vrooli.core.errors import EXIT_USAGE, VrooliError
from vrooli.execution.work import Work
from vrooli.server.auth import RequireToken, TokenFile
from vrooli.server.database import Database
from vrooli.server.dependencies import Dependency, Prober
from vrooli.server.metrics import Metrics
from vrooli.server.middleware.edge import ErrorEdge
from vrooli.server.middleware.headers import SecurityHeaders
from vrooli.server.middleware.limit import BodyLimit
from vrooli.server.middleware.observe import Observe
from vrooli.server.middleware.rates import RateLimit
from vrooli.server.migrator import Migrator
from vrooli.server.problems import RESPONSES, problem, problem_of
from vrooli.server.redis_probe import ping
from vrooli.server.routes.debug import debug_routes
from vrooli.server.routes.events import event_routes
from vrooli.server.routes.health import health_routes
from vrooli.server.routes.history import history_routes
from vrooli.server.routes.metrics import metrics_routes
from vrooli.server.routes.routines import routine_routes
from vrooli.server.routes.runs import run_routes
from vrooli.server.settings import ServerSettings
from vrooli.server.sight import OperatorSight
from vrooli.server.sockets.connection import Limits
from vrooli.server.sockets.route import Sockets, socket_routes
from vrooli.server.store import HistoryStore

CODES = {401: "unauthorized", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application works with."""

    settings: ServerSettings
    database: Database
    migrator: Migrator
    work: Work


def create_app(parts: Parts) -> FastAPI:
    """The application. Every route but `/health` and `/health/live` needs a token (a test walks
    them all).
    """
    settings = parts.settings
    metrics = Metrics(settings.version)
    operator = TokenFile(settings.token_file)
    scraper = TokenFile(settings.metrics_token_file)
    # The generated documentation pages load scripts from elsewhere: off. The schema itself is
    # behind the token.
    app = FastAPI(
        title="Vrooli server",
        version=settings.version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    prober = Prober(dependencies(parts), settings.probe_seconds)
    app.include_router(health_routes(prober, lambda: parts.migrator.done, settings.version))
    app.include_router(
        metrics_routes(metrics), dependencies=[Depends(RequireToken(operator, scraper))]
    )
    for router in (
        debug_routes(settings.dumps),
        history_routes(HistoryStore(parts.database)),
        routine_routes(parts.work.routines),
        run_routes(parts.work.runs),
        event_routes(parts.work.live),
        schema_routes(app),
    ):
        app.include_router(router, dependencies=[Depends(RequireToken(operator))])
    sockets = Sockets(parts.work.live, OperatorSight(operator), metrics, Limits())
    app.include_router(socket_routes(sockets))
    _add_error_handlers(app)
    app.add_middleware(RateLimit, rate=settings.rate)  # the last one added is the outermost
    for layer in (BodyLimit, ErrorEdge, SecurityHeaders):
        app.add_middleware(layer)
    app.add_middleware(Observe, metrics=metrics)
    return app


def dependencies(parts: Parts) -> tuple[Dependency, ...]:
    """PostgreSQL, which we need, and Redis where one is configured, which we can do without."""

    async def postgres() -> None:
        async with parts.database.connection(parts.settings.probe_seconds) as connection:
            await connection.fetchval("SELECT 1")

    found = [Dependency("postgres", postgres, required=True)]
    if (url := parts.settings.redis_url) is not None:
        found.append(Dependency("redis", lambda: ping(url), required=False))
    return tuple(found)


def schema_routes(app: FastAPI) -> APIRouter:
    """`/openapi.json`, for whoever may use the API."""
    router = APIRouter()

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    return router


def _add_error_handlers(app: FastAPI) -> None:
    """Give every refusal the shape of `problems.problem`."""
    log = structlog.get_logger("vrooli.server")

    @app.exception_handler(VrooliError)
    async def ours(request: Request, error: VrooliError) -> JSONResponse:
        if not error.retryable and error.exit_code != EXIT_USAGE:
            log.error("request failed", exc_info=error)
        return problem_of(error)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        code = CODES.get(error.status_code, "refused")
        response = problem(error.status_code, code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        details = [
            {"field": ".".join(map(str, fault["loc"])), "problem": fault["msg"]}
            for fault in error.errors()
        ]
        return problem(422, "bad_parameters", "a parameter is not valid", details=details[:20])
