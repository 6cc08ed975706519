"""`/api/v1/users/{email}` and its budget: what all runs of somebody may spend in a month."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from vrooli.core.errors import UsageError
from vrooli.execution.owner_budgets import OwnerBudgets
from vrooli.flow.budget import SCHEMA, limits
from vrooli.server import account_shapes as shapes
from vrooli.server.accounts.audit import Audit
from vrooli.server.accounts.directory import Directory
from vrooli.server.accounts.user_store import User
from vrooli.server.answers import answers
from vrooli.server.auth import ADMIN, Who
from vrooli.server.bodies import EmailInPath, StrictBody

MOST_DOLLARS = SCHEMA["properties"]["cost"]["maximum"]
MOST_TOKENS = SCHEMA["properties"]["tokens"]["maximum"]


class MonthlyBudget(StrictBody):
    """Of all runs together, in each calendar month (UTC); null limits nothing.

    Attributes:
        cost: US dollars, to the millionth.
        tokens: of models, in and out together.
    """

    cost: Annotated[float, Field(ge=0, le=MOST_DOLLARS)] | None = None
    tokens: Annotated[int, Field(ge=0, le=MOST_TOKENS)] | None = None


def owner_budget_routes(directory: Directory, budgets: OwnerBudgets) -> APIRouter:
    """Read a user, and change what its runs may spend."""
    router, audit = APIRouter(prefix="/api/v1"), Audit()

    async def shown(user: User) -> dict[str, Any]:
        found = await budgets.of([user.email])
        return {**user.to_json(), "budget": found.get(user.email)}

    @router.get(
        "/users/{email}",
        summary="Read a user",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.UserWithBudget, 404),
    )
    async def get_user(email: EmailInPath) -> dict[str, Any]:
        """With `budget`: how its runs stand in this month, null when nothing limits them all
        together. 404 when there is none of that address.
        """
        return await shown(await directory.user(email))

    @router.put(
        "/users/{email}/budget",
        summary="Limit what the runs of a user spend in a month",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.UserWithBudget, 404),
    )
    async def set_budget(email: EmailInPath, budget: MonthlyBudget, who: Who) -> dict[str, Any]:
        """The user. It holds at once, and what was spent in this month before counts. 400 when it
        limits nothing, 404 when there is none of that address.
        """
        said = budget.model_dump(exclude_none=True)
        if not said:
            raise UsageError(
                "it limits nothing", where="budget", next_step="say `cost` or `tokens`, or DELETE"
            )
        user = await directory.user(email)
        await budgets.set(user.email, limits(said), who.name)
        audit.did(who, "budget-set", user.email, **said)
        return await shown(user)

    @router.delete(
        "/users/{email}/budget",
        summary="Do not limit what the runs of a user spend in a month",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.UserWithBudget, 404),
    )
    async def clear_budget(email: EmailInPath, who: Who) -> dict[str, Any]:
        """The user. 404 when there is none of that address."""
        user = await directory.user(email)
        await budgets.clear(user.email)
        audit.did(who, "budget-removed", user.email)
        return await shown(user)

    return router
