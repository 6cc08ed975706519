"""`/api/v1/approvals`: what runs wait for, and the decisions of people."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from vrooli.execution.approvals.approvals import Approvals
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.server.routes.runs import OPERATOR, Limit

STORABLE = r"^[^\x00]*$"
"""No NUL: PostgreSQL takes none."""

Id = Annotated[str, Path(max_length=64, pattern=STORABLE)]
Given = Annotated[str, Query(max_length=64, pattern=STORABLE)]


class Said(BaseModel):
    """What somebody says about what is asked.

    Attributes:
        hash: of what it is about, as the approval names it.
        reason: for people.
    """

    model_config = ConfigDict(extra="forbid")

    hash: str = Field(pattern="^[0-9a-f]{64}$")
    reason: str = Field(default="", max_length=1000, pattern=STORABLE)


def approval_routes(approvals: Approvals) -> APIRouter:
    """Everything about approvals."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/approvals", summary="List approvals, newest first")
    async def list_approvals(
        status: Literal["", "pending", "approved", "rejected", "expired", "void"] = "",
        run: Given = "",
        before: Given = "",
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """`{approvals, next}`; pass `next` as `before` for the page that follows; null on the last.
        `void` are those whose run ended before anybody decided.
        """
        found = await approvals.views.page(ApprovalFilter(status, run, before, limit + 1))
        more = len(found) > limit
        return {"approvals": found[:limit], "next": found[limit - 1]["id"] if more else None}

    @router.get("/approvals/{approval}", summary="Read an approval")
    async def get_approval(approval: Id) -> dict[str, Any]:
        """With `what` is to be approved, and its `hash`. 404 when there is none of that id."""
        return await approvals.views.get(approval)

    @router.post("/approvals/{approval}/approve", summary="Approve what a run asks for")
    async def approve(approval: Id, said: Said) -> dict[str, Any]:
        """The approval; its run goes on at once. 409 when it was decided before, `hash` is that of
        something else, its time is over, or its run has ended.
        """
        return await approvals.decide(approval, Decision(True, said.hash, OPERATOR, said.reason))

    @router.post("/approvals/{approval}/reject", summary="Reject what a run asks for")
    async def reject(approval: Id, said: Said) -> dict[str, Any]:
        """The approval; its run goes on at once, and fails unless its routine says otherwise. 409
        as above.
        """
        return await approvals.decide(approval, Decision(False, said.hash, OPERATOR, said.reason))

    return router
