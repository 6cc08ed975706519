"""What the console is told."""

from dataclasses import dataclass, field
from pathlib import Path

from vrooli.console.whence import Network
from vrooli.core.address import HostPort

DEFAULT_PORT = 3003


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """All of it.

    Attributes:
        host, port: where it listens.
        watchdog: the one that it shows.
        server: where the work is done; None shows health alone.
        console_key: secret that it shares with the watchdog, and with whoever makes links.
        signing_key: secret that it shares with the server.
        sessions: the file that keeps who is signed in.
        origins: further addresses (`https://HOST[:PORT]`) at which browsers find it: a proxy's.
        proxies: whose word is taken for where a request comes from: networks of addresses.
        certificate, certificate_key: files for TLS; None without.
        public_status: whether everybody may see `/status`.
        version: of the product.
    """

    host: str
    port: int
    watchdog: HostPort
    server: HostPort | None
    console_key: str = field(repr=False)
    signing_key: str = field(repr=False)
    sessions: Path
    origins: tuple[str, ...] = ()
    proxies: tuple[Network, ...] = ()
    certificate: Path | None = None
    certificate_key: Path | None = None
    public_status: bool = False
    version: str = ""

    @property
    def tls(self) -> bool:
        """Whether it speaks HTTPS itself."""
        return self.certificate is not None
