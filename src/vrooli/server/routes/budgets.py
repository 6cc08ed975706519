"""`/api/v1/runs/{run}/budget`: other limits for a run that is there."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from starlette.responses import JSONResponse

from vrooli.execution.runs.budgets import Budgets
from vrooli.execution.runs.views import RunViews
from vrooli.flow.budget import BadBudget
from vrooli.server.problems import problem

OPERATOR = "operator"


def budget_routes(budgets: Budgets, views: RunViews) -> APIRouter:
    """Change a budget; it is read with its run."""
    router = APIRouter(prefix="/api/v1")

    @router.post("/runs/{run}/budget", summary="Change what a run may spend")
    async def change_budget(
        run: Annotated[str, Path(max_length=64)], budget: Annotated[dict[str, Any], Body()]
    ) -> JSONResponse:
        """The run. Of `cost`, `tokens`, `steps`, `time` and `on_limit` those that are named; 409
        when it has no such limit, or has ended.
        """
        await views.get(run)
        try:
            await budgets.change(run, budget, OPERATOR)
        except BadBudget as error:
            return problem(422, "bad_budget", error.what)
        return JSONResponse(await views.get(run))

    return router
