"""The tools of MCP servers that a model may use, each use noted in the journal of the run."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mcp import types
from pydantic_ai.exceptions import ModelRetry
from pydantic_ai.tools import RunContext
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool

from vrooli.execution.executor import storable
from vrooli.execution.json_schema import BadSchema, Schema
from vrooli.execution.llm.noted_model import Way
from vrooli.execution.llm.offering import offer, said_by
from vrooli.execution.mcp.link import Answered, Link
from vrooli.execution.mcp.offered import McpTool, by_shown, told
from vrooli.execution.mcp.servers import McpServers
from vrooli.flow.entries import Failure
from vrooli.flow.failed import Failed, failure_of
from vrooli.flow.gist import called
from vrooli.flow.notes import Note, Turn

LARGEST = 256 * 1024
"""Characters of what one use comes to, as JSON."""

LONGEST = 2000
"""Characters of what a server says of a failure."""


class Links:
    """The connections of one step, opened when they are needed and anew when they broke."""

    def __init__(self, servers: McpServers) -> None:
        self._servers = servers
        self._open: dict[str, Link] = {}
        self._one = asyncio.Lock()  # a model may use several tools at once

    async def to(self, name: str) -> Link:
        """One that is of use. Raises like `McpServers.link`."""
        async with self._one:
            link = self._open.get(name)
            if link is None or link.broken:
                if link is not None:
                    await link.close()
                self._open[name] = await self._servers.link(name)
            return self._open[name]

    async def close(self) -> None:
        """All of them."""
        while self._open:
            _, link = self._open.popitem()
            await link.close()


@asynccontextmanager
async def offered(
    names: Sequence[str], servers: McpServers, way: Way
) -> AsyncIterator["list[NotedMcp]"]:
    """The tools of these servers, as far as they are noted without asking them.

    Raises:
        Failed: `no-mcp`; or why a server cannot say what it offers.
    """
    links = Links(servers)
    try:
        found = [one for name in names for one in await _listed(name, servers, links, way)]
        yield [NotedMcp(by_shown(found), way, links)] if found else []
    finally:
        await links.close()


async def _listed(name: str, servers: McpServers, links: Links, way: Way) -> list[McpTool]:
    """A later attempt sees the same list: the model is then asked the same."""
    server = servers.choose(name)
    asked = {"server": name, "where": server.where, "tools": list(server.tools or ())}

    async def ask(turn: Turn) -> Any:
        return told(await (await links.to(name)).tools())

    request = {**asked, "hints": server.trust_hints}
    note = Note(f"mcp:{name}", "mcp", request, repeatable=True, says=f"tools of {name}")
    return [McpTool(**one) for one in await way.call.notes.once(note, ask)]


@dataclass
class NotedMcp(AbstractToolset[None]):
    """Those of all servers of a step.

    Attributes:
        known: by the names that the model sees.
        way: of the conversation.
        links: to the servers.
    """

    known: Mapping[str, McpTool]
    way: Way
    links: Links

    @property
    def id(self) -> str:
        """Nobody else's."""
        return "vrooli-mcp"

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        """As the model sees them."""
        return {name: offer(self, name, one) for name, one in self.known.items()}

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[None], tool: ToolsetTool[None]
    ) -> Any:
        """What it said to this very call, be it before a crash; else it is used.

        What the server says of a failure is told to the model. A server that is of no use fails the
        step: with `unknown-effect` where it may have done what must not be done twice.
        """
        one = self.known[name]
        self._check(one, tool_args)
        number = self.way.numbers[str(ctx.tool_call_id)]
        request = {"mcp": one.server, "tool": one.name, "arguments": tool_args}
        says = called(f"{one.server} {one.name}", tool_args)
        note = Note(f"tool[{number}]", "mcp", request, one.repeatable, says)

        async def use(turn: Turn) -> dict[str, Any]:
            return await self._used(one, tool_args, turn)

        return said_by(await self.way.call.notes.once(note, use))

    def _check(self, one: McpTool, arguments: dict[str, Any]) -> None:
        try:
            for place, why in Schema(dict(one.arguments)).mistakes(arguments, 1):
                raise ModelRetry(f"the arguments are wrong: {f'{place}: ' if place else ''}{why}")
        except BadSchema as error:
            raise Failed("garbage", error.what, where=f"mcp.{one.server}: {one.name}") from error

    async def _used(self, one: McpTool, arguments: dict[str, Any], turn: Turn) -> dict[str, Any]:
        link = await self.links.to(one.server)
        await link.opened()  # until then nothing was asked for
        try:
            return _said(await link.use(one.name, arguments, turn.key), link.masked)
        except Answered as error:
            return {"failed": failure_of(error).to_json()}
        except Failed as error:
            if one.repeatable:
                raise
            what = f"it was asked for, and nobody knows whether it was done: {error.what}"
            raise Failed("unknown-effect", what, where=f"{error.where}: {one.name}") from error


def _said(result: types.CallToolResult, mask: Callable[[Any], Any]) -> dict[str, Any]:
    """What came back, as it is noted: masked before anything is cut, within bounds, and JSON."""
    text = str(mask("\n".join(map(_text, result.content))))
    if result.is_error:
        return {"failed": Failure("tool", text[:LONGEST] or "it does not say why").to_json()}
    value = text if result.structured_content is None else mask(result.structured_content)
    size = len(json.dumps(value))
    if size > LARGEST:
        what = f"the answer has {size} characters, more than {LARGEST}: ask for less"
        return {"failed": Failure("too-large", what).to_json()}
    try:
        return {"value": storable(value)}
    except Failed as error:
        return {"failed": failure_of(error).to_json()}


def _text(block: types.ContentBlock) -> str:
    """Words; of anything else, what it was."""
    if isinstance(block, types.TextContent):
        return block.text
    if isinstance(block, types.EmbeddedResource) and isinstance(
        block.resource, types.TextResourceContents
    ):
        return block.resource.text
    if isinstance(block, types.ResourceLink):
        return f"[a link to {block.uri}]"
    kind = getattr(block, "mime_type", None) or block.type
    return f"[{kind}, which is left out: only text is taken]"
