"""PostgreSQL's frontend/backend protocol 3.0 (manual, chapter 54): connect, query, goodbye."""

import hashlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address

from vrooli.core.address import HostPort, UnixPath
from vrooli.core.errors import AccessDenied, ProtocolError, Unreachable, VrooliError
from vrooli.core.ports.streams import Stream, Streams, Upgradable, Verify
from vrooli.stack.wire.dsn import Dsn
from vrooli.stack.wire.incoming import Incoming
from vrooli.stack.wire.scram import Client

LIMIT = 1024 * 1024
"""Bytes of all answers of one connection: a probe reads one row."""

_PROTOCOL = 196608  # 3.0
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_VERIFY: dict[str, Verify] = {"verify-ca": "ca", "verify-full": "full"}


class PostgresError(VrooliError):
    """The server answered with an error. `sqlstate` is one of appendix A of its manual."""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(f"{message} (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


@dataclass(frozen=True, slots=True)
class Row:
    """First row of an answer, as text; no columns when there was none."""

    columns: tuple[str | None, ...] = ()


async def query(streams: Streams, dsn: Dsn, *statements: str) -> Row:
    """Connect, run `statements` in order, and say goodbye; the first row of the last one.

    Raises:
        Unreachable: nobody there, or it went away.
        AccessDenied: password or role refused (SQLSTATE class 28).
        PostgresError: any other error of the server.
        ProtocolError: this is no PostgreSQL.
    """
    async with held(streams, dsn) as run:
        row = Row()
        for statement in statements:
            row = await run(statement)
        return row


async def logged_in(stream: Stream, dsn: Dsn, **values: str) -> bytes:
    """Begin a session on `stream`, of which nothing was asked yet; errors as of `query`.

    Args:
        stream: just opened.
        dsn: who asks.
        values: what the session begins with besides.

    Returns:
        what came after the server was ready already.
    """
    await _start_tls(stream, dsn)
    session = _Session(stream, dsn)
    await session.start(**values)
    return session.ahead


@asynccontextmanager
async def held(streams: Streams, dsn: Dsn) -> AsyncIterator[Callable[[str], Awaitable[Row]]]:
    """A session that stays: what runs a statement in it. Errors as of `query`."""
    stream = await streams.open(dsn.address)
    try:
        await _start_tls(stream, dsn)
        session = _Session(stream, dsn)
        await session.start()
        yield session.run
        with suppress(Unreachable):
            await stream.write(message(b"X"))  # a courtesy: the answer is complete without it
    finally:
        await stream.close()


async def _start_tls(stream: Stream, dsn: Dsn) -> None:
    if dsn.sslmode == "disable" or (dsn.sslmode == "prefer" and _is_local(dsn)):
        return
    if not isinstance(dsn.address, HostPort):
        return
    if not isinstance(stream, Upgradable):
        raise ProtocolError("this connection cannot turn to TLS", where=str(dsn.address))
    await stream.write(_SSL_REQUEST)
    answer = await stream.read(1)
    if answer == b"S":
        verify = _VERIFY.get(dsn.sslmode, "none")
        await stream.start_tls(dsn.address.host, verify, dsn.sslrootcert)
    elif answer != b"N" or dsn.sslmode != "prefer":
        raise ProtocolError(
            f"the server does not speak TLS, but sslmode={dsn.sslmode} demands it",
            where=str(dsn.address),
            next_step="switch TLS on there, or change sslmode in the URL",
        )


class _Session:
    """One connection after the TLS question."""

    def __init__(self, stream: Stream, dsn: Dsn) -> None:
        self._stream = stream
        self._dsn = dsn
        self._incoming = Incoming(stream, LIMIT)

    @property
    def ahead(self) -> bytes:
        """What was read and not looked at yet."""
        return self._incoming.ahead

    async def start(self, **more: str) -> None:
        """Log in and wait until the server is ready for a query."""
        values = {
            "user": self._dsn.user,
            "database": self._dsn.database,
            "application_name": "vrooli",
            "client_encoding": "UTF8",
            **more,
        }
        pairs = b"".join(_text(key) + _text(value) for key, value in values.items())
        body = struct.pack("!i", _PROTOCOL) + pairs + b"\0"
        await self._stream.write(struct.pack("!i", len(body) + 4) + body)
        scram = Client("", self._dsn.password)
        while True:
            kind, body = await self._receive()
            if kind == b"R":
                await self._authenticate(body, scram)
            elif kind == b"Z":
                return
            elif kind not in b"SKNv":
                raise ProtocolError(f"unexpected message {kind!r} while connecting")

    async def run(self, statement: str) -> Row:
        """One simple query; an error is raised when the server is ready again."""
        await self._stream.write(message(b"Q", _text(statement)))
        row: Row | None = None
        failure: VrooliError | None = None
        while True:
            try:
                kind, body = await self._receive()
            except (PostgresError, AccessDenied) as error:
                failure = error
                continue
            if kind == b"D" and row is None:
                row = _row(body)
            elif kind == b"Z":
                if failure is not None:
                    raise failure
                return row or Row()
            elif kind not in b"DTCINSA":
                raise ProtocolError(f"unexpected message {kind!r} in answer to a query")

    async def _receive(self) -> tuple[bytes, bytes]:
        head = await self._incoming.exactly(5)
        kind, size = head[:1], int.from_bytes(head[1:], "big")
        if not kind.isalnum() or not 4 <= size <= LIMIT:
            raise ProtocolError("what answers there does not speak PostgreSQL's protocol")
        body = await self._incoming.exactly(size - 4)
        if kind == b"E":
            raise error_of(body)
        return kind, body

    async def _authenticate(self, body: bytes, scram: Client) -> None:
        method = int.from_bytes(body[:4], "big")
        data = body[4:]
        if method == 0:
            return
        if method == 3:
            self._require_privacy()
            await self._answer(_text(self._dsn.password))
        elif method == 5:
            await self._answer(_text(_md5(self._dsn, data[:4])))
        elif method == 10:
            if b"SCRAM-SHA-256" not in data.split(b"\0"):
                raise ProtocolError("the server offers no authentication that we know")
            first = scram.first()
            size = struct.pack("!i", len(first))
            await self._answer(_text("SCRAM-SHA-256") + size + first)
        elif method == 11:
            await self._answer(await scram.final(data))
        elif method == 12:
            scram.verify(data)
        else:
            raise ProtocolError(f"the server wants authentication {method}, which we do not know")

    async def _answer(self, body: bytes) -> None:
        await self._stream.write(message(b"p", body))

    def _require_privacy(self) -> None:
        if not _is_local(self._dsn) and self._dsn.sslmode in ("disable", "prefer"):
            raise AccessDenied(
                "the server wants our password in clear text over an open network; refused",
                where=str(self._dsn.address),
                next_step="use scram-sha-256 in its pg_hba.conf, or sslmode=require in the URL",
            )


def _is_local(dsn: Dsn) -> bool:
    if isinstance(dsn.address, UnixPath) or dsn.address.host == "localhost":
        return True
    try:
        return ip_address(dsn.address.host).is_loopback
    except ValueError:
        return False


def error_of(body: bytes) -> VrooliError:
    """What an ErrorResponse says."""
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    sqlstate = fields.get(b"C", "")[:5]
    reason = fields.get(b"M", "the server gave no reason")[:300]
    if sqlstate.startswith("28"):
        return AccessDenied(
            f"the server refuses us: {reason} (SQLSTATE {sqlstate})",
            next_step="correct user and password, or what the server allows (pg_hba.conf)",
        )
    return PostgresError(sqlstate, reason)


def _row(body: bytes) -> Row:
    columns: list[str | None] = []
    count, position = int.from_bytes(body[:2], "big"), 2
    for _ in range(count):
        size = int.from_bytes(body[position : position + 4], "big", signed=True)
        position += 4
        if position > len(body) or size > len(body) - position:
            raise ProtocolError("a row of the answer is cut off")
        columns.append(
            None if size < 0 else body[position : position + size].decode("utf-8", "replace")
        )
        position += max(0, size)
    return Row(tuple(columns))


def _md5(dsn: Dsn, salt: bytes) -> str:
    """The old method of PostgreSQL; not ours to choose on a server that is not ours."""
    inner = hashlib.md5((dsn.password + dsn.user).encode(), usedforsecurity=False).hexdigest()
    return "md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest()


def _text(value: str) -> bytes:
    if "\0" in value:
        raise ProtocolError("a name or statement holds a zero byte")
    return value.encode() + b"\0"


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One of the protocol, with its length."""
    return kind + struct.pack("!i", len(body) + 4) + body
