"""What an MCP server repeats of the secrets that it was given reaches nobody, not even in part."""

import asyncio
import sys
from typing import Any

import pytest
from mcp import MCPError, types
from pydantic import AnyUrl, BaseModel, ValidationError

from vrooli.core.ports.pipes import Pipe, PipedProgram
from vrooli.execution.llm.noted_mcp import LONGEST, _said
from vrooli.execution.mcp.lines import SHOWN
from vrooli.execution.mcp.link import LONGEST as LONGEST_ERROR
from vrooli.execution.mcp.link import Link
from vrooli.execution.mcp.offered import LONGEST_TITLE
from vrooli.flow.failed import Failed
from vrooli.host.piped_programs import PipedPrograms
from vrooli.stack.mcp import McpServer

SECRET = 'it\'s "hunter2"\\and-more'
SECRETS = {"TOKEN": SECRET}

SERVER = """
import os
from mcp.server.mcpserver import MCPServer

token = os.environ["TOKEN"]
server = MCPServer("shop", log_level="CRITICAL")

@server.tool(description="x" * 4090 + token)
def price(thing: str = token) -> str:
    return token

server.run()
"""


def program(*argv: str, **more: Any) -> Link:
    return Link(McpServer("shop", argv, **more), SECRETS, PipedPrograms())


async def test_what_it_says_of_its_tools() -> None:
    link = program(sys.executable, "-c", SERVER)
    try:
        [tool] = await link.tools()
    finally:
        await link.close()
    assert tool.title == "x" * 4090 + "***"
    assert len(tool.title) <= LONGEST_TITLE
    assert tool.arguments["properties"]["thing"]["default"] == "***"


WRITES = "import os; os.write({where}, ({text}).encode())"


@pytest.mark.parametrize(
    ("where", "text", "shown"),
    [
        (1, "os.environ['TOKEN'] + '\\n'", "'***'"),
        (1, "'x' * 110 + os.environ['TOKEN'] + '\\n'", "x***'"),
        (1, "__import__('json').dumps({'a': os.environ['TOKEN']}) + '\\n'", '\'{"a": "***"}\''),
        (2, "os.environ['TOKEN'] + 'x' * 110", "ended: ***xxx"),
        (2, "'there is no such database as that ' * 9", "ended: … database as that there is"),
    ],
)
async def test_what_it_says_before_it_is_of_no_use(where: int, text: str, shown: str) -> None:
    link = program(sys.executable, "-c", WRITES.format(where=where, text=text))
    with pytest.raises(Failed) as caught:
        await link.opened()
    await link.close()
    assert shown in caught.value.what
    assert_none(caught.value.what)
    assert len(caught.value.what) < SHOWN + 100


class Waits:
    """Starts nothing, until it is cancelled."""

    async def open(self, program: PipedProgram) -> Pipe:
        await asyncio.Event().wait()
        raise AssertionError


async def test_who_waits_for_one_that_is_given_up_is_told_and_not_cancelled() -> None:
    link = Link(McpServer("shop", ("shop",)), SECRETS, Waits())
    waiting = asyncio.create_task(link.opened())
    await asyncio.sleep(0)
    await link.close()
    with pytest.raises(Failed, match="given up") as caught:
        await waiting
    assert (caught.value.kind, caught.value.retryable) == ("unreachable", True)


class Numbers(BaseModel):
    number: int


def mistake() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Numbers.model_validate({"number": "x" * 20 + SECRET})
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        MCPError(types.INTERNAL_ERROR, "x" * (LONGEST_ERROR - 5) + SECRET),
        MCPError(types.INVALID_PARAMS, "x" * (LONGEST_ERROR - 5) + SECRET),
        ValueError("x" * (LONGEST_ERROR - 5) + SECRET),
        mistake(),
    ],
)
async def test_errors(error: Exception) -> None:
    link = Link(McpServer("shop", ("shop",)), SECRETS, Waits())
    try:
        assert_none(link._failed(error).what)
    finally:
        await link.close()


async def test_results() -> None:
    link = Link(McpServer("shop", ("shop",)), {"TOKEN": "hunter2-and-more"}, Waits())
    try:
        long = types.TextContent(type="text", text="x" * (LONGEST - 5) + "hunter2-and-more")
        failed = _said(types.CallToolResult(content=[long], is_error=True), link.masked)
        assert failed["failed"]["reason"] == "x" * (LONGEST - 5) + "***"
        where = "file:///" + "x" * (LONGEST - 12) + "hunter2-and-more"
        place = types.ResourceLink(type="resource_link", name="x", uri=str(AnyUrl(where)))
        said = _said(types.CallToolResult(content=[place]), link.masked)
        assert "hunter2" not in str(said)
        fields = {"hunter2-and-more": ["hunter2-and-more"]}
        held = types.CallToolResult(content=[], structured_content=fields)
        assert _said(held, link.masked) == {"value": {"***": ["***"]}}
    finally:
        await link.close()


async def test_a_token_without_the_scheme_of_its_header() -> None:
    link = Link(McpServer("shop", ("shop",)), {"Authorization": "Bearer hunter2"}, Waits())
    assert link.masked(["Bearer hunter2", "not hunter2"]) == ["***", "not ***"]
    await link.close()


def assert_none(text: str) -> None:
    """No part that is worth anything."""
    assert "it's" not in text
    assert "hunt" not in text


def test_empty_ones_hide_nothing() -> None:
    from vrooli.execution.masking import masked

    assert masked("abc", [""]) == "abc"
