"""Something elsewhere that takes TCP connections."""

from vrooli.core.address import HostPort
from vrooli.core.errors import ConfigError
from vrooli.core.result import Result
from vrooli.stack.kind import Kind, ProbeTools
from vrooli.stack.model import Service
from vrooli.stack.probes import tcp
from vrooli.stack.references import is_reference
from vrooli.stack.wire.dsn import split


class TcpKind(Kind):
    """An external address."""

    name = "tcp"
    title = "TCP endpoint"
    summary = "an address elsewhere that must take connections"
    needs_command = False
    runtimes = ("external",)

    def public_url(self, service: Service) -> str:
        """The address, or the reference to it."""
        if not service.url:
            return super().public_url(service)
        if is_reference(service.url):
            return service.url
        return f"tcp://{_address(service.url, service.name)}"

    async def probe(self, service: Service, tools: ProbeTools) -> Result:
        """Connect."""
        return await tcp.connect(tools, _address(self.url(service, tools.place), service.name))


def _address(url: str, name: str) -> HostPort:
    """Of `tcp://host:port`, or of `host:port` alone."""
    parts = split(url if "://" in url else f"tcp://{url}", ("tcp",))
    if not parts.hostname or not parts.port:
        raise ConfigError(
            "a TCP endpoint needs a host and a port",
            where=name,
            next_step='write url = "tcp://host:port"',
        )
    return HostPort(parts.hostname, parts.port)


KIND = TcpKind()
