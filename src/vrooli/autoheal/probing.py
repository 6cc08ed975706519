"""What several checks ask in the same way."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.autoheal.check import Look
from vrooli.client.wire import Response
from vrooli.core.address import HostPort, UnixPath
from vrooli.core.errors import ConfigError, VrooliError
from vrooli.core.ports.streams import Streams
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service
from vrooli.stack.wire import dsn, http, postgres, resp

STATEMENT_SECONDS = 5.0
"""The server itself ends a statement of ours after this: a check must not become the long query
that it looks for."""


def has_docker(look: Look) -> bool:
    """Whether there is a Docker Engine, or should be one: the stack has containers."""
    stack = look.facts.stack
    wanted = any(service.runtime == "docker" for service in stack.services.values())
    return wanted or look.facts.files.facts(stack.docker) is not None


async def docker(look: Look, path: str) -> Response:
    """GET from the Docker Engine."""
    address = UnixPath(look.facts.stack.docker)
    return await http.get(look.facts.tools.streams, address, path)


async def redis_info(look: Look, section: str) -> dict[str, str]:
    """A section of INFO of the Redis that `look` is about.

    Raises:
        RedisError, Unreachable, AccessDenied, ProtocolError: it did not answer that.
    """
    tools = look.facts.tools
    url = kind_of(look.resource).url(look.resource, tools.place)
    text = await resp.ask(tools.streams, url, "INFO", section)
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {key: value.strip() for key, value in pairs}


async def postgres_row(
    look: Look, query: str, resource: Service | None = None
) -> tuple[str | None, ...]:
    """The last row of `query` on a PostgreSQL, by default the one that `look` is about; empty when
    there is none. It runs in a transaction that may not write.

    Raises:
        PostgresError, Unreachable, AccessDenied, ProtocolError: it did not answer that.
    """
    tools, asked = look.facts.tools, resource or look.resource
    target = dsn.parse(kind_of(asked).url(asked, tools.place))
    limit = f"SET statement_timeout = {int(1000 * STATEMENT_SECONDS)}"
    only_reading = "SET default_transaction_read_only = on"
    row = await postgres.query(tools.streams, target, limit, only_reading, query)
    return tuple(row.columns)


def value_at(data: Any, path: str) -> Any:
    """The value in JSON data at `path`, like `items.0.state`; None when there is none."""
    for part in path.split("."):
        if isinstance(data, list):
            data = data[int(part)] if part.isdigit() and int(part) < len(data) else None
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data


def differing(body: bytes, expected: Mapping[str, Any]) -> str:
    """Which of the `expected` values, by the path to them, is not in that JSON; empty for none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return "the answer is not JSON"
    wrong = [path for path, value in expected.items() if value_at(data, path) != value]
    return f"{wrong[0]} is not {expected[wrong[0]]!r}" if wrong else ""


def host_port(address: str) -> HostPort:
    """Read `host:port`; an IPv6 address stands in brackets.

    Raises:
        ConfigError: it is none.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(
            "expected a host and a port, like `192.0.2.1:25`",
            where=address,
            next_step="write it as `HOST:PORT`",
        )
    return HostPort(host.strip("[]"), int(port))


async def unreachable(streams: Streams, targets: Sequence[str], seconds: float) -> list[str]:
    """Why those of `targets` (`host:port`) that cannot be reached within `seconds` cannot."""
    answers = await asyncio.gather(*(_error(streams, target, seconds) for target in targets))
    return [error for error in answers if error]


async def _error(streams: Streams, target: str, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            stream = await streams.open(host_port(target))
    except TimeoutError:
        return f"{target}: no answer"
    except VrooliError as error:
        return str(error)
    await stream.close()
    return ""
