"""`/api/v1/hosts` and `/api/v1/fleet`: other hosts, and what their watchdogs post."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from vrooli.server import fleet_shapes, shapes
from vrooli.server.answers import answers, whole_schema
from vrooli.server.auth import ADMIN, OPERATOR, NeedsHost, Who
from vrooli.server.bodies import StrictBody
from vrooli.server.fleet.fleet import NAME, Fleet
from vrooli.server.fleet.host_store import Owned, Pass
from vrooli.server.fleet.report import Report, parse_report
from vrooli.server.problems import refused_batch
from vrooli.server.records import BadBatch
from vrooli.server.store import HistoryFilter, HistoryStore, HostFilter

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": whole_schema(Report)}},
    }
}
HostInPath = Annotated[str, Path(max_length=63, pattern=NAME)]


class NewHost(StrictBody):
    """What it is to be called here."""

    name: Annotated[str, Field(max_length=63, pattern=NAME)]


def fleet_routes(fleet: Fleet, history: HistoryStore) -> APIRouter:
    """Hosts, and what they post."""
    router = APIRouter(prefix="/api/v1")
    _host_routes(router, fleet)
    _record_routes(router, fleet, history)
    return router


def _host_routes(router: APIRouter, fleet: Fleet) -> None:
    @router.get(
        "/hosts",
        summary="List hosts",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(fleet_shapes.HostList),
    )
    async def list_hosts(brief: Annotated[bool, Query()] = False) -> dict[str, Any]:
        """`{hosts}`, by name: how each says that it is, what is wrong there, and for how many
        seconds it has been `silent` while it could have posted; `unheard` since the server itself
        was away. Those that were revoked come last. `brief` leaves out what is wrong.
        """
        return {"hosts": await fleet.all(brief=brief)}

    @router.post(
        "/hosts",
        status_code=201,
        summary="Add a host",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(fleet_shapes.HostMade, 409, status=201),
    )
    async def add_host(new: NewHost, who: Who) -> dict[str, Any]:
        """201 with the host and the `token` by which its watchdog posts, which is shown this once;
        409 when there is one of that name.
        """
        return await fleet.add(who, new.name)

    @router.delete(
        "/hosts/{name}",
        summary="Revoke the token of a host",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(fleet_shapes.HostShape, 404),
    )
    async def revoke_host(name: HostInPath, who: Who) -> dict[str, Any]:
        """The host, which may post no more; its history stays. It may be added again."""
        return await fleet.revoke(who, name)


def _record_routes(router: APIRouter, fleet: Fleet, history: HistoryStore) -> None:
    needs_host = NeedsHost(fleet.pass_of)

    @router.post(
        "/fleet/records",
        summary="Take the report of a host, with records of its history",
        openapi_extra=_BODY,
        response_model=None,
        responses=answers(shapes.HistoryStored),
    )
    async def post_records(
        request: Request, who: Annotated[Pass, Depends(needs_host)]
    ) -> JSONResponse:
        """For the token of a host alone, which writes under its own name whatever the body says.
        Idempotent by (host, boot, seq): sending a report again changes nothing.

        200 `{accepted, duplicates, up_to_seq}`; 403 when another machine, or another stack of this
        one, has posted with this token; 422 with the bad records by name, nothing stored; 503 with
        Retry-After while PostgreSQL is away.
        """
        body = await request.body()
        try:
            report = await run_in_threadpool(parse_report, body)
        except BadBatch as bad:
            return refused_batch(bad.status, bad.message, bad.problems)
        stored = await fleet.take(who, report)
        if isinstance(stored, Owned):
            raise HTTPException(403, _whose(who.name, stored))
        if stored is None:
            raise HTTPException(401, f"the token of host `{who.name}` was revoked")
        return JSONResponse(stored.to_json())

    @router.get(
        "/hosts/{name}/history",
        summary="Read the history of a host, newest first",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.HistoryPage, 404),
    )
    async def host_history(
        name: HostInPath, query: Annotated[HostFilter, Query()]
    ) -> dict[str, Any]:
        """`{records, next_cursor}`; pass `next_cursor` as `cursor` for the next page."""
        await fleet.get(name)
        return await history.page(HistoryFilter(host=name, **query.model_dump()))


def _whose(name: str, owned: Owned) -> str:
    if owned.here:
        return (
            f"the token of host `{name}` belongs to another stack of this machine, `{owned.stack}`,"
            " which has posted with it; each stack needs one of its own: `vrooli host add"
            f" ANOTHER-NAME` makes one for this stack, or, where that one is gone, `vrooli host"
            f" revoke {name}` and `vrooli host add {name}`"
        )
    return (
        f"the token of host `{name}` belongs to another machine, which has posted with"
        f" it: `vrooli host revoke {name}` and `vrooli host add {name}` make one"
        " for this machine"
    )
