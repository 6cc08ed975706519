"""`/api/v1/approvals`: what runs wait for, and the decisions of people."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from vrooli.core.errors import Refused, UnknownName
from vrooli.execution.approvals.approvals import Approvals
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter, unknown_approval
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, VIEWER, Who, access_of
from vrooli.server.bodies import ID, SHA256, STORABLE, Id
from vrooli.server.cursors import Cursor, pack, page, unpack
from vrooli.server.routes.runs import Limit

Given = Annotated[str, Query(max_length=64, pattern=STORABLE)]


class Said(BaseModel):
    """What somebody says about what is asked.

    Attributes:
        hash: of what it is about, as the approval names it.
        reason: for people.
    """

    model_config = ConfigDict(extra="forbid")

    hash: str = Field(pattern=SHA256)
    reason: str = Field(default="", max_length=1000, pattern=STORABLE)


class One(BaseModel):
    """One of several.

    Attributes:
        id: of the approval.
        hash: of what it is about, as the approval names it.
    """

    model_config = ConfigDict(extra="forbid")

    id: str = Field(max_length=64, pattern=ID)
    hash: str = Field(pattern=SHA256)


class Several(BaseModel):
    """What somebody says about several.

    Attributes:
        approvals: which, at most 100.
        approved: or rejected.
        reason: for people.
    """

    model_config = ConfigDict(extra="forbid")

    approvals: list[One] = Field(min_length=1, max_length=100)
    approved: StrictBool
    reason: str = Field(default="", max_length=1000, pattern=STORABLE)


def approval_routes(approvals: Approvals) -> APIRouter:
    """Everything about approvals."""
    router = APIRouter(prefix="/api/v1")

    _add_views(router, approvals)
    _add_decisions(router, approvals)
    _add_several(router, approvals)
    return router


async def _seen(approvals: Approvals, approval: str, request: Request) -> dict[str, Any]:
    found, access = await approvals.views.get(approval), access_of(request)
    who = await access.of(request)
    if not who.sees(await access.owner_of(found["run"])):
        raise unknown_approval(approval)
    return found


def _add_views(router: APIRouter, approvals: Approvals) -> None:
    @router.get(
        "/approvals",
        summary="List approvals, newest first",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ApprovalPage),
    )
    async def list_approvals(
        who: Who,
        status: Literal["", "pending", "approved", "rejected", "expired", "void"] = "",
        run: Given = "",
        swarm: Given = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """`{approvals, next_cursor}`. `void` are those whose run ended before anybody decided. Who
        is no admin sees those of its own runs. With `swarm` those of all that it started. `cost` is
        told of those that wait.
        """
        (before,) = unpack(cursor, str) if cursor else ("",)
        query = ApprovalFilter(status, run, before, limit + 1, who.only, swarm)
        found = await approvals.views.page(query)
        return page("approvals", found, limit, lambda one: pack(one["id"]))

    @router.get(
        "/approvals/open",
        summary="Count the approvals that wait",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.OpenApprovals),
    )
    async def open_approvals(who: Who) -> dict[str, Any]:
        """`{count, newest}`: how many wait for a decision, 1000 at most, and the id of the one that
        was asked last, or null. For those who ask often. Who is no admin counts those of its own
        runs.
        """
        return await approvals.views.open(who.only)

    @router.get(
        "/approvals/{approval}",
        summary="Read an approval",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ApprovalShape, 404),
    )
    async def get_approval(approval: Id, request: Request) -> dict[str, Any]:
        """With `what` is to be approved, and its `hash`. 404 when there is none of that id."""
        return await _seen(approvals, approval, request)


def _add_decisions(router: APIRouter, approvals: Approvals) -> None:
    @router.post(
        "/approvals/{approval}/approve",
        summary="Approve what a run asks for",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ApprovalShape, 404, 409),
    )
    async def approve(approval: Id, request: Request, who: Who, said: Said) -> dict[str, Any]:
        """The approval; its run goes on at once. 409 when it was decided before, `hash` is that of
        something else, its time is over, or its run has ended.
        """
        await _seen(approvals, approval, request)
        return await approvals.decide(approval, Decision(True, said.hash, who.name, said.reason))

    @router.post(
        "/approvals/{approval}/reject",
        summary="Reject what a run asks for",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ApprovalShape, 404, 409),
    )
    async def reject(approval: Id, request: Request, who: Who, said: Said) -> dict[str, Any]:
        """The approval; its run goes on at once, and fails unless its routine says otherwise. 409
        as above.
        """
        await _seen(approvals, approval, request)
        return await approvals.decide(approval, Decision(False, said.hash, who.name, said.reason))


def _add_several(router: APIRouter, approvals: Approvals) -> None:
    @router.post(
        "/approval-decisions",
        summary="Decide several approvals",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.AllDecided),
    )
    async def decide_several(request: Request, who: Who, said: Several) -> dict[str, Any]:
        """`{decided}`: each by itself, with the hash that was seen; one that does not count any
        more hinders no other. Again it tells that they are decided.
        """
        decided = []
        for one in said.approvals:
            decision = Decision(said.approved, one.hash, who.name, said.reason)
            try:
                await _seen(approvals, one.id, request)
                found = await approvals.decide(one.id, decision)
                decided.append({"id": one.id, "status": found["status"], "problem": ""})
            except (UnknownName, Refused) as error:
                decided.append({"id": one.id, "status": "", "problem": error.what})
        return {"decided": decided}
