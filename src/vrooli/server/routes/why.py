"""`/api/v1/runs/{run}/why`: why a run is where it is."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vrooli.execution.runs.reasons import Reasons
from vrooli.server import shapes
from vrooli.server.answers import kept_answers
from vrooli.server.auth import VIEWER, OwnRun
from vrooli.server.caching import Answers

SECONDS = 1.0
"""For which a reason is told anew that time alone may have changed."""


def why_routes(reasons: Reasons, kept: Answers) -> APIRouter:
    """Tell it."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/runs/{run}/why",
        summary="Why is a run, or a step of it, where it is?",
        dependencies=[VIEWER],
        response_model=None,
        responses=kept_answers(shapes.ReasonShape, 404),
    )
    async def why(
        request: Request,
        run: OwnRun,
        step: Annotated[str, Query(max_length=1000)] = "",
    ) -> Response:
        """`{code, says, moving, since, until, step, next_step, command}`. `moving`: it goes on
        without anybody doing anything; else `command` is what to type next. `code` is one of
        `queued`, `no-worker`, `silent-worker`, `lease-expired`, `definition`, `step`, `below`,
        `retry`, `provider-down`, `wait`, `approval`, `signal`, `waiting`, `paused`, `budget`,
        `between-steps`, `no-room`, `unknown-effect`, `not-reached` and `ended`.
        """

        async def make() -> dict[str, Any]:
            return (await reasons.of(run, step)).to_json()

        return await kept.of(request, SECONDS, await reasons.stamp(run), make)

    return router
