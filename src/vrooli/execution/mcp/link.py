"""One connection to a server of tools, by the MCP library. Loaded by the first step that needs one.

The library wants a connection opened and closed by one task, and steps use it from several: so it
has a task of its own.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from mcp import Client, MCPError, types
from mcp.client import Transport
from mcp.client.streamable_http import streamable_http_client
from pydantic import ValidationError

from vrooli import __version__
from vrooli.core.errors import VrooliError
from vrooli.core.nearest import did_you_mean
from vrooli.core.ports.pipes import PipedProgram, Pipes
from vrooli.core.ports.sandbox import MIB
from vrooli.execution.masking import masked
from vrooli.execution.mcp.lines import Trouble, over_pipe
from vrooli.execution.mcp.offered import LONGEST_TITLE, McpTool
from vrooli.execution.model_vendor import Access
from vrooli.execution.models._client import client
from vrooli.flow.failed import Failed
from vrooli.stack.mcp import MOST_TOOLS, McpServer

KEY = "com.vrooli/idempotency-key"
"""Where the key of a call stands in its `_meta`: the same for the same call in every attempt."""

LONGEST = 300
"""Characters of what a server says about a failure."""

PAGES = 50
FEW = 10
"""Names of tools in a message."""

LEAVING = 10.0
"""Seconds for its orderly end."""

Mask = Callable[[str], str]

_SCHEME = re.compile(r"^(bearer|basic|token) +", re.IGNORECASE)

T = TypeVar("T")

# It logs what servers do wrong, with tracebacks and with what they sent; we tell it in our words.
for _name in ("mcp", "client"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Link:
    """To one server; opened when it is made.

    Args:
        server: which.
        secrets: values of its variables or headers, by their names.
        pipes: starts programs.
    """

    def __init__(self, server: McpServer, secrets: Mapping[str, str], pipes: Pipes) -> None:
        self._server, self._secrets, self._pipes = server, dict(secrets), pipes
        self._hidden = _forms(secrets.values())
        self._trouble = Trouble()
        self._leave = asyncio.Event()
        self._client: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._live(), name=f"mcp {server.name}")

    @property
    def broken(self) -> bool:
        """Whether nothing can be asked over it any more."""
        return self._task.done() or self._trouble.failure is not None

    async def opened(self) -> Client:
        """As soon as both have greeted each other.

        Raises:
            Failed: `unreachable`, `timeout`, `garbage`, `server-error`, `refused`.
        """
        return await self._in_time(asyncio.shield(self._client))

    async def tools(self) -> list[McpTool]:
        """Those that models may use, by name. Raises `Failed` like `opened`; `no-tool`, one that is
        declared is not offered.
        """
        found, cursor, now = list[types.Tool](), None, await self.opened()
        for _ in range(PAGES):
            page = await self._in_time(now.list_tools(cursor=cursor))
            found += page.tools
            cursor = page.next_cursor
            if cursor is None:
                break
        allowed = self._server.tools
        self._check(allowed or (), {one.name for one in found})
        kept = [one for one in found if allowed is None or one.name in allowed]
        if len(kept) > MOST_TOOLS:
            what = f"it offers {len(kept)} tools, more than {MOST_TOOLS}: name those that you use"
            raise Failed("too-large", what, where=self._where)
        return sorted(map(self._tool, kept), key=lambda one: one.name)

    def _check(self, named: Collection[str], offered: Collection[str]) -> None:
        """What the stack file names must be there: a model would miss it, and nobody would know."""
        missing = [name for name in named if name not in offered]
        if missing:
            shown = self.masked(sorted(offered))
            said = ", ".join(f"`{one}`{did_you_mean(one, shown)}" for one in missing[:FEW])
            there = ", ".join(shown[:FEW]) + (", ..." if len(shown) > FEW else "")
            what = f"it offers no tool {said} (it has {there or 'none'})"
            what = f"{what}: correct `tools` of [{self._where}]"
            raise Failed("no-tool", what, where=self._where)

    async def use(self, name: str, arguments: Mapping[str, Any], key: str) -> types.CallToolResult:
        """What a tool came to.

        Raises:
            Failed: as `opened`; nobody knows then whether it was done.
            Answered: the server refused it.
        """
        now, meta = await self.opened(), cast(types.RequestParamsMeta, {KEY: key})
        return await self._in_time(now.call_tool(name, dict(arguments), meta=meta))

    def masked(self, value: Any) -> Any:
        """A JSON value without the secrets that the server was given: it may repeat them."""
        return masked(value, self._hidden)

    async def close(self) -> None:
        """Let go; never raises."""
        self._leave.set()
        if not self._client.done():
            self._task.cancel()  # it waits for a greeting, and for nothing that we could say
        try:
            await asyncio.wait([self._task], timeout=LEAVING)
        finally:  # also when whoever lets go is cancelled
            self._task.cancel()
        await asyncio.wait([self._task])

    @property
    def _where(self) -> str:
        return f"mcp.{self._server.name}"

    async def _live(self) -> None:
        info = types.Implementation(name="vrooli", version=__version__)
        try:
            async with Client(self._transport(), cache=None, client_info=info) as one:
                self._client.set_result(one)
                await self._leave.wait()
        except Exception as error:  # noqa: BLE001 -- whatever it was, whoever waits is told
            self._trouble.is_(self._failed(error))
            self._never(error)
        finally:
            # Not cancelled: whoever waits would take it for the end of itself.
            self._never(Failed("unreachable", "the connection was given up", retryable=True))

    def _never(self, why: Exception) -> None:
        """Nobody will have a client, if none is there yet."""
        if not self._client.done():
            self._client.set_exception(self._failed(why))
            self._client.exception()  # nobody may wait for it any more

    def _transport(self) -> Transport:
        return self._over_http() if self._server.url else self._over_pipe()

    @asynccontextmanager
    async def _over_pipe(self) -> AsyncIterator[Any]:
        memory = self._server.memory_mb * MIB
        program = PipedProgram(self._server.command, self._secrets, memory)
        pipe = await self._pipes.open(program)
        try:
            async with over_pipe(pipe, self._trouble, self.masked) as both:
                yield both
        finally:
            await pipe.close()

    @asynccontextmanager
    async def _over_http(self) -> AsyncIterator[Any]:
        access = Access(self._server.name, self._server.url, "", self._server.timeout)
        async with client(access) as http:
            http.headers.update(self._secrets)
            async with streamable_http_client(self._server.url, http_client=http) as both:
                yield both

    async def _in_time(self, asked: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._server.timeout):
                return await asked
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> VrooliError:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if self._trouble.failure is not None:
            error = self._trouble.failure
        found = _translated(error, self._server.timeout, self.masked)
        return type(found)(
            found.kind, self.masked(found.what), where=self._where, retryable=found.retryable
        )

    def _tool(self, one: types.Tool) -> McpTool:
        hints = one.annotations
        safe = hints is not None and bool(hints.read_only_hint or hints.idempotent_hint)
        return McpTool(
            server=self._server.name,
            name=self.masked(one.name),
            title=self.masked(one.description or one.title or one.name)[:LONGEST_TITLE],
            arguments=self.masked(one.input_schema),
            repeatable=safe and self._server.trust_hints,
        )


def _forms(secrets: Collection[str]) -> set[str]:
    """As they may be repeated: without the scheme of a header, and quoted in JSON."""
    bare = {*secrets, *(_SCHEME.sub("", one) for one in secrets)}
    return bare | {json.dumps(one)[1:-1] for one in bare}


class Answered(Failed):
    """The server answered, with an error: it knows what it did not do."""


def _translated(error: BaseException, seconds: float, mask: Mask) -> Failed:
    """Each text of a server is masked before it is cut: a part of a secret would be none."""
    if isinstance(error, Failed):
        return error
    if isinstance(error, VrooliError):
        return Failed("unreachable", error.what, retryable=error.retryable)
    if isinstance(error, TimeoutError):
        return Failed("timeout", f"no answer within {seconds:g} s", retryable=True)
    if isinstance(error, MCPError):
        return _refused(error, mask(error.message)[:LONGEST])
    if isinstance(error, ValidationError | RuntimeError | ValueError):
        said = _mistakes(error) if isinstance(error, ValidationError) else str(error)
        what = f"it answers what makes no sense: {mask(said)[:LONGEST]}"
        return Failed("garbage", what, retryable=True)
    return Failed("unreachable", f"the connection broke ({type(error).__name__})", retryable=True)


def _mistakes(error: ValidationError) -> str:
    """Without the values, which pydantic shows in part and escaped."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)


def _refused(error: MCPError, said: str) -> Failed:
    if error.code == types.INTERNAL_ERROR:  # also what a gateway before it says
        return Failed("server-error", f"it failed: {said}", retryable=True)
    if error.code == types.CONNECTION_CLOSED:
        return Failed("unreachable", f"the connection broke: {said}", retryable=True)
    if error.code == types.REQUEST_TIMEOUT:
        return Failed("timeout", said, retryable=True)
    return Answered("refused", f"it refuses: {said}")
