"""`/api/v1/approval-absence`: what is asked of somebody who is away is asked of another."""

import time
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from vrooli.execution.approvals.absences import USUAL, Absence, Absences, checked
from vrooli.server import approval_shapes as shapes
from vrooli.server.accounts.approvers import Approvers
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, Who
from vrooli.server.bodies import Email, StrictBody


class Away(StrictBody):
    """Who is asked until when (unix seconds), and what: up to this class of risk."""

    to: Email
    until: float = Field(ge=0, le=1e11, allow_inf_nan=False)
    risk: Literal["reading", "changing", "dangerous"] = USUAL


def absence_routes(absences: Absences, approvers: Approvers) -> APIRouter:
    """See them, make one's own, end it."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/approval-absence",
        summary="List who is away, and who is asked instead",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.AbsenceList),
    )
    async def list_absences(who: Who) -> dict[str, Any]:
        """`{absences}`, by person. Who is no admin sees its own."""
        return {"absences": await absences.all(who.only)}

    @router.put(
        "/approval-absence",
        summary="Have another asked while you are away",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.AbsenceShape, 409),
    )
    async def put_absence(away: Away, who: Who) -> dict[str, Any]:
        """The rule, instead of any before. Until then questions of your runs, as they are put, are
        handed on to `to`, up to a class of risk; those that name no class only with `dangerous`.
        What another handed on to you, or asks you by such a rule, stays with you. 400 when there is
        no such user, or `until` is past or more than 90 days ahead; 409 when that one is you, is
        disabled or may not approve.
        """
        to = await approvers.named(away.to)
        absence = checked(Absence(who.name, to, away.until, away.risk), time.time())
        return await absences.put(absence)

    @router.delete(
        "/approval-absence",
        summary="Be back",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.AbsenceShape, 404),
    )
    async def end_absence(who: Who) -> dict[str, Any]:
        """The rule that ends; what was handed on by it stays so. 404 when there is none."""
        return await absences.end(who.name)

    return router
