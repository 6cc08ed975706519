"""What the server must know before it starts. Read from the environment by `main`, never deeper
inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from vrooli.core.errors import UsageError
from vrooli.execution.llm.settings import NO_MODELS, ModelSettings
from vrooli.execution.settings import WorkSettings
from vrooli.server.work_retention import KeepRuns
from vrooli.stack.mcp import McpServer

DEFAULT_PORT = 3001
DEFAULT_RATE = 200.0
POSTGRES_SCHEMES = ("postgres", "postgresql")
REDIS_SCHEMES = ("redis", "rediss")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Settings of one server process; checks itself, so that a server never starts half configured.

    Attributes:
        database_url: `postgresql://user:password@host:port/name`; never shown.
        token_file: holds the bearer token that opens everything (0600); read again when it is
            replaced.
        metrics_token_file: holds the token that opens `/metrics` alone; need not exist.
        signing_key_file: holds the secret that signs the tokens of sessions (0600); made at the
            start when there is none.
        dumps: folder that takes heap dumps; made when the first one is written.
        workspaces: folder that takes those of runs; made when the first one is.
        host: address to listen on; loopback unless someone asks for more.
        port: TCP port; 0 lets the kernel choose (the log line `listening` names it).
        redis_url: `redis://...`; None when the stack has no Redis, which then is no dependency.
        version: shown by `/health` and `vrooli_build_info`.
        drain_seconds: how long requests in flight may take after SIGTERM.
        probe_seconds: deadline of all dependency probes together.
        step_secrets: references that steps of routines may use.
        step_folders: git repositories that they may read.
        models: language models that steps may ask.
        mcp: servers of tools that steps may name.
        keep: how long runs are kept.
        work: how it works on runs.
        rate: requests a second of one caller, ten times as many at once; 0 is no limit.
        migration_wait_seconds: how long the start waits for migrations before it listens anyway.
    """

    database_url: str = field(repr=False)
    token_file: Path
    metrics_token_file: Path
    signing_key_file: Path
    dumps: Path
    workspaces: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    redis_url: str | None = field(default=None, repr=False)
    version: str = "0"
    drain_seconds: float = 10.0
    probe_seconds: float = 2.0
    migration_wait_seconds: float = 20.0
    step_secrets: tuple[str, ...] = ()
    step_folders: tuple[str, ...] = ()
    models: ModelSettings = NO_MODELS
    mcp: Mapping[str, McpServer] = field(default_factory=dict)
    keep: KeepRuns = field(default_factory=KeepRuns)
    work: WorkSettings = field(default_factory=WorkSettings)
    rate: float = DEFAULT_RATE

    def __post_init__(self) -> None:
        _check_url(self.database_url, "DATABASE_URL", POSTGRES_SCHEMES)
        checked_redis_url(self.redis_url)
        if not 0 <= self.port <= 65535:
            raise UsageError(
                f"{self.port} is not a TCP port", where="PORT", next_step="use 1 to 65535"
            )
        if not 0 <= self.rate <= 1e6:
            raise UsageError(
                f"{self.rate:g} is out of range",
                where="VROOLI_RATE",
                next_step="use requests a second, at most 1000000; 0 is no limit",
            )
        for name in ("drain_seconds", "probe_seconds", "migration_wait_seconds"):
            if not 0 < getattr(self, name) <= 3600:
                raise UsageError(
                    f"{getattr(self, name)} is out of range",
                    where=name.upper(),
                    next_step="use a number of seconds above 0 and at most 3600",
                )


def checked_redis_url(url: str | None) -> str | None:
    """It, which may be missing; UsageError when it cannot be one."""
    if url is not None:
        _check_url(url, "REDIS_URL", REDIS_SCHEMES)
    return url


def _check_url(url: str, name: str, schemes: tuple[str, ...]) -> None:
    """Refuse a URL of the wrong kind without repeating it: it may hold a password."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in schemes:
        raise UsageError(
            "the value is not a usable URL",
            where=name,
            next_step=f"write it as {schemes[-1]}://user:password@host:port/name",
        )
