"""HTTP/1.1 without I/O: what to send, and a parser that asks its driver for bytes.

The command line (blocking sockets) and the watchdog (asyncio streams) drive the same parser, so
that the two cannot differ. One request a connection (`Connection: close`): there is no idle
connection that a restarted server leaves half open.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.core.address import Address, HostPort
from vrooli.core.errors import (
    AccessDenied,
    Busy,
    ProtocolError,
    Refused,
    UsageError,
    VrooliError,
)

MAX_LINE = 64 * 1024
"""Bytes of one head line, chunk header or NDJSON line; h11 and nginx stop between 8 and 64 KiB."""

MAX_HEADERS = 100
"""Header lines of one answer, as in http.client."""

MAX_BODY = 16 * 1024 * 1024
"""Bytes of one answer that we are willing to hold."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the parser wants next: a line, exactly `size` bytes, or whatever comes until the end."""

    line: bool = False
    size: int = 0


LINE = Read(line=True)
ANY = Read()


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers (names in lower case) of an answer."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ProtocolError: it is none.
        """
        try:
            return json.loads(self.body) if self.body else None
        except ValueError as error:
            raise ProtocolError(f"the answer is not JSON: {error}") from error

    def lenient(self) -> Any:
        """The body as JSON, or None: for the answers of proxies that explain themselves in HTML."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def object_in(line: bytes, where: str) -> dict[str, Any]:
    """A line of an answer that is a JSON object.

    Raises:
        ProtocolError: it is none.
    """
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ProtocolError(f"a line is not JSON: {line[:80]!r}", where=where) from error
    if not isinstance(value, dict):
        raise ProtocolError(f"a line is not a JSON object: {line[:80]!r}", where=where)
    return value


Parser = Generator[Read | Head | bytes, bytes, None]
"""Yields `Read` (send bytes back), then one `Head`, then pieces of the body (send b"" back)."""


def encode(
    target: Address,
    method: str,
    path: str,
    *,
    body: Any = None,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of one request; `body` is sent as JSON.

    Raises:
        UsageError: path or token hold characters that would end their line early.
    """
    payload = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    host = str(target) if isinstance(target, HostPort) else "localhost"
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    if "Accept" not in (headers or {}):
        lines.append("Accept: application/json, application/x-ndjson, text/plain")
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines.append("Content-Type: application/json")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None or method != "GET":
        lines.append(f"Content-Length: {len(payload)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    clean = all(line.isascii() and line.isprintable() for line in lines)
    if not clean or " " in path:
        raise UsageError(
            "a request would hold characters that HTTP does not allow",
            where=f"{method} to {target}",
            next_step="check the name, and that the token file holds one line",
        )
    return head.encode("ascii") + payload


def parse() -> Parser:
    """The parser of one answer.

    Raises:
        ProtocolError: what came is no HTTP/1.1 answer, or breaks a bound.
    """
    head = yield from _final_head()
    yield head
    if head.status in (204, 304):
        return
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        yield from _chunked()
    elif "content-length" in head.headers:
        yield from _sized(_integer(head.headers["content-length"], 10))
    else:
        while data := (yield ANY):
            yield data


def _final_head() -> Generator[Read | Head | bytes, bytes, Head]:
    head = yield from _head()
    while 100 <= head.status < 200:
        head = yield from _head()
    return head


def _head() -> Generator[Read | Head | bytes, bytes, Head]:
    first = _text((yield LINE))
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ProtocolError(f"the answer begins with {first[:60]!r}, which is not HTTP")
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = _text((yield LINE))
        if not line:
            return Head(int(rest[:3]), headers)
        name, colon, value = line.partition(":")
        if not colon:
            raise ProtocolError(f"an HTTP header is broken: {line[:60]!r}")
        headers[name.strip().lower()] = value.strip()
    raise ProtocolError(f"the answer has more than {MAX_HEADERS} headers")


def _sized(size: int) -> Parser:
    while size > 0:
        step = min(size, MAX_LINE)
        yield (yield Read(size=step))
        size -= step


def _chunked() -> Parser:
    while size := _integer(_text((yield LINE)).partition(";")[0], 16):
        yield from _sized(size)
        if (yield LINE).strip():
            raise ProtocolError("a chunk of the answer is longer than it says")
    while (yield LINE).strip():
        pass


def _text(line: bytes) -> str:
    if not line.endswith(b"\n"):
        raise ProtocolError("the answer ended in the middle of a line")
    return line.rstrip(b"\r\n").decode("latin-1")


def _integer(text: str, base: int) -> int:
    try:
        value = int(text, base)
    except ValueError as error:
        raise ProtocolError(f"the answer has a broken length: {text[:20]!r}") from error
    if value < 0:
        raise ProtocolError(f"the answer has a negative length: {value}")
    return value


def problem(status: int, body: Any, where: str) -> VrooliError:
    """The error that an answer of 400 or above stands for.

    The watchdog answers with `{"error": {message, where, next_step, retryable}}`, the server with
    the problem details of RFC 9457, `next_step` and `retryable` beside them.
    """
    fields = said_in(body)
    # An error of the watchdog has a place of its own, mostly none: the address that told it is not
    # where it happened.
    where = str(fields.get("where", where))
    what = message_of(body) or f"answered with HTTP status {status}"
    advice = str(fields.get("next_step") or "")
    where = str(fields.get("where") or where)  # what it is about says more than whom we asked
    if status in (401, 403):
        return AccessDenied(what, where=where, next_step=advice)
    if status in (400, 404, 422):
        return UsageError(what, where=where, next_step=advice)
    retryable = bool(fields.get("retryable", status in (429, 502, 503, 504)))
    if status == 409:  # what is decided, or there, already is so the next time as well
        kind = Busy if retryable else Refused
        return kind(what, where=where, next_step=advice)
    return VrooliError(what, where=where, next_step=advice, retryable=retryable)


def said_in(body: Any) -> dict[str, Any]:
    """What an answer of 400 or above says about itself; nothing when it is not one of ours."""
    if not isinstance(body, dict):
        return {}
    said = body.get("error", body)
    return said if isinstance(said, dict) else {}


def message_of(body: Any) -> str:
    """What happened, by such an answer; empty when it does not say."""
    said = said_in(body)
    return str(said.get("message") or said.get("detail") or "")
