"""Requests that are sent again because their answer went astray: done once for each
`Idempotency-Key` of a caller (draft-ietf-httpapi-idempotency-key-header).

What an answer holds that is shown once is not kept: who asks again learns that it was done.
"""

import json
from collections.abc import Sequence
from contextlib import suppress

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.core.errors import VrooliError
from vrooli.server.accounts.roles import Role
from vrooli.server.auth import access_of, declared
from vrooli.server.problems import Problem, problem, problem_of
from vrooli.server.repeats.routes import HEADER, LONGEST
from vrooli.server.repeats.store import RequestStore
from vrooli.server.repeats.words import (
    Answered,
    Asked,
    Before,
    Seal,
    answered,
    nothing_done,
)

UNDER_WAY = 60.0
"""Seconds after which a request that was not answered counts as lost: no route takes so long."""

_ASK_AGAIN = 1
"""Seconds until then, while the first one is under way."""

_NEW_KEY = "take a new key for each request"


class Repeats:
    """Sees to it for `routes`; a request without a key goes through as it is.

    Args:
        app: the rest.
        routes: those of `repeats.routes.keyed`.
        store: where requests are remembered.
        seal: tells them apart.
    """

    def __init__(
        self, app: ASGIApp, routes: Sequence[APIRoute], store: RequestStore, seal: Seal
    ) -> None:
        self._app, self._routes, self._store, self._seal = app, routes, store, seal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """1. Who asks, and what? 2. The first time: do it, and keep the answer before it is sent.
        3. Else: answer as the first time. Whoever may not ask is refused by the route itself.
        """
        key, route = _key(scope), self._route(scope)
        if not key or route is None:
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        try:
            one = await self._asked(scope, route, key, body)
            before = await self._store.begin(one) if isinstance(one, Asked) else None
        except HTTPException as error:
            await problem(error.status_code, "too_large", str(error.detail))(scope, receive, send)
            return
        except VrooliError as error:
            if not error.retryable:
                raise
            await problem_of(error)(scope, receive, send)  # nothing has begun
            return
        if isinstance(one, Problem):
            await one(scope, receive, send)
        elif one is None:
            await self._app(scope, receive, send)
        elif before is not None:
            await _again(before, one.seal)(scope, receive, send)
        else:
            await self._first(one, scope, body.once_more, send)

    async def _asked(
        self, scope: Scope, route: APIRoute, key: str, body: "_Body"
    ) -> Asked | Problem | None:
        """What is asked, or why it cannot be; None for whoever may not ask."""
        caller = await _caller(scope, route)
        if caller is None:
            return None
        if len(key) > LONGEST:
            return _too_long()
        line = f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n"
        return Asked(caller, key, self._seal(line.encode() + await body.whole()))

    async def _first(self, one: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """Who is cancelled in the middle leaves it under way."""
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer.take)
        except Exception:  # whatever it was, a part of it may be done: who asks again is told so
            await self._keep(one, 500, b"")
            raise
        await self._keep(one, answer.status, answer.body)
        await answer.go_out()

    async def _keep(self, one: Asked, status: int, body: bytes) -> None:
        """What was refused is a new request the next time. After 500 and above some of it may be
        done, so it is not done again.
        """
        with suppress(VrooliError):  # then it stays under way, and nobody knows
            if nothing_done(status, body):
                await self._store.forget(one)
            else:
                await self._store.end(one, answered(status, body))

    def _route(self, scope: Scope) -> APIRoute | None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        path = scope["path"]
        return next((one for one in self._routes if one.path_regex.match(path)), None)


class _Body:
    """A request's body, read here and then by the route."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._said: bytes | None = None

    async def whole(self) -> bytes:
        """All of it; `BodyLimit` has bounded it."""
        pieces, more = [], True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        self._said = b"".join(pieces)
        return self._said

    async def once_more(self) -> Message:
        """The body for the route, then whatever comes."""
        if self._said is None:
            return await self._receive()
        said, self._said = self._said, None
        return {"type": "http.request", "body": said, "more_body": False}


class _Answer:
    """What a route answers, held until it is kept: who then asks again is answered the same."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self.status = 500

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(message.get("body", b"") for message in self._messages)

    async def take(self, message: Message) -> None:
        """The next piece."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self._messages.append(message)

    async def go_out(self) -> None:
        """Send it."""
        for message in self._messages:
            await self._send(message)


def _key(scope: Scope) -> str:
    if scope["type"] != "http":
        return ""
    return HTTPConnection(scope).headers.get(HEADER, "")


async def _caller(scope: Scope, route: APIRoute) -> str | None:
    """By whose name the request is remembered; None for whoever may not ask."""
    connection, role = HTTPConnection(scope), declared(route)
    try:
        who = await access_of(connection).of(connection)
    except HTTPException:
        return None
    return who.name if isinstance(role, Role) and who.may(role) else None


def _again(before: Before, seal: bytes) -> Response:
    """The answer to a request whose key was sent before."""
    if before.seal != seal:
        what = "this key was sent before, with another request"
        return problem(422, "key_reused", what, next_step=_NEW_KEY)
    if before.answered is None or before.answered.unknown:
        return _unanswered(before)
    if before.answered.same:
        headers = {"Idempotent-Replayed": "true"}
        text = before.answered.text
        return Response(text, before.answered.status, headers, "application/json")
    return _done(before.answered)


def _unanswered(before: Before) -> Problem:
    if before.answered is None and before.seconds < UNDER_WAY:
        found = problem(409, "under_way", "the first of these requests goes on", retryable=True)
        found.headers["Retry-After"] = str(_ASK_AGAIN)
        return found
    return problem(
        409,
        "unknown_outcome",
        f"the server {'failed' if before.answered else 'was lost'} {before.seconds:.0f} s ago"
        " in the middle of it: it may be done, or not",
        next_step="look whether it was done; if not, ask with a new key",
    )


def _done(how: Answered) -> Problem:
    details = [json.loads(how.text)] if how.text is not None else []
    if not how.secret:
        what = "it was done already; the answer was too large to be kept"
        return problem(409, "done_already", what, next_step="read what it came to")
    return problem(
        409,
        "made_already",
        "it was made already, and its secret was shown then: it is not kept",
        next_step="revoke what `details` names, and make another with a new key",
        details=details,
    )


def _too_long() -> Problem:
    fault = {"field": f"header.{HEADER.lower()}", "problem": f"longer than {LONGEST} characters"}
    return problem(422, "bad_parameters", "a parameter is not valid", details=[fault])
