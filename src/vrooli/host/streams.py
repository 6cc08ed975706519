"""Byte streams over asyncio: TCP, TLS and unix sockets."""

import asyncio
import socket
import ssl
from functools import lru_cache
from pathlib import Path

from vrooli.core.address import Address, HostPort
from vrooli.core.errors import NobodyListens, ProtocolError, Unreachable, Unresolved
from vrooli.core.ports.streams import Verify

_HANDSHAKE_SECONDS = 10.0


class AsyncioStream:
    """One open connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._where = str(address)

    async def read(self, limit: int) -> bytes:
        """See the port."""
        try:
            return await self._reader.read(limit)
        except OSError as error:
            raise self._broken(error) from error

    async def write(self, data: bytes) -> None:
        """See the port."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise self._broken(error) from error

    async def close(self) -> None:
        """See the port. What the peer has not taken by now is dropped: it may never take it."""
        transport = self._writer.transport
        if transport.get_write_buffer_size() or transport.get_extra_info("ssl_object"):
            transport.abort()
        else:
            transport.close()
        await asyncio.sleep(0)  # the socket is closed in the next turn of the loop

    def certificate(self) -> bytes:
        """See the port."""
        secured = self._writer.get_extra_info("ssl_object")
        shown = secured.getpeercert(binary_form=True) if secured is not None else None
        if not shown:
            raise ProtocolError("no certificate was shown", where=self._where)
        return bytes(shown)

    async def start_tls(self, server_name: str, verify: Verify, roots: str = "") -> None:
        """See the port."""
        await self._refuse_early_bytes()
        context = tls_context(verify, roots)
        try:
            await self._writer.start_tls(
                context, server_hostname=server_name, ssl_handshake_timeout=_HANDSHAKE_SECONDS
            )
        except OSError as error:
            raise _translated(error, self._where) from error

    async def _refuse_early_bytes(self) -> None:
        """Bytes before the handshake were put there by somebody in between (CVE-2021-23222)."""
        try:
            async with asyncio.timeout(0):
                early = await self._reader.read(1)
        except TimeoutError:
            return
        if early:
            raise ProtocolError("bytes came in clear text before TLS began", where=self._where)
        raise Unreachable("the connection was closed before TLS began", where=self._where)

    def _broken(self, error: OSError) -> Unreachable:
        return Unreachable(f"the connection broke: {_reason(error)}", where=self._where)


class AsyncioStreams:
    """Opens connections."""

    async def open(self, address: Address) -> AsyncioStream:
        """See the port; a certificate must be valid for the host when the address asks for TLS."""
        try:
            if isinstance(address, HostPort):
                context = tls_context("full") if address.tls else None
                opened = await asyncio.open_connection(address.host, address.port, ssl=context)
            else:
                opened = await asyncio.open_unix_connection(address.path)
        except socket.gaierror as error:
            name = address.host if isinstance(address, HostPort) else str(address)
            raise Unresolved(_reason(error), name, where=str(address)) from error
        except OSError as error:
            raise _translated(error, str(address)) from error
        except UnicodeError as error:
            raise Unreachable("this is no host name", where=str(address)) from error
        return AsyncioStream(*opened, address)


def tls_context(verify: Verify, roots: str = "") -> ssl.SSLContext:
    """How much a certificate must prove. Made anew only when what is trusted has changed: reading
    150 certificates takes 25 ms, in which nothing else is looked at.

    Raises:
        ProtocolError: the file of trusted certificates cannot be used.
    """
    try:
        return _context(verify, roots, _trusted_since(roots))
    except OSError as error:
        raise ProtocolError(
            f"the trusted certificates cannot be read: {_reason(error)}", where=roots
        ) from error


@lru_cache(maxsize=16)
def _context(verify: Verify, roots: str, _: tuple[tuple[str, int], ...]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=roots or None)
    if verify != "full":
        context.check_hostname = False
    if verify == "none":
        context.verify_mode = ssl.CERT_NONE
    return context


def _trusted_since(roots: str) -> tuple[tuple[str, int], ...]:
    """The files of trusted certificates, by default the system's, and when they were changed."""
    system = ssl.get_default_verify_paths()
    files = [roots] if roots else filter(None, (system.cafile, system.capath))
    return tuple((file, Path(file).stat().st_mtime_ns) for file in files)


def _translated(error: OSError, where: str) -> ProtocolError | Unreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProtocolError(f"its certificate is not trusted: {error.verify_message}", where=where)
    if isinstance(error, ssl.SSLError):
        return ProtocolError(f"TLS failed: {error.reason or 'no TLS spoken there'}", where=where)
    if isinstance(error, ConnectionRefusedError):
        return NobodyListens(_reason(error), where=where)
    return Unreachable(_reason(error), where=where)


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, FileNotFoundError):
        return f"{Path(error.filename or '').name or 'the socket'} does not exist"
    return (error.strerror or str(error) or type(error).__name__).lower()
