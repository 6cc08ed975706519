"""`/api/v1/approvals`: what runs wait for, and the decisions of people."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from vrooli.core.errors import Refused, UnknownName
from vrooli.execution.approvals.approvals import Approvals
from vrooli.execution.approvals.delegating import ME
from vrooli.execution.approvals.store import Decision, Delegation
from vrooli.execution.approvals.views import ApprovalFilter, unknown_approval
from vrooli.server import approval_shapes as shapes
from vrooli.server.accounts.approvers import Approvers
from vrooli.server.accounts.roles import OPERATOR as TOKEN
from vrooli.server.accounts.roles import Caller
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, VIEWER, Who
from vrooli.server.bodies import ID, SHA256, STORABLE, Email, Id
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


class HandedOn(BaseModel):
    """Whom somebody hands it on to.

    Attributes:
        to: address of a user who may approve, or `me`: it is taken back.
        because: for people.
    """

    model_config = ConfigDict(extra="forbid")

    to: Email
    because: str = Field(default="", max_length=1000, pattern=STORABLE)


def approval_routes(approvals: Approvals, approvers: Approvers) -> APIRouter:
    """Everything about approvals."""
    router = APIRouter(prefix="/api/v1")

    _add_views(router, approvals)
    _add_decisions(router, approvals)
    _add_several(router, approvals)
    _add_delegation(router, approvals, approvers)
    return router


async def _seen(approvals: Approvals, approval: str, who: Caller) -> dict[str, Any]:
    """It is there for the owner of its run, for those that it was handed on to, and for admins."""
    found = await approvals.views.get(approval)
    if not who.sees(found["created_by"]) and who.name not in found["delegates"]:
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
    async def list_approvals(  # noqa: PLR0913 -- one argument for each parameter
        who: Who,
        status: Literal["", "pending", "approved", "rejected", "expired", "void"] = "",
        run: Given = "",
        swarm: Given = "",
        asked: Literal["", "me", "others"] = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """`{approvals, next_cursor}`. `void` are those whose run ended before anybody decided. Who
        is no admin sees those of its own runs, and those that were handed on to it. With `swarm`
        those of all that it started, with `asked` those that wait for you (`me`) or were handed on
        (`others`). `cost` is told of those that wait.
        """
        (before,) = unpack(cursor, str) if cursor else ("",)
        mine = {"created_by": who.only, "asked": asked, "me": who.name}
        query = ApprovalFilter(status, run, before, limit + 1, swarm=swarm, **mine)
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
        """`{count, newest, moves}`: how many wait for a decision of yours, 1000 at most; and of all
        that wait, as far as you see them, the id of the one that was asked last, or null, and how
        often they were handed on. For those who ask often. Who is no admin sees those of its own
        runs, and those that were handed on to it.
        """
        return await approvals.views.open(who.only, who.name)

    @router.get(
        "/approvals/{approval}",
        summary="Read an approval",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ApprovalShape, 404),
    )
    async def get_approval(approval: Id, who: Who) -> dict[str, Any]:
        """With `what` is to be approved, and its `hash`. 404 when there is none of that id."""
        return await _seen(approvals, approval, who)


def _add_decisions(router: APIRouter, approvals: Approvals) -> None:
    @router.post(
        "/approvals/{approval}/approve",
        summary="Approve what a run asks for",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ApprovalShape, 404, 409),
    )
    async def approve(approval: Id, who: Who, said: Said) -> dict[str, Any]:
        """The approval; its run goes on at once. 409 when it was decided before, `hash` is that of
        something else, its time is over, or its run has ended.
        """
        await _seen(approvals, approval, who)
        return await approvals.decide(approval, _decision(True, said, who))

    @router.post(
        "/approvals/{approval}/reject",
        summary="Reject what a run asks for",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ApprovalShape, 404, 409),
    )
    async def reject(approval: Id, who: Who, said: Said) -> dict[str, Any]:
        """The approval; its run goes on at once, and fails unless its routine says otherwise. 409
        as above.
        """
        await _seen(approvals, approval, who)
        return await approvals.decide(approval, _decision(False, said, who))


def _decision(approved: bool, said: Said, who: Caller) -> Decision:
    return Decision(approved, said.hash, who.name, said.reason, who.only)


def _add_several(router: APIRouter, approvals: Approvals) -> None:
    @router.post(
        "/approval-decisions",
        summary="Decide several approvals",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.AllDecided),
    )
    async def decide_several(who: Who, said: Several) -> dict[str, Any]:
        """`{decided}`: each by itself, with the hash that was seen; one that does not count any
        more hinders no other. Again it tells that they are decided.
        """
        decided = []
        for one in said.approvals:
            decision = Decision(said.approved, one.hash, who.name, said.reason, who.only)
            try:
                await _seen(approvals, one.id, who)
                found = await approvals.decide(one.id, decision)
                decided.append({"id": one.id, "status": found["status"], "problem": ""})
            except (UnknownName, Refused) as error:
                decided.append({"id": one.id, "status": "", "problem": error.what})
        return {"decided": decided}


def _add_delegation(router: APIRouter, approvals: Approvals, approvers: Approvers) -> None:
    @router.get(
        "/approvals/{approval}/delegates",
        summary="List whom an approval can be handed on to",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.Approvers, 404, 409),
    )
    async def list_delegates(approval: Id, who: Who) -> dict[str, Any]:
        """`{delegates}`: addresses of those who may approve, without your own and the one that is
        asked. 409 when it does not wait any more: only who may hand it on sees who may approve.
        """
        found = await _seen(approvals, approval, who)
        if found["status"] != "pending":
            advice = "`vrooli approval list` shows those that wait"
            raise Refused(f"it is {found['status']}", where=approval, next_step=advice)
        left_out = (who.name, found["asked_of"])
        return {"delegates": [one for one in await approvers.names() if one not in left_out]}

    @router.post(
        "/approvals/{approval}/delegate",
        summary="Hand an approval on to somebody else",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ApprovalShape, 404, 409),
    )
    async def delegate(approval: Id, who: Who, said: HandedOn) -> dict[str, Any]:
        """The approval, which `to` is asked from now on; `me` takes it back. Its time stays as it
        is. Whoever hands it on may decide it still. 400 when there is no such user; 409 when that
        one is disabled, may not approve or is asked already, when it was handed on ten times, or
        waits no more.
        """
        found = await _seen(approvals, approval, who)
        # The owner may be the token of the server, which is no user.
        known = (ME, found["created_by"]) if found["created_by"] == TOKEN.name else (ME,)
        to = said.to if said.to in known else await approvers.named(said.to)
        delegation = Delegation(who.name, to, said.because, who.sees_all)
        return await approvals.delegate(approval, delegation)
