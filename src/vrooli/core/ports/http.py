"""Port: requests to any HTTP server, for the work. (Probes speak over `ports/streams.py`.)"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vrooli.core.errors import ProtocolError, Refused


class TlsFailed(ProtocolError):
    """No TLS is spoken there, or its certificate is not trusted."""


class ForbiddenAddress(Refused):
    """Nobody here may ask what is at this address (decision 025)."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(what, where=where, next_step="name an address that others may ask")


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: in capitals.
        url: whole, with `http://` or `https://`.
        headers: may hold secrets, so that they are never shown.
        body: bytes of it.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: its code.
        headers: by name in small letters; what came several times is joined by commas.
        body: as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """Sends requests. Follows nothing, repeats nothing, keeps nothing."""

    async def send(self, request: Request, largest: int) -> Answer:
        """The answer whatever its status, with at most `largest` bytes of body.

        The time that it may take is the caller's (`asyncio.timeout`).

        Raises:
            Unresolved, NobodyListens, Unreachable: the request was not sent.
            CutOff: it was, and no whole answer came: nobody knows what became of it.
            TlsFailed: it was not sent.
            ProtocolError: what came is no answer, or cannot be read.
            TooLarge: see `largest`.
            ForbiddenAddress: it was not sent.
            UsageError: the address or a header cannot be used.
        """
        ...
