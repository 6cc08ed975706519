"""The servers of tools (MCP) that steps may use, for one process."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from vrooli.core.errors import StartFailed
from vrooli.core.nearest import did_you_mean
from vrooli.core.ports.pipes import Pipe, PipedProgram, Pipes
from vrooli.core.ports.secrets import Secrets
from vrooli.execution.mcp.offered import McpTool, told
from vrooli.flow.failed import Failed
from vrooli.stack.mcp import MOST_SERVERS, VARIABLE, McpServer

if TYPE_CHECKING:
    from vrooli.execution.mcp.link import Link

TRIES = 2
"""That may be under way for whoever only looks: each is a program that runs."""


class McpServers:
    """What is declared.

    Args:
        servers: by name.
        secrets: what is behind their references. Those are for them alone: any may be named.
        pipes: starts programs.
    """

    def __init__(self, servers: Mapping[str, McpServer], secrets: Secrets, pipes: Pipes) -> None:
        self._servers, self._secrets, self._pipes = dict(servers), secrets, pipes
        self._trying = asyncio.Semaphore(TRIES)

    def choose(self, name: str) -> McpServer:
        """The one of that name.

        Raises:
            Failed: `no-mcp`, there is none.
        """
        if name not in self._servers:
            known = ", ".join(sorted(self._servers)) or "none"
            what = f"there is no MCP server `{name}` (declared: {known})"
            what = f"{what}: declare [mcp.{name}] in vrooli.toml, or it in {VARIABLE}"
            raise Failed("no-mcp", what, where=f"mcp.{name}")
        return self._servers[name]

    def strange(self, definition: object) -> list[str]:
        """What to say of servers that steps of a routine name and nobody declared here: a process
        that works elsewhere may have them.
        """
        names = dict.fromkeys(_named_in(definition))
        return [
            f"there is no MCP server `{name}` here{did_you_mean(name, self._servers)}: declare"
            f" [mcp.{name}] in vrooli.toml, or see that whoever works on its runs has it"
            for name in names
            if name not in self._servers
        ][:MOST_SERVERS]

    def to_json(self) -> list[dict[str, Any]]:
        """All of them, by name: no reference and no argument, which might hold a secret."""
        return [_told(one) for _, one in sorted(self._servers.items())]

    async def link(self, name: str) -> "Link":
        """A new connection; close it.

        Raises:
            Failed: `no-mcp`.
            SecretError: what is behind one of its references cannot be found.
        """
        server = self.choose(name)
        references = {**server.env, **server.headers}
        secrets = {one: self._secrets.resolve(ref) for one, ref in references.items()}
        return (await asyncio.to_thread(_load))(server, secrets, self._pipes)

    @asynccontextmanager
    async def opened(self, name: str) -> "AsyncIterator[Link]":
        """A connection for the block. Raises like `link`."""
        link = await self.link(name)
        try:
            yield link
        finally:
            await link.close()

    async def tools(self, name: str) -> list[McpTool]:
        """What it offers just now.

        Raises:
            Failed: `no-mcp`; or why it cannot be told.
            SecretError: see `link`.
        """
        async with self._trying, self.opened(name) as link:
            found = await link.tools()
            told(found)
            return found


def _named_in(part: object) -> Iterator[str]:
    """Those that `llm` steps name; of a definition that is valid."""
    if isinstance(part, dict):
        asked = part.get("llm") if "step" in part else None
        if isinstance(asked, dict) and isinstance(asked.get("mcp"), list):
            yield from (name for name in asked["mcp"] if isinstance(name, str))
    if isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _named_in(inner)


def _told(one: McpServer) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": "http" if one.url else "program",
        "where": one.where,
        "tools": None if one.tools is None else list(one.tools),
        "timeout": one.timeout,
        "secrets": len(one.env) + len(one.headers),
        "trust_hints": one.trust_hints,
    }


def _load() -> "type[Link]":
    """Only now, and beside the loop: for that second nobody else would get an answer."""
    from vrooli.execution.mcp.link import Link

    return Link


class _NoPipes:
    async def open(self, program: PipedProgram) -> Pipe:
        advice = "declare it where steps are executed"
        where = json.dumps(program.argv[:1])
        raise StartFailed("no program is started here", where=where, next_step=advice)


class _NoSecrets:
    def resolve(self, reference: str) -> str:
        raise LookupError(reference)

    def create(self, name: str) -> str:
        raise LookupError(name)


def no_servers() -> McpServers:
    """None is declared."""
    return McpServers({}, _NoSecrets(), _NoPipes())
