"""HTTP/1.1 over TCP or a unix socket with blocking sockets: what the command line uses.

Only `socket` and `json` are imported, because `vrooli status` has 250 ms for everything.
"""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from vrooli.client.sse import EventLines
from vrooli.client.wire import (
    MAX_BODY,
    MAX_LINE,
    Head,
    Read,
    Response,
    encode,
    object_in,
    parse,
    problem,
)
from vrooli.core.address import Address, UnixPath
from vrooli.core.errors import (
    AccessDenied,
    CutOff,
    DeadlineExceeded,
    ProtocolError,
    Unreachable,
    UsageError,
)


def request(
    target: Address,
    method: str,
    path: str,
    *,
    body: Any = None,
    token: str | None = None,
    timeout: float = 10.0,
) -> Response:
    """One request and its whole answer, as `send`."""
    return send(target, encode(target, method, path, body=body, token=token), timeout)


def send(target: Address, wire: bytes, timeout: float) -> Response:
    """One request (of `wire.encode`) and its whole answer, whatever its status, within `timeout`
    seconds altogether.

    Raises:
        Unreachable: nobody listens there.
        AccessDenied: the operating system keeps us from the socket.
        CutOff: it ended early.
        DeadlineExceeded: the answer was not complete in time.
        ProtocolError: the answer is not HTTP, or is larger than 16 MiB.
    """
    deadline = time.monotonic() + timeout
    with closing(_connect(target, timeout)) as connection:
        exchange = _Exchange(connection, target, lambda: deadline - time.monotonic())
        pieces: list[bytes] = []
        held = 0
        for piece in exchange.run(wire):
            pieces.append(piece)
            held += len(piece)
            if held > MAX_BODY:
                raise ProtocolError(
                    f"the answer is larger than {MAX_BODY} bytes", where=str(target)
                )
    return Response(exchange.status, b"".join(pieces))


def stream_lines(
    target: Address,
    method: str,
    path: str,
    *,
    body: Any = None,
    token: str | None = None,
    silence: float = 60.0,
) -> Iterator[dict[str, Any]]:
    """The NDJSON objects of an answer as they come; empty lines are heartbeats and only prove life.

    Returns as soon as the peer has begun to answer: then it has taken the request on.

    Args:
        target: where to ask.
        method: the HTTP method.
        path: path and query.
        body: sent as JSON unless None.
        token: bearer token.
        silence: seconds without a byte after which the peer counts as gone.

    Raises:
        VrooliError: as `request`, and what `wire.problem` makes of a status of 400 or above.
    """
    lines = _lines(target, encode(target, method, path, body=body, token=token), silence)
    next(lines)
    return (object_in(line, str(target)) for line in lines)


def stream_events(
    target: Address,
    path: str,
    *,
    token: str | None = None,
    silence: float = 60.0,
    headers: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """The JSON data of server-sent events; names and comments (heartbeats) are left out.

    Raises:
        VrooliError: as `stream_lines` and `EventLines.read`.
    """
    wire = encode(target, "GET", path, token=token, headers=headers)
    events = EventLines(str(target))
    for line in _lines(target, wire, silence):
        event = events.read(line)
        if event is not None:
            yield event


def _lines(target: Address, wire: bytes, silence: float) -> Iterator[bytes]:
    """The lines that say something; before them, once the head is there, an empty one."""
    where = str(target)
    with closing(_connect(target, silence)) as connection:
        exchange = _Exchange(connection, target, lambda: silence)
        pieces = exchange.run(wire)
        rest = b""
        head = next(pieces)
        if exchange.status >= 400:
            answer = Response(exchange.status, b"".join(pieces))
            raise problem(answer.status, answer.lenient(), where)
        yield head
        for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line for line in lines if line.strip())
            if len(rest) > MAX_LINE:
                raise ProtocolError(f"a line is longer than {MAX_LINE} bytes", where=where)
        if rest.strip():
            yield rest


def _connect(target: Address, timeout: float) -> socket.socket:
    where = str(target)
    try:
        if isinstance(target, UnixPath):
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.settimeout(timeout)
                connection.connect(target.path)
            except BaseException:
                connection.close()
                raise
            return connection
        if target.tls:
            raise UsageError(
                "this client speaks plain HTTP only",
                where=where,
                next_step="name an address that begins with http://",
            )
        return socket.create_connection((target.host, target.port), timeout)
    except PermissionError as error:
        raise AccessDenied(
            "not allowed to open it", where=where, next_step="run as the user that owns the stack"
        ) from error
    except OSError as error:
        raise Unreachable(f"nobody answers ({error})", where=where) from error


class _Exchange:
    """Drives the parser with a blocking socket; `run` yields nothing when `status` is known, then
    the pieces of the body.
    """

    def __init__(
        self, connection: socket.socket, target: Address, left: Callable[[], float]
    ) -> None:
        self._socket = connection
        self._where = str(target)
        self._left = left
        self._buffer = b""
        self.status = 0

    def run(self, wire: bytes) -> Iterator[bytes]:
        self._send(wire)
        parser = parse()
        wanted: Read | Head | bytes | None = next(parser, None)
        while wanted is not None:
            answer = b""
            if isinstance(wanted, Read):
                answer = self._read(wanted)
            elif isinstance(wanted, Head):
                self.status = wanted.status
                yield b""
            else:
                yield wanted
            try:
                wanted = parser.send(answer)
            except StopIteration:
                wanted = None

    def _send(self, wire: bytes) -> None:
        try:
            self._limit()
            self._socket.sendall(wire)
        except TimeoutError as error:
            raise self._late() from error
        except OSError:
            pass  # it may have answered (413) and closed before it read all: the answer says more

    def _read(self, wanted: Read) -> bytes:
        if wanted.line:
            while (end := self._buffer.find(b"\n") + 1) == 0:
                if len(self._buffer) > MAX_LINE:
                    raise ProtocolError("a line of the answer has no end", where=self._where)
                if not self._fill():
                    raise CutOff("the answer ended early", where=self._where)
        elif wanted.size:
            end = wanted.size
            while len(self._buffer) < end:
                if not self._fill():
                    raise CutOff("the answer ended early", where=self._where)
        else:
            self._fill() if not self._buffer else None
            end = len(self._buffer)
        data, self._buffer = self._buffer[:end], self._buffer[end:]
        return data

    def _fill(self) -> bool:
        try:
            self._limit()
            data = self._socket.recv(MAX_LINE)
        except TimeoutError as error:
            raise self._late() from error
        except OSError as error:
            raise CutOff(f"the connection broke ({error})", where=self._where) from error
        self._buffer += data
        return bool(data)

    def _limit(self) -> None:
        left = self._left()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def _late(self) -> DeadlineExceeded:
        return DeadlineExceeded("no complete answer in time", where=self._where)
