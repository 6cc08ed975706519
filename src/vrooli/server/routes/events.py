"""`/api/v1/runs/{run}/events`: what happened in the tree of a run, by pages or as a stream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from vrooli.core.errors import VrooliError
from vrooli.execution.live.events import Event, Place
from vrooli.execution.live.live import Following, Live
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import VIEWER, OwnRun, Who, bearer_of
from vrooli.server.event_stream import (
    HEARTBEAT,
    EventStream,
    as_message,
    as_text,
    heartbeat,
    over,
)
from vrooli.server.sight import Sight
from vrooli.server.staying import OVER

PAGE = 200
RETRY = 1.0
"""Seconds until a stream looks again while PostgreSQL is away."""

MOST = 2**62

_STREAM: dict[int | str, dict[str, Any]] = {
    **answers(shapes.EventPage, 404),
    200: {
        "model": shapes.EventPage,
        "description": "The events, or with `Accept: text/event-stream` a stream of them",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "A stream would hold nothing: the run has ended"},
}


class Asked(BaseModel):
    """Which events."""

    after: Annotated[int, Field(ge=0, le=MOST)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = PAGE
    wait: Annotated[float, Field(ge=0, le=30)] = 0.0
    texts: bool = False
    latest: Annotated[int | None, Field(ge=1, le=1000)] = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads events.

    Attributes:
        run: the one whose tree they are of.
        stay: while it reads; calls what it is given when it may not any more.
    """

    run: str
    stay: Callable[[Callable[[], None]], AbstractContextManager[None]]


def event_routes(live: Live, sight: Sight) -> APIRouter:
    """The one resource of them."""
    router = APIRouter(prefix="/api/v1")

    async def reader_of(request: Request, run: OwnRun, who: Who) -> Reader:
        return Reader(run, partial(sight.stay, who, bearer_of(request)))

    @router.get(
        "/runs/{run}/events",
        summary="Read what happened in the tree of a run",
        dependencies=[VIEWER],
        response_model=None,
        responses=_STREAM,
    )
    async def get_events(
        reader: Annotated[Reader, Depends(reader_of)],
        asked: Annotated[Asked, Query()],
        accept: Annotated[str, Header(max_length=1000)] = "",
        last_event_id: Annotated[int | None, Header(ge=0, le=MOST)] = None,
    ) -> Response:
        """`{events}` after sequence number `after`; when there are none, the answer comes as soon
        as there are, or after `wait` seconds. `latest` asks for the last so many instead. With
        `Accept: text/event-stream` a stream of server-sent events, whose ids are the sequence
        numbers: it goes on after `Last-Event-ID`, ends with the run, and is 204 when it would hold
        nothing any more. When the session or key is over it ends with an event named `over`, and a
        waiting request with 401. With `texts=true` it also holds what models say just now, as
        events of the type `text` without an id: `{run, kind, path, attempt, from, text}`, `from`
        counted in characters. They are no part of the history: the whole is in the journal when it
        has been said.
        """
        place = await live.store.place(reader.run)
        if "text/event-stream" in accept:
            after = asked.after if last_event_id is None else last_event_id
            return await _streamed(live, reader, _Stream(place, after, asked.texts))
        if asked.latest is not None:
            return _listed(await live.store.latest(place.root, asked.latest))
        found = await live.store.after(place.root, asked.after, asked.limit)
        if not found and asked.wait:
            with live.follow(place.root, asked.after) as following, reader.stay(following.end):
                found = await following.next(asked.limit, asked.wait)
            if following.ended:
                raise HTTPException(401, OVER)
        return _listed(found)

    return router


def _listed(events: list[Event]) -> Response:
    listed = ",".join(event.text for event in events)
    return Response(f'{{"events":[{listed}]}}', media_type="application/json")


@dataclass(frozen=True, slots=True)
class _Stream:
    """Of which tree, after which number, and whether with what models say."""

    place: Place
    after: int
    texts: bool


async def _streamed(live: Live, reader: Reader, asked: _Stream) -> Response:
    # The status was read before the events: what it says to have ended is among them.
    place = asked.place
    if place.ended and not await live.store.after(place.root, asked.after, 1):
        return Response(status_code=204)
    return EventStream(_messages(live, reader, asked))


async def _messages(live: Live, reader: Reader, asked: _Stream) -> AsyncIterator[str]:
    """Until the run ends, or the process does: then the client comes back, to another one; or until
    it may not stay.
    """
    tree = (asked.place.root, asked.after)
    with live.follow(*tree, texts=asked.texts) as following, reader.stay(following.end):
        yield heartbeat()
        while not live.closing:
            found = await _next(following)
            if following.ended:
                yield over(OVER)
                return
            said = "".join([*map(as_text, following.texts()), *map(as_message, found)])
            yield said or heartbeat()
            if any(event.ends(reader.run) for event in found):
                return


async def _next(following: Following) -> list[Event]:
    try:
        return await following.next(PAGE, HEARTBEAT)
    except VrooliError:
        await asyncio.sleep(RETRY)
        return []
