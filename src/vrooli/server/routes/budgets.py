"""`/api/v1/runs/{run}/budget`: other limits for a run that is there."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.responses import JSONResponse

from vrooli.execution.runs.budgets import Budgets
from vrooli.execution.runs.views import RunViews
from vrooli.flow.budget import BadBudget
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, OwnRun, Who
from vrooli.server.problems import refused_budget


def budget_routes(budgets: Budgets, views: RunViews) -> APIRouter:
    """Change a budget; it is read with its run."""
    router = APIRouter(prefix="/api/v1")

    @router.post(
        "/runs/{run}/budget",
        summary="Change what a run may spend",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def change_budget(
        run: OwnRun, who: Who, budget: Annotated[dict[str, Any], Body()]
    ) -> JSONResponse:
        """The run, which goes on at once where it paused at a limit. Of `cost`, `tokens`, `steps`,
        `time` and `on_limit` those that are named; 409 when it has no such limit, or has ended
        otherwise than by a failure.
        """
        try:
            await budgets.change(run, budget, who.name)
        except BadBudget as error:
            return refused_budget(error)
        return JSONResponse(await views.get(run))

    return router
