"""The HTTP client of vendors that take one: one connection for each request, bounded answers."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import httpx2

from vrooli.execution.model_vendor import Access

LARGEST = 8 * 1024 * 1024
"""Bytes of an answer."""

CONNECT_SECONDS = 10.0


@asynccontextmanager
async def client(access: Access) -> AsyncIterator[httpx2.AsyncClient]:
    """Trusts the certificates of the system; knows no proxy and no `.netrc`, follows nothing."""
    async with httpx2.AsyncClient(
        transport=_Bounded(
            verify=_context(), trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
        ),
        timeout=httpx2.Timeout(access.timeout, connect=CONNECT_SECONDS),
        # What grows when it is unpacked has no bound that could be promised.
        headers={"accept-encoding": "identity"},
        trust_env=False,
    ) as one:
        yield one


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Bounded(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Counted(response.stream)
        return response


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > LARGEST:
                raise httpx2.ReadError(f"the answer has more than {LARGEST} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
