"""Which servers of tools (MCP) there are, as whoever runs the server says in a text of TOML or
JSON. A stack writes it from its `[mcp.NAME]`.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.stack.mcp import MOST_SERVERS, VARIABLE, McpServer, mistakes, server_of


def read(text: str) -> dict[str, McpServer]:
    """By name; `UsageError` with the place of what is wrong. No value is repeated: it may be a
    secret.
    """
    data = _parsed(text)
    if len(data) > MOST_SERVERS:
        raise _wrong("", f"more than {MOST_SERVERS} servers")
    return {name: _server(name, said) for name, said in data.items()}


def _server(name: str, said: Any) -> McpServer:
    if not isinstance(said, dict):
        raise _wrong(name, "expected a table, like [github]")
    for key, text in mistakes(name, said):
        raise _wrong(f"{name}.{key}".rstrip("."), text)
    return server_of(name, said)


def _parsed(text: str) -> Mapping[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            found: Mapping[str, Any] = json.loads(text)
        except (ValueError, RecursionError):
            raise _wrong("", "it is no JSON") from None
        return found
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)", str(error))
        raise _wrong("", f"it is no TOML {place[0] if place else ''}".strip()) from None


def _wrong(place: str, what: str) -> UsageError:
    where = f"{VARIABLE}: {place}" if place else VARIABLE
    return UsageError(what, where=where, next_step="see docs/how-to/use-mcp-servers.md")
