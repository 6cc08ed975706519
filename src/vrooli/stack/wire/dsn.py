"""`postgresql://user:password@host:port/database?sslmode=...` as data.

Errors never show the URL: it holds a password.
"""

import getpass
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from vrooli.core.address import Address, HostPort, UnixPath
from vrooli.core.errors import ConfigError

SslMode = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]
_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class Dsn:
    """Where a PostgreSQL database is and who asks.

    Attributes:
        sslmode: as in libpq; `allow` is taken as `prefer`. Towards ourselves `prefer` means no TLS.
        sslrootcert: file of trusted certificates; empty for the system's.
    """

    address: Address
    user: str
    password: str = field(repr=False)
    database: str
    sslmode: SslMode = "prefer"
    sslrootcert: str = ""


def parse(url: str) -> Dsn:
    """Read a connection URL.

    Raises:
        ConfigError: it is none.
    """
    parts = split(url, ("postgresql", "postgres", "postgresql+asyncpg"))
    query = dict(parse_qsl(parts.query))
    mode = query.get("sslmode", "prefer").replace("allow", "prefer")
    if mode not in _MODES:
        raise ConfigError(
            f"sslmode must be one of {', '.join(_MODES)}",
            where="url",
            next_step="correct `sslmode` in the URL",
        )
    user = unquote(parts.username or query.get("user", "")) or getpass.getuser()
    return Dsn(
        address=_address(parts, query),
        user=user,
        password=unquote(parts.password or query.get("password", "")),
        database=unquote(parts.path.removeprefix("/")) or query.get("dbname", "") or user,
        sslmode=cast(SslMode, mode),
        sslrootcert=query.get("sslrootcert", ""),
    )


def split(url: str, schemes: tuple[str, ...]) -> SplitResult:
    """`urlsplit` with our errors; the port is known to be valid afterwards."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
        parts = urlsplit("")
    if not valid:
        raise ConfigError(
            f"this is no {schemes[0]} URL",
            where="url",
            next_step=f"write {schemes[0]}://host:port/..., or a reference to such a URL",
        )
    return parts


def without_password(url: str) -> str:
    """The same URL for people."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    user = f"{parts.username}@" if parts.username else ""
    return urlunsplit((parts.scheme, f"{user}{host}{port}", parts.path, "", ""))


def _address(parts: SplitResult, query: dict[str, str]) -> Address:
    host = unquote(parts.hostname or "") or query.get("host", "") or "127.0.0.1"
    port = parts.port or 5432
    return UnixPath(f"{host}/.s.PGSQL.{port}") if host.startswith("/") else HostPort(host, port)
