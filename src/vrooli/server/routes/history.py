"""`/api/v1/history`: watchdogs bring their spools, charts of many hosts are drawn from it."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from vrooli.server import shapes
from vrooli.server.answers import answers, kept_answers, whole_schema
from vrooli.server.auth import ADMIN, OPERATOR
from vrooli.server.caching import Answers
from vrooli.server.problems import refused_batch
from vrooli.server.records import BadBatch, Batch, parse_batch
from vrooli.server.store import HistoryFilter, HistoryStore

SECONDS = 2.0
"""For which a page is told although another server may have stored more."""

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": whole_schema(Batch)}},
    }
}


def history_routes(history: HistoryStore, kept: Answers) -> APIRouter:
    """Write and read the PostgreSQL copy of the history."""
    router = APIRouter(prefix="/api/v1")
    stamp = secrets.token_hex(8)

    @router.post(
        "/history",
        summary="Store a batch of a watchdog's records",
        openapi_extra=_BODY,
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.HistoryStored),
    )
    async def post_history(request: Request) -> JSONResponse:
        """Idempotent by (host, boot, seq): sending a batch again changes nothing.

        200 `{accepted, duplicates, up_to_seq}`; 400 no JSON; 413 too large; 422 with the bad
        records by name, nothing stored; 503 with Retry-After while PostgreSQL is away: keep the
        batch and send it again.
        """
        body = await request.body()
        try:
            # In a thread: 4 MiB take tens of milliseconds to check, and /health/live must not wait
            # for that.
            batch = await run_in_threadpool(parse_batch, body)
        except BadBatch as bad:
            return refused_batch(bad.status, bad.message, bad.problems)
        nonlocal stamp
        stored = await history.add(batch)
        stamp = secrets.token_hex(8)
        return JSONResponse(stored.to_json())

    @router.get(
        "/history",
        summary="Read the history, newest first",
        dependencies=[OPERATOR],
        response_model=None,
        responses=kept_answers(shapes.HistoryPage),
    )
    async def get_history(request: Request, query: Annotated[HistoryFilter, Query()]) -> Response:
        """`{records, next_cursor}`; pass `next_cursor` as `cursor` for the next page."""
        return await kept.of(request, SECONDS, stamp, lambda: history.page(query))

    return router
