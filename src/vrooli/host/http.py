"""Port `Http` by httpx (decision 025): one connection for each request.

The name is resolved here, and the request goes to one of the addresses that were looked at: what
resolves anew when it connects can be led elsewhere meanwhile.
"""

import errno
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from vrooli.core.errors import (
    CutOff,
    NobodyListens,
    ProtocolError,
    TooLarge,
    Unreachable,
    UsageError,
    VrooliError,
)
from vrooli.core.metadata_address import is_forbidden
from vrooli.core.ports.http import Answer, ForbiddenAddress, Request, TlsFailed
from vrooli.core.ports.resolver import Resolver
from vrooli.host.streams import tls_context

CONNECT_SECONDS = 10.0
"""For one address: a name may have several, of which one answers."""

_TIMEOUT = {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None}


class HttpxHttp:
    """Trusts the certificates of the system; knows no proxy, no cookies and no `.netrc`."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def send(self, request: Request, largest: int) -> Answer:
        """See the port."""
        url = _url(request.url)
        failure: VrooliError = Unreachable("it has no address", where=_place(url))
        for address in await self._addresses(url):
            try:
                async with _asked(_to(address, url, request)) as response:
                    return await _read(response, largest, _place(url))
            except httpx.ConnectError as error:
                failure = _not_connected(error, _place(url))
            except httpx.ConnectTimeout:
                failure = Unreachable("no connection in time", where=_place(url))
            except httpx.LocalProtocolError:
                # Without its cause, whose text holds the header.
                raise UsageError(
                    "a header cannot be sent as it is",
                    where=_place(url),
                    next_step="its value must be one line of text",
                ) from None
            except (httpx.RemoteProtocolError, httpx.NetworkError) as error:
                raise _broken(error, _place(url)) from error
        raise failure

    async def _addresses(self, url: httpx.URL) -> list[str]:
        found = await self._resolver.resolve(url.host)
        if any(map(is_forbidden, found)):
            raise ForbiddenAddress(
                "it is an address of this machine's cloud or link, which no step may ask",
                where=_place(url),
            )
        return found


def _url(text: str) -> httpx.URL:
    with suppress(httpx.InvalidURL):
        url = httpx.URL(text)
        if url.scheme in ("http", "https") and url.host and not url.userinfo:
            return url
    # Not repeated: it may hold a password.
    raise UsageError(
        "an address is http:// or https://, a host, and no user in it",
        next_step="correct `url`; a password goes into a header, by reference",
    )


def _place(url: httpx.URL) -> str:
    """Where it goes, without what may be private in it."""
    return str(url.copy_with(query=None, fragment=None))


def _to(address: str, url: httpx.URL, request: Request) -> httpx.Request:
    given = {name.lower(): value for name, value in request.headers.items()}
    headers = {
        "host": url.netloc.decode("ascii"),
        "user-agent": "vrooli",
        "accept": "*/*",
        **given,
        # What grows when it is unpacked has no bound that could be promised.
        "accept-encoding": "identity",
        "connection": "close",
    }
    try:
        return httpx.Request(
            request.method,
            url.copy_with(host=address),
            headers={name.encode(): value.encode() for name, value in headers.items()},
            content=request.body or None,
            extensions={"timeout": _TIMEOUT, "sni_hostname": url.host},
        )
    except (ValueError, UnicodeError):
        raise UsageError(
            "a header cannot be sent as it is",
            where=_place(url),
            next_step="its value must be one line of text",
        ) from None


@asynccontextmanager
async def _asked(request: httpx.Request) -> AsyncIterator[httpx.Response]:
    async with httpx.AsyncHTTPTransport(verify=tls_context("full"), trust_env=False) as transport:
        response = await transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()


async def _read(response: httpx.Response, largest: int, where: str) -> Answer:
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ProtocolError("it answers packed, though asked not to", where=where)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > largest:
            raise TooLarge(f"the answer has more than {largest} bytes", where=where)
    return Answer(response.status_code, headers, bytes(body))


def _not_connected(error: httpx.ConnectError, where: str) -> VrooliError:
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TlsFailed(f"its certificate is not trusted: {cause.verify_message}", where=where)
    if isinstance(cause, ssl.SSLError):
        return TlsFailed(f"TLS failed: {cause.reason or 'no TLS spoken there'}", where=where)
    if isinstance(cause, ConnectionRefusedError) or getattr(cause, "errno", 0) in _REFUSED:
        return NobodyListens("connection refused", where=where)
    return Unreachable("no connection", where=where)


_REFUSED = (errno.ECONNREFUSED,)


def _broken(error: httpx.TransportError, where: str) -> VrooliError:
    ended = any(words in str(error) for words in _ENDED)
    if isinstance(error, httpx.RemoteProtocolError) and not ended:
        return ProtocolError("what it answers is no HTTP", where=where)
    return CutOff("the connection broke before the whole answer came", where=where)


_ENDED = ("disconnected", "closed connection without sending complete")
"""How the library says that the peer went away: it has no other sign for it."""


def _root(error: BaseException) -> BaseException:
    """The first of a chain of errors."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
