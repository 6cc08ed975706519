"""Puts the HTTP application together from its parts. Opens nothing: `main` owns what lives and
dies.
"""

from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from vrooli.core.errors import VrooliError
from vrooli.core.ports.traces import Traces
from vrooli.execution.approvals.absences import Absences
from vrooli.execution.work import Work
from vrooli.server.accounts.accounts import Accounts
from vrooli.server.accounts.approvers import Approvers
from vrooli.server.answers import COMMON
from vrooli.server.auth import VIEWER, Access, check_declared
from vrooli.server.caching import Answers, Cache
from vrooli.server.database import Database
from vrooli.server.dependencies import Dependency, Probe, Prober
from vrooli.server.fleet.fleet import Fleet
from vrooli.server.known_query import strict
from vrooli.server.lru_cache import LruCache
from vrooli.server.metrics import Metrics
from vrooli.server.middleware.edge import ErrorEdge
from vrooli.server.middleware.headers import SecurityHeaders
from vrooli.server.middleware.limit import BodyLimit
from vrooli.server.middleware.observe import Observe
from vrooli.server.middleware.rates import RateLimit
from vrooli.server.middleware.repeats import Repeats
from vrooli.server.middleware.right_stack import RightStack
from vrooli.server.middleware.trace import Trace
from vrooli.server.migrator import Migrator
from vrooli.server.patterns import said_of
from vrooli.server.problems import problem, problem_of
from vrooli.server.repeats.routes import keyed
from vrooli.server.repeats.store import RequestStore
from vrooli.server.routes.about import about_routes
from vrooli.server.routes.absences import absence_routes
from vrooli.server.routes.approvals import approval_routes
from vrooli.server.routes.auth import auth_routes
from vrooli.server.routes.budgets import budget_routes
from vrooli.server.routes.control import control_routes
from vrooli.server.routes.debug import debug_routes
from vrooli.server.routes.effects import effect_routes
from vrooli.server.routes.events import event_routes
from vrooli.server.routes.fleet import fleet_routes
from vrooli.server.routes.health import health_routes
from vrooli.server.routes.history import history_routes
from vrooli.server.routes.kept import kept_routes
from vrooli.server.routes.keys import key_routes
from vrooli.server.routes.mcp import mcp_routes
from vrooli.server.routes.metrics import metrics_routes
from vrooli.server.routes.models import model_routes
from vrooli.server.routes.owner_budgets import owner_budget_routes
from vrooli.server.routes.routines import routine_routes
from vrooli.server.routes.runs import run_routes
from vrooli.server.routes.schedules import schedule_routes
from vrooli.server.routes.signals import signal_routes
from vrooli.server.routes.swarms import swarm_routes
from vrooli.server.routes.tools import tool_routes
from vrooli.server.routes.users import user_routes
from vrooli.server.routes.why import why_routes
from vrooli.server.settings import ServerSettings
from vrooli.server.sight import OwnRuns
from vrooli.server.sockets.connection import Limits
from vrooli.server.sockets.route import Sockets, socket_routes
from vrooli.server.staying import Staying
from vrooli.server.store import HistoryStore
from vrooli.server.token_file import TokenFile
from vrooli.server.work_metrics import WorkMetrics

CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many",
}
METHOD_NOT_ALLOWED = 405


