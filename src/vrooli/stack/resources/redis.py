"""Redis, from the system's package."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import quote

from vrooli.core.address import HostPort
from vrooli.core.command import Command, EnsureDirectory, WriteFile
from vrooli.core.errors import ConfigError
from vrooli.core.result import Result, critical, ok, starting
from vrooli.stack.kind import Kind, Place, ProbeTools, Program
from vrooli.stack.model import Service
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.left import left_behind
from vrooli.stack.redis.identity import ID
from vrooli.stack.references import is_reference, resolved
from vrooli.stack.wire import resp
from vrooli.stack.wire.dsn import without_password

if TYPE_CHECKING:
    from vrooli.stack.backing import Backing
    from vrooli.stack.redis.resource import RedisResource
    from vrooli.stack.runtime import Context
    from vrooli.stack.upgrading import Upgrade, Wish

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OURS = ("port", "bind", "requirepass", "dir", "daemonize", "include", "tls-port")
_ANSWER = "PONG"


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """Keys of `kind = "redis"`.

    Attributes:
        program: path of redis-server; empty: found in the usual folders.
        max_memory: bytes or such as "256mb"; empty: no limit, as Redis has it.
        settings: further lines of redis.conf, by name.
    """

    program: str = ""
    max_memory: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


class RedisKind(Kind):
    """A Redis server that keeps its data on disk."""

    name = "redis"
    title = "Redis"
    summary = "an in-memory store for caches and queues"
    default_port = 16379
    options = RedisOptions
    needs_command = False
    failures = 3
    over = 15.0
    start_timeout = 60.0
    stop_timeout = 20.0

    def prepare(self, service: Service, place: Place) -> Sequence[Command]:
        """Data folder and settings.

        Raises:
            ConfigError: redis-server is not installed, or a setting cannot be.
        """
        _program(self.read_options(service))
        user = place.user_of(service)
        data = clusters.data(place.home, service.name)
        text = self._conf(service, place)
        # By it a backup tells an empty Redis in the place of a lost one from what it took before.
        known = (data / ID).exists()
        own = () if known else (WriteFile(str(data / ID), f"{token_hex(8)}\n", 0o600, user),)
        return (
            *left_behind(place, service.name),
            EnsureDirectory(str(data), 0o700, user),
            *own,
            WriteFile(str(data / "redis.conf"), text, 0o600, user),
        )

    def program(self, service: Service, place: Place) -> Program:
        """In the foreground; the password is in the settings file, never an argument."""
        data = str(clusters.data(place.home, service.name))
        argv = (_program(self.read_options(service)), f"{data}/redis.conf")
        return Program(argv=argv, env={"LC_ALL": "C"}, cwd=data)

    def url(self, service: Service, place: Place) -> str:
        """With the password."""
        if service.url:
            return resolved(service.url, place.secrets)
        password = quote(place.secrets.create(f"{service.name}-password"), safe="")
        return f"redis://:{password}@{HostPort(service.host, service.port)}/0"

    def public_url(self, service: Service) -> str:
        """Without the password."""
        if service.url:
            return service.url if is_reference(service.url) else without_password(service.url)
        return f"redis://{HostPort(service.host, service.port)}/0"

    def upgrade(self, service: Service, context: "Context", wish: "Wish") -> "Upgrade":
        """Its data alone: a restore, and what is kept after one; see `stack.redis.restore`."""
        from vrooli.stack.postgres.upgrade.undo import Forget, Undo
        from vrooli.stack.redis.restore import RedisRestore

        resource = self._resource(service, context)
        if wish.restore:
            return RedisRestore(resource, wish)
        if wish.undo:
            return Undo(resource)
        return (
            Forget(resource, every=wish.every)
            if wish.forget
            else super().upgrade(service, context, wish)
        )

    def backing(self, service: Service, context: "Context") -> "Backing | None":
        """All its data; see `stack.redis.copying`."""
        from vrooli.stack.redis.copying import RedisBacking

        return RedisBacking(self._resource(service, context)) if service.managed else None

    def _resource(self, service: Service, context: "Context") -> "RedisResource":
        from vrooli.stack.redis.resource import RedisResource

        options: RedisOptions = self.read_options(service)
        return RedisResource(service, context, _program(options), options.settings)

    async def probe(self, service: Service, tools: ProbeTools) -> Result:
        """AUTH and PING."""
        try:
            answer = await resp.ask(tools.streams, self.url(service, tools.place), "PING")
        except resp.RedisError as error:
            if error.code == "LOADING":
                return starting("Redis reads its data from disk", code=error.code)
            return critical(error.what[:300], code=error.code, answered=True)
        if answer != _ANSWER:
            return critical("it answers, but not to PING", answered=True)
        return ok("answers PING")

    def _conf(self, service: Service, place: Place) -> str:
        options: RedisOptions = self.read_options(service)
        values = {
            "bind": service.host,
            "port": str(service.port),
            "protected-mode": "yes",
            "requirepass": place.secrets.create(f"{service.name}-password"),
            "dir": str(clusters.data(place.home, service.name)),
            "daemonize": "no",
            # To standard output, hence into the service's own rotating log.
            "logfile": "",
            # At most one second of writes is lost; snapshots besides make restarts fast.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "3600 1 300 100 60 10000",
        }
        if options.max_memory:
            values["maxmemory"] = options.max_memory
        for name in options.settings:
            if name.lower() in _OURS:
                raise ConfigError(
                    f"`{name}` cannot be set",
                    where=f"{service.name}.settings",
                    next_step="leave it out: it follows from the other keys",
                )
        lines = [_line(name, value) for name, value in (values | dict(options.settings)).items()]
        return "\n".join(["# Generated at every start; use `settings` in vrooli.toml.", *lines, ""])


def _program(options: RedisOptions) -> str:
    found = shutil.which(options.program or "redis-server", path=_PATH)
    if found is None:
        raise ConfigError(
            f"there is no {options.program or 'redis-server'} on this machine",
            where="redis",
            next_step="apt install redis-server (or your system's package), or set "
            '`runtime = "external"` with the `url` of a Redis elsewhere',
        )
    return found


def _line(name: str, value: str) -> str:
    """One line of redis.conf; quoted, except for `save` and `bind`, which take several words."""
    if not name.replace("-", "").isalnum() or any(ord(c) < 32 for c in value):
        raise ConfigError(
            f"`{name}` is no Redis setting",
            where="settings",
            next_step="write names as in redis.conf, and each value in one line",
        )
    if name in ("save", "bind"):
        return f"{name} {value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name} "{escaped}"'


KIND = RedisKind()
