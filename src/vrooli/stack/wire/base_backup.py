"""A whole cluster as one tar over PostgreSQL's replication protocol (manual, chapter 55): what
`pg_basebackup --format=tar --wal-method=fetch` writes, without its copies of every byte, which cost
more than all that the server does. Servers since version 15 speak it so.
"""

import asyncio
import struct
import tarfile

from vrooli.core.errors import ProtocolError, StartFailed, Unreachable, VrooliError
from vrooli.core.ports.outputs import Connection
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn

OLDEST = 15
"""The version of the first servers that can be asked so: older ones send a copy for each tar."""

MANIFEST = "backup_manifest"
"""Its name in the tar, at whose end it stands."""

_BUFFER = 256 * 1024
"""Bytes asked for at once: a server sends 32 KiB in a message."""

_END = bytes(2 * tarfile.BLOCKSIZE)
"""How a tar ends."""

_HEAD = struct.Struct("!cI")
_QUIET = b"TDCHcNSA"
"""Kinds of messages around the copy that need no answer."""


class _Waiting:
    """A connection as a stream: whoever awaits it waits, and the thread with them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, limit: int) -> bytes:
        buffer = bytearray(limit)
        return bytes(buffer[: self._connection.readinto(memoryview(buffer))])

    async def write(self, data: bytes) -> None:
        self._connection.write(data)

    async def close(self) -> None:
        self._connection.end()


class BaseBackup:
    """One that is read, as the port `Output` has it. Nothing is asked before the first byte is.

    Args:
        connection: just opened.
        dsn: who asks there.
        label: what the server calls it.
    """

    def __init__(self, connection: Connection, dsn: Dsn, label: str) -> None:
        self._connection, self._dsn, self._label = connection, dsn, label
        self._buffer = memoryview(bytearray(_BUFFER))
        self._at = self._filled = 0
        self._left = 0  # bytes of the archive that the message at hand still has
        self._ready = memoryview(b"")  # goes out before these
        self._held = False  # whether the end of a tar has come, which may be that of the archive
        self._in_manifest = self._asked = self._whole = False
        self._manifest = bytearray()

    def readinto(self, buffer: memoryview) -> int:
        """Bytes put into `buffer`, all that fit; less only at the end.

        Raises:
            StartFailed: the server does not give it, or it ended before its end.
        """
        done, size = 0, len(buffer)
        try:
            while done < size:
                if self._ready:
                    some, self._ready = self._ready[: size - done], self._ready[size - done :]
                elif self._left:
                    some = self._some(size - done)
                elif self._whole:
                    break
                else:
                    self._next()
                    continue
                buffer[done : done + len(some)] = some
                done += len(some)
        except VrooliError as error:
            raise self._failed(error) from error
        return done

    def finish(self) -> None:
        """Take leave, after the last byte.

        Raises:
            StartFailed: that has not come.
        """
        if not self._whole or self._ready:
            raise self._failed(Unreachable("it was not read to its end"))
        self._connection.end()

    def kill(self) -> None:
        """See the port."""
        self._connection.kill()

    def end(self) -> None:
        """See the port: the server sees at its next write that nobody reads."""
        self._connection.end()

    def _failed(self, error: VrooliError) -> StartFailed:
        return StartFailed(
            f"could not copy the cluster: {error.what}",
            where=error.where or str(self._dsn.address),
            next_step=error.next_step or "mend what it names, then again",
        )

    def _some(self, most: int) -> memoryview:
        """What is there of the message at hand."""
        if self._at == self._filled:
            self._fill()
        end = self._at + min(most, self._left, self._filled - self._at)
        some = self._buffer[self._at : end]
        self._left -= len(some)
        self._at = end
        return some

    def _next(self) -> None:
        """Take one message."""
        if not self._asked:
            self._ask()
        kind, size = _HEAD.unpack(self._exactly(_HEAD.size))
        size -= 4
        if kind == b"d" and size > 0:
            self._copied(self._exactly(1)[0:1].tobytes(), size - 1)
        elif kind == b"E":
            raise postgres.error_of(self._exactly(size).tobytes())
        elif kind == b"Z":
            self._exactly(size)
            self._complete()
        elif kind in _QUIET:
            self._exactly(size)
        else:
            raise ProtocolError(f"unexpected message {kind!r} in a base backup")

    def _copied(self, kind: bytes, size: int) -> None:
        """The beginning of one of the copy. The archive's own end is held back: the manifest comes
        before it.
        """
        if kind == b"d" and self._in_manifest:
            self._manifest += self._exactly(size)
        elif kind == b"d":
            if self._held:
                self._ready, self._held = memoryview(_END), False
            if size == len(_END) and self._exactly(size, peek=True) == _END:
                self._exactly(size)
                self._held = True
            else:
                self._left = size
        elif kind == b"m":
            self._in_manifest = True
        elif kind == b"n":
            self._require_one(self._exactly(size).tobytes())
        else:
            self._exactly(size)

    def _require_one(self, archive: bytes) -> None:
        name = archive.split(b"\0")[0].decode("utf-8", "replace")
        if name != "base.tar":
            raise ProtocolError(f"tablespaces outside the data folder are not carried: {name}")

    def _complete(self) -> None:
        """The server has nothing more to say: how it ends."""
        if not (self._held and self._manifest):
            raise ProtocolError("the server ended the copy without its end, or its manifest")
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(self._manifest), 0o600
        head = info.tobuf(tarfile.USTAR_FORMAT)
        self._ready = memoryview(
            head + self._manifest + bytes(-len(self._manifest) % tarfile.BLOCKSIZE) + _END
        )
        self._whole = True

    def _ask(self) -> None:
        stream = _Waiting(self._connection)
        values = {"replication": "true", "application_name": "vrooli backup"}
        ahead = asyncio.run(postgres.logged_in(stream, self._dsn, **values))
        self._buffer[: len(ahead)] = ahead
        self._filled = len(ahead)
        label = self._label.replace("'", "''")
        statement = (
            f"BASE_BACKUP (LABEL '{label}', CHECKPOINT 'fast', WAL, WAIT 0, TABLESPACE_MAP, "
            "MANIFEST 'yes')"
        )
        self._connection.write(postgres.message(b"Q", statement.encode() + b"\0"))
        self._asked = True

    def _exactly(self, size: int, *, peek: bool = False) -> memoryview:
        """The next bytes, which stay what they are until the next ones are asked for."""
        if size > _BUFFER:
            raise ProtocolError("a message of the server is longer than any honest one")
        while self._filled - self._at < size:
            self._fill()
        some = self._buffer[self._at : self._at + size]
        self._at += 0 if peek else size
        return some

    def _fill(self) -> None:
        """Have more, after what was not taken yet."""
        rest = bytes(self._buffer[self._at : self._filled])
        self._buffer[: len(rest)] = rest
        got = self._connection.readinto(self._buffer[len(rest) :])
        self._at, self._filled = 0, len(rest) + got
        if not got:
            raise Unreachable("the connection was closed before its end")
