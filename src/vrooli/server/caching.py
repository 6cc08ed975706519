"""Answers that many ask for and that cost more to make than to keep.

Who asks has been let in by then: a route looks into the cache after its dependencies have seen who
it is and whether they may. What an answer depends on is in its key: so the caller is, where it
depends on who that is. A key also holds a *stamp*, which costs little and changes with what the
answer is made of: nobody sees their own change late, whichever server they ask.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

LARGEST = 1024 * 1024
"""Bytes of an answer that is kept."""


class Cache(Protocol):
    """Keeps bytes for a while, or not: whoever asks can make them. Never raises."""

    async def get(self, key: str) -> bytes | None:
        """What is kept there."""
        ...

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it for at most so long."""
        ...


class Nothing:
    """Keeps nothing."""

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        return None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See the port."""


class Answers:
    """Of one server; `counted` hears `hit` or `miss` for each."""

    def __init__(self, cache: Cache, counted: Callable[[str], Any] = lambda how: None) -> None:
        self._cache, self._counted = cache, counted

    async def of(
        self,
        request: Request,
        seconds: float,
        stamp: Any,
        make: Callable[[], Awaitable[Any]],
    ) -> Response:
        """What `make` returns, as JSON with an `ETag`; 304 for who has it already.

        Args:
            request: its path and query are in the key.
            seconds: for which it may be told though it would be made otherwise by now.
            stamp: JSON that changes with what it is made of.
            make: makes it.
        """
        key = _key(request, stamp)
        body = await self._cache.get(key)
        self._counted("miss" if body is None else "hit")
        if body is None:
            body = _as_json(await make())
            if len(body) <= LARGEST:
                await self._cache.put(key, body, seconds)
        return _told(request, body)


def _as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _key(request: Request, stamp: Any) -> str:
    asked = json.dumps([request.url.path, sorted(request.query_params.multi_items()), stamp])
    return hashlib.sha256(asked.encode()).hexdigest()


def _told(request: Request, body: bytes) -> Response:
    """RFC 9110, 8.8.3 and 13.1.2. Whoever keeps it asks before each use, so that who has lost their
    rights is refused.
    """
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
