"""`/health` and `/health/live`: open to everyone: balancers and watchdogs carry no tokens."""

import time
from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPEN
from vrooli.server.dependencies import Prober
from vrooli.server.health import report


def health_routes(prober: Prober, migrated: Callable[[], bool], version: str) -> APIRouter:
    """The open routes; `migrated` tells whether the schema is ready."""
    router = APIRouter()
    began = time.monotonic()

    @router.get(
        "/health",
        summary="Can this server serve, and what does it miss?",
        dependencies=[OPEN],
        response_model=None,
        responses={
            200: {"model": shapes.HealthShape, "description": "it can"},
            503: {"model": shapes.HealthShape, "description": "it cannot"},
        },
    )
    async def health() -> JSONResponse:
        """200 while healthy or degraded, 503 while unhealthy; answers by the probes' deadline."""
        answers = await prober.look()
        found = report(
            answers,
            migrated=migrated(),
            version=version,
            uptime=time.monotonic() - began,
            now=time.time(),
        )
        return JSONResponse(found.to_json(), status_code=found.http_status)

    # Asked all the time, and it takes nothing: a plain route answers for a third of what FastAPI
    # costs. The one below it, which says who may use it and what the schema is made of, is never
    # reached.
    router.add_route("/health/live", _alive, methods=["GET"])

    @router.get(
        "/health/live",
        summary="Does the event loop answer?",
        dependencies=[OPEN],
        response_model=None,
        responses=answers(shapes.LiveShape),
    )
    async def live(request: Request) -> JSONResponse:
        """200 as long as the process can answer at all. Touches nothing else: PostgreSQL down is
        not server down.
        """
        return await _alive(request)

    return router


async def _alive(request: Request) -> JSONResponse:
    return JSONResponse({"status": "alive"})
