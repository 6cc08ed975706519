"""Whether this machine itself can reach others: what its kernel says, never what a peer does.

A peer that is down must not look like a network that is down, so these are the only signs: no
interface has a link, the kernel knows no way to that address, or a connection to our own API over
loopback cannot be made at all (no descriptors, no ports left).
"""

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from vrooli.autoheal.links import interfaces, is_up
from vrooli.core.address import HostPort
from vrooli.core.errors import DeadlineExceeded, NobodyListens, Unreachable, Unresolved, VrooliError
from vrooli.core.ports.files import Files
from vrooli.core.ports.resolver import Resolver
from vrooli.core.ports.routes import Routes
from vrooli.core.ports.streams import Streams

ELSEWHERE = "192.0.2.1"
"""An address of TEST-NET-1 (RFC 5737): the way to it is the way to everybody outside."""

_OWN_SECONDS = 1.0
"""For a connection to ourselves, which takes some hundred microseconds."""

_NAME_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Canary:
    """Asks this machine about itself.

    Attributes:
        files, routes, resolver, streams: the machine.
        api: the address of our own API.
    """

    files: Files
    routes: Routes
    resolver: Resolver
    streams: Streams
    api: Callable[[], HostPort]

    async def trouble(self, host: str) -> str:
        """Why nothing at `host` (a name or an address) could be reached from here; empty when that
        is not our fault. It takes seconds at most.
        """
        own = await self._loopback()
        if own or is_loopback(host):
            return own
        return self._link() or await self._way(host)

    async def _loopback(self) -> str:
        """Not at the address of the API, which may be one of a network that is away: where nobody
        listens, somebody has answered.
        """
        try:
            async with asyncio.timeout(_OWN_SECONDS):
                stream = await self.streams.open(HostPort("127.0.0.1", self.api().port))
        except (NobodyListens, Unresolved):
            return ""  # somebody was reached, or our own setting is wrong
        except Unreachable as error:
            return f"this machine cannot connect to itself ({error.what})"
        except (TimeoutError, DeadlineExceeded):
            return "this machine does not get a connection to itself in time"
        await stream.close()
        return ""

    def _link(self) -> str:
        there = interfaces(self.files)
        if any(is_up(self.files, name) for name in there):
            return ""
        return f"this machine has no link ({', '.join(there) or 'no interface'})"

    async def _way(self, host: str) -> str:
        addresses = [host] if is_address(host) else await self._addresses(host)
        missing = [self.routes.missing(address) for address in addresses or [ELSEWHERE]]
        if not all(missing):
            return ""
        return f"this machine knows no way to {host} ({missing[0]})"

    async def _addresses(self, host: str) -> list[str]:
        try:
            async with asyncio.timeout(_NAME_SECONDS):
                return await self.resolver.resolve(host)
        except (TimeoutError, VrooliError):
            return []


def is_address(host: str) -> bool:
    """Whether it is an IP address, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether it is this machine whatever its network does."""
    if host in ("", "localhost", "0.0.0.0", "::"):
        return True
    return is_address(host) and ipaddress.ip_address(host).is_loopback