@dataclass(frozen=True, slots=True)
class Beside:
    """What it makes use of, and can do without.

    Attributes:
        traces: of its requests; None where nobody collects them.
        redis: whether that answers; None where the stack has none.
        cache: of answers.
    """

    traces: Traces | None = None
    redis: Probe | None = None
    cache: Cache = field(default_factory=LruCache)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application works with."""

    settings: ServerSettings
    database: Database
    migrator: Migrator
    work: Work
    accounts: Accounts
    work_metrics: WorkMetrics
    beside: Beside = field(default_factory=Beside)


def create_app(parts: Parts) -> FastAPI:
    """The application. Every route says who may use it."""
    settings = parts.settings
    metrics = Metrics(settings.version)
    # The generated documentation pages load scripts from elsewhere: off. The schema itself is not
    # for everyone.
    app = FastAPI(
        title="Vrooli server",
        version=settings.version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.access = access = Access(
        TokenFile(settings.token_file),
        parts.accounts.bearers.identify,
        parts.work.runs.views.owner_of,
    )
    routes: list[APIRoute] = []
    for router in (*_routers(parts, access, metrics), schema_routes(app)):
        check_declared(router)
        routes += keyed(router)
        strict(router)
        app.include_router(router, responses=COMMON)
    _add_error_handlers(app)
    store = RequestStore(parts.database)
    app.add_middleware(Repeats, routes=routes, store=store, seal=parts.accounts.seal)
    app.add_middleware(RightStack, mark=parts.accounts.mark)
    app.add_middleware(RateLimit, rate=settings.rate)  # the last one added is the outermost
    for layer in (BodyLimit, ErrorEdge, SecurityHeaders):
        app.add_middleware(layer)
    app.add_middleware(Observe, metrics=metrics)
    if parts.beside.traces is not None:
        app.add_middleware(Trace, traces=parts.beside.traces)
    return app


def _routers(parts: Parts, access: Access, metrics: Metrics) -> tuple[APIRouter, ...]:
    """All that is served."""
    settings, work, people = parts.settings, parts.work, parts.accounts
    prober = Prober(dependencies(parts), settings.probe_seconds)
    kept = Answers(parts.beside.cache, parts.work_metrics.cached)
    history = HistoryStore(parts.database)
    approvers = Approvers(parts.database)
    sight = OwnRuns(access, Staying(access.identify, people.bearers.still))
    return (
        health_routes(prober, lambda: parts.migrator.done, settings.version),
        about_routes(settings, parts.database),
        metrics_routes(metrics, parts.work_metrics, TokenFile(settings.metrics_token_file)),
        auth_routes(people.logins, people.directory),
        user_routes(people.directory, work.owner_budgets),
        owner_budget_routes(people.directory, work.owner_budgets),
        key_routes(people.directory),
        debug_routes(settings.dumps),
        history_routes(history, kept),
        fleet_routes(Fleet(parts.database), history),
        routine_routes(work.routines, work.mcp, kept),
        run_routes(work.runs),
        swarm_routes(work.swarms),
        event_routes(work.live, sight),
        control_routes(work.control, work.runs.views),
        approval_routes(work.approvals, approvers),
        absence_routes(Absences(parts.database), approvers),
        kept_routes(work.kept),
        effect_routes(work.effects),
        why_routes(work.reasons, kept),
        model_routes(work.models),
        tool_routes(kept),
        mcp_routes(work.mcp),
        schedule_routes(work.planning),
        signal_routes(work.signalling, work.runs.views),
        budget_routes(work.budgets, work.runs.views),
        socket_routes(Sockets(work.live, sight, metrics, Limits())),
    )


def dependencies(parts: Parts) -> tuple[Dependency, ...]:
    """PostgreSQL, which we need, and Redis where one is configured, which we can do without."""

    async def postgres() -> None:
        async with parts.database.connection(parts.settings.probe_seconds) as connection:
            await connection.fetchval("SELECT 1")

    found = [Dependency("postgres", postgres, required=True)]
    if (redis := parts.beside.redis) is not None:
        found.append(Dependency("redis", redis, required=False))
    return tuple(found)


def schema_routes(app: FastAPI) -> APIRouter:
    """`/openapi.json`, for whoever may use the API."""
    router = APIRouter()

    @router.get("/openapi.json", include_in_schema=False, dependencies=[VIEWER])
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    return router


def _methods(app: FastAPI, request: Request) -> str:
    """All that the path of a request knows; Starlette names those of its first route alone."""
    path = getattr(request.scope.get("route"), "path_format", "")
    return ", ".join(sorted(method.upper() for method in app.openapi()["paths"].get(path, ())))


def _add_error_handlers(app: FastAPI) -> None:
    """Give every refusal the shape of `problems.problem`."""
    log = structlog.get_logger("vrooli.server")

    @app.exception_handler(VrooliError)
    async def ours(request: Request, error: VrooliError) -> JSONResponse:
        answer = problem_of(error)
        if answer.status_code >= 500 and not error.retryable:
            log.error("request failed", exc_info=error)
        return answer

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        code = CODES.get(error.status_code, "refused")
        response = problem(error.status_code, code, str(error.detail))
        response.headers.update(error.headers or {})
        if error.status_code == METHOD_NOT_ALLOWED and (methods := _methods(app, request)):
            response.headers["Allow"] = methods
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        details = [
            {"field": ".".join(map(str, fault["loc"])), "problem": said_of(fault)}
            for fault in error.errors()
        ]
        return problem(422, "bad_parameters", _faults(details), details=details[:20])


def _faults(details: list[dict[str, str]]) -> str:
    """What is wrong, and where: many a client shows the detail and nothing else."""
    told = "; ".join(f"{one['field']}: {one['problem']}" for one in details[:5])
    return f"a parameter is not valid: {told}"
