"""Whether a TCP port takes connections and keeps them."""

import asyncio

from vrooli.core.address import HostPort
from vrooli.core.errors import ConfigError
from vrooli.core.result import Result, critical, ok
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Service

KEPT_SECONDS = 0.05
"""A proxy without a living backend accepts and closes at once; a connection must stay this long."""


async def probe(service: Service, tools: ProbeTools) -> Result:
    """Connect to `health.target` (a port), or to the service's own port."""
    return await connect(tools, HostPort(service.host, _port(service)))


async def connect(tools: ProbeTools, address: HostPort) -> Result:
    """Open a connection, and see whether the peer closes it again at once."""
    stream = await tools.streams.open(address)
    try:
        async with asyncio.timeout(KEPT_SECONDS):
            greeting = await stream.read(1)
    except TimeoutError:
        greeting = b"?"
    finally:
        await stream.close()
    if not greeting:
        return critical(f"{address} accepts connections and closes them at once")
    return ok(f"{address} accepts connections")


def _port(service: Service) -> int:
    text = service.health.target or str(service.port)
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise ConfigError(
            f"`{text}` is no port",
            where=f"{service.name}.health.tcp",
            next_step="write a port from 1 to 65535",
        )
    return int(text)
