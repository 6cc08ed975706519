"""Where a byte stream can be opened."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostPort:
    """A TCP address."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixPath:
    """A unix domain socket."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


Address = HostPort | UnixPath
