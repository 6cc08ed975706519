"""So many requests a second for each caller; who asks more is told when to come again.

A caller is a bearer token. Who comes without one, or with one that is not valid, is an address: a
list of guessed tokens is one caller. `RateLimit` and `RateLimit-Policy` tell what is left
(draft-ietf-httpapi-ratelimit-headers).
"""

import hashlib
import math
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.server.problems import problem
from vrooli.server.rates import Bucket, Buckets

AT_ONCE = 10
"""Seconds' worth of requests that may come at once."""

STRANGERS = 0.1
"""Share of the rate for those who do not say validly who they are."""

OPEN = ("/health", "/health/live", "/metrics")
"""Asked by balancers and scrapers: whoever is limited must not look dead."""

MOST_KNOWN = 10_000


class RateLimit:
    """Answers 429 with `Retry-After` for more than `rate` requests a second; 0 is no limit."""

    def __init__(self, app: ASGIApp, rate: float) -> None:
        self._app, self._rate = app, rate
        self._callers = Buckets(rate, AT_ONCE * rate)
        self._strangers = Buckets(STRANGERS * rate, STRANGERS * AT_ONCE * rate)
        self._known: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count HTTP requests; a WebSocket counts its own words."""
        if scope["type"] != "http" or not self._rate or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        caller, stranger = _caller(scope), self._strangers.of(_address(scope))
        known = caller in self._known
        bucket = self._callers.of(caller) if known else stranger
        if not bucket.take():
            await self._refuse(bucket, scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                valid = caller and message["status"] != 401
                if valid and not known:
                    self._know(caller)
                    bucket.give_back()
                self._tell(MutableHeaders(scope=message), bucket)
            await send(message)

        await self._app(scope, receive, told)

    def _know(self, caller: str) -> None:
        self._known[caller] = None
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _tell(self, headers: MutableHeaders, bucket: Bucket) -> None:
        size, seconds = int(bucket.size), max(1, round(bucket.size / bucket.rate))
        headers["RateLimit-Policy"] = f'"requests";q={size};w={seconds}'
        headers["RateLimit"] = f'"requests";r={int(bucket.left)};t={math.ceil(bucket.full_in())}'

    async def _refuse(self, bucket: Bucket, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = problem(
            429,
            "too_many_requests",
            f"more than {bucket.rate:g} requests a second",
            next_step="come again after the seconds of Retry-After",
            retryable=True,
        )
        refusal.headers["Retry-After"] = str(max(1, math.ceil(bucket.wait())))
        self._tell(refusal.headers, bucket)
        await refusal(scope, receive, send)


def _caller(scope: Scope) -> str:
    """What stands for a token without being one; empty for none."""
    given = Headers(scope=scope).get("authorization", "")
    return hashlib.sha256(given.encode()).hexdigest() if given else ""


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
